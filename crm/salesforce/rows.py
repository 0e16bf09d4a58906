"""The rows of queries over REST, page by page, going on where Salesforce has forgotten its place."""

from collections.abc import Iterator, Sequence
from typing import Any

from crm.files.csvfile import CHUNK_ROWS, Chunk, Misfit, Row
from crm.files.problems import ProblemLog
from crm.salesforce.errors import LocatorExpired
from crm.salesforce.session import Session
from crm.salesforce.soql import Select, quoted
from crm.salesforce.together import first_pages
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
        self._first_pages: dict[int, Any] = {}
        """By the number of the query, those that are there already."""

    def waiting(self) -> Sequence[tuple[int, Select]]:
        """The queries that were not begun yet, with their numbers."""
        numbers = range(len(self._selects))
        return [(number, self._wanted(number)) for number in numbers if number not in self._first_pages]

    def begin(self, number: int, page: Any) -> None:
        """Takes the first page of a query."""
        self._first_pages[number] = page

    def row_count(self) -> int | None:
        """Of what is still to come; asks for the first page."""
        if len(self._selects) != 1:
            return None
        if 0 not in self._first_pages:
            self.begin(0, next(self._new_pages(0)))
        return int(self._first_pages[0].get("totalSize", 0))

    def chunks(self, log: ProblemLog) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:  # noqa: ARG002 - no misfits
        yield chunk_of([]), NO_MISFITS  # none at all is nothing worth a word
        for number in range(len(self._selects)):
            if number:
                self.after = None
            yield from self._walk(number)

    def _walk(self, number: int) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:
        while True:
            began_after = self.after
            try:
                for page in self._pages(number):
                    rows = rows_of(page["records"], self.header)
                    for start in range(0, len(rows), CHUNK_ROWS):
                        chunk = rows[start : start + CHUNK_ROWS]
                        self.after = chunk[-1][self.header.index(ID)]
                        yield chunk_of(chunk), NO_MISFITS
                return
            except LocatorExpired:
                if self.after == began_after:
                    raise

    def _pages(self, number: int) -> Iterator[Any]:
        if number in self._first_pages:
            return self._session.pages_from(self._first_pages.pop(number))
        return self._new_pages(number)

    def _new_pages(self, number: int) -> Iterator[Any]:
        wanted = self._wanted(number)
        return self._session.pages(wanted.text, include_deleted=wanted.include_deleted)

    def _wanted(self, number: int) -> Select:
        select = self._selects[number]
        return select if self.after is None else select.also(f"{ID} > {quoted(self.after)}")


def begin_together(session: Session, many: Sequence[QueriedRows]) -> None:
    """Asks for the first pages of all queries in as few calls as there can be."""
    waiting = [(rows, number, select) for rows in many for number, select in rows.waiting()]
    pages = first_pages(session, [select for _, _, select in waiting])
    for (rows, number, _), page in zip(waiting, pages, strict=True):
        rows.begin(number, page)


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
