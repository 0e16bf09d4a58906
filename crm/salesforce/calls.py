"""What the manager at the top of Salesforce's forecast says each quarter will bring."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crm.files.clock import day_number
from crm.records import Batch, ForecastCallRecord, PeriodRecord, RoleRecord, UserRecord
from crm.salesforce.errors import QueryRefused, RequestRefused
from crm.salesforce.forecasting import Hierarchy, named_periods
from crm.salesforce.session import Session
from crm.salesforce.sight import Sight
from crm.salesforce.values import text_of
from pipeline.calendar import build_calendar
from pipeline.definitions import CalendarDefinition
from pipeline.errors import PeriodMissing
from pipeline.money import parse_amount

CALLS = "calls"
"""The table beside that wins over Salesforce's."""
ITEMS = "ForecastingItem"
_STARTS = "Period.StartDate"
_NEEDED = ("OwnerId", "ForecastAmount", "ForecastingItemCategory", "ForecastingTypeId", _STARTS)
_COMMIT = "CommitForecast"
"""Closed and Commit together, as our own forecast is. Where an organisation's forecasts do not add up from
column to column there is no such figure, and no call."""


class _Item(NamedTuple):
    """What one person says of one month or quarter."""

    owner_id: str
    day: int
    """Its first."""
    amount: int
    currency: str | None


def may_read_calls(sight: Sight) -> bool:
    """Whether there are forecasts, and our user may see them."""
    return all(sight.sees(ITEMS, name) for name in _NEEDED)


def read_calls(
    sight: Sight,
    session: Session,
    definition: CalendarDefinition,
    periods: Sequence[PeriodRecord],
    users: Sequence[UserRecord],
    roles: Sequence[RoleRecord],
    kind: str | None,
    since: date,
) -> Batch:
    """By quarter, of months and quarters that began on `since` or later.

    Where several stand at the top, or speak in several currencies, there is no one call.
    """
    try:
        items = list(_read(sight, session, kind, since))
    except (QueryRefused, RequestRefused):
        return Batch(())  # forecasts are switched off for our user, which only the query itself tells
    calendar = build_calendar(definition, named_periods(definition, periods))
    by_quarter: defaultdict[str, list[_Item]] = defaultdict(list)
    for item in _topmost(items, Hierarchy(users, roles)):
        try:
            by_quarter[calendar.period_of(date.fromordinal(item.day)).label].append(item)
        except PeriodMissing:
            continue
    return Batch(list(_calls(by_quarter)))


def _read(sight: Sight, session: Session, kind: str | None, since: date) -> Iterator[_Item]:
    select = sight.select_of(ITEMS, (*_NEEDED, "ProductFamily", "CurrencyIsoCode", "IsAmount"))
    category = f"ForecastingItemCategory = '{_COMMIT}'"
    recent = f"{_STARTS} >= {since.isoformat()}"
    for row in session.query(select.also(category, recent).text):
        starts = day_number(text_of((row.get("Period") or {}).get("StartDate"))[:10])
        of_kind = kind is None or row["ForecastingTypeId"] == kind
        of_all = not row.get("ProductFamily") and row.get("IsAmount", True)
        if of_kind and of_all and starts is not None and row["ForecastAmount"] is not None:
            yield _Item(
                row["OwnerId"],
                starts,
                parse_amount(text_of(row["ForecastAmount"])),
                row.get("CurrencyIsoCode") or None,
            )


def _topmost(items: Sequence[_Item], above: Hierarchy) -> Iterator[_Item]:
    """Those above whose owner nobody says anything of the same time."""
    holders: defaultdict[int, set[str | None]] = defaultdict(set)
    for item in items:
        holders[item.day].add(above.role_of(item.owner_id))
    for item in items:
        if holders[item.day].isdisjoint(above.roles_above(item.owner_id)):
            yield item


def _calls(by_quarter: Mapping[str, Sequence[_Item]]) -> Iterator[ForecastCallRecord]:
    for label, items in by_quarter.items():
        owners, currencies = {item.owner_id for item in items}, {item.currency for item in items}
        if len(owners) == 1 and len(currencies) == 1:
            amount = sum(item.amount for item in items)
            yield ForecastCallRecord(label, amount, items[0].currency, items[0].owner_id)
