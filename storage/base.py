"""The sums behind a day's stored tables, kept beside them so that a fix can move them at once."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sqlalchemy import Connection, delete, select

from pipeline.learning import Learnt
from pipeline.sums import KEYS, SliceSums, add_sums
from storage.bulk import insert_or_update, insert_rows, read_rows
from storage.fix_tables import base_day, base_sum

Base = Mapping[str, Sequence[SliceSums]]
"""By point of view (`now`, `untrusted`, `prior`, `prior_full`)."""

_SUM_NAMES = SliceSums._fields[KEYS:]


def store_base(connection: Connection, generation: int, as_of: int, base: Base, learnt: Learnt) -> None:
    """Keep a day's sums of a generation, in the place of all that it kept before."""
    connection.execute(delete(base_sum).where(base_sum.c.generation == generation))
    connection.execute(delete(base_day).where(base_day.c.generation == generation))
    rows = [(generation, as_of, view, *row) for view, sums in base.items() for row in sums]
    insert_rows(connection, base_sum, rows)
    taught = (learnt.expected_share, learnt.forecast_share, learnt.required_coverage)
    insert_rows(connection, base_day, [(generation, as_of, *map(_as_text, taught))])


def forget_base(connection: Connection, before: int) -> None:
    """Remove the sums of earlier generations."""
    for table in (base_sum, base_day):
        connection.execute(delete(table).where(table.c.generation < before))


def read_base(connection: Connection, generation: int, as_of: int) -> tuple[Base, Learnt] | None:
    """`None` where no sums of that day are kept."""
    day = connection.execute(
        select(base_day).where(base_day.c.generation == generation, base_day.c.as_of == as_of)
    ).one_or_none()
    if day is None:
        return None
    columns = base_sum.c
    statement = select(columns.view, *(columns[name] for name in SliceSums._fields)).where(
        columns.generation == generation, columns.as_of == as_of
    )
    base: dict[str, list[SliceSums]] = {}
    for view, *sums in read_rows(connection, statement):
        base.setdefault(view, []).append(SliceSums._make(sums))
    taught = (day.expected_share, day.forecast_share, day.required_coverage)
    return base, Learnt(*map(_as_fraction, taught))


def forget_base_of(connection: Connection, generation: int) -> None:
    """Remove the sums of a generation: until they are measured anew, answers measure for themselves."""
    for table in (base_sum, base_day):
        connection.execute(delete(table).where(table.c.generation == generation))


def has_base(connection: Connection, generation: int, as_of: int) -> bool:
    """Whether the sums of that day are kept."""
    day = select(base_day.c.as_of).where(base_day.c.generation == generation, base_day.c.as_of == as_of)
    return connection.execute(day).first() is not None


def move_sums(
    connection: Connection,
    generation: int,
    as_of: int,
    view: str,
    before: Sequence[SliceSums],
    after: Sequence[SliceSums],
) -> None:
    """Take away from the sums of a view what some deals added to them, and add what they add now.

    Only the slices that the deals are or were in are written. Where nothing is left, the row is gone.
    """
    place = {"generation": generation, "as_of": as_of, "view": view}
    moved = [place | one._asdict() for one in add_sums(add_sums((), before, sign=-1), after)]
    if not moved:
        return
    adding = insert_or_update(connection, base_sum)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=list(base_sum.primary_key.columns),
            set_={name: base_sum.c[name] + adding.excluded[name] for name in _SUM_NAMES},
        ),
        moved,
    )
    of_view = (base_sum.c[name] == value for name, value in place.items())
    connection.execute(delete(base_sum).where(*of_view, *(base_sum.c[name] == 0 for name in _SUM_NAMES)))


def _as_text(fraction: Fraction | None) -> str | None:
    return None if fraction is None else str(fraction)


def _as_fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
