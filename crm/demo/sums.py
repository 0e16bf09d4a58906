"""What the figures of the demo company come to, so that its targets can be set and its story told.

A reckoning for drawing only, in whole dollars: the figures people see are measured by the storage.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crm.demo.company import QUALIFICATION, WON
from crm.demo.deals import Deal, Neglect, Step
from crm.demo.rates import Rates
from pipeline.calendar import Period
from pipeline.matrix import NO_PRODUCT, TOTAL, UNASSIGNED
from pipeline.records import Category

Places = Sequence[tuple[str, int]]
"""Rows in which a deal counts, with its parts of 100."""


@dataclass
class RowSums:
    """One row at the end of one day, in dollars."""

    won: int = 0
    commit: int = 0
    open: int = 0
    generated: int = 0

    @property
    def forecast(self) -> int:
        return self.won + self.commit


def place_in_total(_deal: Deal) -> Places:
    return ((TOTAL, 100),)


def place_in_region(deal: Deal) -> Places:
    return ((deal.region or UNASSIGNED, 100),)


def place_in_segment(deal: Deal) -> Places:
    return ((deal.segment or UNASSIGNED, 100),)


def place_in_product(deal: Deal) -> Places:
    return ((NO_PRODUCT, 100),) if Neglect.NO_PRODUCTS in deal.neglect else deal.families


def place_in_source(deal: Deal) -> Places:
    return ((UNASSIGNED if Neglect.SOURCE_MISSING in deal.neglect else deal.source, 100),)


PLACE_IN: dict[str, Callable[[Deal], Places]] = {
    TOTAL: place_in_total,
    "region": place_in_region,
    "segment": place_in_segment,
    "product": place_in_product,
    "source": place_in_source,
}


def dollars_of(deal: Deal, step: Step, rates: Rates) -> int:
    """A deal's value as it counts: nothing without a rate, without an amount or without a close date."""
    if deal.neglect & {Neglect.CLOSE_DATE_MISSING, Neglect.AMOUNT_MISSING}:
        return 0
    return rates.dollars(step.value, deal.currency, step.close_day) or 0


def counts_as_open(step: Step, period: Period) -> bool:
    return (
        QUALIFICATION <= step.stage < WON
        and step.category is not Category.OMITTED
        and period.start.toordinal() <= step.close_day <= period.end.toordinal()
    )


def sum_rows(
    deals: Iterable[Deal], day: int, period: Period, rates: Rates, dimension: str
) -> dict[str, RowSums]:
    """Each row of a dimension at the end of a day."""
    place_of = PLACE_IN[dimension]
    rows: defaultdict[str, RowSums] = defaultdict(RowSums)
    first, last = period.start.toordinal(), period.end.toordinal()
    for deal in deals:
        step = deal.at(day)
        if step is None:
            continue
        won = step.stage == WON and first <= step.close_day <= last
        is_open = counts_as_open(step, period)
        qualified = deal.qualified_day
        generated = qualified is not None and first <= qualified <= min(day, last)
        generated = generated and (step.stage >= WON or step.category is not Category.OMITTED)
        if not (won or is_open or generated):
            continue
        dollars = dollars_of(deal, step, rates)
        for name, part in place_of(deal):
            row, share = rows[name], dollars * part // 100
            row.won += share if won else 0
            row.open += share if is_open else 0
            row.commit += share if is_open and step.category is Category.COMMIT else 0
            row.generated += share if generated else 0
    return rows
