"""What hygiene rules find, and the scores made of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """High 3, medium 2, low 1."""
        return {"high": 3, "medium": 2, "low": 1}[self.value]


class Audience(StrEnum):
    """Who is told: the one who can fix it by editing, the manager, or sales operations."""

    OWNER = "owner"
    MANAGER = "manager"
    OPERATIONS = "operations"


@dataclass(frozen=True)
class PersonName:
    """A CRM user as a reader sees one."""

    id: str
    name: str


@dataclass(frozen=True)
class Finding:
    """One rule broken by one opportunity, at the end of one day."""

    opportunity_id: str
    opportunity_name: str
    owner: PersonName | None
    rule: str
    severity: Severity
    audience: Audience
    seen: str | None
    """The value that broke the rule, as text (`2026-09-30`, `empty`)."""
    says: str
    """One plain sentence for the person who can fix it."""
    fixes: tuple[str, ...]
    """API names of the fields that fix it."""
    since: date
    """First seen."""
    value: Decimal | None
    """The deal's value in the corporate currency; `None` where it is unknown or has no rate."""
    nudges: bool
    """The rule may nudge people and counts in the score."""
    waived: bool = False
    confidential: bool = False
    """The deal is named only to its owner's management chain."""


@dataclass(frozen=True)
class Score:
    """Share of open pipeline, by value and by deals, without an unwaived finding that counts."""

    level: str
    """`rep`, `team`, `region` or `company`."""
    id: str
    """User id of the rep or of the team's manager, the region's name, or `TOTAL`."""
    name: str
    value_share: Fraction | None
    deal_share: Fraction | None
    deals: int
    clean_deals: int


@dataclass(frozen=True)
class ScoreSum:
    """What a score is made of, exactly. Values in the corporate currency."""

    level: str
    id: str
    """As in the `Score`."""
    deals: int
    unclean_deals: int
    value: Fraction
    unclean_value: Fraction


@dataclass(frozen=True)
class RuleNotice:
    """A rule that did not run or does not nudge, and why, in words for sales operations."""

    rule: str
    says: str
    unasked_because: str | None = None
    """Why the rule did not run, the same words for all rules of that reason; `None` where it ran."""


@dataclass(frozen=True)
class HygieneReport:
    """Everything the rules say at the end of one day."""

    as_of: date
    findings: tuple[Finding, ...]
    scores: tuple[Score, ...]
    notices: tuple[RuleNotice, ...]
    sums: tuple[ScoreSum, ...] = ()
    """What the scores are made of."""
