"""The rows of queries over REST, page by page, going on where Salesforce has forgotten its place."""

from collections.abc import Iterator, Sequence
from typing import Any

from crm.files.csvfile import CHUNK_ROWS, Chunk, Misfit, Row
from crm.files.problems import ProblemLog
from crm.salesforce.errors import LocatorExpired
from crm.salesforce.session import Session
from crm.salesforce.soql import Select, quoted
from crm.salesforce.values import rows_of

ID = "Id"
NO_MISFITS: Sequence[Misfit] = ()


class QueriedRows:
    """Implements `RowSource` over one query or several of the same fields.

    A query is walked in the order of ids: where its locator has expired, or the session in which it began,
    a new one goes on after the last id. `after`: the id after which a first query starts.
    """

    def __init__(self, session: Session, selects: Sequence[Select], after: str | None = None) -> None:
        self.name = selects[0].sobject
        self.header = _with_id(selects[0].fields)
        self.after = after
        """Id of the last row that was handed on."""
        self._session = session
        self._selects = [_by_id(select) for select in selects]
        self._begun: tuple[Any, Iterator[Any]] | None = None

    def row_count(self) -> int | None:
        """Of what is still to come; asks for the first page."""
        if len(self._selects) != 1:
            return None
        self._begun = self._begin(self._selects[0])
        return int(self._begun[0].get("totalSize", 0))

    def chunks(self, log: ProblemLog) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:  # noqa: ARG002 - no misfits
        yield chunk_of([]), NO_MISFITS  # none at all is nothing worth a word
        for number, select in enumerate(self._selects):
            if number:
                self.after = None
            yield from self._walk(select)

    def _walk(self, select: Select) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:
        while True:
            began_after = self.after
            try:
                for page in self._pages(select):
                    rows = rows_of(page["records"], self.header)
                    for start in range(0, len(rows), CHUNK_ROWS):
                        chunk = rows[start : start + CHUNK_ROWS]
                        self.after = chunk[-1][self.header.index(ID)]
                        yield chunk_of(chunk), NO_MISFITS
                return
            except LocatorExpired:
                if self.after == began_after:
                    raise

    def _pages(self, select: Select) -> Iterator[Any]:
        first, others = self._begun or self._begin(select)
        self._begun = None
        yield first
        yield from others

    def _begin(self, select: Select) -> tuple[Any, Iterator[Any]]:
        wanted = select if self.after is None else select.also(f"{ID} > {quoted(self.after)}")
        pages = self._session.pages(wanted.text, include_deleted=wanted.include_deleted)
        return next(pages), pages


class KnownRows:
    """Implements `RowSource` over rows that are there already."""

    def __init__(self, name: str, header: Sequence[str], rows: Sequence[Row]) -> None:
        self.name = name
        self.header = header
        self._rows = rows

    def row_count(self) -> int:
        return len(self._rows)

    def chunks(self, log: ProblemLog) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:  # noqa: ARG002 - no misfits
        yield chunk_of(self._rows), NO_MISFITS


def chunk_of(rows: Sequence[Row]) -> Chunk:
    return Chunk(rows, rows, range(len(rows)), None)


def _by_id(select: Select) -> Select:
    return Select(select.sobject, _with_id(select.fields), select.where, ID, select.include_deleted)


def _with_id(fields: tuple[str, ...]) -> tuple[str, ...]:
    return fields if ID in fields else (*fields, ID)
