"""The ladder: the owner is warned, and a working day later the manager is told."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.job import JobRun, Outcome
from messages.card import Card
from messages.card_text import card_to_text
from messages.escalation import compose_telling, compose_warning
from pipeline.findings import Finding, PersonName
from pipeline.hygiene.wording import counted
from pipeline.nudging import Morning, OnTheLadder, is_telling_due, is_told_of, is_warning_due
from pipeline.people import People, User
from storage.database import reading, writing
from storage.findings_of import findings_of
from storage.ladder import Rung, read_rungs, record_told, record_warned
from storage.letter_deals import note_deals
from storage.nudge_memory import Leave, read_leaves
from storage.outbox import Letter, put_letter, to_person
from storage.people import read_people
from storage.scales import read_calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Step:
    """A finding on the ladder, and its owner's day."""

    owner: User
    on_ladder: OnTheLadder
    morning: Morning


def escalate(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull."""
    people = read_people(run.engine)
    steps = list(_steps(run, people))
    warned = _by_person((one.owner.id, one) for one in steps if is_warning_due(one.on_ladder, one.morning))
    told = _by_person(
        (manager, one)
        for one in steps
        if is_telling_due(one.on_ladder, one.morning)
        for manager in people.managers_of(one.owner.id)
    )
    cards = [_warn(run, people.users[owner], findings) for owner, findings in warned.items()]
    cards += [_tell(run, people.users[manager], findings) for manager, findings in told.items()]
    says = f"Warned {counted(len(warned), 'owner')}, told {counted(len(told), 'manager')}"
    return Outcome(says, tuple(cards))


def _steps(run: JobRun, people: People) -> Iterator[_Step]:
    """Findings that the ladder is for, of owners who work today. Who has left is the manager's already."""
    with reading(run.engine) as connection:
        rungs = read_rungs(connection)
        findings = findings_of(connection, run.company, {rung.owner_id for rung in rungs.values()})
        leaves = read_leaves(connection)
        calendar = read_calendar(connection, run.company.definitions)
    for one in findings:
        rung = rungs.get((one.opportunity_id, one.rule))
        owner = None if rung is None else people.by_id(rung.owner_id)
        if rung is None or owner is None or not owner.is_active or not is_told_of(one, run.company.nudges):
            continue
        day = run.when_told(owner).date()
        country = run.company.countries.of(owner)
        period = calendar.period_of(day)
        morning = Morning(day, run.company.nudges, run.company.working_days, period, country)
        leave = leaves.get(owner.id)
        if _works(morning, leave):
            yield _Step(owner, _on_ladder(one, rung, leave, morning), morning)


def _works(morning: Morning, leave: Leave | None) -> bool:
    is_away = leave is not None and leave.since <= morning.day <= leave.until
    return not is_away and morning.working_days.is_working(morning.day, morning.country)


def _on_ladder(one: Finding, rung: Rung, leave: Leave | None, morning: Morning) -> OnTheLadder:
    return OnTheLadder(one, rung.first_asked, _leave_days(rung.first_asked, leave, morning), rung.warned)


def _leave_days(first_asked: date, leave: Leave | None, morning: Morning) -> int:
    """Working days after the first question on which the owner was away."""
    if leave is None:
        return 0
    before = max(first_asked, leave.since - _DAY)
    last = min(leave.until, morning.day)
    return morning.working_days.passed(before, last, morning.country)


def _by_person(found: Iterator[tuple[str, _Step]]) -> Mapping[str, Sequence[Finding]]:
    gathered: defaultdict[str, list[Finding]] = defaultdict(list)
    for person, step in found:
        gathered[person].append(step.on_ladder.finding)
    return gathered


def _warn(run: JobRun, owner: User, findings: Sequence[Finding]) -> Card:
    key = f"warning:{run.today.isoformat()}:{owner.id}"
    card = compose_warning(key, PersonName(owner.id, owner.name), findings, _currency(run))
    if not run.dry_run:
        with writing(run.engine) as connection:
            if put_letter(connection, _letter(run, card, "warning", owner), run.now):
                record_warned(connection, findings, run.today)
                note_deals(connection, key, [one.opportunity_id for one in findings], run.now)
    return card


def _tell(run: JobRun, manager: User, findings: Sequence[Finding]) -> Card:
    key = f"escalation:{run.today.isoformat()}:{manager.id}"
    card = compose_telling(key, run.today, findings, _currency(run))
    if not run.dry_run:
        with writing(run.engine) as connection:
            if put_letter(connection, _letter(run, card, "escalation", manager), run.now):
                record_told(connection, findings, run.today)
                note_deals(connection, key, [one.opportunity_id for one in findings], run.now)
    return card


def _letter(run: JobRun, card: Card, kind: str, to: User) -> Letter:
    return Letter(
        key=card.key,
        kind=kind,
        audience=to_person(to.id),
        card=card_to_text(card),
        not_before=run.when_told(to),
        counts=True,
    )


def _currency(run: JobRun) -> str:
    return run.company.definitions.money.corporate_currency
