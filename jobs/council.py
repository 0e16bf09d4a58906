"""The weekly council: the post of one week, of its frozen edition, in every channel of the council."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from jobs.council_day import coming_council, council_to_hold, no_council_today
from jobs.council_freeze import freeze
from jobs.job import JobRun, Outcome
from messages.action_lines import action_line, moved_lines
from messages.card import Card, PlainBlock
from messages.card_text import card_to_text
from messages.council import CouncilPost, compose_council, in_channel
from messages.council_threads import Around
from messages.heatmap import compose_heatmap
from messages.wording import Wording
from pipeline.actions import UNFINISHED, ActionSince, CellReading, CouncilAction, read_cell
from pipeline.cell_gaps import red_twice
from pipeline.company import Company
from pipeline.council_days import last_council
from pipeline.editions import CouncilWeek, Edition, ThreadCell
from storage.actions import read_actions
from storage.council_week import read_council_week
from storage.database import Connection, Engine, reading, writing
from storage.editions import measure_edition, read_edition, record_thread_cell
from storage.freshness import read_staleness
from storage.inspections import company_share
from storage.mirror import read_mirror
from storage.outbox import Letter, put_letter, to_channel


def post_council(run: JobRun) -> Outcome:
    """Freezes by itself where that has not happened. Raises `NothingPulled` before the first pull."""
    day = council_to_hold(run)
    if run.dry_run:
        return _rehearse(run, day or coming_council(run))
    if day is None:
        return Outcome(no_council_today(run))
    edition = freeze(run.engine, run.company, day=day, now=run.now)
    post = compose_post(run.engine, run.company, edition, run.now)
    with writing(run.engine) as connection:
        posted = [
            channel
            for channel in run.company.council.channels
            if _put(connection, post, day, to_channel(channel), run.now)
        ]
    if not posted:
        return Outcome(f"The council of {day:%-d %B} is posted already")
    return Outcome(f"Posted to {', '.join(posted)}, with {_threads(post)}")


def _rehearse(run: JobRun, day: date) -> Outcome:
    """The post of the frozen edition; before that, with the newest figures that there are."""
    with reading(run.engine) as connection:
        frozen = read_edition(connection, day)
    post = compose_post(run.engine, run.company, frozen or _measured(run, day), run.now)
    return Outcome(f"It would post the council of {day:%-d %B}, with {_threads(post)}", post.cards)


def _measured(run: JobRun, day: date) -> Edition:
    measured = read_mirror(run.engine).measured_day
    as_of = min(day - timedelta(days=1), run.today if measured is None else date.fromordinal(measured))
    return measure_edition(run.engine, run.company, day=day, as_of=as_of, now=run.now)


def _threads(post: CouncilPost) -> str:
    return "1 thread" if len(post.threads) == 1 else f"{len(post.threads)} threads"


def compose_post(engine: Engine, company: Company, edition: Edition, now: datetime) -> CouncilPost:
    """The summary and its threads, of the table that the council leads with. Raises `CouncilError`.

    Of actions it has what is still to be done, and what was finished since the council before.
    """
    week = read_council_week(engine, company, edition)
    leading = company.council.leading_dimension
    since = last_council(company.council.weekday, company.working_days, edition.day - timedelta(days=1))
    with reading(engine) as connection:
        actions = read_actions(connection, opened_until=edition.day)
        inspected = company_share(connection, edition.as_of)
        stale = read_staleness(connection, company, as_of=edition.as_of, now=now)
    matrix = replace(edition.tables[leading], stale=stale)
    shown = sorted(
        (action for action in actions if action.is_unfinished or action.changed_on >= since),
        key=lambda action: not action.is_overdue(edition.day),
    )
    around = replace(_around(week, company, shown), inspected_share=inspected)
    return compose_council(matrix, week.last_week.get(leading), compose_heatmap(matrix), around)


def _around(week: CouncilWeek, company: Company, actions: Sequence[CouncilAction]) -> Around:
    leading = company.council.leading_dimension
    matrix, last_week = week.edition.tables[leading], week.last_week.get(leading)
    in_rows = [one for one in actions if one.status in UNFINISHED and one.cell.dimension is leading]
    by_row: dict[str, tuple[PlainBlock, ...]] = {}
    for action in in_rows:
        line = action_line(action, week.edition.day, Wording())
        by_row[action.cell.value] = (*by_row.get(action.cell.value, ()), line)
    red_again = red_twice(matrix, last_week)
    since = [ActionSince(action, _stands_now(action, week.edition)) for action in actions]
    return Around(
        last_actions=moved_lines(since, week.edition.day, matrix.currency, Wording()),
        actions_by_row=by_row,
        contexts=week.contexts,
        asked=week.asked,
        restated=week.restated,
        restated_of=week.restated_of,
        red_again=red_again,
        red_without_action=tuple(row for row in red_again if row not in by_row),
    )


def _stands_now(action: CouncilAction, edition: Edition) -> CellReading | None:
    matrix = edition.tables.get(action.cell.dimension)
    return None if matrix is None else read_cell(matrix, action.cell)


def _put(connection: Connection, post: CouncilPost, day: date, channel: str, now: datetime) -> bool:
    """The summary in one channel, then a message for each red row. False where they are there already."""
    before = _in_channel(post.summary, channel)
    if not put_letter(connection, _letter(before, "council", channel), now):
        return False
    for thread in post.threads:
        card = _in_channel(thread.card, channel)
        put_letter(connection, _letter(card, "council_thread", channel, before.key), now)
        cell = thread.cell
        about = ThreadCell(day, cell.dimension, cell.value, cell.metric, thread.is_red_again)
        record_thread_cell(connection, card.key, about)
        before = card
    return True


def _in_channel(card: Card, channel: str) -> Card:
    return replace(card, key=in_channel(card.key, channel))


def _letter(card: Card, kind: str, channel: str, follows: str | None = None) -> Letter:
    return Letter(key=card.key, kind=kind, audience=channel, card=card_to_text(card), follows=follows)
