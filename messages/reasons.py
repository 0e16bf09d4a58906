"""Why a row and its cells have their colours, each sentence once, and what was spent on them."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from messages.card import Block, Colour, Fact, Facts, Heading, Paragraph, text
from messages.wording import Wording
from pipeline.calendar import Period, is_in_first_working_days
from pipeline.matrix import Cell, ForecastCall, Matrix, Row, Spend

OVERDUE_SHOWN_DAYS = 5
"""In so many first working days of a quarter, what it inherited stands beside coverage (DOMAIN section 6)."""


def row_reason(row: Row) -> Paragraph:
    """The colour of the row and the sentence that decided it; it names its figures itself."""
    return Paragraph(text(Colour(row.status), f"  {row.why}"))


def further_reasons(row: Row, cells: Iterable[Cell]) -> tuple[Paragraph, ...]:
    """The sentences of these cells that the row's own does not say already, in the order of the cells."""
    said = [row.why.casefold()]
    lines: list[Paragraph] = []
    for cell in cells:
        sentence = cell.why.casefold()
        if not any(earlier.endswith(sentence) for earlier in said):
            said.append(sentence)
            lines.append(Paragraph(text(Colour(cell.status), f"  {cell.why}")))
    return tuple(lines)


def overdue_words(matrix: Matrix, wording: Wording) -> str | None:
    """`$509K overdue from earlier quarters`, in a quarter's first working days."""
    caveats, stamp = matrix.caveats, matrix.period
    period = Period(stamp.label, stamp.start, stamp.end)
    if not caveats.overdue_prior_amount:
        return None
    if not is_in_first_working_days(period, matrix.as_of, OVERDUE_SHOWN_DAYS):
        return None
    return (
        f"{wording.short_money(caveats.overdue_prior_amount, matrix.currency)} overdue from earlier quarters"
    )


def spend_blocks(matrix: Matrix, wording: Wording) -> tuple[Block, ...]:
    """What each row's spend brought; nothing where no row has any."""
    facts = tuple(
        Fact(row.value, text(spend_words(row.spend, matrix.currency, wording)))
        for row in matrix.rows
        if row.spend is not None
    )
    return (Heading("What the spend of this quarter brought"), Facts(facts)) if facts else ()


def call_words(call: ForecastCall, forecast: Cell, currency: str, wording: Wording) -> str:
    """`$5.9M, says Ingrid Okonjo: $150K more than our forecast`."""
    says = f", says {call.by}" if call.by else ""
    words = f"{wording.short_money(call.amount, currency)}{says}"
    if not isinstance(forecast.figure, Decimal) or call.amount == forecast.figure:
        return words
    apart = call.amount - forecast.figure
    side = "more" if apart > 0 else "less"
    return f"{words}: {wording.short_money(abs(apart), currency)} {side} than our forecast"


def spend_words(spend: Spend, currency: str, wording: Wording) -> str:
    """`$40K, 3 people; pipe gen is 14.9× and closed won 2.3× of it`."""
    people = [] if spend.heads is None else [wording.count(spend.heads, "person", "people")]
    cost = ", ".join([wording.short_money(spend.amount, currency), *people])
    brought = " and ".join(_brought(spend, wording))
    return f"{cost}; {brought} of it" if brought else cost


def _brought(spend: Spend, wording: Wording) -> Iterator[str]:
    if spend.pipe_gen_per_unit is not None:
        yield f"pipe gen is {wording.ratio(spend.pipe_gen_per_unit)}"
    if spend.closed_won_per_unit is not None:
        yield f"closed won {wording.ratio(spend.closed_won_per_unit)}"
