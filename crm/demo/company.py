"""What Tarnbrook Systems is: what it sells, where, to whom, how, and how fast it grows.

Shares are parts of 100, money is whole US dollars.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from pipeline.calendar import StandardQuarters
from pipeline.curves import DEFAULT_FORECAST, DEFAULT_PACE, DEFAULT_REQUIRED_COVERAGE, value_at
from pipeline.records import Category

COMPANY_NAME = "Tarnbrook Systems"
MAIL_DOMAIN = "tarnbrook.example"
TIMEZONE = "America/Los_Angeles"
CORPORATE_CURRENCY = "USD"
QUARTERS = StandardQuarters(start_month=2, name_by="ending_year")

QUARTERS_OF_HISTORY = 10
"""Two and a half years before the current quarter."""

AMER, EMEA, APAC, LATAM = "AMER", "EMEA", "APAC", "LATAM"
QUARTERLY_PLAN = {AMER: 4_600_000, EMEA: 2_600_000, APAC: 1_350_000, LATAM: 720_000}
"""What each region is to win in the current quarter, before the season."""

GROWTH_A_QUARTER = 1.055
SEASON = (0.93, 1.0, 0.96, 1.11)
"""By fiscal quarter: the last one is the strongest."""


@dataclass(frozen=True)
class Segment:
    name: str
    share: int
    """Of what is won, in parts of 100."""
    open_share: int
    """Of what is open: small deals close sooner, so fewer of them are open at a time."""
    distant_share: int
    """Of what is open for later quarters."""
    typical_value: int
    """Median annual contract value."""
    typical_cycle: int
    """Median days from creation to close."""
    employees: tuple[int, int]


SEGMENTS = (
    Segment("SMB", 15, 11, 5, 19_000, 48, (12, 199)),
    Segment("MM", 28, 28, 24, 47_000, 84, (200, 1_999)),
    Segment("ENT", 40, 43, 49, 150_000, 150, (2_000, 60_000)),
    Segment("PUB", 17, 18, 22, 112_000, 165, (300, 20_000)),
)
SEGMENT_NAMED = {segment.name: segment for segment in SEGMENTS}

FAMILIES = {"Platform": 38, "Data Cloud": 24, "Insights": 16, "Security": 14, "Field Service": 8}
SOURCES = {
    "AE": 55,
    "BDR": 24,
    "SDR": 8,
    "ECS": 4,
    "Cloud Sales": 4,
    "Events": 2,
    "Webinars": 2,
    "Paid media": 1,
}
MARKETING = ("Events", "Webinars", "Paid media")
CAMPAIGN_TYPES = {"Events": "Conference", "Webinars": "Webinar", "Paid media": "Advertisement"}
LEVERS = {
    "Conference": "events",
    "Webinar": "demand generation",
    "Advertisement": "digital",
    "Executive Briefing": "account-based",
    "Brand Campaign": "brand",
}

PROSPECTING, QUALIFICATION, DISCOVERY, PROPOSAL, NEGOTIATION, WON, LOST = range(7)
STAGES = (
    ("Prospecting", Category.PIPELINE),
    ("Qualification", Category.PIPELINE),
    ("Discovery", Category.PIPELINE),
    ("Proposal", Category.BEST_CASE),
    ("Negotiation", Category.MOST_LIKELY),
    ("Closed Won", Category.CLOSED),
    ("Closed Lost", Category.OMITTED),
)
"""In the order of the sales process, with the category that a stage gives by itself."""

COMPETITORS = ("Veldspar", "Oakline", "Mirabel Cloud", "Hexworth", "In-house build", "No competitor")
LOSS_REASONS = ("Price", "No decision", "Lost to competitor", "Missing feature", "Budget cut", "Timing")

PACE, FORECAST_SHARE, REQUIRED_COVERAGE = DEFAULT_PACE, DEFAULT_FORECAST, DEFAULT_REQUIRED_COVERAGE
"""The curves that the company measures itself by; its configuration writes them down."""


def expected_pace(share: Fraction) -> Fraction:
    return value_at(PACE, share)


def forecast_share(share: Fraction) -> Fraction:
    return value_at(FORECAST_SHARE, share)


def required_coverage(share: Fraction) -> Fraction:
    return value_at(REQUIRED_COVERAGE, share)


def share_of_quarter_at_pace(pace: float) -> float:
    """The inverse of `expected_pace`: when a quarter that runs to plan has won this much."""
    for (left, low), (right, high) in pairwise(PACE):
        if pace <= high:
            return float(left) + float(right - left) * (pace - float(low)) / float(high - low)
    return 1.0
