"""The APM (accountability performance matrix) as values: what a table, a row and a cell hold.

How the values come about stands in `metrics` (sums) and `colours` (statuses); this module only
names them. Money is `Decimal` in the corporate currency, at full precision; ratios are `Fraction`.
Rounding belongs to whoever writes a figure down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction

from pipeline.freshness import Staleness

UNASSIGNED = "(Unassigned)"
NO_PRODUCT = "(No product)"
NO_FAMILY = "(No family)"
TOTAL = "TOTAL"


class Metric(StrEnum):
    """The five columns of the matrix, in the order in which people read them."""

    FORECAST = "forecast"
    CLOSED_WON = "closed_won"
    OPEN_PIPELINE = "open_pipeline"
    PIPE_GEN = "pipe_gen"
    COVERAGE = "coverage"


class Dimension(StrEnum):
    """A way to cut the company into slices. `LEVER` is there only where it is configured."""

    PRODUCT = "product"
    REGION = "region"
    SEGMENT = "segment"
    SOURCE = "source"
    LEVER = "lever"


class Status(StrEnum):
    """The colour of a cell, which is always shown as a word too."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    GREY = "grey"

    @property
    def severity(self) -> int:
        """Red 3, yellow 2, green 1, grey 0: the larger the worse."""
        return {"red": 3, "yellow": 2, "green": 1, "grey": 0}[self.value]


class TargetState(StrEnum):
    """What the target says of a row before any colour is asked."""

    OPEN = "open"
    TARGET_MET = "target_met"
    NO_TARGET = "no_target"


class Basis(IntEnum):
    """How a figure is known; the larger the weaker. A sum has the basis of its weakest part."""

    EXACT = 0
    """From versions that our own pulls have seen."""
    RECONSTRUCTED = 1
    """From the CRM's history of changes."""
    APPROXIMATE = 2
    """Needed something that history does not hold and that was carried back from a later record."""

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Trusted:
    """The same cell without the deals whose records nobody can believe."""

    figure: Decimal | Fraction | None
    status: Status
    flips: bool
    """Whether the colour differs from the cell's."""


@dataclass(frozen=True)
class Cell:
    """One row × metric."""

    metric: Metric
    figure: Decimal | Fraction | None
    """Money, or for coverage a ratio; `None` where it has no value (no target, target met)."""
    prior: Decimal | Fraction | None
    """The same at the same point of the same fiscal quarter last year."""
    yoy: Fraction | None
    """`figure / prior - 1`: 9/10 means +90 %. `None` without a prior value or with a prior of zero."""
    status: Status
    measure: Decimal | Fraction | None
    """What is compared: attainment, forecast, open pipeline, pipe generation or coverage."""
    required: Decimal | Fraction | None
    """What it is compared with; `measure / required` against the bands decides the colour."""
    gap: Decimal | None
    """Money to green, 0 or more; `None` without a target."""
    target: Decimal | None
    target_derived: bool
    """The target was not given but worked out from last year's figure."""
    trusted: Trusted
    basis: Basis
    why: str
    """One sentence with the numbers that decided the colour and what would turn it."""
    deals: int
    """How many deals make up the figure."""

    @property
    def is_ratio(self) -> bool:
        return self.metric is Metric.COVERAGE


@dataclass(frozen=True)
class Spend:
    """What was spent on a lever or a source in the period, and what came of each unit of it."""

    amount: Decimal
    heads: int | None
    pipe_gen_per_unit: Fraction | None
    """Pipe generation over spend; `None` without spend."""
    closed_won_per_unit: Fraction | None


@dataclass(frozen=True)
class ForecastCall:
    """What the manager at the top says the period will bring, as the CRM had it at the last pull."""

    amount: Decimal
    by: str | None
    """The manager's name."""


@dataclass(frozen=True)
class Row:
    """One slice of a dimension, or the total."""

    value: str
    status: Status
    state: TargetState
    target: Decimal | None
    """The target of closed_won."""
    remaining: Decimal | None
    attainment: Fraction | None
    cells: Mapping[Metric, Cell]
    forecast_best_case: Decimal
    open_pipeline_rolling_4q: Mapping[str, Decimal]
    """By period label: this and the next three quarters."""
    coverage_next: Fraction | None
    """Next quarter's open pipeline over its target."""
    prior_full_quarter: Mapping[Metric, Decimal]
    """Last year's quarter as a whole: closed_won and pipe_gen."""
    why: str
    rows: tuple["Row", ...] = ()
    """In a pair (`region by product`): this value cut by the second dimension."""
    spend: Spend | None = None
    """Of a lever or a source, where `spend.csv` names it."""
    call: ForecastCall | None = None
    """Of the company alone: what stands beside our forecast."""


@dataclass(frozen=True)
class PeriodStamp:
    """A fiscal quarter seen from a day in it."""

    label: str
    start: date
    end: date
    """The last day, inclusive."""
    days: int
    day: int
    """Counted inclusively: the first day is 1."""


@dataclass(frozen=True)
class Unconverted:
    """A deal that left the totals because its currency has no rate."""

    opportunity_id: str
    amount: Decimal
    """In its own currency."""
    currency: str


@dataclass(frozen=True)
class Caveats:
    """What a reader must know before believing the table."""

    unconverted: tuple[Unconverted, ...]
    unassigned_share: Fraction | None
    """Share of open pipeline in the row `(Unassigned)`; `None` where nothing is open."""
    overdue_prior_amount: Decimal
    overdue_prior_ids: tuple[str, ...]
    undated_ids: tuple[str, ...]
    value_unknown_ids: tuple[str, ...]
    basis: Basis
    notices: tuple[str, ...] = ()
    """Sentences: no renewal rule configured, rates that are static, figures as of an older pull, ..."""


@dataclass(frozen=True)
class Matrix:
    """One table of the APM: a dimension (or a pair) at the end of one day."""

    as_of: date
    period: PeriodStamp
    prior_as_of: date | None
    prior_label: str | None
    dimension: Dimension
    by: Dimension | None
    rows: tuple[Row, ...]
    """Worst first: red, yellow, green, grey; inside a colour by gap in money."""
    total: Row
    caveats: Caveats
    currency: str
    pulled_at: str | None = None
    """When the mirror was last brought up to date, ISO 8601."""
    stale: Staleness | None = None
    """Where a reader has to be warned that the mirror is old; by the moment of the answer, never kept."""
    renewals: Row | None = None
    """Configured renewals, which stay out of the five cells and have a line of their own."""
