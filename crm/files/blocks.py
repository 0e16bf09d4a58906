"""A table's rows as blocks of converted columns, without the rows that cannot be used."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import compress
from typing import Any

from crm.files.cells import Cells
from crm.files.csvfile import Chunk, Misfit
from crm.files.exports import Column, Table
from crm.files.problems import Fault, ProblemLog
from pipeline.crm_records import Outcome


class OnFault(Enum):
    """What becomes of a value that cannot be read."""

    SKIP_ROW = "row skipped"
    TAKE_AS_EMPTY = "taken as empty"
    KEEP = "kept as it is"


@dataclass(frozen=True)
class Field:
    """A column that is wanted of a table."""

    column: Column | None
    """`None` where the export has no such column: `absent` stands in every row."""
    cells: Cells
    on_fault: OnFault = OnFault.TAKE_AS_EMPTY
    is_required: bool = False
    """An empty cell makes the row unusable."""
    absent: Any = None


class Block:
    """Columns of equal length, by the names of their fields."""

    def __init__(self, chunk: Chunk, columns: Mapping[str, Sequence[Any]], places: Sequence[int]) -> None:
        self._chunk = chunk
        self._columns = columns
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> Sequence[Any]:
        return self._columns[name]

    def line_of(self, row: int) -> int | None:
        return self._chunk.line_of(self._places[row])

    def text(self, row: int, column: Column) -> str:
        """What the file says there."""
        return self._chunk.rows[self._places[row]][column.index]

    def without(self, rows: Collection[int]) -> "Block":
        if not rows:
            return self
        stays = [row not in rows for row in range(len(self))]
        columns = {name: list(compress(values, stays)) for name, values in self._columns.items()}
        return Block(self._chunk, columns, list(compress(self._places, stays)))


class TableReader:
    """Reads a table block by block and logs what cannot be used.

    With `identity` (the field that holds the opportunity's id) each unusable row is told with its
    opportunity, and `unidentified` counts the rows of which nobody knows which opportunity they are.
    """

    def __init__(
        self, table: Table, fields: Mapping[str, Field], log: ProblemLog, identity: str | None = None
    ) -> None:
        self.table = table
        self.log = log
        self.unidentified = 0
        self._fields = fields
        self._identity = identity

    def blocks(self) -> Iterator[Block]:
        self._log_header()
        is_empty = True
        for chunk, misfits in self.table.rows.chunks(self.log):
            is_empty = False
            for misfit in misfits:
                self._log_misfit(misfit)
            if chunk.rows:
                yield self._convert(chunk)
        if is_empty:
            self.log.tell(Fault("the file has a header and no rows", "no rows"))

    def _log_header(self) -> None:
        for header in self.table.duplicate_headers:
            says = "the header names this column twice: the first one is read"
            fault = Fault(says, "duplicate column", Outcome.TAKEN_IN)
            self.log.tell(fault, line=1, column=header)
        for header, says in self.table.mistaken_columns():
            self.log.tell(Fault(says, "missing column"), line=1, column=header)

    def _log_misfit(self, misfit: Misfit) -> None:
        identity = None if misfit.hides_others else self._identity_of(misfit.row)
        if self._identity is None:
            self.log.gather(misfit.fault, line=misfit.line, column=misfit.column, value=misfit.value)
            return
        self.unidentified += identity is None
        self.log.tell(
            misfit.fault,
            line=misfit.line,
            column=misfit.column,
            value=misfit.value,
            opportunity_id=identity,
        )

    def _identity_of(self, row: Sequence[str]) -> str | None:
        column = self._fields[self._identity].column if self._identity else None
        if column is None or column.index >= len(row):
            return None
        return row[column.index].strip() or None

    def _convert(self, chunk: Chunk) -> Block:
        texts = list(zip(*chunk.rows, strict=True))
        columns: dict[str, Sequence[Any]] = {}
        unusable: set[int] = set()
        for name, field in self._fields.items():
            if field.column is None:
                columns[name] = [field.absent] * len(chunk.rows)
                continue
            values, faulty = self._read(field, field.column, texts[field.column.index], chunk)
            columns[name] = values
            unusable |= faulty
        return Block(chunk, columns, range(len(chunk.rows))).without(unusable)

    def _read(
        self, field: Field, column: Column, texts: Sequence[str], chunk: Chunk
    ) -> tuple[Sequence[Any], set[int]]:
        """The values, and the rows that one of them makes unusable."""
        if column.values:
            texts = [column.values.get(text.strip(), text) for text in texts]
        values = field.cells.read(texts)
        unusable: set[int] = set()
        bad = field.cells.bad
        if bad and not bad.keys().isdisjoint(texts):
            faulty = [row for row, text in enumerate(texts) if text in bad]
            for row in faulty:
                self._log_value(chunk, row, column, bad[texts[row]], field.on_fault)
            if field.on_fault is OnFault.SKIP_ROW:
                unusable.update(faulty)
        if field.is_required and None in values:
            empty = {row for row, value in enumerate(values) if value is None} - unusable
            for row in empty:
                self._log_empty(chunk, row, column)
            unusable |= empty
        return values, unusable

    def _log_value(self, chunk: Chunk, row: int, column: Column, fault: Fault, on_fault: OnFault) -> None:
        said = Fault(f"{fault.says}; {on_fault.value}", fault.kind)
        self._log_row(said, chunk, row, column, chunk.rows[row][column.index], on_fault)

    def _log_empty(self, chunk: Chunk, row: int, column: Column) -> None:
        if any(cell.strip() for cell in chunk.rows[row]):
            fault = Fault(f"expected a value; {OnFault.SKIP_ROW.value}", "empty cell")
            self._log_row(fault, chunk, row, column, None, OnFault.SKIP_ROW)

    def _log_row(
        self, fault: Fault, chunk: Chunk, row: int, column: Column, value: str | None, on_fault: OnFault
    ) -> None:
        line = chunk.line_of(row)
        if self._identity is None or on_fault is not OnFault.SKIP_ROW:
            self.log.gather(fault, line=line, column=column.header, value=value)
            return
        identity = self._identity_of(chunk.rows[row])
        self.unidentified += identity is None
        self.log.tell(fault, line=line, column=column.header, value=value, opportunity_id=identity)
