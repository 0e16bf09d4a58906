"""What a system of record does not hold itself: targets, spend, calls and periods, from files beside it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from crm.files.clock import Clock
from crm.files.definition import FilesDefinition
from crm.files.exports import Exports, UnusableTable
from crm.files.reference import read_calls, read_periods, read_spend, read_targets
from crm.records import Batch, Capabilities, Problem

_TABLES = ("Period", "targets", "spend", "calls")


class TablesBeside:
    """`targets.csv`, `spend.csv`, `calls.csv`, `Period.csv` in the folder of exports; each may be missing."""

    def __init__(self, definition: FilesDefinition, base_folder: Path) -> None:
        self._definition = definition
        self._base_folder = base_folder

    @property
    def tables(self) -> frozenset[str]:
        """Those that are there and can be used."""
        exports = self._open()
        return frozenset(name for name in _TABLES if exports.table(name) is not None)

    def added_to(self, capabilities: Capabilities) -> Capabilities:
        """The same with what stands in the files."""
        return replace(capabilities, tables=capabilities.tables | self.tables)

    def pull(self, timezone: str) -> Iterator[Batch]:
        """The records of all usable files, and what is wrong with the others."""
        exports = self._open()
        for name in _TABLES:
            found = exports.open(name)
            if isinstance(found, UnusableTable):
                says = f"{found.fault.says}; not used"
                yield Batch((), [Problem(found.file, None, found.column, None, says, found.fault.kind)])
        if table := exports.table("Period"):
            yield from read_periods(table, Clock(timezone))
        if table := exports.table("targets"):
            yield from read_targets(table)
        if table := exports.table("spend"):
            yield from read_spend(table)
        if table := exports.table("calls"):
            yield from read_calls(table)

    def _open(self) -> Exports:
        return Exports(self._definition, self._base_folder)
