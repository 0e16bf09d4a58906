"""The targets of the demo company, set so that its figures tell their story on whatever day it is.

Every row has a target near its share of the plan, moved just so far that the row has the colour it is
meant to have (DOMAIN sections 6 and 7).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crm.demo.company import (
    APAC,
    EMEA,
    FAMILIES,
    QUARTERLY_PLAN,
    QUARTERS,
    SEGMENTS,
    SOURCES,
    expected_pace,
    forecast_share,
    required_coverage,
)
from crm.demo.draft import Draft, plan_of
from crm.demo.sums import RowSums, sum_rows
from crm.records import TargetRecord
from pipeline.calendar import QUARTERS_A_YEAR, Period
from pipeline.matrix import TOTAL, Status
from pipeline.money import SCALE

QUARTERS_WITH_TARGETS = range(-8, 3)
_ROUNDING = 1_000
_EARLY_GUARD_DAYS = 21
_BELIEVABLE = Fraction(2, 5)
_SHARES: Mapping[str, Mapping[str, int]] = {
    "segment": {segment.name: segment.share for segment in SEGMENTS},
    "product": FAMILIES,
    "source": SOURCES,
}
_WANTED = {
    TOTAL: Status.YELLOW,
    APAC: Status.RED,
    "MM": Status.YELLOW,
    "Insights": Status.YELLOW,
    "BDR": Status.YELLOW,
}
"""The story; every other row is green."""


@dataclass(frozen=True)
class Standing:
    """What decides a row's colour today, in dollars."""

    now: RowSums
    prior_open: int
    prior_won: int
    """Last year's quarter as a whole."""


def set_targets(draft: Draft) -> list[TargetRecord]:
    """Closed-won and pipe-generation targets of the last eight, this and the next two quarters."""
    records: list[TargetRecord] = []
    for ahead in QUARTERS_WITH_TARGETS:
        quarter = draft.quarter + ahead
        for dimension in (TOTAL, "region", "segment", "product", "source"):
            won = _won_targets(draft, quarter, dimension)
            records.extend(_records(quarter, dimension, "closed_won", won))
            records.extend(
                _records(quarter, dimension, "pipe_gen", _generation_targets(draft, quarter, dimension, won))
            )
            if dimension == "product":
                records.extend(_records(quarter, "region+product", "closed_won", _pairs(draft, quarter, won)))
    return records


def _records(quarter: int, dimension: str, metric: str, rows: Mapping[str, int]) -> Iterator[TargetRecord]:
    label = QUARTERS.numbered(quarter).label
    for value, dollars in rows.items():
        yield TargetRecord(label, dimension, value, metric, dollars * SCALE, "USD")


def _won_targets(draft: Draft, quarter: int, dimension: str) -> dict[str, int]:
    plan = _plan(draft, quarter, dimension)
    if quarter == draft.quarter:
        return _settle_current(draft, dimension, plan)
    if quarter == draft.quarter - 1 and dimension == "region" and draft.day_of_quarter <= 7:
        plan[EMEA] = max(plan[EMEA], _missed_last_week(draft))
    return plan


def _plan(draft: Draft, quarter: int, dimension: str) -> dict[str, int]:
    regions = {region: plan_of(quarter, region, draft.quarter) for region in QUARTERLY_PLAN}
    if dimension == "region":
        return regions
    whole = sum(regions.values())
    if dimension == TOTAL:
        return {TOTAL: whole}
    return {name: _rounded(Fraction(whole * share, 100)) for name, share in _SHARES[dimension].items()}


def _rounded(dollars: Fraction | int) -> int:
    return int(Fraction(dollars) / _ROUNDING) * _ROUNDING


def _pairs(draft: Draft, quarter: int, products: Mapping[str, int]) -> dict[str, int]:
    """Each region's plan over the products."""
    whole = sum(products.values())
    regions = _plan(draft, quarter, "region")
    return {
        f"{region}+{product}": _rounded(Fraction(plan * target, whole))
        for region, plan in regions.items()
        for product, target in products.items()
    }


def _settle_current(draft: Draft, dimension: str, plan: Mapping[str, int]) -> dict[str, int]:
    standings = _standings(draft, dimension)
    week_ago = _emea_forecast_bound(draft) if dimension == "region" else None
    settled = {}
    for name, nominal in plan.items():
        target = _settle(draft, Fraction(nominal), _WANTED.get(name, Status.GREEN), standings[name])
        if name == EMEA and week_ago is not None:
            target = max(target, week_ago)
        settled[name] = _rounded(target)
    return settled


def _standings(draft: Draft, dimension: str) -> dict[str, Standing]:
    prior = QUARTERS.numbered(draft.quarter - QUARTERS_A_YEAR)
    prior_day = min(prior.start.toordinal() + draft.day_of_quarter - 1, prior.end.toordinal())
    now = sum_rows(draft.deals, draft.today, draft.period, draft.rates, dimension)
    then = sum_rows(draft.deals, prior_day, prior, draft.rates, dimension)
    whole = sum_rows(draft.deals, prior.end.toordinal(), prior, draft.rates, dimension)
    names = _plan(draft, draft.quarter, dimension)
    empty = RowSums()
    return {
        name: Standing(now.get(name, empty), then.get(name, empty).open, whole.get(name, empty).won)
        for name in names
    }


def _settle(draft: Draft, nominal: Fraction, wanted: Status, standing: Standing) -> Fraction:
    """The target nearest to the nominal one at which the row has the wanted colour."""
    share = draft.period.share_elapsed(date.fromordinal(draft.today))
    if wanted is Status.RED:
        return max(nominal, *_highest(standing, share, Fraction(82, 100), Fraction(70, 100)))
    if wanted is Status.YELLOW:
        below_green = min(_highest(standing, share, Fraction(985, 1000), Fraction(97, 100)))
        above_red = min(_highest(standing, share, Fraction(92, 100), Fraction(85, 100)))
        return max(below_green, min(nominal, above_red))
    bounds = [*_highest(standing, share, Fraction(102, 100), Fraction(104, 100))]
    bounds.extend(_other_bounds(draft, standing, share))
    reachable = min(bounds)
    # A row so small that chance left it empty is not worth a target that nobody would set.
    return nominal if reachable < nominal * _BELIEVABLE else min(nominal, reachable)


def _highest(
    standing: Standing, share: Fraction, forecast: Fraction, coverage: Fraction
) -> tuple[Fraction, Fraction]:
    """The targets at which forecast and coverage stand at so much of what they need."""
    now = standing.now
    return (
        now.forecast / (forecast_share(share) * forecast),
        now.won + now.open / (required_coverage(share) * coverage),
    )


def _other_bounds(draft: Draft, standing: Standing, share: Fraction) -> Iterator[Fraction]:
    """Above these, pace or open pipeline would be red and make a green row yellow."""
    if draft.day_of_quarter > _EARLY_GUARD_DAYS:
        yield standing.now.won / (expected_pace(share) * Fraction(92, 100))
    if standing.prior_open:
        yield Fraction(standing.now.open * standing.prior_won * 100, standing.prior_open * 84)


def _generation_targets(draft: Draft, quarter: int, dimension: str, won: Mapping[str, int]) -> dict[str, int]:
    """Around what was generated; for quarters to come, what the growth of the plan suggests."""
    if quarter < draft.quarter:
        period = QUARTERS.numbered(quarter)
        rows = sum_rows(draft.deals, period.end.toordinal(), period, draft.rates, dimension)
        return {name: _rounded(Fraction(rows[name].generated * 100, 97)) for name in won if name in rows}
    before = _generated_a_year_before(draft, quarter, dimension)
    grown = {name: _rounded(Fraction(before.get(name, 0) * 122, 100)) for name in won}
    if quarter > draft.quarter:
        return grown
    return _reachable(draft, dimension, grown)


def _generated_a_year_before(draft: Draft, quarter: int, dimension: str) -> dict[str, int]:
    period = QUARTERS.numbered(quarter - QUARTERS_A_YEAR)
    rows = sum_rows(draft.deals, period.end.toordinal(), period, draft.rates, dimension)
    return {name: row.generated for name, row in rows.items()}


def _reachable(draft: Draft, dimension: str, grown: Mapping[str, int]) -> dict[str, int]:
    """Not so high that pipe generation would make a green row yellow."""
    if draft.day_of_quarter <= _EARLY_GUARD_DAYS:
        return dict(grown)
    share = draft.period.share_elapsed(date.fromordinal(draft.today))
    rows = sum_rows(draft.deals, draft.today, draft.period, draft.rates, dimension)
    return {
        name: _rounded(min(Fraction(target), rows[name].generated / (share * Fraction(93, 100))))
        for name, target in grown.items()
    }


def _emea_forecast_bound(draft: Draft) -> Fraction | None:
    """The target at which EMEA was not green a week ago; `None` where that was another quarter."""
    day = draft.today - 7
    if day < draft.period.start.toordinal():
        return None
    return _needed_to_miss(draft, day, draft.period)


def _missed_last_week(draft: Draft) -> int:
    """A target of the last quarter that EMEA was going to miss a week ago."""
    day = draft.today - 7
    return _rounded(_needed_to_miss(draft, day, QUARTERS.numbered(draft.quarter - 1)))


def _needed_to_miss(draft: Draft, day: int, period: Period) -> Fraction:
    row = sum_rows(draft.deals, day, period, draft.rates, "region")[EMEA]
    return row.forecast / (forecast_share(period.share_elapsed(date.fromordinal(day))) * Fraction(96, 100))
