"""The council's actions: opening, changing and reading them, and what was measured after them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from pipeline.action_copies import ActionCopy, action_key, owners_copy_key, reminder_prefix
from pipeline.actions import (
    UNFINISHED,
    ActionStatus,
    CellReading,
    Comment,
    CouncilAction,
    Measured,
    Verdict,
)
from pipeline.cell_names import CellName
from pipeline.errors import CouncilError
from pipeline.findings import PersonName
from pipeline.matrix import Dimension, Metric, Status
from pipeline.money import SCALE
from storage.action_tables import action_comment, action_reading, council_action
from storage.bulk import insert_new
from storage.chat_tables import outbox
from storage.current_deals import is_seen
from storage.edition_tables import thread_cell
from storage.tables import opportunity_version, person, slice_table

BASELINE = 0
"""`weeks` of the reading that was taken when the action was opened."""


class ActionAlreadyOpen(CouncilError):
    """The same was assigned before, or this very form was filled in twice."""


class NoSuchAction(CouncilError):
    """An action that does not exist."""


@dataclass(frozen=True, kw_only=True)
class NewAction:
    """What somebody assigns. `form` names the one form or event that it comes of."""

    form: str
    kind: str
    cell: CellName
    title: str
    owner_id: str
    assigner_id: str
    due: date
    cost: Decimal | None
    currency: str
    expected: str
    opened_on: date
    quoted: str = ""
    link: str | None = None
    thread_key: str | None = None
    baseline: CellReading | None = None


def open_action(connection: Connection, new: NewAction, now: datetime) -> int:
    """The number of the new action. Raises `ActionAlreadyOpen` where there is just such a one."""
    _check_not_there(connection, new)
    no: int | None = connection.execute(
        insert_new(connection, council_action)
        .values(
            form=new.form,
            kind=new.kind,
            dimension=new.cell.dimension.value,
            value=new.cell.value,
            metric=new.cell.metric.value,
            title=new.title,
            owner_id=new.owner_id,
            assigner_id=new.assigner_id,
            due_day=new.due.toordinal(),
            cost=None if new.cost is None else int(new.cost * SCALE),
            currency=new.currency,
            expected=new.expected,
            status=ActionStatus.OPEN.value,
            opened_at=int(now.timestamp()),
            opened_day=new.opened_on.toordinal(),
            changed_day=new.opened_on.toordinal(),
            drop_reason="",
            quoted=new.quoted,
            link=new.link,
            thread_key=new.thread_key,
        )
        .returning(council_action.c.no)
    ).scalar()
    if no is None:
        raise ActionAlreadyOpen("This form was filled in a moment ago: its action stands, see /actions.")
    if new.baseline is not None:
        _insert_reading(connection, no, BASELINE, new.baseline, verdict=None, reason="")
    return no


def _check_not_there(connection: Connection, new: NewAction) -> None:
    columns = council_action.c
    if (no := connection.execute(select(columns.no).where(columns.form == new.form)).scalar()) is not None:
        raise ActionAlreadyOpen(f"This form was filled in before: action {no} came of it, and stands.")
    same = select(columns.no, columns.title).where(
        *_of_cell(new.cell),
        columns.kind == new.kind,
        columns.owner_id == new.owner_id,
        columns.status.in_([status.value for status in UNFINISHED]),
    )
    for row in connection.execute(same):
        if row.title.casefold() == new.title.casefold():
            raise ActionAlreadyOpen(
                f"The same is assigned already: action {row.no}. Change that one, or write what differs."
            )


# --- Changing -------------------------------------------------------------------------------------


def set_status(
    connection: Connection, no: int, status: ActionStatus, today: date, drop_reason: str = ""
) -> None:
    connection.execute(
        council_action.update()
        .where(council_action.c.no == no)
        .values(status=status.value, changed_day=today.toordinal(), drop_reason=drop_reason)
    )


def set_due(connection: Connection, no: int, due: date) -> None:
    connection.execute(
        council_action.update().where(council_action.c.no == no).values(due_day=due.toordinal())
    )


def set_owner(connection: Connection, no: int, owner_id: str) -> None:
    connection.execute(council_action.update().where(council_action.c.no == no).values(owner_id=owner_id))


def add_comment(connection: Connection, no: int, by: str, words: str, now: datetime) -> None:
    connection.execute(action_comment.insert().values(action=no, at=int(now.timestamp()), by=by, text=words))


def store_measured(connection: Connection, no: int, measured: Measured) -> bool:
    """Keep what was measured so many weeks after. False where that is known already: then nothing changes."""
    known = select(action_reading.c.action).where(
        action_reading.c.action == no, action_reading.c.weeks == measured.weeks
    )
    if connection.execute(known).first() is not None:
        return False
    _insert_reading(connection, no, measured.weeks, measured.reading, measured.verdict, measured.reason)
    return True


def _insert_reading(
    connection: Connection, no: int, weeks: int, reading: CellReading, verdict: Verdict | None, reason: str
) -> None:
    connection.execute(
        action_reading.insert().values(
            action=no,
            weeks=weeks,
            as_of=reading.as_of.toordinal(),
            period=reading.period,
            status=reading.status.value,
            figure=_text(reading.figure),
            measure=_text(reading.measure),
            required=_text(reading.required),
            gap=_text(reading.gap),
            target=_text(reading.target),
            verdict=None if verdict is None else verdict.value,
            reason=reason,
        )
    )


# --- Reading --------------------------------------------------------------------------------------


def read_action(connection: Connection, no: int) -> CouncilAction:
    """Raises `NoSuchAction`."""
    found = _read(connection, select(council_action).where(council_action.c.no == no))
    if not found:
        raise NoSuchAction(f"There is no action {no}. Type /actions for yours.")
    return found[0]


def read_actions(
    connection: Connection,
    *,
    involved: Collection[str] | None = None,
    dimension: Dimension | None = None,
    value: str | None = None,
    metric: Metric | None = None,
    statuses: Collection[ActionStatus] | None = None,
    due_before: date | None = None,
    opened_from: date | None = None,
    opened_until: date | None = None,
) -> tuple[CouncilAction, ...]:
    """Actions for which everything holds that is given, the one due first at the front.

    `involved`: one of these people owns or assigned it. `due_before` and `opened_until`: without the day
    and with it; `opened_from`: with the day.
    """
    columns = council_action.c
    wanted = select(council_action)
    if involved is not None:
        wanted = wanted.where(columns.owner_id.in_(involved) | columns.assigner_id.in_(involved))
    if dimension is not None:
        wanted = wanted.where(columns.dimension == dimension.value)
    if value is not None:
        wanted = wanted.where(columns.value == value)
    if metric is not None:
        wanted = wanted.where(columns.metric == metric.value)
    if statuses is not None:
        wanted = wanted.where(columns.status.in_([status.value for status in statuses]))
    if due_before is not None:
        wanted = wanted.where(columns.due_day < due_before.toordinal())
    if opened_from is not None:
        wanted = wanted.where(columns.opened_day >= opened_from.toordinal())
    if opened_until is not None:
        wanted = wanted.where(columns.opened_day <= opened_until.toordinal())
    return _read(connection, wanted)


def thread_audience(connection: Connection, key: str) -> str | None:
    """To whom the message of that key speaks; `None` where we sent no such message."""
    audience: str | None = connection.execute(select(outbox.c.audience).where(outbox.c.key == key)).scalar()
    return audience


def read_copies(connection: Connection, no: int) -> tuple[ActionCopy, ...]:
    """Every message that shows an action, the oldest first."""
    key = outbox.c.key
    keys = select(key).where(
        or_(
            key == action_key(no),
            key.startswith(owners_copy_key(no, "")),
            key.startswith(reminder_prefix(no)),
        )
    )
    wanted = select(key, outbox.c.audience).where(key.in_(keys)).order_by(outbox.c.no)
    return tuple(ActionCopy(row.key, row.audience) for row in connection.execute(wanted))


def cells_after(connection: Connection, head: str) -> tuple[CellName, ...]:
    """The cells of the messages that follow a message, one after the other, in their order."""
    following = select(outbox.c.key).where(outbox.c.follows == head).cte("following", recursive=True)
    following = following.union(select(outbox.c.key).join(following, outbox.c.follows == following.c.key))
    rows = connection.execute(
        select(thread_cell)
        .join(outbox, outbox.c.key == thread_cell.c.key)
        .where(thread_cell.c.key.in_(select(following.c.key)))
        .order_by(outbox.c.no)
    )
    return tuple(CellName(Dimension(row.dimension), row.value, Metric(row.metric)) for row in rows)


def latest_thread(connection: Connection, cell: CellName) -> str | None:
    """Key of the message that heads the thread in which the last council spoke about the row of a cell."""
    columns = thread_cell.c
    wanted = (
        select(columns.key)
        .join(outbox, outbox.c.key == columns.key)
        .where(columns.dimension == cell.dimension.value, columns.value == cell.value)
        .where(columns.edition == select(func.max(columns.edition)).scalar_subquery())
        .order_by(columns.key)
    )
    key: str | None = connection.execute(wanted.limit(1)).scalar()
    return key


def owners_in_row(connection: Connection, cell: CellName, among: Collection[str]) -> frozenset[str]:
    """Which of these people have owned deals in the row of a cell."""
    wanted = (
        select(person.c.crm_id)
        .join(opportunity_version, opportunity_version.c.owner == person.c.no)
        .join(slice_table, slice_table.c.no == opportunity_version.c.slice)
        .where(
            person.c.crm_id.in_(among),
            slice_table.c[cell.dimension.value] == cell.value,
            is_seen(opportunity_version),
        )
        .distinct()
    )
    return frozenset(connection.execute(wanted).scalars())


def _read(connection: Connection, wanted: Select[Any]) -> tuple[CouncilAction, ...]:
    """Three statements, however many actions."""
    rows = connection.execute(wanted.order_by(council_action.c.due_day, council_action.c.no)).all()
    numbers = [row.no for row in rows]
    comments = _comments(connection, numbers)
    readings = _readings(connection, numbers)
    names = _names(connection, {row.owner_id for row in rows} | {row.assigner_id for row in rows})
    return tuple(_action(row, names, comments[row.no], readings[row.no]) for row in rows)


def _action(
    row: Row[Any],
    names: dict[str, PersonName],
    comments: Sequence[Comment],
    readings: Sequence[Row[Any]],
) -> CouncilAction:
    baseline = next((_reading(one) for one in readings if one.weeks == BASELINE), None)
    return CouncilAction(
        no=row.no,
        kind=row.kind,
        cell=CellName(Dimension(row.dimension), row.value, Metric(row.metric)),
        title=row.title,
        owner=names[row.owner_id],
        assigner=names[row.assigner_id],
        due=date.fromordinal(row.due_day),
        cost=None if row.cost is None else Decimal(row.cost) / SCALE,
        currency=row.currency,
        expected=row.expected,
        status=ActionStatus(row.status),
        opened_on=date.fromordinal(row.opened_day),
        changed_on=date.fromordinal(row.changed_day),
        drop_reason=row.drop_reason,
        quoted=row.quoted,
        link=row.link,
        thread_key=row.thread_key,
        baseline=baseline,
        measured=tuple(
            Measured(one.weeks, _reading(one), Verdict(one.verdict), one.reason)
            for one in readings
            if one.weeks != BASELINE
        ),
        comments=tuple(comments),
    )


def _comments(connection: Connection, numbers: Collection[int]) -> defaultdict[int, list[Comment]]:
    found: defaultdict[int, list[Comment]] = defaultdict(list)
    columns = action_comment.c
    rows = connection.execute(
        select(action_comment, func.coalesce(person.c.name, columns.by).label("name"))
        .outerjoin(person, person.c.crm_id == columns.by)
        .where(columns.action.in_(numbers))
        .order_by(columns.no)
    )
    for row in rows:
        at = datetime.fromtimestamp(row.at, UTC)
        found[row.action].append(Comment(PersonName(row.by, row.name), at, row.text))
    return found


def _readings(connection: Connection, numbers: Collection[int]) -> defaultdict[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    columns = action_reading.c
    wanted = select(action_reading).where(columns.action.in_(numbers)).order_by(columns.weeks)
    for row in connection.execute(wanted):
        found[row.action].append(row)
    return found


def _names(connection: Connection, ids: Collection[str]) -> dict[str, PersonName]:
    """Names by id; somebody whom the CRM does not know goes by the e-mail that is their id."""
    known = connection.execute(select(person.c.crm_id, person.c.name).where(person.c.crm_id.in_(ids)))
    names = {row.crm_id: row.name for row in known}
    return {one: PersonName(one, names.get(one, one)) for one in ids}


def _reading(row: Row[Any]) -> CellReading:
    return CellReading(
        as_of=date.fromordinal(row.as_of),
        period=row.period,
        status=Status(row.status),
        figure=_number(row.figure),
        measure=_number(row.measure),
        required=_number(row.required),
        gap=_number(row.gap),
        target=_number(row.target),
    )


def _of_cell(cell: CellName) -> tuple[Any, ...]:
    columns = council_action.c
    return (
        columns.dimension == cell.dimension.value,
        columns.value == cell.value,
        columns.metric == cell.metric.value,
    )


def _text(number: Fraction | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
