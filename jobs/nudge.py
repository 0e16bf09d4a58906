"""Digests: whoever's local morning it is hears what needs a hand, once a day and only if there is something
to ask."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from jobs.job import JobRun, Outcome
from messages.card import Card
from messages.card_text import card_to_text
from messages.freshness import with_age
from messages.nudge import compose_digest
from pipeline.calendar import FiscalCalendar
from pipeline.digests import Digest, digest_key, items_of
from pipeline.findings import Finding, PersonName
from pipeline.hygiene.wording import counted
from pipeline.local_time import local_now
from pipeline.matrix import Status
from pipeline.nudging import Morning, askable, in_order, is_digest_time
from pipeline.people import User
from storage.apm import read_apm
from storage.database import Connection, reading, writing
from storage.digests import has_digest, last_digest, store_digest
from storage.findings_of import findings_of, owners_with_findings
from storage.freshness import read_freshness
from storage.mirror import pulled_state
from storage.nudge_memory import Leave, fixed_since, read_deal_facts, read_leaves, read_memory, record_asked
from storage.outbox import Letter, put_letter, to_person
from storage.people import read_people
from storage.person_settings import read_digest_times
from storage.scales import read_calendar

PEOPLE_A_STEP = 50
"""Digests of so many people are written in one transaction."""


@dataclass(frozen=True)
class _Reader:
    """Somebody whose morning it is."""

    user: User
    morning: Morning


def send_digests(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull."""
    readers = _whose_morning_it_is(run)
    if not readers:
        return Outcome("It is nobody's time for a digest")
    red_rows = _red_rows(run)
    with reading(run.engine) as connection:
        freshness = read_freshness(connection, run.company, as_of=run.today, now=run.now)
    cards: list[Card] = []
    for start in range(0, len(readers), PEOPLE_A_STEP):
        step = readers[start : start + PEOPLE_A_STEP]
        with reading(run.engine) as connection:
            digests = list(_digests(run, connection, step, red_rows))
        composed = [with_age(compose_digest(digest, _currency(run)), freshness) for digest in digests]
        if not run.dry_run:
            _send(run, digests, composed)
        cards += composed
    silent = len(readers) - len(cards)
    had_nothing = "1 person" if silent == 1 else f"{silent} people"
    return Outcome(f"{counted(len(cards), 'digest')}; {had_nothing} had nothing new", tuple(cards))


def _whose_morning_it_is(run: JobRun) -> list[_Reader]:
    people = read_people(run.engine)
    with reading(run.engine) as connection:
        owners = owners_with_findings(connection)
        leaves = read_leaves(connection)
        times = read_digest_times(connection, owners)
        calendar = read_calendar(connection, run.company.definitions)
        readers = [
            reader
            for owner in sorted(owners)
            if (reader := _reader(run, people.by_id(owner), leaves.get(owner), times, calendar)) is not None
        ]
        keys = {digest_key(one.user.id, one.morning.day) for one in readers}
        written = has_digest(connection, keys)
    return [one for one in readers if digest_key(one.user.id, one.morning.day) not in written]


def _reader(
    run: JobRun,
    user: User | None,
    leave: Leave | None,
    times: Mapping[str, str],
    calendar: FiscalCalendar,
) -> _Reader | None:
    if user is None or not user.is_active or user.is_integration:
        return None
    company = run.company
    local = local_now(user, run.now, company.definitions.calendar.zone)
    country = company.countries.of(user)
    away_until = leave.until if leave is not None and leave.since <= local.date() else None
    at = time.fromisoformat(times.get(user.id, company.nudges.at))
    if not is_digest_time(local, company.nudges, company.working_days, country, away_until, at):
        return None
    day = local.date()
    period = calendar.period_of(day)
    return _Reader(user, Morning(day, company.nudges, company.working_days, period, country))


def _red_rows(run: JobRun) -> frozenset[str]:
    """The red rows of the table that the council leads with."""
    with reading(run.engine) as connection:
        measured = pulled_state(connection).measured_day
    if measured is None:
        return frozenset()
    dimension = run.company.council.leading_dimension
    matrix = read_apm(run.engine, run.company, as_of=date.fromordinal(measured), dimension=dimension)
    return frozenset(row.value for row in matrix.rows if row.status is Status.RED)


def _digests(
    run: JobRun, connection: Connection, readers: Sequence[_Reader], red_rows: frozenset[str]
) -> Iterator[Digest]:
    """The digests of those who have something to be asked about."""
    owned = _by_owner(findings_of(connection, run.company, [one.user.id for one in readers]))
    deals = {one.opportunity_id for findings in owned.values() for one in findings}
    facts = read_deal_facts(connection, deals, run.company.council.leading_dimension, red_rows)
    memory = read_memory(connection, deals)
    for reader in readers:
        day = reader.morning.day
        chosen = askable(owned.get(reader.user.id, ()), facts, memory, reader.morning)
        if not chosen:
            continue
        last = last_digest(connection, reader.user.id)
        yield Digest(
            key=digest_key(reader.user.id, day),
            person=PersonName(reader.user.id, reader.user.name),
            day=day,
            items=in_order(items_of(chosen), facts, day),
            fixed=() if last is None else fixed_since(connection, last),
        )


def _send(run: JobRun, digests: Sequence[Digest], cards: Sequence[Card]) -> None:
    with writing(run.engine) as connection:
        for digest, card in zip(digests, cards, strict=True):
            letter = Letter(
                key=digest.key,
                kind="digest",
                audience=to_person(digest.person.id),
                card=card_to_text(card),
                counts=True,
            )
            if put_letter(connection, letter, run.now):
                store_digest(connection, digest, run.now)
                asked = [one for item in digest.items for one in item.findings]
                record_asked(connection, asked, digest.day)


def _by_owner(findings: Sequence[Finding]) -> Mapping[str, Sequence[Finding]]:
    owned: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        if one.owner is not None:
            owned[one.owner.id].append(one)
    return owned


def _currency(run: JobRun) -> str:
    return run.company.definitions.money.corporate_currency
