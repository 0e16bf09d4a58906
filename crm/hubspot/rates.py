"""HubSpot's exchange rates as ours."""

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, InvalidOperation
from itertools import groupby, pairwise
from typing import Any

from crm.hubspot.errors import RequestRefused, ScopeMissing
from crm.hubspot.session import Session
from crm.hubspot.values import HubspotValues
from crm.records import Batch, Problem, PullRequest, RateRecord

_PATH = "/settings/v3/currencies/exchange-rates"
_TABLE = "exchange rates"
_PRECISE = Context(prec=20)
_ALWAYS = 1
"""The first day there is: HubSpot converts older deals by the oldest rate it knows."""


def may_read_rates(session: Session) -> bool:
    """Whether there are several currencies, and the app may know them."""
    try:
        session.get(_PATH, {"limit": "1"})
    except (ScopeMissing, RequestRefused):
        return False
    return True


def read_rates(session: Session, request: PullRequest, values: HubspotValues) -> Batch:
    """Dated rates of every further currency; none where the app may not read them."""
    try:
        entries = list(_entries(session))
    except (ScopeMissing, RequestRefused):
        return Batch(())
    own = [entry for entry in entries if entry["toCurrencyCode"] == request.corporate_currency]
    others = {str(entry["toCurrencyCode"]) for entry in entries} - {request.corporate_currency}
    problems = [
        Problem(
            _TABLE,
            None,
            "toCurrencyCode",
            currency,
            f"HubSpot converts into {currency}, [money] corporate_currency is {request.corporate_currency}; "
            "its rates are not used",
            "other company currency",
        )
        for currency in sorted(others)
    ]
    return Batch(tuple(_records(own, values)), tuple(problems))


def _entries(session: Session) -> Iterator[Mapping[str, Any]]:
    params = {"limit": "100"}
    while True:
        page = session.get(_PATH, params)
        yield from page["results"]
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
        if not after:
            return
        params = {**params, "after": str(after)}


def _records(entries: list[Mapping[str, Any]], values: HubspotValues) -> Iterator[RateRecord]:
    dated = sorted(
        (str(entry["fromCurrencyCode"]), values.day(entry["effectiveAt"]) or _ALWAYS, _units(entry))
        for entry in entries
        if _units(entry)
    )
    for currency, group in groupby(dated, key=lambda rate: rate[0]):
        by_day = {day: units for _, day, units in group}
        days = [_ALWAYS, *list(by_day)[1:], None]
        for (start, end), units in zip(pairwise(days), by_day.values(), strict=True):
            yield RateRecord(currency, units, start, end)
        yield RateRecord(currency, list(by_day.values())[-1], None, None)


def _units(entry: Mapping[str, Any]) -> str:
    """HubSpot says what one unit is worth in the company's currency; ours is the other way round."""
    try:
        rate = Decimal(str(entry["conversionRate"]))
        return format(_PRECISE.divide(Decimal(1), rate), "f") if rate > 0 else ""
    except InvalidOperation:
        return ""
