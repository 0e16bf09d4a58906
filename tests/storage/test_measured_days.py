"""Questions whose table is not kept: a second one does not measure again, and no answer is ever stale."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, literal, select

from pipeline.company import Company
from pipeline.matrix import Dimension, Matrix
from storage.apm import read_apm
from storage.database import Engine, open_database, reading, writing
from storage.measured_days import DAYS, Ground, Recent
from storage.mirror import mirror
from storage.nudge_tables import acknowledgement, waiver
from storage.refreshes import note_refresh
from storage.scales import read_scales
from storage.tables import (
    currency_table,
    fiscal_period,
    forecast_call,
    opportunity_key,
    opportunity_version,
    person,
    rate,
    slice_table,
    spend,
    target,
)
from tests.journeys.exported import Cells, Exported

CONFIGURATION = """
[crm]
kind = "files"
[crm.files]
complete = true
[storage]
url = "{url}"
[calendar]
periods = "Period.csv"
[dimensions]
region = [{{ field = "Region__c" }}]
source = [{{ field = "LeadSource" }}]
deal_type = [{{ field = "Type", map = {{ Renewal = "renewal" }} }}]
"""
PERIODS = """Type,StartDate,EndDate,FullyQualifiedLabel
Quarter,2025-08-01,2025-10-31,Q3 2025
Quarter,2025-11-01,2026-01-31,Q4 2025
Quarter,2026-02-01,2026-04-30,Q1 2026
Quarter,2026-05-01,2026-07-31,Q2 2026
Quarter,2026-08-01,2026-10-31,Q3 2026
Quarter,2026-11-01,2027-01-31,Q4 2026
"""
PULLED = datetime(2026, 11, 23, 20, tzinfo=UTC)
TODAY = date(2026, 11, 23)
EARLIER = date(2026, 11, 18)

STAGES = [
    {"MasterLabel": "Prospecting", "SortOrder": "1", "IsClosed": "false", "IsWon": "false"},
    {"MasterLabel": "Qualification", "SortOrder": "2", "IsClosed": "false", "IsWon": "false"},
    {"MasterLabel": "Closed Won", "SortOrder": "8", "IsClosed": "true", "IsWon": "true"},
]
RATES = [
    {"IsoCode": "EUR", "ConversionRate": "0.8", "StartDate": "2024-01-01", "NextStartDate": "2027-12-31"}
]
TARGETS = [
    {"period": "Q4 2026", "dimension": "region", "value": "EMEA", "metric": "closed_won", "amount": "4000"}
]
USERS = [{"Id": "005A", "Name": "Ana", "IsActive": "true"}, {"Id": "005B", "Name": "Bo", "IsActive": "true"}]


def deal(id: str, stage: str, amount: str, close: str, created: str = "2026-08-10", **more: str) -> Cells:
    return {
        "Id": id,
        "Name": id,
        "StageName": stage,
        "Amount": amount,
        "CloseDate": close,
        "CreatedDate": f"{created}T18:00:00.000Z",
        "OwnerId": "005A",
        "CurrencyIsoCode": "USD",
        "Region__c": "EMEA",
        "LeadSource": "Web",
        "Type": "New",
    } | more


WON = deal("006A", "Closed Won", "1000", "2026-11-10")
FOREIGN = deal("006B", "Qualification", "2000", "2026-12-20", CurrencyIsoCode="EUR", OwnerId="005B")
PAST = deal("006C", "Qualification", "300", "2026-11-12")
WITHOUT_RATE = deal("006D", "Qualification", "7", "2026-12-01", CurrencyIsoCode="GBP")
OVERDUE = deal("006E", "Qualification", "50", "2026-10-20", Region__c="AMER")
LAST_YEAR = deal("006F", "Closed Won", "800", "2025-11-10", "2025-08-10", Region__c="AMER")
UNQUALIFIED = deal("006Q", "Prospecting", "40", "2026-12-20", "2026-11-05")
DEALS = [UNQUALIFIED, WON, FOREIGN, PAST, WITHOUT_RATE, OVERDUE, LAST_YEAR]

Change = Callable[[Connection], object]


@pytest.fixture(scope="module")
def pulled(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of the company, which nobody has open."""
    exported = open_exports(tmp_path_factory.mktemp("pulled"), template_url)
    pull(exported, DEALS, PULLED)
    with writing(exported.council.engine) as connection:
        connection.execute(spend.insert().values(period="Q4 2026", lever_or_source="Web", amount=10_000_000))
        connection.execute(
            forecast_call.insert().values(
                period="Q4 2026", amount=20_000_000, currency="EUR", owner_id="005B"
            )
        )
    exported.close()
    return template_url


@pytest.fixture
def company_url(pulled: str, copy_database: Callable[[str], str]) -> str:
    """The address of the test's own copy."""
    return copy_database(pulled)


@pytest.fixture
def exported(company_url: str, tmp_path: Path) -> Iterator[Exported]:
    exported = open_exports(tmp_path, company_url)
    yield exported
    exported.close()


def open_exports(home: Path, url: str) -> Exported:
    (home / "Period.csv").write_text(PERIODS, encoding="utf-8")
    return Exported(home, CONFIGURATION.format(url=url))


@pytest.fixture
def engine(exported: Exported) -> Engine:
    return exported.council.engine


@pytest.fixture
def company(exported: Exported) -> Company:
    return exported.council.company


@pytest.fixture
def other(engine: Engine, company_url: str) -> Iterator[Engine]:
    """Another process on the same database, which remembers nothing of this one."""
    other = open_database(company_url)
    yield other
    other.dispose()


def pull(exported: Exported, deals: list[Cells], now: datetime) -> None:
    exported.write(
        {
            "Opportunity": deals,
            "OpportunityStage": STAGES,
            "DatedConversionRate": RATES,
            "User": USERS,
            "targets": TARGETS,
        }
    )
    exported.pull(now)


def ask_of_a_pair(engine: Engine, company: Company) -> Matrix:
    return read_apm(engine, company, as_of=TODAY, dimension=Dimension.SOURCE, by=Dimension.REGION)


def ask_of_an_earlier_day(engine: Engine, company: Company) -> Matrix:
    return read_apm(engine, company, as_of=EARLIER, dimension=Dimension.SOURCE)


def ask_of_owners(engine: Engine, company: Company) -> Matrix:
    owners = ("005A", "005B")
    return read_apm(engine, company, as_of=TODAY, dimension=Dimension.REGION, owners=owners)


QUESTIONS = (ask_of_a_pair, ask_of_an_earlier_day, ask_of_owners)


def answers(engine: Engine, company: Company) -> list[Matrix]:
    return [ask(engine, company) for ask in QUESTIONS]


def number_of(opportunity_id: str) -> object:
    return select(opportunity_key.c.no).where(opportunity_key.c.crm_id == opportunity_id).scalar_subquery()


def waive(connection: Connection) -> None:
    connection.execute(
        waiver.insert().values(
            opportunity=number_of("006C"),
            rule="close_date_past",
            reason="",
            asked_by="005A",
            asked_at=0,
            state="granted",
            since_day=EARLIER.toordinal() - 1,
            until_day=TODAY.toordinal() + 1,
        )
    )


def acknowledge(connection: Connection) -> None:
    version = opportunity_version.c
    known = {
        "opportunity": version.opportunity,
        "rule": literal("close_date_past"),
        "pushes": version.pushes,
        "stage": version.stage,
        "by": literal("005A"),
        "at": literal(0),
    }
    standing = (version.opportunity == number_of("006C"), version.valid_to > TODAY.toordinal())
    connection.execute(
        acknowledgement.insert().from_select(list(known), select(*known.values()).where(*standing))
    )


def double(opportunity_id: str) -> Change:
    """As a fix of the deal would, with its number."""

    def act(connection: Connection) -> None:
        version = opportunity_version
        connection.execute(
            version.update()
            .where(version.c.opportunity == number_of(opportunity_id))
            .values(value=version.c.value * 2, deal_value=version.c.deal_value * 2)
        )
        note_refresh(connection, [opportunity_id], int(PULLED.timestamp()))

    return act


def move_quarter(connection: Connection) -> None:
    """It begins after a deal was won, and the one before it ends so."""
    for label, column in (("Q3 2026", fiscal_period.c.end_day), ("Q4 2026", fiscal_period.c.start_day)):
        moving = fiscal_period.update().where(fiscal_period.c.label == label)
        connection.execute(moving.values({column: column + 11}))


CHANGES: Mapping[str, Change] = {
    "a rate": lambda one: one.execute(rate.update().values(units="0.5")),
    "a rate of the currency that had none": lambda one: one.execute(
        rate.insert().values(no=9, currency="GBP", units="2", start_day=1, end_day=None)
    ),
    "the code of a currency": lambda one: one.execute(
        currency_table.update().where(currency_table.c.code == "GBP").values(code="CHF")
    ),
    "a target": lambda one: one.execute(target.update().values(amount=50_000_000)),
    "a target of a new row": lambda one: one.execute(
        target.insert().values(
            period="Q4 2026", dimension="region", value="AMER", metric="closed_won", amount=90_000_000
        )
    ),
    "what a source cost": lambda one: one.execute(spend.update().values(amount=30_000_000)),
    "the top manager's call": lambda one: one.execute(forecast_call.update().values(amount=70_000_000)),
    "the top manager's name": lambda one: one.execute(
        person.update().where(person.c.crm_id == "005B").values(name="Bea")
    ),
    "who an owner is": lambda one: one.execute(
        person.update().where(person.c.crm_id == "005B").values(crm_id="005Z")
    ),
    "a fiscal period": move_quarter,
    "the region of a slice": lambda one: one.execute(
        slice_table.update().where(slice_table.c.region == "AMER").values(region="APAC")
    ),
    "what is a renewal": lambda one: one.execute(
        slice_table.update().where(slice_table.c.region == "AMER").values(deal_type="renewal")
    ),
    "a waiver": waive,
    "an acknowledgement": acknowledge,
    "when it was pulled": lambda one: one.execute(mirror.update().values(pulled_at=mirror.c.pulled_at + 60)),
    "what it was measured by": lambda one: one.execute(mirror.update().values(definitions_hash="another")),
    "an open deal": double("006B"),
    "a deal without a rate": double("006D"),
    "an overdue deal": double("006E"),
    "a deal of last year": double("006F"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_is_seen_by_the_next_question(
    engine: Engine, other: Engine, company: Company, change: Change
) -> None:
    before = answers(engine, company)
    with writing(other) as connection:
        change(connection)
    now = answers(engine, company)
    assert now != before
    assert now == answers(other, company)


def test_a_pull_is_seen_by_the_next_question(
    exported: Exported, engine: Engine, other: Engine, company: Company
) -> None:
    before = answers(engine, company)
    pull(exported, [*DEALS, deal("006G", "Qualification", "900", "2026-12-20")], PULLED + timedelta(hours=1))
    now = answers(engine, company)
    assert now != before
    assert now == answers(other, company)


def test_another_configuration_has_answers_of_its_own(
    engine: Engine, other: Engine, company: Company
) -> None:
    definitions = company.definitions
    by_creation = replace(
        company,
        definitions=definitions.model_copy(
            update={"metrics": definitions.metrics.model_copy(update={"pipe_gen_basis": "created_date"})}
        ),
    )
    before = answers(engine, company)
    assert before != answers(engine, by_creation) == answers(other, by_creation)
    assert answers(engine, company) == before


def test_a_fix_that_is_rolled_back_is_never_remembered(
    engine: Engine, other: Engine, company: Company
) -> None:
    before = answers(engine, company)
    with suppress(InterruptedError), writing(other) as connection:
        double("006B")(connection)
        assert answers(engine, company) == before
        raise InterruptedError
    with writing(other) as connection:
        double("006E")(connection)  # its refresh has the number of the one that was rolled back
    now = answers(engine, company)
    assert now != before
    assert now == answers(other, company)


def versions_read(engine: Engine, ask: Callable[[], object]) -> int:
    """How many statements of a question go through the versions of deals."""
    statements: list[str] = []

    def listen(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", listen)
    ask()
    event.remove(engine, "before_cursor_execute", listen)
    return sum("opportunity_version" in one for one in statements)


@pytest.mark.parametrize(
    ("ask", "again"), [(ask_of_a_pair, 0), (ask_of_an_earlier_day, 1), (ask_of_owners, 1)]
)
def test_the_second_question_only_measures_whose_records_can_be_believed(
    engine: Engine, company: Company, ask: Callable[[Engine, Company], Matrix], again: int
) -> None:
    assert versions_read(engine, lambda: ask(engine, company)) > again
    assert versions_read(engine, lambda: ask(engine, company)) == again


def test_a_question_by_another_dimension_does_not_measure_again(engine: Engine, company: Company) -> None:
    def ask() -> None:
        read_apm(engine, company, as_of=TODAY, dimension=Dimension.REGION, by=Dimension.PRODUCT)

    ask_of_a_pair(engine, company)
    assert versions_read(engine, ask) == 0


@pytest.mark.parametrize("owners", [("005A",), ("005B",), ("005A", "005B"), ("005B", "005A"), ()])
def test_owners_have_sums_of_their_own(
    engine: Engine, other: Engine, company: Company, owners: tuple[str, ...]
) -> None:
    def ask(of: Engine, owners: tuple[str, ...]) -> Matrix:
        return read_apm(of, company, as_of=TODAY, dimension=Dimension.REGION, owners=owners)

    for before in (("005A",), ("005A", "005B")):
        ask(engine, before)
    assert ask(engine, owners) == ask(other, owners)


def test_the_day_that_was_asked_for_least_lately_is_forgotten_first(engine: Engine, company: Company) -> None:
    with reading(engine) as connection:
        scales = read_scales(connection, company.definitions)
    days = [
        Ground(1, 0, TODAY - timedelta(days=day), "", scales.calendar, scales.rates, {}, frozenset())
        for day in range(DAYS + 1)
    ]
    recent, measured = Recent[date](DAYS), []

    def ask(ground: Ground) -> None:
        def measure() -> date:
            measured.append(ground.as_of)
            return ground.as_of

        assert recent.of(ground, measure) == ground.as_of

    for ground in (*days[:DAYS], days[0], days[DAYS], days[0], days[1]):
        ask(ground)
    assert measured == [one.as_of for one in (*days, days[1])]
