"""The folder of exports through the configured mapping: which file is which table, and its columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crm.files.csvfile import CsvFile, RowSource
from crm.files.definition import FilesDefinition
from crm.files.encoding import UnreadableFile
from crm.files.problems import Fault
from crm.files.schema import TABLES, JoinTarget
from pipeline.errors import CouncilError
from pipeline.nearest import did_you_mean

_NO_VALUES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Column:
    """A column of an export that we know by a name of ours."""

    name: str
    header: str
    """Their name."""
    index: int
    values: Mapping[str, str]
    """Their value -> ours, before it is read."""


@dataclass(frozen=True)
class UnusableTable:
    """A file that is there and cannot be used."""

    file: str
    fault: Fault
    column: str | None = None


class TableSet(Protocol):
    """Tables that belong together, and how they are mapped."""

    @property
    def definition(self) -> FilesDefinition: ...

    def table(self, name: str) -> "Table | None":
        """A table that can be used."""

    def join_key(self, name: str) -> str | None:
        """The key by which other tables join this one."""


class Table:
    """A readable table with all columns that it cannot do without."""

    def __init__(self, name: str, rows: RowSource, exports: TableSet) -> None:
        self.name = name
        self.rows = rows
        self.file = rows.name
        self._exports = exports
        self._mapping = exports.definition.columns.get(name, {})
        self._values = exports.definition.values.get(name, {})
        self._places: dict[str, int] = {}
        self.duplicate_headers: list[str] = []
        for index, header in enumerate(rows.header):
            if header and self._places.setdefault(header.casefold(), index) != index:
                self.duplicate_headers.append(header)

    def column(self, *names: str) -> Column | None:
        """The first of several columns of ours that the export has."""
        for name in names:
            header = self._header_of(name)
            index = self._places.get(header.casefold())
            if index is not None:
                header = self.rows.header[index]
                return Column(name, header, index, self._values_of(name, header))
        return None

    def joined(self, relation: str) -> tuple[Column, JoinTarget] | None:
        """The column that names a record of another table by a key, where the mapping says so."""
        definition = self._exports.definition.joins.get(self.name, {}).get(relation)
        if definition is None:
            return None
        index = self._places.get(definition.column.casefold())
        if index is None:
            return None
        header = self.rows.header[index]
        column = Column(relation, header, index, self._values_of(relation, header))
        return column, JoinTarget(TABLES[self.name].relations[relation], definition.key)

    def id_column(self) -> Column | None:
        """The column Id; where a table has none, the key by which others join it."""
        found = self.column("Id")
        key = self._exports.join_key(self.name)
        return found if found is not None or key is None else self.column(key)

    @property
    def is_joined_by_key(self) -> bool:
        """The table has no Id: the joined key stands for it."""
        return self.column("Id") is None

    def names(self) -> frozenset[str]:
        """All columns by our names; by theirs where the mapping does not name them."""
        mapped = {ours: theirs.casefold() for ours, theirs in self._mapping.items()}
        known = {name.casefold(): name for name in TABLES[self.name].columns}
        theirs = {header for header in self.rows.header if header.casefold() not in mapped.values()}
        ours = {name for name, header in mapped.items() if header in self._places}
        return frozenset(ours | {known.get(header.casefold(), header) for header in theirs if header})

    def missing(self) -> Iterable[tuple[str, str]]:
        """Columns that are not there: our name, and what to do."""
        for alternatives in TABLES[self.name].required:
            if alternatives == ("Id",):
                found = self.id_column() is not None
            else:
                found = self.column(*alternatives) is not None or self._is_joined(alternatives)
            if not found:
                yield alternatives[0], self._missing_says(alternatives)

    def mistaken_columns(self) -> Iterable[tuple[str, str]]:
        """Columns that the mapping names and the file lacks: their name, and what to do."""
        joins = self._exports.definition.joins.get(self.name, {})
        for header in [*self._mapping.values(), *(join.column for join in joins.values())]:
            if header.casefold() not in self._places:
                hint = did_you_mean(header, self.rows.header)
                yield header, f"the configuration maps this column, which {self.file} does not have{hint}"

    def _is_joined(self, alternatives: tuple[str, ...]) -> bool:
        relations = (name.removesuffix("Id") for name in alternatives if name.endswith("Id"))
        return any(self.joined(relation) is not None for relation in relations)

    def _missing_says(self, alternatives: tuple[str, ...]) -> str:
        expected = " or ".join(alternatives)
        header = self.rows.header
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            return f"expected cells separated by commas, and a column {expected}"
        theirs = self._mapping.get(alternatives[0])
        if theirs is not None:
            hint = did_you_mean(theirs, header)
            return f"expected a column {theirs}, which the configuration maps to {alternatives[0]}{hint}"
        hint = did_you_mean(alternatives[0], header)
        if hint:
            return f"expected a column {expected}{hint} Then map it in [crm.files.columns.{self.name}]"
        return (
            f"expected a column {expected}: export it too, or name the column that holds it in "
            f"[crm.files.columns.{self.name}]"
        )

    def _header_of(self, name: str) -> str:
        return self._mapping.get(name, name)

    def _values_of(self, name: str, header: str) -> Mapping[str, str]:
        return self._values.get(name) or self._values.get(header) or _NO_VALUES


class Exports:
    """All files of the folder."""

    def __init__(self, definition: FilesDefinition, base_folder: Path) -> None:
        self.definition = definition
        self.folder = base_folder / definition.folder
        self._opened: dict[str, Table | UnusableTable | None] = {}

    def check_folder(self) -> None:
        """Raises `CouncilError` where there is no folder."""
        if not self.folder.is_dir():
            raise CouncilError(
                f"There is no folder {self.folder}: put the CSV exports there, or name their folder in "
                "[crm.files] folder (a relative path starts at the configuration file)."
            )

    def open(self, name: str) -> Table | UnusableTable | None:
        """A table; `None` where there is no such file and nobody asked for one."""
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def table(self, name: str) -> Table | None:
        found = self.open(name)
        return found if isinstance(found, Table) else None

    def join_key(self, name: str) -> str | None:
        for table, joins in self.definition.joins.items():
            for relation, join in joins.items():
                if TABLES[table].relations[relation] == name:
                    return join.key
        return None

    def path_of(self, name: str) -> Path:
        mapped = self.definition.tables.get(name)
        return self.folder / (mapped or f"{name}.csv")

    def _open(self, name: str) -> Table | UnusableTable | None:
        path = self._find(self.path_of(name))
        if path is None:
            if name not in self.definition.tables:
                return None
            file = self.definition.tables[name]
            hint = did_you_mean(file, (entry.name for entry in self.folder.glob("*.csv")))
            return UnusableTable(file, Fault(f"there is no such file in {self.folder}{hint}", "missing file"))
        try:
            table = Table(name, CsvFile(path), self)
        except UnreadableFile as error:
            return UnusableTable(path.name, Fault(str(error), "unreadable file"))
        for column, says in table.missing():
            return UnusableTable(path.name, Fault(says, "missing column"), column)
        return table

    def _find(self, path: Path) -> Path | None:
        if path.is_file():
            return path
        folder = path.parent
        if not folder.is_dir():
            return None
        wanted = path.name.casefold()
        return next((entry for entry in sorted(folder.iterdir()) if entry.name.casefold() == wanted), None)
