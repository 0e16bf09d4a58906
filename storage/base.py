"""The sums behind a day's stored tables, kept beside them so that a fix can move them at once."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sqlalchemy import Connection, and_, delete, insert, select

from pipeline.learning import Learnt
from pipeline.sums import KEYS, SliceSums, add_sums
from storage.bulk import insert_rows, read_rows
from storage.fix_tables import base_day, base_sum

Base = Mapping[str, Sequence[SliceSums]]
"""By point of view (`now`, `untrusted`, `prior`, `prior_full`)."""

_KEY_NAMES = SliceSums._fields[:KEYS]


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
    """Take away from the sums of a view what a deal added to them, and add what it adds now.

    Only the slices that the deal is or was in are read and written.
    """
    for moved in add_sums(add_sums((), before, sign=-1), after):
        row = and_(
            base_sum.c.generation == generation,
            base_sum.c.as_of == as_of,
            base_sum.c.view == view,
            *(base_sum.c[name] == part for name, part in zip(_KEY_NAMES, moved, strict=False)),
        )
        columns = (base_sum.c[name] for name in SliceSums._fields)
        kept = [SliceSums._make(one) for one in connection.execute(select(*columns).where(row))]
        connection.execute(delete(base_sum).where(row))
        for one in add_sums(kept, [moved]):
            place = {"generation": generation, "as_of": as_of, "view": view}
            connection.execute(insert(base_sum).values(place | one._asdict()))


def _as_text(fraction: Fraction | None) -> str | None:
    return None if fraction is None else str(fraction)


def _as_fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
