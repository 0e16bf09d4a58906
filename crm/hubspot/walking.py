"""Which deals there are: all ids page by page, or those that a search finds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm.hubspot.session import Session

_A_PAGE = 100
_DEALS = "/crm/v3/objects/deals"
_ID = "hs_object_id"

Filter = Mapping[str, Any]


def walk_all(session: Session) -> Iterator[Sequence[str]]:
    """The ids of all deals, in pages."""
    params = {"limit": str(_A_PAGE), "properties": _ID}
    while True:
        page = session.get(_DEALS, params)
        yield [str(row["id"]) for row in page["results"]]
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
        if not after:
            return
        params = {**params, "after": str(after)}


def walk_found(session: Session, filters: Sequence[Filter]) -> Iterator[Sequence[str]]:
    """The ids of the deals for which all filters hold, in pages.

    A search ends at its 10,000th row, so each page is a search of its own: above the last id seen.
    """
    last = "0"
    while True:
        above = {"propertyName": _ID, "operator": "GT", "value": last}
        page = session.search(
            f"{_DEALS}/search",
            {
                "filterGroups": [{"filters": [*filters, above]}],
                "sorts": [{"propertyName": _ID, "direction": "ASCENDING"}],
                "properties": [_ID],
                "limit": _A_PAGE,
            },
        )
        ids = [str(row["id"]) for row in page["results"]]
        if not ids:
            return
        yield ids
        last = ids[-1]


def count_found(session: Session, filters: Sequence[Filter]) -> int:
    """How many deals such a search would find."""
    groups = [{"filters": list(filters)}] if filters else []
    page = session.search(f"{_DEALS}/search", {"filterGroups": groups, "properties": [_ID], "limit": 1})
    return int(page["total"])


def in_pipelines(pipeline_ids: Sequence[str]) -> Filter:
    return {"propertyName": "pipeline", "operator": "IN", "values": list(pipeline_ids)}
