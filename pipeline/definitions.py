"""What a company means by its figures: the sections of the configuration that the rules read.

Every field's description becomes documentation (`docs/configuration.md` is generated from these
models), and a validator's message is what an administrator reads, so both are written for people.
The hygiene section lives with its rules in `pipeline.hygiene`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.countries import OWNER, check_country
from pipeline.matrix import TOTAL, Dimension, Metric
from pipeline.nearest import did_you_mean


class Definition(BaseModel):
    """Base of every section: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: Any, info: ValidationInfo) -> Any:
        """`start_month = "2"` and `splits = 1` are mistakes, however obvious what was meant."""
        annotation = cls.model_fields[info.field_name or ""].annotation
        if annotation is bool and not isinstance(value, bool):
            raise ValueError("expected true or false, without quotes")
        if annotation is int and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError("expected a whole number, without quotes")
        if annotation is not bool and isinstance(value, bool):
            raise ValueError("true and false have no meaning here")
        return value


def _curve_knots(value: Any) -> Any:
    """A plain number is a flat curve."""
    if _is_number(value):
        return ((Decimal(0), Decimal(str(value))),)
    if not isinstance(value, list | tuple):
        raise ValueError(_A_CURVE)
    return tuple(_knot(knot) for knot in value)


def _knot(knot: Any) -> tuple[Decimal, ...]:
    if not isinstance(knot, list | tuple) or len(knot) != 2 or not all(map(_is_number, knot)):
        raise ValueError(_A_CURVE)
    return tuple(Decimal(str(part)) for part in knot)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and isfinite(value)


_A_CURVE = "expected a number, or knots such as [[0, 3.0], [1, 1.0]]: share of the quarter, value"


def _check_knots(knots: tuple[tuple[Decimal, Decimal], ...]) -> tuple[tuple[Decimal, Decimal], ...]:
    shares = [share for share, _ in knots]
    if not knots:
        raise ValueError("a curve needs at least one knot [share of the quarter, value]")
    if any(not 0 <= share <= 1 for share in shares):
        raise ValueError("the share of the quarter (first number of a knot) lies between 0 and 1")
    if shares != sorted(set(shares)):
        raise ValueError("the shares of the quarter must rise from knot to knot")
    if any(value < 0 for _, value in knots):
        raise ValueError("a curve's values are 0 or more")
    return knots


def _decimal_number(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


Number = Annotated[Decimal, BeforeValidator(_decimal_number)]
"""A decimal number; what TOML reads as a float becomes the decimal that was written."""

Knots = Annotated[
    tuple[tuple[Decimal, Decimal], ...], BeforeValidator(_curve_knots), AfterValidator(_check_knots)
]
"""A curve: knots (share of the quarter elapsed 0 to 1, value); or one number for a flat curve."""


class CalendarDefinition(Definition):
    """The fiscal year and the organisation's clock."""

    timezone: str = Field("UTC", description="IANA time zone in which the organisation's days begin and end.")
    start_month: int = Field(1, ge=1, le=12, description="Month (1 to 12) in which the fiscal year starts.")
    name_by: Literal["ending_year", "starting_year"] = Field(
        "ending_year", description="Which calendar year names the fiscal year."
    )
    periods: str | None = Field(
        None,
        description="File of custom periods (Salesforce Period rows) for 4-4-5 and other years; "
        'replaces start_month and name_by. With kind = "salesforce" and no such file, Salesforce\'s own '
        "quarters count.",
    )
    holidays: str | None = Field(
        None,
        description="Country whose public holidays the company keeps, an ISO code such as US; without one "
        "only weekends are free.",
    )
    further_holidays: tuple[date, ...] = Field((), description="Further days on which nobody works.")
    yoy_alignment: Literal["day_of_quarter", "days_to_quarter_end", "calendar_date"] = Field(
        "day_of_quarter", description="Which day of last year's quarter a figure is compared with."
    )

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        known = available_timezones()
        if name not in known:
            suggestion = did_you_mean(name, known)
            raise ValueError(f"expected an IANA time zone such as America/Los_Angeles{suggestion}")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class MetricsDefinition(Definition):
    """Which field is the value and where the pipeline begins."""

    value_field: str = Field(
        "Amount", description="Opportunity field that holds a deal's value; where it is empty, Amount."
    )
    qualified_stage: str = Field(
        "Qualification", description="The entry gate: from this stage on a deal is open pipeline."
    )
    assumed_open_stage: str | None = Field(
        None,
        description="Stage that a closed deal is taken to have had while it was open, where the export has "
        "no history; default: the qualified stage.",
    )
    pipe_gen_basis: Literal["qualified_date", "created_date"] = Field(
        "qualified_date",
        description="When a deal counts as generated: at its first entry into the qualified stage or later, "
        "or when it was created.",
    )
    coverage_denominator: Literal["remaining", "target"] = Field(
        "remaining", description="What open pipeline is divided by: what remains of the target, or all of it."
    )
    splits: bool = Field(
        False, description="Share a deal's value over its owners by the splits that add up to 100 %."
    )


class MoneyDefinition(Definition):
    """One currency for all figures."""

    corporate_currency: str = Field("USD", description="ISO code of the currency in which figures are given.")
    rate_mode: Literal["dated_by_close_date", "static", "dated_by_as_of"] = Field(
        "dated_by_close_date", description="Which exchange rate converts a deal."
    )

    @field_validator("corporate_currency")
    @classmethod
    def _iso_code(cls, code: str) -> str:
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise ValueError("expected the three capital letters of an ISO code, such as USD")
        return code


class Resolver(Definition):
    """One way to find a dimension's value; of a list, the first that yields a value wins."""

    field: str | None = Field(
        None,
        description="Field path on the opportunity, or over a relation: Region__c, Account.BillingCountry, "
        "Owner.UserRole.Name, CreatedBy.UserRole.Name, RecordType.Name, Campaign.Type.",
    )
    role_chain: Literal["owner", "creator"] | None = Field(
        None,
        description="Instead of a field: walk this person's roles upwards to the first that `map` names.",
    )
    map: Mapping[str, str] | None = Field(
        None, description="Their value = ours; what the map does not name yields nothing."
    )
    bands: Mapping[str, tuple[Number, ...]] | None = Field(
        None,
        description="Our value = [from, to] of a number, both inclusive; [from] alone has no upper end.",
    )
    value: str | None = Field(
        None, description="Instead of a field: always this value, as the last of a list (say AE)."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if [self.field, self.role_chain, self.value].count(None) != 2:
            raise ValueError("expected one of `field`, `role_chain` and `value`")
        if self.map is not None and self.bands is not None:
            raise ValueError("expected `map` or `bands`, not both")
        if self.role_chain is not None and self.map is None:
            raise ValueError("`role_chain` needs a `map` from role names to our values")
        return self

    @field_validator("bands")
    @classmethod
    def _ordered_bands(
        cls, bands: Mapping[str, tuple[Decimal, ...]] | None
    ) -> Mapping[str, tuple[Decimal, ...]] | None:
        for name, ends in (bands or {}).items():
            if len(ends) not in (1, 2) or (len(ends) == 2 and ends[0] > ends[1]):
                raise ValueError(f"band {name}: expected [from, to] with from <= to, or [from]")
        return bands


_SEED_ROLES = ("SDR", "BDR", "ECS", "Cloud Sales")
"""Roles that generate pipeline for others: a deal that one of them created is their source."""


class DimensionsDefinition(Definition):
    """How each deal finds its place in each table."""

    region: tuple[Resolver, ...] = Field((), description="Resolvers of the region, in order.")
    segment: tuple[Resolver, ...] = Field((), description="Resolvers of the segment, in order.")
    source: tuple[Resolver, ...] = Field(
        (
            Resolver(role_chain="creator", map={name: name for name in _SEED_ROLES}),
            Resolver(field="LeadSource"),
            Resolver(value="AE"),
        ),
        description="Resolvers of the pipeline source, in order.",
    )
    lever: tuple[Resolver, ...] = Field(
        (), description="Resolvers of the marketing lever (optional fifth dimension), in order."
    )
    deal_type: tuple[Resolver, ...] = Field(
        (),
        description="Resolvers of new_business, expansion, renewal or other; renewals leave the five cells "
        "and form a line of their own.",
    )

    def resolvers(self, dimension: Dimension) -> tuple[Resolver, ...]:
        """The resolvers of a dimension; product has none, it comes from the line items."""
        return {
            Dimension.REGION: self.region,
            Dimension.SEGMENT: self.segment,
            Dimension.SOURCE: self.source,
            Dimension.LEVER: self.lever,
            Dimension.PRODUCT: (),
        }[dimension]


class Bands(Definition):
    """From which `measure / required` on a cell is green or yellow."""

    green: Number = Field(description="Green at or above this.")
    yellow: Number = Field(description="Yellow at or above this, red below.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 <= self.yellow <= self.green:
            raise ValueError("expected 0 <= yellow <= green")
        return self


def _bands(green: str, yellow: str) -> Bands:
    return Bands(green=Decimal(green), yellow=Decimal(yellow))


class CellBands(Definition):
    """The bands of each column."""

    closed_won: Bands = Field(_bands("1.0", "0.9"), description="Attainment over expected share.")
    forecast: Bands = Field(_bands("1.0", "0.9"), description="Forecast over target x forecast share.")
    open_pipeline: Bands = Field(
        _bands("1.0", "0.8"), description="Open pipeline over what last year suggests."
    )
    pipe_gen: Bands = Field(_bands("1.0", "0.9"), description="Pipe generation over target x linear share.")
    coverage: Bands = Field(_bands("1.0", "0.8"), description="Coverage over required coverage.")

    def of(self, metric: Metric) -> Bands:
        bands: Bands = getattr(self, metric.value)
        return bands


ANY_ROW = "*"


def _known_row(row: str) -> str:
    """A row is named by its dimension and its value, or it is the total, or `*` for any row."""
    dimension, _, value = row.partition(".")
    if row in (ANY_ROW, TOTAL) or (value and dimension in [known.value for known in Dimension]):
        return row
    suggestion = did_you_mean(dimension, [known.value for known in Dimension])
    raise ValueError(f'expected a row such as "segment.ENT", "{TOTAL}" or "{ANY_ROW}"{suggestion}')


Row = Annotated[str, AfterValidator(_known_row)]
"""`segment.ENT`, `TOTAL` or `*`."""


class ColoursDefinition(Definition):
    """When a cell is red, yellow or green."""

    pacing: Literal["seasonal", "linear"] = Field(
        "seasonal", description="Expected share of the target: learnt or by the default curve, or day by day."
    )
    early_guard_days: int = Field(
        21, ge=0, description="In the first days of a quarter red becomes yellow in the early_guard_cells."
    )
    early_guard_cells: tuple[Metric, ...] = Field(
        (Metric.CLOSED_WON, Metric.FORECAST, Metric.PIPE_GEN),
        description="Cells that the early guard covers.",
    )
    bands: CellBands = Field(CellBands(), description="Bands per column.")
    row_bands: Mapping[Row, Mapping[Metric, Bands]] = Field(
        {}, description='Bands of one row that replace the column\'s: row_bands."region.EMEA".coverage.'
    )
    pace_curve: Mapping[Row, Knots] = Field(
        {}, description='Expected share of the target by row ("segment.ENT") or "*".'
    )
    forecast_curve: Mapping[Row, Knots] = Field(
        {}, description='Share of the target that the forecast should reach, by row or "*".'
    )
    required_coverage: Mapping[Row, Knots] = Field({}, description='Required coverage by row or "*".')


class FunctionsDefinition(Definition):
    """Who speaks on the council for which part of the company."""

    sales: tuple[str, ...] = Field((), description="CRM user ids or e-mails.")
    product: tuple[str, ...] = Field((), description="CRM user ids or e-mails.")
    marketing: tuple[str, ...] = Field((), description="CRM user ids or e-mails.")
    operations: tuple[str, ...] = Field((), description="CRM user ids or e-mails.")


class PeopleDefinition(Definition):
    """Who may see and do what, beside the CRM's own hierarchy of owners and managers."""

    council: tuple[str, ...] = Field((), description="Council members: CRM user ids or e-mails.")
    functions: FunctionsDefinition = Field(FunctionsDefinition(), description="Council members by function.")
    operations: tuple[str, ...] = Field((), description="Sales operations: CRM user ids or e-mails.")
    administrators: tuple[str, ...] = Field((), description="Administrators: CRM user ids or e-mails.")
    company_totals_for_reps: bool = Field(False, description="Reps may see the company's total row.")
    countries: Mapping[str, str] = Field(
        {},
        description="In which country somebody is, for its public holidays, by e-mail or CRM user id: "
        '"ana@example.com" = "DE". It goes before `country_field` and `nudges.countries`.',
    )
    country_field: str | None = Field(
        None,
        description="Field of the CRM user that holds the country as an ISO code, such as Owner.CountryCode. "
        "Where it is empty or holds no code, `nudges.countries` tells by the time zone.",
    )

    @field_validator("countries")
    @classmethod
    def _iso_codes(cls, countries: Mapping[str, str]) -> Mapping[str, str]:
        for person, country in countries.items():
            check_country(person, country)
        return countries

    @field_validator("country_field")
    @classmethod
    def _field_of_a_user(cls, name: str | None) -> str | None:
        if name is not None and not (name.startswith(OWNER) and len(name) > len(OWNER)):
            raise ValueError("expected a field of the CRM user, such as Owner.CountryCode")
        return name


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]


class CellOwnerDefinition(Definition):
    """Who is asked about red and yellow cells before the council; of several, the most specific answers."""

    function: Literal["sales", "product", "marketing", "operations"] = Field(
        description="For which part of the company this person speaks."
    )
    dimension: Dimension | None = Field(None, description="Cells of this table; default: of every table.")
    value: str | None = Field(None, description="Cells of this row (EMEA); it needs `dimension`.")
    metric: Metric | None = Field(None, description="Cells of this column (coverage); default: all columns.")
    person: str = Field(description="A council member: CRM user id or e-mail.")
    deputy: str | None = Field(
        None, description="Who is asked where the person is away: CRM user id or e-mail."
    )

    @model_validator(mode="after")
    def _value_of_a_dimension(self) -> Self:
        if self.value is not None and self.dimension is None:
            raise ValueError("`value` needs the `dimension` that it is a row of")
        return self


class CouncilDefinition(Definition):
    """The weekly council and what its members see."""

    weekday: Weekday = Field(
        "monday",
        description="The council's day; in a week where nobody works on it, the next working day.",
    )
    channels: tuple[str, ...] = Field(("#pipeline-council",), description="Channels of the council post.")
    leading_dimension: Dimension = Field(Dimension.REGION, description="The table that the post leads with.")
    deals_visible: bool = Field(False, description="Council members may see single deals.")
    confidential: str | None = Field(
        None,
        description="Expression (a field, or the grammar of `when`) for deals that count in totals but are "
        "named only to their owner's management chain.",
    )
    owners: tuple[CellOwnerDefinition, ...] = Field(
        (), description="Who answers for which cells: [[council.owners]]."
    )


class Definitions(Definition):
    """Everything the figures depend on, except the hygiene rules."""

    calendar: CalendarDefinition = CalendarDefinition()
    metrics: MetricsDefinition = MetricsDefinition()
    money: MoneyDefinition = MoneyDefinition()
    dimensions: DimensionsDefinition = DimensionsDefinition()
    colours: ColoursDefinition = ColoursDefinition()
