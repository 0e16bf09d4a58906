"""The further fields that the configuration names, from a column or over a relation."""

from collections.abc import Mapping, Sequence
from typing import Any

from crm.files.blocks import Block, Field, OnFault
from crm.files.cells import Cells, field_cells
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.lookups import Lookups
from crm.files.problems import Fault
from crm.records import FieldKind

_FURTHER = "+"
"""Before the names of further fields in a block, so that none is taken for a field of ours."""


def further_fields(
    table: Table,
    fields: Mapping[str, FieldKind],
    clock: Clock,
    relations: Mapping[str, str],
    lookups: Lookups,
    vital: str | None = None,
) -> dict[str, Field]:
    """The further fields that the export has, in its own columns or those of a related table.

    What cannot be read in the `vital` one makes its row unusable.
    """
    found: dict[str, Field] = {}
    for name, kind in fields.items():
        column = table.column(name)
        relation, _, wanted = name.partition(".")
        if column is not None:
            on_fault = OnFault.SKIP_ROW if name == vital else OnFault.TAKE_AS_EMPTY
            found[_FURTHER + name] = Field(column, field_cells(kind, clock), on_fault)
        elif relation in relations:
            related = lookups.related_field(table, relation, relations[relation], wanted)
            if related is not None:
                cells = _Converted(related.cells, field_cells(kind, clock))
                found[_FURTHER + name] = Field(related.column, cells)
    return found


def field_mappings(
    block: Block, fields: Mapping[str, FieldKind], wanted: Mapping[str, Field]
) -> Sequence[Mapping[str, Any]]:
    """The further fields of each row; those that the export does not have are left out."""
    names = [name for name in fields if _FURTHER + name in wanted]
    if not names:
        return [{}] * len(block)
    rows = zip(*(block[_FURTHER + name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


class _Converted:
    """A related record's text, read as the kind of field it is."""

    def __init__(self, related: Cells, cells: Cells) -> None:
        self._related = related
        self._cells = cells

    @property
    def bad(self) -> Mapping[str, Fault]:
        return self._related.bad

    def read(self, texts: Sequence[str]) -> Sequence[Any]:
        return self._cells.read([text or "" for text in self._related.read(texts)])
