"""Records of one table that another names by something else than their id."""

from collections.abc import Mapping

from crm.files.blocks import Field, OnFault, TableReader
from crm.files.cells import KnownNameCells, ParsedCells, TextCells
from crm.files.exports import Column, Table, TableSet
from crm.files.problems import Fault, ProblemLog
from crm.records import Problem
from pipeline.crm_records import Outcome

Names = Mapping[str, str | None]
"""A column's text by another column's."""

_AMBIGUOUS = "ambiguous key"
_ONLY_LOOKED_UP = frozenset({"Product2", "RecordType", "OpportunitySplitType"})


class Lookups:
    """Reads each table that a join leads to once, and remembers one of its columns by another."""

    def __init__(self, exports: TableSet) -> None:
        self._exports = exports
        self._known: dict[tuple[str, str, str], Names] = {}
        self._logs: list[tuple[str, ProblemLog]] = []

    def values(self, table: Table, by: Column, column: Column) -> Names:
        """The column's text by the other column's; the first of two equal keys counts."""
        key = (table.name, by.header, column.header)
        if key not in self._known:
            self._known[key] = self._read(table, by, column)
        return self._known[key]

    def relation_field(self, table: Table, relation: str) -> Field:
        """The id of a related record: from `AccountId`, or by the join that stands for it."""
        joined = table.joined(relation)
        if joined is None:
            return Field(table.column(f"{relation}Id"), TextCells())
        column, join = joined
        target = self._exports.table(join.table)
        key = target.column(join.key) if target else None
        if target is None or key is None:
            return Field(column, TextCells())
        if target.is_joined_by_key:
            if target.name == table.name:
                return Field(column, TextCells())
            names = self.values(target, key, key)
            return Field(column, KnownNameCells(names, _unknown_fault(target, key)), OnFault.KEEP)
        ids = self.values(target, key, _required(target, "Id"))
        return Field(column, _named_in(ids, target, key))

    def related_field(self, table: Table, relation: str, target_name: str, wanted: str) -> Field | None:
        """A column of the related record: dotted in the export itself, or from the other table."""
        dotted = table.column(f"{relation}.{wanted}")
        if dotted is not None:
            return Field(dotted, TextCells())
        target = self._exports.table(target_name)
        column = target.column(wanted) if target else None
        if target is None or column is None:
            return None
        joined = table.joined(relation)
        by = target.column(joined[1].key) if joined else target.id_column()
        reference = joined[0] if joined else table.column(f"{relation}Id")
        if by is None or reference is None:
            return None
        return Field(reference, _named_in(self.values(target, by, column), target, by))

    def take_problems(self) -> list[Problem]:
        """What was wrong with the tables that were read here since the last time.

        Tables that a pull reads for themselves too report their rows there.
        """
        logs, self._logs = self._logs, []
        return [
            problem
            for table, log in logs
            for problem in log.take_all()
            if table in _ONLY_LOOKED_UP or problem.kind == _AMBIGUOUS
        ]

    def _read(self, table: Table, by: Column, column: Column) -> Names:
        log = ProblemLog(table.file)
        self._logs.append((table.name, log))
        fields = {"by": Field(by, TextCells()), "value": Field(column, TextCells())}
        known: dict[str, str | None] = {}
        for block in TableReader(table, fields, log).blocks():
            for row, (key, value) in enumerate(zip(block["by"], block["value"], strict=True)):
                if key is not None and known.setdefault(key, value) != value:
                    fault = Fault(
                        f"another row has this {by.name}; joins lead to the first",
                        _AMBIGUOUS,
                        Outcome.TAKEN_IN,
                    )
                    log.gather(fault, line=block.line_of(row), column=by.header, value=key)
        return known


def _named_in(values: Names, table: Table, by: Column) -> ParsedCells:
    unknown = _unknown_fault(table, by)

    def parse(text: str) -> str | None:
        if text not in values:
            raise ValueError(unknown.says)
        return values[text]

    return ParsedCells(parse, unknown.kind)


def _unknown_fault(table: Table, by: Column) -> Fault:
    return Fault(f"no row of {table.file} has this {by.header}", f"unknown {table.name}")


def _required(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise LookupError(f"{table.file} has no {name}")
    return column
