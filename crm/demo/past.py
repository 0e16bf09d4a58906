"""Deals that have been won or lost, quarter by quarter up to yesterday."""

from datetime import date

from crm.demo.company import (
    LOST,
    QUARTERLY_PLAN,
    QUARTERS,
    QUARTERS_OF_HISTORY,
    SEGMENTS,
    WON,
    Segment,
    expected_pace,
    share_of_quarter_at_pace,
)
from crm.demo.draft import Draft, plan_of
from crm.demo.lives import closed_life, is_weekend, workday_before

_LOST_PER_WON = 2.7
"""By value: a little more than a quarter of what is decided is won."""


def draw_closed_quarters(draft: Draft) -> None:
    """Two and a half years of won and lost deals, around each quarter's plan."""
    for quarter in range(draft.quarter - QUARTERS_OF_HISTORY, draft.quarter):
        for region in QUARTERLY_PLAN:
            plan = plan_of(quarter, region, draft.quarter)
            result = draft.rng.uniform(0.92, 1.06)
            for segment in SEGMENTS:
                goal = plan * result * segment.share / 100
                draw_won(draft, region, segment, quarter, goal)
                draw_lost(draft, region, segment, quarter, plan * _LOST_PER_WON * segment.share / 100)


def draw_lost_so_far(draft: Draft) -> None:
    """What the current quarter has lost up to yesterday."""
    passed = (draft.day_of_quarter - 1) / draft.period.days
    for region in QUARTERLY_PLAN:
        plan = plan_of(draft.quarter, region, draft.quarter)
        for segment in SEGMENTS:
            goal = plan * _LOST_PER_WON * passed * segment.share / 100
            draw_lost(draft, region, segment, draft.quarter, goal)


def draw_won(draft: Draft, region: str, segment: Segment, quarter: int, goal: float) -> None:
    """Won deals that come to the goal in dollars, more of them late in the quarter than early."""
    period = QUARTERS.numbered(quarter)
    first = period.start.toordinal()
    last = min(draft.today - 1, period.end.toordinal())
    if last < first:
        return
    latest_pace = float(expected_pace(period.share_elapsed(date.fromordinal(last))))
    for value in draft.split_goal(segment, goal):
        share = share_of_quarter_at_pace(draft.rng.uniform(0, latest_pace))
        close_day = min(first + int(share * period.days), last)
        _add_closed(draft, region, segment, max(_off_weekends(draft, close_day), first), value, WON)


def draw_lost(draft: Draft, region: str, segment: Segment, quarter: int, goal: float) -> None:
    """Lost deals that come to the goal in dollars, on any day of the quarter up to yesterday."""
    period = QUARTERS.numbered(quarter)
    first = period.start.toordinal()
    last = min(draft.today - 1, period.end.toordinal())
    if last < first:
        return
    for value in draft.split_goal(segment, goal):
        close_day = draft.rng.randint(first, last)
        _add_closed(draft, region, segment, max(_off_weekends(draft, close_day), first), value, LOST)


def _add_closed(
    draft: Draft, region: str, segment: Segment, close_day: int, dollars: float, end: int
) -> None:
    currency = draft.draw_currency(region)
    value = draft.in_own_currency(dollars, currency, close_day)
    draft.add(region, segment, currency, closed_life(draft.rng, segment, close_day, value, end))


def _off_weekends(draft: Draft, day: int) -> int:
    return workday_before(day) if is_weekend(day) and draft.rng.random() < 0.95 else day
