"""The demo company while it is being drawn: everything that the drawing of one more deal needs."""

from dataclasses import dataclass, field
from random import Random

from crm.demo.accounts import AccountsByPlace
from crm.demo.company import (
    CORPORATE_CURRENCY,
    EMEA,
    GROWTH_A_QUARTER,
    QUARTERLY_PLAN,
    QUARTERS,
    SEASON,
    Segment,
)
from crm.demo.deals import Deal, Step
from crm.demo.lives import round_value
from crm.demo.people import reps_of
from crm.demo.rates import Rates
from pipeline.calendar import QUARTERS_A_YEAR, Period
from pipeline.records import Category

_SMALLEST = 3_000


@dataclass
class Draft:
    """The company so far."""

    rng: Random
    today: int
    quarter: int
    """The number of the fiscal quarter of today."""
    rates: Rates
    accounts: AccountsByPlace
    deals: list[Deal] = field(default_factory=list)

    @property
    def period(self) -> Period:
        return QUARTERS.numbered(self.quarter)

    @property
    def day_of_quarter(self) -> int:
        return self.today - self.period.start.toordinal() + 1

    def add(self, region: str, segment: Segment, currency: str, steps: list[Step]) -> Deal:
        """One more deal with an account and an owner of its region."""
        account = self.rng.choice(self.accounts[region, segment.name])
        reps = reps_of(region)
        # A rep keeps an account, so that a customer has one face.
        owner = reps[(int(account.id[3:15]) * 7 + 3) % len(reps)]
        is_unstamped = self.rng.random() < 0.12
        # Nobody wins or commits to a deal of which not even the country is known.
        is_late = steps[-1].category in (Category.CLOSED, Category.COMMIT)
        stamp = None if is_unstamped and (account.country is not None or not is_late) else region
        deal = Deal(len(self.deals) + 1, account, owner, currency, steps, stamp)
        self.deals.append(deal)
        return deal

    def draw_currency(self, region: str) -> str:
        return "EUR" if region == EMEA and self.rng.random() < 0.72 else CORPORATE_CURRENCY

    def draw_value(self, segment: Segment) -> float:
        """Dollars of one deal, around what is typical of the segment."""
        factor = min(max(self.rng.lognormvariate(0.0, 0.55), 0.3), 3.2)
        return segment.typical_value * factor

    def split_goal(self, segment: Segment, goal: float) -> list[float]:
        """Dollars of so many deals that they come to the goal."""
        values = []
        left = goal
        while left >= _SMALLEST:
            value = min(self.draw_value(segment), left)
            values.append(value)
            left -= value
        return values

    def in_own_currency(self, dollars: float, currency: str, day: int) -> int:
        return round_value(self.rates.from_dollars(dollars, currency, day))


def plan_of(quarter: int, region: str, current_quarter: int) -> int:
    """What a region is to win in a quarter, in dollars, to ten thousands."""
    grown = QUARTERLY_PLAN[region] * GROWTH_A_QUARTER ** (quarter - current_quarter)
    return round(grown * SEASON[quarter % QUARTERS_A_YEAR] / 10_000) * 10_000
