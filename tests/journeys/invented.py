"""Random companies: deals that live through months, seen by one to three exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from tests.journeys.exported import Cells
from tests.journeys.invented_terms import configuration_of, terms
from tests.reference.terms import Terms

Tables = Mapping[str, Sequence[Cells]]

STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
OPEN_STAGES = STAGES[:4]
STAGE_TABLE = tuple(
    {
        "ApiName": name,
        "SortOrder": str(order),
        "IsClosed": closed,
        "IsWon": won,
        "ForecastCategory": category,
    }
    for name, order, closed, won, category in (
        ("Prospecting", 1, "false", "false", "Pipeline"),
        ("Qualification", 2, "false", "false", "Pipeline"),
        ("Proposal", 3, "false", "false", "BestCase"),
        ("Negotiation", 4, "false", "false", "Forecast"),
        ("Closed Won", 5, "true", "true", "Closed"),
        ("Closed Lost", 6, "true", "false", "Omitted"),
    )
)
CATEGORIES = ("", "Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Forecast")
CURRENCIES = ("USD", "USD", "EUR", "JPY", "GBP")
RATES = (
    ("EUR", "0.8", "2023-01-01", "2024-12-15"),
    ("EUR", "0.9", "2025-01-10", "2025-09-01"),  # a gap before
    ("EUR", "0.75", "2025-09-01", ""),
    ("JPY", "150", "2023-01-01", "2026-02-01"),
    ("JPY", "160.5", "2026-02-01", "2026-04-10"),  # none after
)
STATIC_RATES = (("USD", "1"), ("EUR", "0.85"), ("JPY", "155"))
ROLES = (
    ("r0", "World", ""),
    ("r1", "Americas", "r0"),
    ("r2", "Europe", "r0"),
    ("r3", "Iberia", "r2"),
    ("r4", "SDR", "r1"),
    ("r5", "BDR", "r3"),
)
USERS = (("u1", "r1"), ("u2", "r2"), ("u3", "r3"), ("u4", "r4"), ("u5", "r5"), ("u6", "r0"))
ACCOUNTS = (
    ("a1", "Germany", "120"),
    ("a2", "Japan", "4000"),
    ("a3", "", "2000"),
    ("a4", "Peru", ""),
)
FAMILIES = ("Core", "Cloud", "")
REGIONS = ("EMEA", "AMER", "APAC")
CLOCK = (
    timedelta(seconds=1),
    timedelta(hours=7, minutes=59, seconds=30),  # around midnight in Los Angeles
    timedelta(hours=8, seconds=20),
    timedelta(hours=4, minutes=59),
    timedelta(hours=15),
    timedelta(hours=23, minutes=59, seconds=59),
)


@dataclass(frozen=True)
class Step:
    """What a deal becomes, some days after the step before."""

    days: int
    clock: timedelta
    stage: str
    category: str
    amount: str
    close_in: int | None
    """Days from the step to the close date."""
    acv: str
    region: str
    owner: str


@dataclass(frozen=True)
class DealScript:
    number: int
    created: datetime
    steps: tuple[Step, ...]
    """The first is how it was created."""
    currency: str
    account: str
    creator: str
    lead_source: str
    record_type: str
    lines: tuple[tuple[str, str], ...]
    """Total price and family."""
    lines_change: bool
    """Another family from the second export on."""
    ends: int | None
    """Days after its creation on which it is deleted."""
    is_marked: bool
    """A deleted deal stays in the export and says so; else it is absent."""

    @property
    def id(self) -> str:
        return f"006{self.number:012d}"

    def moments(self) -> list[tuple[datetime, Step]]:
        moments, at = [], self.created
        for place, step in enumerate(self.steps):
            if place:
                at = datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=step.days) + step.clock
            moments.append((at, step))
        return moments

    @property
    def deleted(self) -> datetime | None:
        return None if self.ends is None else self.created + timedelta(days=self.ends)

    def lived(self, now: datetime) -> list[tuple[datetime, Step]]:
        """What happened to it until now."""
        end = now if self.deleted is None else min(now, self.deleted)
        return [(at, step) for at, step in self.moments() if at <= end]


@dataclass(frozen=True)
class Invented:
    """A company, its configuration and its exports."""

    terms: Terms
    configuration: str
    exports: tuple[tuple[datetime, Tables], ...]
    days: tuple[date, ...]
    """On which to ask."""

    def __repr__(self) -> str:
        """Short: the exports themselves fill pages."""
        pulls = [f"{now:%Y-%m-%d}: {len(tables['Opportunity'])} deals" for now, tables in self.exports]
        return f"Invented({pulls}, {self.terms})"

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))


@dataclass(frozen=True)
class Habits:
    """What an export holds beside the opportunities."""

    has_history: bool
    history_has_category: bool
    has_field_history: bool


# The deals

AMOUNTS = st.one_of(
    st.sampled_from(["", "0", "-120.55", "1000", "0.01"]),
    st.integers(1, 2_000_000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}"),
)


@st.composite
def steps(draw: st.DrawFn, *, is_first: bool = False) -> Step:
    stage = draw(st.sampled_from(OPEN_STAGES if is_first else (*STAGES, "Closed Won")))
    is_open = stage in OPEN_STAGES
    return Step(
        days=draw(st.integers(0, 120)),
        clock=draw(st.sampled_from(CLOCK)),
        stage=stage,
        category=draw(st.sampled_from(CATEGORIES)) if is_open else "",
        amount=draw(AMOUNTS),
        close_in=draw(st.integers(-60, 200)) if is_open else draw(st.integers(-30, 30)),
        acv=draw(st.one_of(st.just(""), AMOUNTS)),
        region=draw(st.sampled_from(("", *REGIONS))),
        owner=draw(st.sampled_from([user for user, _ in USERS])),
    )


def _ordered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Two steps on one day come in the order of the clock, never at once."""
    ordered: list[Step] = []
    for step in steps:
        apart = step.days == 0 and (not ordered or ordered[-1].clock >= step.clock)
        ordered.append(replace(step, days=1) if apart else step)
    return tuple(ordered)


@st.composite
def scripts(draw: st.DrawFn, number: int, first_day: date) -> DealScript:
    created = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    first = draw(steps(is_first=True))
    later = draw(st.lists(steps(), max_size=6))
    if not later and draw(st.booleans()):
        first = replace(first, close_in=None)
    return DealScript(
        number=number,
        created=created + timedelta(days=draw(st.integers(0, 560))) + first.clock,
        steps=_ordered([first, *later]),
        currency=draw(st.sampled_from(CURRENCIES)),
        account=draw(st.sampled_from(["", *(account for account, *_ in ACCOUNTS)])),
        creator=draw(st.sampled_from([user for user, _ in USERS])),
        lead_source=draw(st.sampled_from(["", "Web", "Event"])),
        record_type=draw(st.sampled_from(["New", "New", "Renewal", ""])),
        lines=tuple(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(["0", "10", "10", "33.33", "-10", "", "99999.99"]),
                        st.sampled_from(FAMILIES),
                    ),
                    max_size=4,
                )
            )
        ),
        lines_change=draw(st.booleans()),
        ends=draw(st.sampled_from([None] * 6 + [100, 300, 500])),
        is_marked=draw(st.booleans()),
    )


# The exports


def _stamp(at: datetime, number: int) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000" if number % 2 else "%Y-%m-%dT%H:%M:%SZ")


def _closes(at: datetime, step: Step) -> str:
    return "" if step.close_in is None else (at.date() + timedelta(days=step.close_in)).isoformat()


def _opportunity(script: DealScript, now: datetime) -> Cells | None:
    lived = script.lived(now)
    if not lived:
        return None
    at, step = lived[-1]
    is_deleted = script.deleted is not None and script.deleted <= now
    if is_deleted and not script.is_marked:
        return None
    return {
        "Id": script.id,
        "Name": f"Deal {script.number}",
        "StageName": step.stage,
        "ForecastCategory": step.category,
        "Amount": step.amount,
        "CloseDate": _closes(at, step),
        "CreatedDate": _stamp(script.created, script.number),
        "LastModifiedDate": _stamp(script.deleted if is_deleted and script.deleted else at, script.number),
        "OwnerId": step.owner,
        "CreatedById": script.creator,
        "AccountId": script.account,
        "CurrencyIsoCode": script.currency,
        "LeadSource": script.lead_source,
        "Kind__c": script.record_type,
        "ACV__c": step.acv,
        "Region__c": step.region,
        "IsDeleted": "true" if is_deleted else "false",
    }


def _history(script: DealScript, now: datetime, habits: Habits) -> list[Cells]:
    lived = script.lived(now)
    if len(lived) == 1 and script.number % 3 == 0:
        return []  # a deal that never changed can lack rows
    rows: list[Cells] = []
    last = None
    for at, step in lived:
        row = {
            "StageName": step.stage,
            "Amount": step.amount,
            "CloseDate": _closes(at, step),
            "ForecastCategory": step.category,
        }
        if not habits.history_has_category:
            del row["ForecastCategory"]
        if row != last:
            rows.append({"OpportunityId": script.id, "CreatedDate": _stamp(at, script.number), **row})
        last = row
    return rows


def _field_history(script: DealScript, now: datetime) -> list[Cells]:
    rows: list[Cells] = []
    lived = script.lived(now)
    for (_, before), (at, after) in pairwise(lived):
        for field, old, new in (
            ("Owner", before.owner, after.owner),
            ("ACV__c", before.acv, after.acv),
            ("Region__c", before.region, after.region),
        ):
            if old != new:
                rows.append(
                    {
                        "OpportunityId": script.id,
                        "CreatedDate": _stamp(at, script.number),
                        "Field": field,
                        "OldValue": old,
                        "NewValue": new,
                    }
                )
    return rows


def _lines(script: DealScript, place: int) -> list[Cells]:
    lines = list(script.lines)
    if place and script.lines_change and lines:
        lines[0] = (lines[0][0], "Care")
    return [
        {"OpportunityId": script.id, "TotalPrice": price, "Product2.Family": family}
        for price, family in lines
    ]


def export_at(
    place: int,
    now: datetime,
    scripts: Sequence[DealScript],
    habits: Habits,
    targets: Sequence[Cells],
) -> Tables:
    """The tables of the export that is made at `now`, the `place`-th of its series."""
    rows = {script.number: _opportunity(script, now) for script in scripts}
    shown = [script for script in scripts if rows[script.number] is not None]
    tables: dict[str, list[Cells]] = {
        "Opportunity": [row for row in rows.values() if row is not None],
        "OpportunityStage": list(STAGE_TABLE),
        "OpportunityLineItem": [line for script in shown for line in _lines(script, place)],
        "Account": [
            {
                "Id": account,
                "Name": f"Account {account}",
                "BillingCountry": country,
                "NumberOfEmployees": size,
                "MasterRecordId": "a1" if place and account == "a4" else "",
            }
            for account, country, size in ACCOUNTS
        ],
        "User": [{"Id": user, "Name": f"Person {user}", "UserRoleId": role} for user, role in USERS],
        "UserRole": [{"Id": role, "Name": name, "ParentRoleId": parent} for role, name, parent in ROLES],
        "CurrencyType": [{"IsoCode": code, "ConversionRate": rate} for code, rate in STATIC_RATES],
        "DatedConversionRate": [
            {"IsoCode": code, "ConversionRate": rate, "StartDate": start, "NextStartDate": end}
            for code, rate, start, end in RATES
        ],
        "targets": list(targets),
    }
    if habits.has_history:
        tables["OpportunityHistory"] = [row for script in shown for row in _history(script, now, habits)]
    if habits.has_field_history:
        tables["OpportunityFieldHistory"] = [row for script in shown for row in _field_history(script, now)]
    return {name: rows for name, rows in tables.items() if rows}


# Targets

TARGET_PLACES = (
    ("TOTAL", "TOTAL"),
    *(("region", region) for region in REGIONS),
    ("product", "Core"),
    ("product", "Cloud"),
    ("segment", "ENT"),
    ("source", "Web"),
    ("region+product", "EMEA+Cloud"),
    ("product+region", "Core+AMER"),
    ("region+segment", "APAC+ENT"),
)


@st.composite
def target_tables(draw: st.DrawFn, labels: Sequence[str]) -> list[Cells]:
    rows: list[Cells] = []
    for label in labels:
        for dimension, value in TARGET_PLACES:
            for metric in ("closed_won", "pipe_gen"):
                if draw(st.integers(0, 9)) < (6 if metric == "closed_won" else 2):
                    rows.append(
                        {
                            "period": label,
                            "dimension": dimension,
                            "value": value,
                            "metric": metric,
                            "amount": draw(st.sampled_from(["0", "500", "5000", "12000.50", "60000"])),
                            "currency": draw(st.sampled_from(["USD", "USD", "", "EUR"])),
                        }
                    )
    return rows


@st.composite
def companies(draw: st.DrawFn, pulls: int = 1) -> Invented:
    """A company whose exports are read `pulls` times."""
    chosen = draw(terms())
    habits = Habits(
        has_history=draw(st.sampled_from([True, True, True, False])),
        history_has_category=draw(st.sampled_from([True, True, True, False])),
        has_field_history=draw(st.booleans()),
    )
    first_day = date(2024, 7, 1) + timedelta(days=draw(st.integers(0, 60)))
    moments, now = [], datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    now += timedelta(days=draw(st.integers(580, 640))) + draw(st.sampled_from(CLOCK)) + timedelta(seconds=7)
    for _ in range(pulls):
        moments.append(now)
        now += timedelta(days=draw(st.integers(1, 40)))
    count = draw(st.integers(5, 25))
    deals = [draw(scripts(number, first_day)) for number in range(1, count + 1)]
    deals[0] = replace(deals[0], created=min(deals[0].created, moments[0] - timedelta(days=1)), ends=None)
    gone = [deal for deal in deals if deal.ends is not None and not deal.is_marked]
    for deal in gone[1 if chosen.complete and count >= 10 else 0 :]:
        deals[deal.number - 1] = replace(deal, is_marked=True)
    last = moments[-1].astimezone(chosen.zone).date()
    year = chosen.year
    periods = {year.later(year.quarter_of(last), by).label for by in (0, -1, -4, 1)}
    table = draw(target_tables(sorted(periods)))
    exports = tuple(
        (moment, export_at(place, moment, deals, habits, table)) for place, moment in enumerate(moments)
    )
    some_days = draw(st.lists(st.integers(0, (last - first_day).days), min_size=2, max_size=2))
    days = (
        last,
        *(moment.astimezone(chosen.zone).date() for moment in moments),
        last - timedelta(days=draw(st.integers(0, 60))),
        *(first_day + timedelta(days=offset) for offset in some_days),
    )
    return Invented(chosen, configuration_of(chosen), exports, tuple(dict.fromkeys(days)))
