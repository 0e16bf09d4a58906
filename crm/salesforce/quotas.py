"""Quotas of people as targets of the company and of product families."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crm.files.clock import day_number
from crm.records import Batch, PeriodRecord, Problem, RoleRecord, TargetRecord, UserRecord
from crm.salesforce.errors import QueryRefused, RequestRefused
from crm.salesforce.forecasting import Hierarchy, named_periods
from crm.salesforce.session import Session
from crm.salesforce.sight import Sight
from crm.salesforce.values import text_of
from pipeline.calendar import build_calendar
from pipeline.definitions import CalendarDefinition
from pipeline.errors import PeriodMissing
from pipeline.matrix import TOTAL, Dimension, Metric
from pipeline.money import parse_amount

QUOTAS = "ForecastingQuota"
_NEEDED = ("Id", "QuotaOwnerId", "QuotaAmount", "StartDate", "ForecastingTypeId")


class Quota(NamedTuple):
    """What one person is asked to close."""

    owner_id: str
    day: int
    """First day of the month or quarter."""
    family: str | None
    amount: int
    currency: str | None


class _Group(NamedTuple):
    label: str
    family: str | None


def may_read_quotas(sight: Sight) -> bool:
    """Whether there are quotas, and our user may see them."""
    return all(sight.sees(QUOTAS, name) for name in _NEEDED)


def read_targets(
    sight: Sight,
    session: Session,
    definition: CalendarDefinition,
    periods: Sequence[PeriodRecord],
    users: Sequence[UserRecord],
    roles: Sequence[RoleRecord],
    kind: str | None,
) -> Batch:
    """The quotas of those at the top, since a manager's covers those of the team; by quarter and family.

    `kind`: of forecast, `None` where there is only one.
    """
    try:
        quotas = list(_read(sight, session, kind))
    except (QueryRefused, RequestRefused):
        return Batch(())  # forecasts are switched off for our user, which only the query itself tells
    above = Hierarchy(users, roles)
    sums: defaultdict[_Group, dict[str | None, int]] = defaultdict(dict)
    calendar = build_calendar(definition, named_periods(definition, periods))
    for quota in _topmost(quotas, above):
        try:
            label = calendar.period_of(date.fromordinal(quota.day)).label
        except PeriodMissing:
            continue
        of_group = sums[_Group(label, quota.family)]
        of_group[quota.currency] = of_group.get(quota.currency, 0) + quota.amount
    return Batch(list(_targets(sums)), list(_problems(sums)))


def _read(sight: Sight, session: Session, kind: str | None) -> Iterator[Quota]:
    further = ("ProductFamily", "CurrencyIsoCode", "IsAmount")
    select = sight.select_of(QUOTAS, (*_NEEDED, *further))
    for row in session.query(select.text):
        of_kind = kind is None or row["ForecastingTypeId"] == kind
        starts = day_number(text_of(row["StartDate"])[:10])
        if of_kind and starts is not None and row["QuotaAmount"] is not None and row.get("IsAmount", True):
            yield Quota(
                row["QuotaOwnerId"],
                starts,
                row.get("ProductFamily") or None,
                parse_amount(text_of(row["QuotaAmount"])),
                row.get("CurrencyIsoCode") or None,
            )


def _topmost(quotas: Sequence[Quota], above: Hierarchy) -> Iterator[Quota]:
    """Quotas above whose owner nobody has one for the same time and family."""
    holders: defaultdict[tuple[int, str | None], set[str | None]] = defaultdict(set)
    for quota in quotas:
        if quota.amount:
            holders[quota.day, quota.family].add(above.role_of(quota.owner_id))
    for quota in quotas:
        if holders[quota.day, quota.family].isdisjoint(above.roles_above(quota.owner_id)):
            yield quota


def _targets(sums: Mapping[_Group, Mapping[str | None, int]]) -> Iterator[TargetRecord]:
    for (label, family), by_currency in sums.items():
        if len(by_currency) == 1:
            [(currency, amount)] = by_currency.items()
            dimension, value = (TOTAL, TOTAL) if family is None else (Dimension.PRODUCT.value, family)
            yield TargetRecord(label, dimension, value, Metric.CLOSED_WON.value, amount, currency)


def _problems(sums: Mapping[_Group, Mapping[str | None, int]]) -> Iterator[Problem]:
    for (label, family), by_currency in sums.items():
        if len(by_currency) > 1:
            of = f" for {family}" if family else ""
            currencies = ", ".join(sorted(currency or "no currency" for currency in by_currency))
            yield Problem(
                QUOTAS,
                None,
                "CurrencyIsoCode",
                currencies,
                f"the quotas of {label}{of} are in several currencies, so no target was made of them; put it "
                "into targets.csv",
                "several currencies",
            )
