"""Answers of the API as tables, as if they were exports under Salesforce's own names."""

from crm.files.csvfile import RowSource
from crm.files.definition import FilesDefinition
from crm.files.exports import Table
from crm.files.lookups import Lookups


class Answers:
    """Implements `TableSet`: nothing is mapped, and what another table would have to tell is asked for."""

    definition = FilesDefinition()

    def table(self, name: str) -> Table | None:  # noqa: ARG002 - no table is looked up in another
        return None

    def join_key(self, name: str) -> str | None:  # noqa: ARG002
        return None


ANSWERS = Answers()


def table_of(rows: RowSource) -> Table:
    return Table(rows.name, rows, ANSWERS)


def no_lookups() -> Lookups:
    return Lookups(ANSWERS)
