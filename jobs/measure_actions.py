"""What a cell did some weeks after an action on it was opened: measured on that very day's figures."""

from collections import defaultdict
from datetime import date, timedelta

from jobs.job import JobRun, Outcome
from messages.action import compose_outcome
from messages.action_copies import compose_copy
from messages.card_text import card_to_text
from pipeline.action_copies import as_seen_by
from pipeline.action_outcomes import judge
from pipeline.actions import ActionStatus, CellReading, CouncilAction, Measured, read_cell
from pipeline.company import Company
from pipeline.matrix import Dimension
from pipeline.people import People
from storage.actions import read_action, read_actions, read_copies, store_measured
from storage.apm import read_apm
from storage.database import Connection, reading, writing
from storage.mirror import read_mirror
from storage.outbox import Letter, put_letter, revise_letter
from storage.people import read_people

_KEPT = (ActionStatus.OPEN, ActionStatus.IN_PROGRESS, ActionStatus.DONE)


def measure_actions(run: JobRun) -> Outcome:
    """Every action that is so many weeks old and not measured for that. One table a day and dimension."""
    measured_day = read_mirror(run.engine).measured_day
    with reading(run.engine) as connection:
        actions = read_actions(connection, statuses=_KEPT)
    people = read_people(run.engine)
    if measured_day is None:
        return Outcome("nothing is pulled yet")
    waiting: defaultdict[tuple[Dimension, date], list[tuple[CouncilAction, CellReading, int]]]
    waiting = defaultdict(list)
    for action in actions:
        for weeks, baseline, day in _due(action, run.company, date.fromordinal(measured_day)):
            waiting[action.cell.dimension, day].append((action, baseline, weeks))
    count = 0
    for (dimension, day), asked in waiting.items():
        matrix = read_apm(run.engine, run.company, as_of=day, dimension=dimension)
        for action, baseline, weeks in asked:
            after = read_cell(matrix, action.cell)
            if after is None:
                continue
            judgement = judge(baseline, after)
            count += 1
            if not run.dry_run:
                _store(run, people, action.no, Measured(weeks, after, judgement.verdict, judgement.reason))
    return Outcome(f"{count} {'action' if count == 1 else 'actions'} measured")


def _due(action: CouncilAction, company: Company, last_day: date) -> list[tuple[int, CellReading, date]]:
    baseline = action.baseline
    if baseline is None:
        return []
    known = {measured.weeks for measured in action.measured}
    days = {weeks: baseline.as_of + timedelta(weeks=weeks) for weeks in company.actions.measured_after_weeks}
    return [(weeks, baseline, day) for weeks, day in days.items() if weeks not in known and day <= last_day]


def _store(run: JobRun, people: People, no: int, measured: Measured) -> None:
    with writing(run.engine) as connection:
        if store_measured(connection, no, measured):
            _show(connection, run, people, read_action(connection, no), measured)


def _show(
    connection: Connection, run: JobRun, people: People, action: CouncilAction, measured: Measured
) -> None:
    """In every message of the action; and as a reply in its thread, for nobody sees that an old message
    has changed."""
    company = run.company
    for copy in read_copies(connection, action.no):
        revise_letter(connection, copy.key, card_to_text(compose_copy(copy, action, company, people)))
        if copy.person_id is None and action.thread_key is not None:
            seen = as_seen_by(copy.audience, action, company, people)
            _reply(connection, run, copy.audience, seen, measured)


def _reply(
    connection: Connection, run: JobRun, audience: str, seen: CouncilAction, measured: Measured
) -> None:
    """Nothing where those who read along may not see the figures."""
    if seen.baseline is None:
        return
    currency = run.company.definitions.money.corporate_currency
    outcome = compose_outcome(seen, seen.baseline, measured, currency)
    letter = Letter(
        key=outcome.key,
        kind="action_outcome",
        audience=audience,
        card=card_to_text(outcome),
        thread_of=seen.thread_key,
    )
    put_letter(connection, letter, run.now)
