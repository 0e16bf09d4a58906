"""The small tables that everything else refers to: stages, people, rates, periods, targets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from crm.files.beside import TablesBeside
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.people import read_roles, read_users
from crm.files.reference import read_dated_rates, read_periods, read_static_rates
from crm.files.stages import StageList, read_stage_table
from crm.records import (
    Batch,
    FieldKind,
    PeriodRecord,
    Problem,
    PullRequest,
    Record,
    RoleRecord,
    UserRecord,
)
from crm.salesforce.calls import CALLS, may_read_calls, read_calls
from crm.salesforce.forecasting import read_kind
from crm.salesforce.quotas import may_read_quotas, read_targets
from crm.salesforce.rows import QueriedRows, begin_together
from crm.salesforce.session import Session
from crm.salesforce.sight import CREATOR, OWNER, Sight
from crm.salesforce.soql import quoted
from crm.salesforce.tables import no_lookups, table_of
from pipeline.definitions import CalendarDefinition
from pipeline.errors import NothingUsable

STAGES, USERS, ROLES, PERIODS = "OpportunityStage", "User", "UserRole", "Period"
CURRENCIES, DATED_RATES = "CurrencyType", "DatedConversionRate"
TARGETS = "targets"
_CALLS_READ = timedelta(days=400)
"""Of a year and a little more: older calls have been overtaken by what was won."""

_NEVER_OWN_DEALS = ("Guest", "CspLitePortal", "CustomerSuccess", "PowerCustomerSuccess")
"""Types of the users of a community, of whom there can be millions."""


def read_stages(sight: Sight, session: Session) -> tuple[StageList, Sequence[Problem]]:
    """Raises `NothingUsable` where our user does not see the stages."""
    select = sight.select(STAGES)
    if select is None:
        raise NothingUsable(
            f"Salesforce: our user does not see {STAGES}, without which no opportunity can be understood. "
            "Give it the right to read opportunities (Read on Opportunity)."
        )
    return read_stage_table(table_of(QueriedRows(session, [select])))


class RememberedStages(StageList):
    """Stages that were read a while ago: a text that names none of them has them read again, once."""

    def __init__(self, known: StageList, read_again: Callable[[], StageList]) -> None:
        super().__init__(known.records, {})
        self._known = known
        self._read_again: Callable[[], StageList] | None = read_again

    def parse(self, text: str) -> str:
        try:
            return self._known.parse(text)
        except ValueError:
            if self._read_again is None:
                raise
            self._known, self._read_again = self._read_again(), None
            return self._known.parse(text)


class ReferenceReader:
    """Reads everything but the stages, as one request wants it."""

    def __init__(
        self,
        sight: Sight,
        session: Session,
        calendar: CalendarDefinition,
        beside: TablesBeside,
        request: PullRequest,
    ) -> None:
        self._sight = sight
        self._session = session
        self._calendar = calendar
        self._beside = beside
        self._request = request
        self._clock = Clock(request.timezone)

    def batches(self) -> Iterator[Batch]:
        """What stands in a file beside wins: periods, and targets over quotas."""
        wanted_of_people = _over_people(self._request.fields)
        types = ", ".join(map(quoted, _NEVER_OWN_DEALS))
        own = [f"UserType NOT IN ({types})"] if self._sight.sees(USERS, "UserType") else []
        rows = {
            ROLES: self._rows(ROLES),
            USERS: self._rows(USERS, wanted_of_people, own),
            CURRENCIES: self._rows(CURRENCIES),
            DATED_RATES: self._rows(DATED_RATES),
            PERIODS: self._rows(PERIODS, conditions=["Type = 'Quarter'"]),
        }
        begin_together(self._session, [one for one in rows.values() if one is not None])
        roles, users, periods = list[RoleRecord](), list[UserRecord](), list[PeriodRecord]()
        yield from _kept(_read(rows[ROLES], lambda table: read_roles(table, no_lookups())), RoleRecord, roles)
        read_people = _read(
            rows[USERS], lambda table: read_users(table, no_lookups(), wanted_of_people, self._clock)
        )
        yield from _kept(read_people, UserRecord, users)
        yield from self._rates(rows[CURRENCIES], rows[DATED_RATES])
        if PERIODS not in self._beside.tables:
            read_quarters = _read(rows[PERIODS], lambda table: read_periods(table, self._clock))
            yield from _kept(read_quarters, PeriodRecord, periods)
        yield from _kept(self._beside.pull(self._request.timezone), PeriodRecord, periods)
        yield from self._forecasts(periods, users, roles)

    def _forecasts(
        self, periods: Sequence[PeriodRecord], users: Sequence[UserRecord], roles: Sequence[RoleRecord]
    ) -> Iterator[Batch]:
        sight, session = self._sight, self._session
        wants_targets = TARGETS not in self._beside.tables and may_read_quotas(sight)
        wants_calls = CALLS not in self._beside.tables and may_read_calls(sight)
        if not (wants_targets or wants_calls):
            return
        kind = read_kind(sight, session)
        if wants_targets:
            yield read_targets(sight, session, self._calendar, periods, users, roles, kind)
        if wants_calls:
            since = datetime.fromtimestamp(self._request.now, UTC).date() - _CALLS_READ
            yield read_calls(sight, session, self._calendar, periods, users, roles, kind, since)

    def _rates(self, static: QueriedRows | None, dated: QueriedRows | None) -> Iterator[Batch]:
        corporate = corporate_currency(self._sight, self._session)
        if corporate is not None and corporate != self._request.corporate_currency:
            yield Batch((), [_other_currency(corporate, self._request.corporate_currency)])
            return
        yield from _read(static, read_static_rates)
        yield from _read(dated, lambda table: read_dated_rates(table, self._clock))

    def _rows(
        self, name: str, further: Iterable[str] = (), conditions: Iterable[str] = ()
    ) -> QueriedRows | None:
        """`None` of a table that our user does not see."""
        select = self._sight.select(name, further)
        return None if select is None else QueriedRows(self._session, [select.also(*conditions)])


def _read(rows: QueriedRows | None, read: Callable[[Table], Iterator[Batch]]) -> Iterator[Batch]:
    return iter(()) if rows is None else read(table_of(rows))


def corporate_currency(sight: Sight, session: Session) -> str | None:
    """`None` in an organisation of one currency."""
    if not sight.sees(CURRENCIES, "IsCorporate"):
        return None
    select = sight.select_of(CURRENCIES, ("IsoCode",)).also("IsCorporate = true")
    return next((str(row["IsoCode"]) for row in session.query(select.text)), None)


def _over_people(fields: Mapping[str, FieldKind]) -> Mapping[str, FieldKind]:
    """The further fields of owners and creators, without the relation."""
    parts = ((path.partition("."), kind) for path, kind in fields.items())
    return {name: kind for (relation, _, name), kind in parts if name and relation in (OWNER, CREATOR)}


def _other_currency(corporate: str, configured: str) -> Problem:
    return Problem(
        CURRENCIES,
        None,
        "IsCorporate",
        corporate,
        f"Salesforce's corporate currency is {corporate}, [money] corporate_currency is {configured}; its "
        "rates are not used",
        "other corporate currency",
    )


def fiscal_notices(sight: Sight, session: Session, calendar: CalendarDefinition) -> Iterator[str]:
    """Where the configured fiscal year is not Salesforce's; who has named periods has decided already."""
    if calendar.periods is not None:
        return
    if sight.sees("FiscalYearSettings", "IsStandardYear"):
        custom = sight.select_of("FiscalYearSettings", ("Name",)).also("IsStandardYear = false")
        names = [str(row["Name"]) for row in session.query(custom.text)]
        if names:
            yield (
                f"Salesforce has custom fiscal years ({', '.join(sorted(names)[:3])} …), and [calendar] "
                'counts by months: set periods = "Period" there so that Salesforce\'s own quarters count.'
            )
            return
    if sight.sees("Organization", "FiscalYearStartMonth"):
        select = sight.select_of("Organization", ("FiscalYearStartMonth",))
        month = next((row["FiscalYearStartMonth"] for row in session.query(select.text)), None)
        if month is not None and int(month) != calendar.start_month:
            yield (
                f"Salesforce's fiscal year starts in month {int(month)}, [calendar] start_month is "
                f"{calendar.start_month}."
            )


Kind = TypeVar("Kind", bound=Record)


def _kept(batches: Iterator[Batch], kind: type[Kind], to: list[Kind]) -> Iterator[Batch]:
    """The same batches; what they hold of a kind is remembered."""
    for batch in batches:
        to.extend(record for record in batch.records if isinstance(record, kind))
        yield batch
