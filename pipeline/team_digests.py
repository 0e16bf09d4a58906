"""A manager's weekly digest as a record."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.digests import DigestItem
from pipeline.findings import PersonName


@dataclass(frozen=True)
class RepRisk:
    """One rep below the manager: money at risk now and a week ago, in the corporate currency."""

    rep: PersonName
    money: Decimal
    deals: int
    money_before: Decimal | None
    """`None` where a week ago nothing was measured."""
    has_left: bool = False


@dataclass(frozen=True)
class TeamDeal:
    """A deal that wants the manager's eye."""

    item: DigestItem
    owner: PersonName
    owner_has_left: bool = False


@dataclass(frozen=True)
class TeamDigest:
    """What one manager is told in one week."""

    key: str
    manager: PersonName
    day: date
    reps: tuple[RepRisk, ...]
    """Of the whole team at any depth, the most money at risk first."""
    deals: tuple[TeamDeal, ...]
    """Of those who report directly, in the order in which they matter."""
    inspected: Fraction | None = None
    """Share of the team's open deals that the manager has inspected in the last fortnight."""

    @property
    def money(self) -> Decimal:
        return sum((rep.money for rep in self.reps), Decimal(0))


def team_digest_key(manager_id: str, day: date) -> str:
    return f"manager_digest:{day.isoformat()}:{manager_id}"
