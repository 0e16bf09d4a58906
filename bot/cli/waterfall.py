"""`council waterfall`: how a period's open pipeline changed between the ends of two days."""

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.csv_tables import waterfall_csv
from bot.output.waterfall_json import waterfall_json
from handlers.grammar import read_dimension
from handlers.values import find_value
from handlers.words import CommandNotUnderstood
from messages.waterfall import compose_waterfall
from pipeline.matrix import TOTAL, Dimension
from storage.bridge import read_waterfall


def show_waterfall(
    *words: str,
    from_date: Annotated[date, Parameter(name="--from", help="The first day, whose end is the start.")],
    to_date: Annotated[date, Parameter(name="--to", help="The last day, whose end is the end.")],
    period: Annotated[
        str | None, Parameter(help="The fiscal quarter, as FY27 Q1; default: that of the last day.")
    ] = None,
    format: OutputFormat = Format.TABLE,
    invocation: Called,
) -> None:
    """How open pipeline changed between two days, for the company or one slice.

    Parameters
    ----------
    words
        [DIMENSION VALUE]: region EMEA.
    """
    if to_date < from_date:
        raise CommandNotUnderstood(f"--to {to_date} lies before --from {from_date}. Turn them round.")
    dimension, value = _slice(words) if words else (None, None)
    with opened(invocation) as council:
        if value is not None:
            dimension, value = find_value(council.engine, council.company, value, dimension)
        if value == TOTAL:
            dimension, value = None, None
        waterfall = read_waterfall(
            council.engine,
            council.company,
            from_date=from_date,
            to_date=to_date,
            period_label=period,
            dimension=dimension,
            value=value,
        )
    if format is Format.TABLE:
        print_cards(compose_waterfall(waterfall.rounded_to_cents()))
    elif format is Format.JSON:
        print_json(waterfall_json(waterfall, dimension, value))
    else:
        print_text(waterfall_csv(waterfall))


def _slice(words: tuple[str, ...]) -> tuple[Dimension, str]:
    if len(words) < 2:
        raise CommandNotUnderstood(f"Of which {words[0]}? For example: council waterfall region EMEA ...")
    return read_dimension(words[0]), " ".join(words[1:])
