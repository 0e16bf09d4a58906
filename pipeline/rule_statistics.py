"""What comes of each hygiene rule: what it finds, what is asked, what is fixed and how long that takes."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pipeline.findings import Severity


@dataclass(frozen=True)
class RuleStatistics:
    """One rule over the last weeks."""

    rule: str
    severity: Severity
    """The worst of its open findings; without any, as it is set."""
    nudges: bool
    """As it is set."""
    open: int
    """Findings open now."""
    asked: int
    """Findings about which somebody was asked in these weeks."""
    counted: int
    """Findings that were closed in these weeks, or asked about and open although there was time."""
    fixed: int
    """Those of them that were fixed or acknowledged."""
    median_days: Fraction | None
    """From first seen to fixed; `None` where nothing was."""
    silent_because: str | None = None
    """Why it does not run, in words."""
    disputed: int = 0
    """How often in these weeks somebody said that the rule is wrong."""
    waived: int = 0
    """Findings exempt now."""
    waiver_wishes: int = 0
    """Wishes to exempt one that a manager has not decided about."""

    @property
    def fix_rate(self) -> Fraction | None:
        return Fraction(self.fixed, self.counted) if self.counted else None


@dataclass(frozen=True)
class RuleBook:
    """Every rule that is switched on, with what its fix rate is measured by."""

    weeks: int
    rules: tuple[RuleStatistics, ...]
    floor: Decimal
    """Below this fix rate a rule is recommended for muting."""
    enough: int
    """On fewer findings a fix rate says nothing."""

    def deserves_muting(self, rule: RuleStatistics) -> bool:
        rate = rule.fix_rate
        return (
            rule.nudges and rate is not None and rule.counted >= self.enough and rate < Fraction(self.floor)
        )
