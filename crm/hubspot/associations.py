"""What hangs on deals: companies, contacts with their labels, line items."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from crm.hubspot.session import Session

_BATCH = 100
_DEALS_A_BATCH = 1_000
"""Deals whose associations HubSpot tells in one answer."""


class Link(NamedTuple):
    """One record at the other end of a deal's associations."""

    id: str
    labels: tuple[str, ...]
    """What people call the association: `Decision maker`, `Primary`."""


def read_links(session: Session, deal_ids: Sequence[str], to: str) -> Mapping[str, Sequence[Link]]:
    """By deal, its links to objects of a kind; deals without any are absent."""
    links: dict[str, list[Link]] = {}
    waiting: list[Mapping[str, str]] = [{"id": deal_id} for deal_id in deal_ids]
    while waiting:
        batch, waiting = waiting[:_DEALS_A_BATCH], waiting[_DEALS_A_BATCH:]
        answer = session.read(f"/crm/v4/associations/deals/{to}/batch/read", {"inputs": batch})
        for result in answer["results"]:
            deal_id = str(result["from"]["id"])
            links.setdefault(deal_id, []).extend(map(_link, result["to"]))
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            if after:
                waiting.append({"id": deal_id, "after": str(after)})
    return links


def _link(entry: Mapping[str, Any]) -> Link:
    labels = [str(one["label"]) for one in entry.get("associationTypes") or () if one.get("label")]
    return Link(str(entry["toObjectId"]), tuple(sorted(labels)))


def read_objects(
    session: Session, object_type: str, ids: Sequence[str], properties: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Records by id; those that are gone meanwhile are left out."""
    for inputs in batches_of(ids, _BATCH):
        answer = session.read(
            f"/crm/v3/objects/{object_type}/batch/read",
            {"inputs": [{"id": one} for one in inputs], "properties": list(properties)},
        )
        yield from answer["results"]


def batches_of(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch
