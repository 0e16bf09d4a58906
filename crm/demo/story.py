"""What has happened at the demo company in the last days, laid over what chance drew.

APAC is red: its biggest Commit deal slipped into the next quarter last week, and behind it the pipeline is
thin. EMEA came back to green in the same days. LATAM looks green, and is not once the deals that nobody
has touched for weeks are left out.
"""

from datetime import date
from fractions import Fraction

from crm.demo.company import (
    APAC,
    EMEA,
    LATAM,
    NEGOTIATION,
    QUARTERS,
    SEGMENT_NAMED,
    WON,
    forecast_share,
    required_coverage,
)
from crm.demo.current import Goal, add_open_in, draw_current_quarter, goal_of
from crm.demo.deals import Deal, Neglect
from crm.demo.draft import Draft, plan_of
from crm.demo.lives import OpenDeal, is_weekend, moved
from crm.demo.people import cast_rep_id
from crm.demo.sums import counts_as_open, dollars_of
from pipeline.records import Category

_ENTERPRISE = SEGMENT_NAMED["ENT"]
_DAYS_TO_BECOME_STALE = 50
_TRUSTED_SHARE = 0.5
"""Of the coverage that LATAM needs, when the stale deals are left out."""


def tell_region(draft: Draft, region: str) -> None:
    """The current quarter of one region: its ordinary deals and its part of the story."""
    goal = goal_of(draft, region)
    if region == EMEA:
        goal = _rescue_emea(draft, goal)
    draw_current_quarter(draft, region, goal)
    if region == APAC:
        _slip_apac(draft)
    if region == LATAM:
        _let_latam_go_stale(draft, goal)


def days_of_last_week(draft: Draft) -> list[int]:
    """Working days from six days ago to the day before yesterday, the latest first."""
    return [draft.today - back for back in range(2, 7) if not is_weekend(draft.today - back)]


def _rescue_emea(draft: Draft, goal: Goal) -> Goal:
    """Two deals that were not in the forecast a week ago; returns what is left for the ordinary ones."""
    plan = plan_of(draft.quarter, EMEA, draft.quarter)
    a_week_before = Fraction(max(draft.day_of_quarter - 7, 0), draft.period.days)
    rescued = goal.won + goal.commit - 0.9 * plan * float(forecast_share(a_week_before))
    days = days_of_last_week(draft)
    if rescued <= goal.commit * 0.9:
        for day, part in ((days[0], 0.6), (days[1], 0.4)):
            _commit_late(draft, rescued * part, day)
        return Goal(goal.won, goal.commit - rescued, goal.open - rescued)
    in_quarter = [day for day in days if day >= draft.period.start.toordinal()]
    for day, part in ((in_quarter[0], 0.6), (in_quarter[-1], 0.4)):
        _win_late(draft, rescued * part, day)
    return Goal(goal.won - rescued, goal.commit, goal.open)


def _commit_late(draft: Draft, dollars: float, day: int) -> None:
    _add_emea_deal(draft, dollars, draft.period.end.toordinal() - 3, Category.COMMIT, stepped_on=day)


def _win_late(draft: Draft, dollars: float, day: int) -> None:
    deal = _add_emea_deal(draft, dollars, day + 4, Category.MOST_LIKELY, stepped_on=draft.today - 20)
    before = [step for step in deal.steps if step.day < day]
    won = before[-1]._replace(day=day, stage=WON, category=Category.CLOSED, close_day=day)
    deal.steps = [*before, won]


def _add_emea_deal(draft: Draft, dollars: float, close_day: int, category: Category, stepped_on: int) -> Deal:
    state = OpenDeal(
        NEGOTIATION,
        category,
        max(close_day, draft.today),
        value=0,
        age=draft.rng.randint(110, 190),
        committed_on=stepped_on,
    )
    deal = add_open_in(draft, EMEA, _ENTERPRISE, "EUR", dollars, state)
    deal.region_stamp = EMEA
    return deal


def _slip_apac(draft: Draft) -> None:
    """The region's biggest Commit deal left the quarter last week; it is the cast rep's."""
    plan = plan_of(draft.quarter, APAC, draft.quarter)
    period = draft.period
    slipped_on = days_of_last_week(draft)[1]
    expected = max(period.end.toordinal() - 12, min(draft.today + 2, period.end.toordinal()))
    later = QUARTERS.numbered(draft.quarter + 1).start.toordinal() + 25
    state = OpenDeal(
        NEGOTIATION,
        Category.COMMIT,
        expected,
        value=0,
        age=draft.rng.randint(150, 210),
        committed_on=draft.today - 33,
    )
    deal = add_open_in(draft, APAC, _ENTERPRISE, "USD", plan * 0.26, state)
    deal.steps = moved([step for step in deal.steps if step.day < slipped_on], slipped_on, later)
    deal.owner_id = cast_rep_id()
    deal.region_stamp = APAC


def _let_latam_go_stale(draft: Draft, goal: Goal) -> None:
    """So many of the quarter's deals lie untouched that the rest covers half of what is needed."""
    plan = plan_of(draft.quarter, LATAM, draft.quarter)
    needed = float(required_coverage(draft.period.share_elapsed(date.fromordinal(draft.today))))
    allowed = (plan - goal.won) * needed * _TRUSTED_SHARE
    trusted = 0
    deals = [deal for deal in draft.deals if deal.region == LATAM and counts_as_open(deal.now, draft.period)]
    for deal in sorted(deals, key=lambda deal: _harder_to_neglect_first(draft, deal)):
        trusted += dollars_of(deal, deal.now, draft.rates)
        if trusted > allowed:
            deal.neglect |= {Neglect.NEXT_STEP_STALE, Neglect.QUIET}


def _harder_to_neglect_first(draft: Draft, deal: Deal) -> tuple[bool, int, int]:
    """Young deals have had no time to become stale; of the others the large ones are."""
    is_old = draft.today - deal.created >= _DAYS_TO_BECOME_STALE
    return is_old, dollars_of(deal, deal.now, draft.rates), deal.number
