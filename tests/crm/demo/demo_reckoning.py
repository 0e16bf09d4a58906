"""The figures of the demo company by plain loops over its records, written without a look at how the
product measures: DOMAIN sections 3 to 8 in their simplest form."""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from crm.demo import DemoCrm
from crm.records import (
    AccountRecord,
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
    FieldKind,
    ForecastCallRecord,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    PullRequest,
    RateRecord,
    RoleRecord,
    SpendRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)
from pipeline.calendar import Period, StandardQuarters
from pipeline.records import Category

ZONE = ZoneInfo("America/Los_Angeles")
QUARTERS = StandardQuarters(2, "ending_year")
FIELDS = {
    "ACV__c": FieldKind.NUMBER,
    "Region__c": FieldKind.TEXT,
    "Pipeline_Source__c": FieldKind.TEXT,
    "Type": FieldKind.TEXT,
    "Campaign.Type": FieldKind.TEXT,
    "Competitor__c": FieldKind.TEXT,
    "Loss_Reason__c": FieldKind.TEXT,
    "Metrics__c": FieldKind.TEXT,
    "Confidential__c": FieldKind.FLAG,
}
REQUEST = PullRequest(FIELDS, "USD", 0, "America/Los_Angeles")
OPEN_QUALIFIED = ("Qualification", "Discovery", "Proposal", "Negotiation")


@cache
def day_of(moment: int) -> int:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZONE).date().toordinal()


@dataclass
class State:
    stage: str
    category: Category | None
    close_day: int | None
    value: int | None


@dataclass
class Sums:
    won: Fraction = Fraction(0)
    commit: Fraction = Fraction(0)
    open: Fraction = Fraction(0)
    generated: Fraction = Fraction(0)


@dataclass
class Pulled:
    """Everything of one pull, by kind."""

    today: date
    stages: list[StageRecord] = field(default_factory=list)
    roles: list[RoleRecord] = field(default_factory=list)
    users: list[UserRecord] = field(default_factory=list)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    rates: list[RateRecord] = field(default_factory=list)
    targets: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    spend: list[SpendRecord] = field(default_factory=list)
    calls: list[ForecastCallRecord] = field(default_factory=list)
    deals: dict[str, OpportunityRecord] = field(default_factory=dict)
    history: dict[str, list[HistoryRecord]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, list[FieldChangeRecord]] = field(default_factory=lambda: defaultdict(list))
    items: dict[str, list[LineItemRecord]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, list[ContactRoleRecord]] = field(default_factory=lambda: defaultdict(list))
    activities: dict[str, list[ActivityRecord]] = field(default_factory=lambda: defaultdict(list))
    sums: dict[tuple[str, int, str, frozenset[str]], dict[str, Sums]] = field(default_factory=dict)
    kinds: list[type] = field(default_factory=list)
    """In the order in which they came."""

    @property
    def day(self) -> int:
        return self.today.toordinal()

    @property
    def quarter(self) -> int:
        return QUARTERS.number_of(self.today)

    @property
    def period(self) -> Period:
        return QUARTERS.numbered(self.quarter)

    @cached_property
    def role_of_user(self) -> dict[str, str]:
        names = {role.id: role.name for role in self.roles}
        return {user.id: names[user.role_id or ""] for user in self.users}

    @cached_property
    def stale(self) -> frozenset[str]:
        """Open deals that break close_date_past, next_step_stale, no_recent_activity or close_date_pushed."""
        return frozenset(
            deal.id
            for deal in self.deals.values()
            if not deal.stage.startswith("Closed") and is_stale(self, deal)
        )

    def target(self, dimension: str, value: str, metric: str = "closed_won", ahead: int = 0) -> Fraction:
        label = QUARTERS.numbered(self.quarter + ahead).label
        return Fraction(self.targets[label, dimension, value, metric], 10_000)


@cache
def pull(today: date, seed: int = 1) -> Pulled:
    """The company of a day, pulled once for all tests: nobody changes it."""
    return pull_from(DemoCrm(today, seed), today)


def pull_from(crm: DemoCrm, today: date) -> Pulled:
    pulled = Pulled(today)
    for batch in crm.pull(REQUEST):
        for record in batch.records:
            if type(record) not in pulled.kinds:
                pulled.kinds.append(type(record))
            match record:
                case StageRecord():
                    pulled.stages.append(record)
                case RoleRecord():
                    pulled.roles.append(record)
                case UserRecord():
                    pulled.users.append(record)
                case AccountRecord():
                    pulled.accounts[record.id] = record
                case RateRecord():
                    pulled.rates.append(record)
                case TargetRecord():
                    key = (record.period, record.dimension, record.value, record.metric)
                    pulled.targets[key] = record.amount
                case SpendRecord():
                    pulled.spend.append(record)
                case ForecastCallRecord():
                    pulled.calls.append(record)
                case OpportunityRecord():
                    pulled.deals[record.id] = record
                case HistoryRecord():
                    pulled.history[record.opportunity_id].append(record)
                case FieldChangeRecord():
                    pulled.changes[record.opportunity_id].append(record)
                case LineItemRecord():
                    pulled.items[record.opportunity_id].append(record)
                case ContactRoleRecord():
                    pulled.contacts[record.opportunity_id].append(record)
                case ActivityRecord():
                    pulled.activities[record.opportunity_id].append(record)
                case _:
                    raise AssertionError(record)
    return pulled


def state_at(pulled: Pulled, deal: OpportunityRecord, day: int) -> State | None:
    """At the end of a day, from the history; the value field carried back over its own changes."""
    last = None
    for row in pulled.history[deal.id]:
        if day_of(row.at) <= day:
            last = row
    if last is None or last.stage is None:
        return None
    acv = deal.fields["ACV__c"]
    for change in reversed(pulled.changes[deal.id]):
        if change.field == "ACV__c" and day_of(change.at) > day:
            acv = int(change.old or 0) * 10_000
    value = acv if isinstance(acv, int) else last.amount
    return State(last.stage, last.category, last.close_day, value)


def rate_on(pulled: Pulled, currency: str | None, day: int) -> Fraction | None:
    if currency in (None, "USD"):
        return Fraction(1)
    for rate in pulled.rates:
        begun = rate.currency == currency and rate.start_day is not None and rate.start_day <= day
        if begun and (rate.end_day is None or day < rate.end_day):
            return Fraction(rate.units)
    return None


def dollars(pulled: Pulled, deal: OpportunityRecord, state: State) -> Fraction | None:
    """`None` without a value, a close date or a rate."""
    if state.value is None or state.close_day is None:
        return None
    units = rate_on(pulled, deal.currency, state.close_day)
    return None if units is None else Fraction(state.value, 10_000) / units


def region_of(pulled: Pulled, deal: OpportunityRecord) -> str:
    stamp = deal.fields["Region__c"]
    if isinstance(stamp, str):
        return stamp
    account = pulled.accounts.get(deal.account_id or "")
    country = account.fields["BillingCountry"] if account else None
    for region, countries in {
        "AMER": ("United States", "Canada"),
        "EMEA": ("Germany", "France", "United Kingdom", "Sweden", "Italy", "Spain", "Poland", "Netherlands"),
        "APAC": ("Australia", "Japan", "Singapore", "India", "New Zealand"),
        "LATAM": ("Brazil", "Colombia", "Mexico", "Argentina", "Peru"),
    }.items():
        if country in countries:
            return region
    return "(Unassigned)"


def segment_of(pulled: Pulled, deal: OpportunityRecord) -> str:
    account = pulled.accounts.get(deal.account_id or "")
    if account is None:
        return "(Unassigned)"
    if account.fields["Type"] == "Public Sector":
        return "PUB"
    employees = account.fields["NumberOfEmployees"]
    if not isinstance(employees, int):
        return "(Unassigned)"
    if employees >= 2_000 * 10_000:
        return "ENT"
    return "MM" if employees >= 200 * 10_000 else "SMB"


def source_of(pulled: Pulled, deal: OpportunityRecord) -> str:
    stamp = deal.fields["Pipeline_Source__c"]
    if isinstance(stamp, str):
        return stamp
    name = pulled.role_of_user[deal.creator_id or ""]
    if name.startswith("Account Executive"):
        return "AE"
    return {
        "Business Development": "BDR",
        "Sales Development": "SDR",
        "Enterprise Corporate Specialist": "ECS",
        "Cloud Sales Specialist": "Cloud Sales",
    }.get(name, "(Unassigned)")


def shares_of(pulled: Pulled, deal: OpportunityRecord, dimension: str) -> dict[str, Fraction]:
    if dimension == "TOTAL":
        return {"TOTAL": Fraction(1)}
    if dimension == "region":
        return {region_of(pulled, deal): Fraction(1)}
    if dimension == "segment":
        return {segment_of(pulled, deal): Fraction(1)}
    if dimension == "source":
        return {source_of(pulled, deal): Fraction(1)}
    whole = sum(item.total_price or 0 for item in pulled.items[deal.id])
    if not whole:
        return {"(No product)": Fraction(1)}
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for item in pulled.items[deal.id]:
        shares[item.family or "(No family)"] += Fraction(item.total_price or 0, whole)
    return shares


def sums_at(
    pulled: Pulled, dimension: str, day: int, period: Period, left_out: frozenset[str] = frozenset()
) -> dict[str, Sums]:
    """Every row of a dimension at the end of a day; open deals of `left_out` do not count."""
    key = (dimension, day, period.label, left_out)
    if key not in pulled.sums:
        pulled.sums[key] = _sums_at(pulled, dimension, day, period, left_out)
    return pulled.sums[key]


def _sums_at(
    pulled: Pulled, dimension: str, day: int, period: Period, left_out: frozenset[str]
) -> dict[str, Sums]:
    rows: dict[str, Sums] = defaultdict(Sums)
    first, last = period.start.toordinal(), period.end.toordinal()
    for deal in pulled.deals.values():
        state = state_at(pulled, deal, day)
        if state is None or state.close_day is None:
            continue
        in_period = first <= state.close_day <= last
        won = state.stage == "Closed Won" and in_period
        is_open = state.stage in OPEN_QUALIFIED and state.category is not Category.OMITTED
        counts = is_open and in_period and deal.id not in left_out
        omitted = state.stage in OPEN_QUALIFIED and state.category is Category.OMITTED
        generated = not omitted and first <= first_qualified(pulled, deal) <= min(day, last)
        if not (won or counts or generated):
            continue
        amount = dollars(pulled, deal, state)
        if amount is None:
            continue
        for name, share in shares_of(pulled, deal, dimension).items():
            row = rows[name]
            if won:
                row.won += amount * share
            if counts:
                row.open += amount * share
            if counts and state.category is Category.COMMIT:
                row.commit += amount * share
            if generated:
                row.generated += amount * share
    return rows


def first_qualified(pulled: Pulled, deal: OpportunityRecord) -> int:
    """The day of the first entry into Qualification or later; far in the future where there is none."""
    for row in pulled.history[deal.id]:
        if row.stage in (*OPEN_QUALIFIED, "Closed Won"):
            return day_of(row.at)
    return date.max.toordinal()


def is_stale(pulled: Pulled, deal: OpportunityRecord) -> bool:
    commit = deal.category is Category.COMMIT
    closing_soon = deal.close_day is not None and deal.close_day - pulled.day <= 30
    if deal.close_day is not None and deal.close_day < pulled.day - 1:
        return True
    steps = [day_of(change.at) for change in pulled.changes[deal.id] if change.field == "NextStep"]
    if deal.next_step is not None:
        since = steps[-1] if steps else day_of(deal.created_at or 0)
        early = deal.stage in ("Prospecting", "Qualification")
        limit = 7 if commit or closing_soon else 21 if early else 14
        if pulled.day - since > limit:
            return True
    created = day_of(deal.created_at or 0)
    limit = 7 if commit else {"MM": 14, "SMB": 7}.get(segment_of(pulled, deal), 30)
    quiet_since = deal.last_activity_day or created
    if pulled.day - created >= 7 and pulled.day - quiet_since > limit:
        return True
    return pushes_of(pulled, deal) >= (2 if commit else 3)


def pushes_of(pulled: Pulled, deal: OpportunityRecord) -> int:
    """Moves of the close date to a later month since the deal qualified."""
    pushes = 0
    rows = pulled.history[deal.id]
    qualified = False
    for before, after in itertools.pairwise(rows):
        qualified = qualified or before.stage in OPEN_QUALIFIED
        if qualified and before.close_day is not None and after.close_day is not None:
            pushes += month_of(after.close_day) > month_of(before.close_day)
    return pushes


def month_of(day: int) -> tuple[int, int]:
    return date.fromordinal(day).year, date.fromordinal(day).month


def curve(knots: list[tuple[str, str]], share: Fraction) -> Fraction:
    for (left, low), (right, high) in itertools.pairwise(knots):
        if share <= Fraction(right):
            part = (share - Fraction(left)) / (Fraction(right) - Fraction(left))
            return Fraction(low) + (Fraction(high) - Fraction(low)) * part
    return Fraction(knots[-1][1])


def forecast_needed(share: Fraction) -> Fraction:
    return curve([("0", "0.4"), ("0.5", "0.7"), ("1", "1")], share)


def coverage_needed(share: Fraction) -> Fraction:
    return curve([("0", "3"), ("1", "1")], share)


def pace_needed(share: Fraction) -> Fraction:
    return curve([("0", "0"), ("0.33", "0.2"), ("0.67", "0.5"), ("1", "1")], share)


def colour(measure: Fraction, required: Fraction, green: str, yellow: str) -> str:
    if measure >= required * Fraction(green):
        return "green"
    return "yellow" if measure >= required * Fraction(yellow) else "red"


@dataclass
class Colours:
    forecast: str
    coverage: str
    closed_won: str
    open_pipeline: str
    pipe_gen: str

    @property
    def row(self) -> str:
        """The worse of forecast and coverage; any other red makes a green row yellow."""
        worse = max(self.forecast, self.coverage, key=["green", "yellow", "red"].index)
        if worse == "green" and "red" in (self.closed_won, self.open_pipeline, self.pipe_gen):
            return "yellow"
        return worse


def colours_of(
    pulled: Pulled, dimension: str, value: str, day: int, left_out: frozenset[str] = frozenset()
) -> Colours:
    quarter = QUARTERS.number_of(date.fromordinal(day))
    period = QUARTERS.numbered(quarter)
    ahead = quarter - pulled.quarter
    share = Fraction(day - period.start.toordinal() + 1, period.days)
    row = sums_at(pulled, dimension, day, period, left_out)[value]
    target = pulled.target(dimension, value, ahead=ahead)
    generation = pulled.target(dimension, value, "pipe_gen", ahead)
    prior = QUARTERS.numbered(quarter - 4)
    prior_day = min(prior.start.toordinal() + day - period.start.toordinal(), prior.end.toordinal())
    then = sums_at(pulled, dimension, prior_day, prior)[value]
    whole = sums_at(pulled, dimension, prior.end.toordinal(), prior)[value]
    forecast = colour(row.won + row.commit, target * forecast_needed(share), "1", "0.9")
    if row.won >= target:
        return Colours("green", "green", "green", "green", "green")
    coverage = colour(row.open / (target - row.won), coverage_needed(share), "1", "0.8")
    days_left = period.end.toordinal() - day
    if days_left < 14:
        coverage = max(coverage, forecast, key=["green", "yellow", "red"].index)
    closed = colour(row.won, target * pace_needed(share), "1", "0.9")
    generated = colour(row.generated, generation * share, "1", "0.9")
    if day - period.start.toordinal() + 1 <= 21:
        closed, generated = (colour if colour != "red" else "yellow" for colour in (closed, generated))
    expected_open = then.open * target / whole.won if whole.won else Fraction(0)
    opened = colour(row.open, expected_open, "1", "0.8")
    return Colours(forecast, coverage, closed, opened, generated)
