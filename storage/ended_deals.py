"""Deals that the CRM no longer holds: their last rows, made from those that the mirror has of them."""

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, select

from storage.deal_rows import replace_rows
from storage.evidence import remember_observations
from storage.rebuilding import DealRows
from storage.tables import FOREVER, opportunity, opportunity_version

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def end_deals(
    connection: Connection, generation: int, numbers: Collection[int], *, now: int, today: int
) -> None:
    """End deals in the generation that readers see: until today they were what they were."""
    record, version = opportunity.c, opportunity_version.c
    records = connection.execute(
        select(opportunity).where(
            record.no.in_(list(numbers)), record.gen_from <= generation, record.gen_to > generation
        )
    ).all()
    versions = connection.execute(
        select(opportunity_version).where(
            version.opportunity.in_(list(numbers)),
            and_(version.gen_from <= generation, version.gen_to > generation),
            version.valid_from < today,
        )
    ).all()
    remember_last_states(connection, records)
    ended: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in versions:
        ended[row.opportunity].append(ended_version(row, generation, today))
    replace_rows(
        connection,
        generation,
        {row.no: DealRows(deleted_record(row, generation, now), ended[row.no], []) for row in records},
    )


def remember_last_states(connection: Connection, records: Collection[Any]) -> None:
    """Keep what was seen last of deals (rows of `opportunity`) that end."""
    remember_observations(connection, [(row.no, row.observed_at, _json(row.state)) for row in records])


def deleted_record(row: Any, generation: int, now: int) -> tuple[Any, ...]:
    """The record of a deal as one that was deleted."""
    values = dict(row._mapping) | {
        "gen_from": generation,
        "gen_to": FOREVER,
        "fields": _json(row.fields),
        "state": "null",
        "content_hash": "",
        "is_deleted": True,
        "observed_at": now,
    }
    return tuple(values[column.name] for column in opportunity.columns)


def ended_version(row: Any, generation: int, today: int) -> tuple[Any, ...]:
    """A version that does not hold on any longer than until today."""
    values = dict(row._mapping) | {"gen_from": generation, "gen_to": FOREVER}
    values["valid_to"] = min(row.valid_to, today)
    return tuple(values[column.name] for column in opportunity_version.columns)
