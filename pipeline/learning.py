"""What past quarters teach about the pace of a quarter (DOMAIN section 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

QUARTERS_NEEDED = 4
LEAST_COVERAGE = Fraction(1)
MOST_COVERAGE = Fraction(6)


@dataclass(frozen=True)
class PastQuarter:
    """One row of the matrix in a finished quarter, all money in the corporate currency."""

    closed_at_share: Fraction
    """Closed won when the same share of that quarter had elapsed as has now."""
    closed_final: Fraction
    """Closed won of the full quarter."""
    open_at_share: Fraction
    """Open pipeline of that quarter at that share."""
    forecast_at_share: Fraction


@dataclass(frozen=True)
class Learnt:
    """Values at this very point of the quarter; `None` where too little is known."""

    expected_share: Fraction | None = None
    """Share of the final closed won that was won by now: the median."""
    forecast_share: Fraction | None = None
    """Forecast by now over the final closed won: the median."""
    required_coverage: Fraction | None = None
    """Open pipeline by now over what was won after it: the median, held within 1 and 6."""


def learn(quarters: Iterable[PastQuarter]) -> Learnt:
    """Medians over the quarters in which something was won; nothing from fewer than four of them."""
    usable = [quarter for quarter in quarters if quarter.closed_final > 0]
    if len(usable) < QUARTERS_NEEDED:
        return Learnt()
    return Learnt(
        expected_share=median(quarter.closed_at_share / quarter.closed_final for quarter in usable),
        forecast_share=median(quarter.forecast_at_share / quarter.closed_final for quarter in usable),
        required_coverage=_required_coverage(usable),
    )


def _required_coverage(quarters: list[PastQuarter]) -> Fraction | None:
    """Quarters in which nothing more was won say nothing about how much pipeline it takes."""
    ratios = [
        quarter.open_at_share / (quarter.closed_final - quarter.closed_at_share)
        for quarter in quarters
        if quarter.closed_final > quarter.closed_at_share
    ]
    if not ratios:
        return None
    return max(LEAST_COVERAGE, min(median(ratios), MOST_COVERAGE))
