"""The waterfall of a quarter's open pipeline between two days, endpoints only."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.deals import Company, Deal
from tests.reference.quarters import Quarter

TERMS = (
    "start", "new", "pulled_in", "pushed_in", "increased", "decreased", "fx", "won", "lost", "pushed_out",
    "pulled_out", "removed", "end",
)  # fmt: skip


@dataclass
class _Bridge:
    company: Company
    quarter: Quarter
    start: dict[str, Deal]
    end: dict[str, Deal]
    terms: dict[str, Fraction]

    def add(self, term: str, amount: Fraction) -> None:
        self.terms[term] += amount


def waterfall(company: Company, start: date, end: date, quarter: Quarter) -> dict[str, Fraction]:
    """Every term for the whole company; renewals stay out."""
    bridge = _Bridge(
        company,
        quarter,
        {deal.id: deal for deal in company.deals(start) if not deal.is_renewal},
        {deal.id: deal for deal in company.deals(end) if not deal.is_renewal},
        dict.fromkeys(TERMS, Fraction(0)),
    )
    for opportunity_id in sorted({*bridge.start, *bridge.end}):
        _move(bridge, bridge.start.get(opportunity_id), bridge.end.get(opportunity_id))
    return bridge.terms


def _period_worth(deal: Deal | None, quarter: Quarter) -> Fraction | None:
    """What a deal adds to the quarter's open pipeline."""
    if deal is None or not deal.in_pipeline or not quarter.holds(deal.close):
        return None
    return deal.worth()


def _elsewhere(deal: Deal | None, quarter: Quarter) -> str | None:
    """Whether a deal stands in the open pipeline of an earlier or a later quarter."""
    if deal is None or not deal.in_pipeline or deal.close is None or deal.worth() is None:
        return None
    if quarter.holds(deal.close):
        return None
    return "earlier" if deal.close < quarter.start else "later"


def _move(bridge: _Bridge, before: Deal | None, after: Deal | None) -> None:
    at_start = _period_worth(before, bridge.quarter)
    at_end = _period_worth(after, bridge.quarter)
    bridge.add("start", at_start or Fraction(0))
    bridge.add("end", at_end or Fraction(0))
    if at_start is not None and at_end is not None:
        assert before is not None
        assert after is not None
        _change(bridge, before, after)
    elif at_end is not None:
        came_from = {"earlier": "pushed_in", "later": "pulled_in"}
        bridge.add(came_from.get(_elsewhere(before, bridge.quarter) or "", "new"), at_end)
    elif at_start is not None:
        assert before is not None
        _leave(bridge, before, at_start, after)


def _change(bridge: _Bridge, before: Deal, after: Deal) -> None:
    assert before.value is not None
    assert after.value is not None
    assert before.rate is not None
    grown = (after.value - before.value) / before.rate
    bridge.add("increased" if grown > 0 else "decreased", abs(grown))
    worth_before, worth_after = before.worth(), after.worth()
    assert worth_before is not None
    assert worth_after is not None
    bridge.add("fx", worth_after - worth_before - grown)


def _leave(bridge: _Bridge, before: Deal, at_start: Fraction, after: Deal | None) -> None:
    if after is not None and after.deal_class == "won" and (worth := after.worth()) is not None:
        _change(bridge, before, after)
        bridge.add("won", worth)
    elif after is not None and after.deal_class == "lost":
        bridge.add("lost", at_start)
    else:
        went_to = {"earlier": "pulled_out", "later": "pushed_out"}
        bridge.add(went_to.get(_elsewhere(after, bridge.quarter) or "", "removed"), at_start)
