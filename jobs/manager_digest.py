"""The managers' weekly digest: their reps by money at risk, and the deals that want their eye.

Who does not work on its day gets it on their next working day of the same week.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from jobs.job import JobRun, Outcome
from messages.card_text import card_to_text
from messages.freshness import with_age
from messages.manager_digest import compose_manager_digest
from pipeline.digests import items_of
from pipeline.findings import PersonName
from pipeline.hygiene.wording import counted
from pipeline.nudging import in_order, wants_the_manager
from pipeline.people import People, User
from pipeline.team_digests import RepRisk, TeamDeal, TeamDigest, team_digest_key
from storage.database import Connection, reading, writing
from storage.findings_of import findings_of
from storage.freshness import read_freshness
from storage.inspections import inspected_shares
from storage.letter_deals import note_deals
from storage.nudge_memory import Leave, read_deal_facts, read_leaves
from storage.outbox import Letter, put_letter, to_person
from storage.people import read_people
from storage.scores_by_day import NO_RISK, read_risks, was_measured_by

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
LAST_WEEKDAY = 6


def send_manager_digests(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull."""
    people = read_people(run.engine)
    with reading(run.engine) as connection:
        told = list(_told(run, connection, people))
        freshness = read_freshness(connection, run.company, as_of=run.today, now=run.now)
    currency = run.company.definitions.money.corporate_currency
    cards = tuple(with_age(compose_manager_digest(digest, currency), freshness) for digest, _ in told)
    if not run.dry_run:
        for (digest, moment), card in zip(told, cards, strict=True):
            letter = Letter(
                key=digest.key,
                kind="manager_digest",
                audience=to_person(digest.manager.id),
                card=card_to_text(card),
                not_before=moment,
                counts=True,
            )
            with writing(run.engine) as connection:
                if put_letter(connection, letter, run.now):
                    deals = [deal.item.opportunity_id for deal in digest.deals]
                    note_deals(connection, digest.key, deals, run.now)
    return Outcome(f"Told of their teams: {counted(len(cards), 'manager')}", cards)


def _told(run: JobRun, connection: Connection, people: People) -> Iterator[tuple[TeamDigest, datetime]]:
    """Every manager who works this week and has something to look at, with when they may be told."""
    shares = {one.manager_id: one.share for one in inspected_shares(connection, people, run.today)}
    leaves = read_leaves(connection)
    for manager_id in sorted(people.direct_reports):
        manager = people.users.get(manager_id)
        if manager is None or not manager.is_active or manager.is_integration:
            continue
        moment = _first_working_moment(run, manager, leaves.get(manager_id))
        if moment is None:
            continue
        digest = _digest(run, connection, people, manager, shares.get(manager_id))
        if digest.reps or digest.deals:
            yield digest, moment


def _first_working_moment(run: JobRun, user: User, leave: Leave | None) -> datetime | None:
    """When a manager may be told on their first working day of what is left of the week.

    It is the day on which it comes: when the organisation's Monday begins, it is Sunday evening elsewhere.
    """
    country = run.company.countries.of(user)
    for days in range(LAST_WEEKDAY - run.today.weekday() + 1):
        moment = replace(run, now=run.now + DAY * days).when_told(user)
        day = moment.date()
        is_away = leave is not None and leave.since <= day <= leave.until
        if not is_away and run.company.working_days.is_working(day, country):
            return moment
    return None


def _digest(
    run: JobRun, connection: Connection, people: People, manager: User, inspected: Fraction | None
) -> TeamDigest:
    day = run.today
    direct = people.direct_reports[manager.id]
    return TeamDigest(
        key=team_digest_key(manager.id, day),
        manager=PersonName(manager.id, manager.name),
        day=day,
        reps=_reps(connection, people, people.reports_of(manager.id), day),
        deals=_deals(run, connection, people, direct),
        inspected=inspected,
    )


def _reps(connection: Connection, people: People, below: Collection[str], day: date) -> tuple[RepRisk, ...]:
    now = read_risks(connection, day, below)
    before = read_risks(connection, day - WEEK, below)
    is_known = was_measured_by(connection, day - WEEK)
    reps = [
        RepRisk(
            PersonName(rep, people.users[rep].name),
            risk.money,
            risk.deals,
            before.get(rep, NO_RISK).money if is_known else None,
            has_left=not people.users[rep].is_active,
        )
        for rep, risk in now.items()
        if rep in people.users
    ]
    return tuple(sorted(reps, key=lambda one: (-one.money, -one.deals, one.rep.name)))


def _deals(
    run: JobRun, connection: Connection, people: People, direct: Sequence[str]
) -> tuple[TeamDeal, ...]:
    """Deals at risk of those who report directly: a deal stands in one manager's digest alone."""
    findings = [one for one in findings_of(connection, run.company, direct) if wants_the_manager(one)]
    dimension = run.company.council.leading_dimension
    facts = read_deal_facts(connection, {one.opportunity_id for one in findings}, dimension, ())
    items = items_of(one for one in findings if one.opportunity_id in facts)
    return tuple(
        TeamDeal(item, owner, owner_has_left=not people.users[owner.id].is_active)
        for item in in_order(items, facts, run.today)
        if (owner := item.findings[0].owner) is not None and owner.id in people.users
    )
