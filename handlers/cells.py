"""Which cell the argument of a button means."""

from contextlib import suppress
from datetime import date

from handlers.grammar import read_dimension, read_metric
from handlers.words import old_button
from pipeline.cell_names import CellName


def read_cell(argument: str) -> tuple[CellName, date | None]:
    """`region/EMEA/coverage`, with a day behind it or none; the row's name may hold a slash.

    Raises `CommandNotUnderstood` or `UnknownName`.
    """
    named, day = _without_day(argument)
    if named.count("/") < 2:
        raise old_button()
    dimension, rest = named.split("/", 1)
    value, metric = rest.rsplit("/", 1)
    return CellName(read_dimension(dimension), value, read_metric(metric)), day


def _without_day(argument: str) -> tuple[str, date | None]:
    named, _, last = argument.rpartition("/")
    with suppress(ValueError):
        return named, date.fromisoformat(last)
    return argument, None
