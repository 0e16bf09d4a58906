"""The open pipeline: what each region has in the current quarter, and what lies behind it."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crm.demo.company import (
    AMER,
    APAC,
    DISCOVERY,
    EMEA,
    LATAM,
    NEGOTIATION,
    PROPOSAL,
    PROSPECTING,
    QUALIFICATION,
    QUARTERLY_PLAN,
    QUARTERS,
    SEGMENTS,
    Segment,
    expected_pace,
    forecast_share,
    required_coverage,
)
from crm.demo.deals import Deal
from crm.demo.draft import Draft, plan_of
from crm.demo.lives import OpenDeal, draw_cycle, draw_workday, open_life
from crm.demo.past import draw_won
from crm.demo.sums import RowSums, sum_rows
from pipeline.calendar import QUARTERS_A_YEAR
from pipeline.records import Category

_SAME_AS_LAST_YEAR = 1.12


@dataclass(frozen=True)
class Shape:
    """How a region stands against what it needs today; 1 is exactly on the way."""

    won: float
    forecast: float
    open: float


SHAPES = {
    AMER: Shape(won=1.04, forecast=1.035, open=1.32),
    EMEA: Shape(won=1.0, forecast=1.045, open=1.42),
    APAC: Shape(won=0.86, forecast=0.6, open=0.56),
    LATAM: Shape(won=1.0, forecast=1.04, open=1.2),
}


@dataclass(frozen=True)
class Goal:
    """What one region should have in the current quarter, in dollars."""

    won: float
    commit: float
    open: float
    """Commit included."""


def goal_of(draft: Draft, region: str) -> Goal:
    """Worked out from the plan, the day of the quarter and the region's shape."""
    plan = plan_of(draft.quarter, region, draft.quarter)
    today = date.fromordinal(draft.today)
    elapsed = draft.period.share_elapsed(today)
    won_by = Fraction(draft.day_of_quarter - 1, draft.period.days)
    shape = SHAPES[region]
    forecast = plan * float(forecast_share(elapsed)) * shape.forecast
    won = min(plan * float(expected_pace(won_by)) * shape.won, forecast * 0.95)
    opened = max((plan - won) * float(required_coverage(elapsed)) * shape.open, forecast - won)
    if shape.open >= 1:
        opened = max(opened, _open_last_year(draft, region, plan))
    return Goal(won, forecast - won, opened)


def _open_last_year(draft: Draft, region: str, plan: int) -> float:
    """Last year's open pipeline at the same point, grown as the target has grown."""
    period = QUARTERS.numbered(draft.quarter - QUARTERS_A_YEAR)
    day = min(period.start.toordinal() + draft.day_of_quarter - 1, period.end.toordinal())
    then = sum_rows(draft.deals, day, period, draft.rates, "region").get(region, RowSums())
    whole = sum_rows(draft.deals, period.end.toordinal(), period, draft.rates, "region")[region]
    return then.open * plan / max(whole.won, 1) * _SAME_AS_LAST_YEAR


def draw_current_quarter(draft: Draft, region: str, goal: Goal) -> None:
    """Won deals so far, Commit and the rest of the open pipeline of the quarter."""
    for segment in SEGMENTS:
        draw_won(draft, region, segment, draft.quarter, goal.won * segment.share / 100)
    for segment in SEGMENTS:
        draw_commit(draft, region, segment, goal.commit * segment.share / 100)
    rest = max(goal.open - goal.commit, 0.0)
    for segment in SEGMENTS:
        _draw_uncommitted(draft, region, segment, rest * segment.open_share / 100)


def draw_commit(draft: Draft, region: str, segment: Segment, goal: float) -> None:
    """Open Commit deals of the current quarter that come to the goal in dollars."""
    last_day = draft.period.end.toordinal()
    for value in draft.split_goal(segment, goal):
        close_day = draw_workday(draft.rng, draft.today, last_day)
        age = _age_of(draft, region, segment, close_day)
        state = OpenDeal(
            stage=NEGOTIATION,
            category=Category.COMMIT,
            close_day=max(close_day, draft.today),
            value=0,
            age=max(age, 20),
            pushes=draft.rng.choices((0, 1), weights=(75, 25))[0],
            committed_on=draw_workday(draft.rng, draft.today - 40, draft.today - 9),
        )
        add_open(draft, region, segment, value, state)


def _draw_uncommitted(draft: Draft, region: str, segment: Segment, goal: float) -> None:
    last_day = draft.period.end.toordinal()
    for value in draft.split_goal(segment, goal):
        close_day = max(draw_workday(draft.rng, draft.today, last_day), draft.today)
        _add_uncommitted(draft, region, segment, value, close_day)


def draw_later_quarters(draft: Draft) -> None:
    """Open pipeline of the next four quarters, thinner the farther away."""
    elapsed = (draft.day_of_quarter - 1) / draft.period.days
    depths = (1.05 + 0.9 * elapsed, 0.5 + 0.5 * elapsed, 0.22 + 0.25 * elapsed, 0.06 + 0.1 * elapsed)
    for ahead, depth in enumerate(depths, start=1):
        for region in QUARTERLY_PLAN:
            thin = 0.7 if region == APAC else 1.0
            plan = plan_of(draft.quarter + ahead, region, draft.quarter)
            for segment in SEGMENTS:
                goal = plan * depth * thin * segment.distant_share / 100
                _draw_for_quarter(draft, region, segment, draft.quarter + ahead, goal)


def _draw_for_quarter(draft: Draft, region: str, segment: Segment, quarter: int, goal: float) -> None:
    period = QUARTERS.numbered(quarter)
    first, last = period.start.toordinal(), period.end.toordinal()
    for value in draft.split_goal(segment, goal):
        close_day = max(draw_workday(draft.rng, first, last), first)
        _add_uncommitted(draft, region, segment, value, close_day)


def draw_prospects(draft: Draft) -> None:
    """Deals that nobody has qualified yet."""
    for region in QUARTERLY_PLAN:
        for segment in SEGMENTS:
            for _ in range(round(QUARTERLY_PLAN[region] * segment.share / 100 / segment.typical_value / 2)):
                ahead = draft.rng.randint(segment.typical_cycle // 2, segment.typical_cycle * 2)
                close_day = draw_workday(draft.rng, draft.today + ahead // 2 + 15, draft.today + ahead + 15)
                state = OpenDeal(PROSPECTING, Category.PIPELINE, close_day, 0, age=draft.rng.randint(1, 24))
                add_open(draft, region, segment, draft.draw_value(segment), state)


def _add_uncommitted(draft: Draft, region: str, segment: Segment, value: float, close_day: int) -> None:
    days_left = close_day - draft.today
    age = _age_of(draft, region, segment, close_day)
    stage = _stage_by_progress(draft, age / (age + days_left + 1), days_left)
    pushes = draft.rng.choices((0, 1, 2), weights=(60, 28, 12))[0] if age > 45 else 0
    state = OpenDeal(stage, _category_of(draft, stage), close_day, 0, age, pushes)
    add_open(draft, region, segment, value, state)


def _age_of(draft: Draft, region: str, segment: Segment, close_day: int) -> int:
    days_left = max(close_day - draft.today, 0)
    age = draw_cycle(draft.rng, segment, longer_than=days_left + 1) - days_left
    # Deals of LATAM are slow: many of this quarter's have had the time to become stale.
    is_slow = region == LATAM and close_day <= draft.period.end.toordinal() and draft.rng.random() < 0.75
    return max(age, draft.rng.randint(58, 80)) if is_slow else age


def _stage_by_progress(draft: Draft, progress: float, days_left: int) -> int:
    reached = progress + draft.rng.uniform(-0.15, 0.15)
    for limit, stage in ((0.3, QUALIFICATION), (0.55, DISCOVERY), (0.85, PROPOSAL)):
        if reached < limit:
            return stage if days_left > 16 else max(stage, DISCOVERY + (days_left < 10))
    return NEGOTIATION


def _category_of(draft: Draft, stage: int) -> Category:
    weighted = {
        QUALIFICATION: ((Category.PIPELINE, 1),),
        DISCOVERY: ((Category.PIPELINE, 3), (Category.BEST_CASE, 2)),
        PROPOSAL: ((Category.BEST_CASE, 3), (Category.MOST_LIKELY, 2)),
        NEGOTIATION: ((Category.MOST_LIKELY, 5), (Category.BEST_CASE, 1)),
    }[stage]
    return draft.rng.choices([c for c, _ in weighted], weights=[weight for _, weight in weighted])[0]


def add_open(draft: Draft, region: str, segment: Segment, dollars: float, state: OpenDeal) -> Deal:
    """One open deal of a value in dollars; the state's own value is worked out from it."""
    currency = draft.draw_currency(region)
    return add_open_in(draft, region, segment, currency, dollars, state)


def add_open_in(
    draft: Draft, region: str, segment: Segment, currency: str, dollars: float, state: OpenDeal
) -> Deal:
    value = draft.in_own_currency(dollars, currency, state.close_day)
    valued = OpenDeal(
        state.stage,
        state.category,
        state.close_day,
        value,
        state.age,
        state.pushes,
        state.committed_on,
    )
    return draft.add(region, segment, currency, open_life(draft.rng, valued, draft.today))
