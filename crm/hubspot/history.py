"""Property histories as versions of a deal."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from crm.hubspot.pipelines import Pipelines
from crm.hubspot.properties import PROPERTY_OF_FIELD
from crm.hubspot.values import HubspotValues, milliseconds
from crm.records import FieldChangeRecord, FieldKind, HistoryRecord
from pipeline.deal_fields import CATEGORY_FIELD
from pipeline.money import parse_amount
from pipeline.records import Category

STAGE, AMOUNT, CLOSE, CATEGORY = (
    PROPERTY_OF_FIELD[field] for field in ("StageName", "Amount", "CloseDate", CATEGORY_FIELD)
)
TOGETHER = (STAGE, AMOUNT, CLOSE, CATEGORY)
"""The properties whose versions are laid over each other."""
ONE_BY_ONE = ("OwnerId", "NextStep", "CurrencyIsoCode")
"""The standard fields whose changes are told each for itself."""
KEPT_VERSIONS = 20
"""HubSpot tells no more of a deal's property; what was before is not known then."""


class Version(NamedTuple):
    """What a property held from a moment on."""

    at: int
    """Milliseconds since 1970."""
    text: str


def versions_of(row: Mapping[str, Any], name: str) -> Sequence[Version]:
    """A property's versions, oldest first."""
    told = (row.get("propertiesWithHistory") or {}).get(name) or ()
    versions = [
        Version(at, str(one.get("value") or ""))
        for one in told
        if (at := milliseconds(one.get("timestamp"))) is not None
    ]
    return sorted(versions, key=lambda version: version.at)


def history_of(
    row: Mapping[str, Any], pipelines: Pipelines, categories: Mapping[str, Category], values: HubspotValues
) -> Iterator[HistoryRecord]:
    """The state after each moment at which one of the four changed."""
    versions = {name: versions_of(row, name) for name in TOGETHER}
    changes = sorted(
        (version.at // 1000, version.at, name, version.text)
        for name, own in versions.items()
        for version in own
    )
    amount_is_known = len(versions[AMOUNT]) < KEPT_VERSIONS
    now: dict[str, str] = {}
    for at, group in groupby(changes, key=lambda change: change[0]):
        now.update({name: text for _, _, name, text in group})
        stage_id = now.get(STAGE)
        yield HistoryRecord(
            opportunity_id=str(row["id"]),
            at=at,
            stage=pipelines.name_of(stage_id),
            amount=_amount(now.get(AMOUNT)),
            close_day=_day(now.get(CLOSE), values),
            category=None if pipelines.is_closed(stage_id) else categories.get(now.get(CATEGORY, "")),
            has_amount=amount_is_known or AMOUNT in now,
        )


def changes_of(
    row: Mapping[str, Any], name: str, field: str, kind: FieldKind, values: HubspotValues
) -> Iterator[FieldChangeRecord]:
    """Each change of one property, as text that the rules read."""
    versions = versions_of(row, name)
    texts = [(version.at // 1000, _plain(version.text, kind, values)) for version in versions]
    if len(versions) < KEPT_VERSIONS:
        texts.insert(0, (0, None))
    for (_, old), (at, new) in pairwise(texts):
        if old != new:
            yield FieldChangeRecord(str(row["id"]), at, field, old, new)


def _plain(text: str, kind: FieldKind, values: HubspotValues) -> str | None:
    """A day without its time; everything else as it is."""
    if kind is not FieldKind.DAY:
        return text or None
    return values.write(_day(text, values), FieldKind.DAY) or None


def _amount(text: str | None) -> int | None:
    try:
        return parse_amount(text) if text else None
    except ValueError:
        return None


def _day(text: str | None, values: HubspotValues) -> int | None:
    try:
        return values.day(text)
    except ValueError:
        return None
