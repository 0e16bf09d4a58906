"""What a deal's value is shared by, its line items and its splits, as texts within its states.

They belong to the state because products and owners are dimensions: what our own pulls saw of them
stays as it was, and a won deal keeps what it had when it was won.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pipeline.placement import Line, OwnerShare
from pipeline.versions import StateValue
from storage.evidence import LineRow, SplitRow

LINE_ITEMS = "line_items"
SPLITS = "splits"


def lines_text(rows: Sequence[LineRow]) -> str | None:
    """Total price and family of each line item, in their order; `None` without any."""
    return _text([[row.total_price, row.family] for row in rows])


def splits_text(rows: Sequence[SplitRow]) -> str | None:
    """Owner and percentage of each split, in their order; `None` without any."""
    return _text([[row.owner_id, row.percentage] for row in rows])


@lru_cache(maxsize=4_096)
def read_lines(text: StateValue) -> tuple[Line, ...]:
    return tuple(Line(price, family) for price, family in _rows(text))


@lru_cache(maxsize=4_096)
def read_splits(text: StateValue) -> tuple[OwnerShare, ...]:
    return tuple(OwnerShare(owner, percentage) for owner, percentage in _rows(text))


def _text(rows: list[list[Any]]) -> str | None:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else None


def _rows(text: StateValue) -> list[list[Any]]:
    rows: list[list[Any]] = json.loads(text) if isinstance(text, str) else []
    return rows
