"""Large tables by Bulk API 2.0: a job that Salesforce works off, whose result is fetched page by page."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from crm.files.csvfile import CHUNK_ROWS, Chunk, Misfit, Row
from crm.files.problems import ProblemLog
from crm.records import CannotResume
from crm.salesforce.errors import (
    LocatorExpired,
    NotThere,
    RequestRefused,
    SalesforceError,
    Unavailable,
)
from crm.salesforce.places import BulkPlace
from crm.salesforce.rows import NO_MISFITS, chunk_of
from crm.salesforce.session import Session, Streamed
from crm.salesforce.soql import Select

ROWS_A_PAGE = 50_000
FIRST_VERSION = 47.0
"""Of the API that has such jobs."""

_JOBS = "jobs/query"
_COMPLETE = "JobComplete"
_ENDED_BADLY = frozenset({"Failed", "Aborted"})
_LOOKS_SECONDS = (1, 1, 2, 4, 8, 15, 30)
"""Pauses between looks at a job; the last one again and again."""
_MOST_LOOKS = 500
"""About four hours."""
_AGAIN_SECONDS = (1, 5, 20)
"""Pauses before what broke off is tried again."""
_NO_MORE = "null"
"""How Salesforce says that there is no further page."""
_BUFFER_BYTES = 1 << 16


class JobFailed(SalesforceError):
    """Salesforce gave a job up."""


class Jobs:
    """The query jobs of one organisation."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def create(self, select: Select) -> str:
        """The new job's id. Raises `SalesforceError` where Salesforce takes no such job."""
        body = {
            "operation": "queryAll" if select.include_deleted else "query",
            "query": select.text,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        for pause in _AGAIN_SECONDS:
            try:
                return str(self.session.post(_JOBS, body)["id"])
            except Unavailable:  # if it was made all the same, one more that nobody asks for harms nobody
                self.session.pause(pause)
        return str(self.session.post(_JOBS, body)["id"])

    def wait(self, job_id: str) -> int:
        """How many rows it has found, once it is done. Raises `JobFailed`."""
        for look in range(_MOST_LOOKS):
            told = self.session.get(f"{_JOBS}/{job_id}")
            if told["state"] == _COMPLETE:
                return int(told.get("numberRecordsProcessed") or 0)
            if told["state"] in _ENDED_BADLY:
                says = told.get("errorMessage") or f"the job is {told['state']}"
                raise JobFailed(f"Salesforce could not read {told.get('object', 'a table')} in bulk: {says}")
            self.session.pause(_LOOKS_SECONDS[min(look, len(_LOOKS_SECONDS) - 1)])
        raise JobFailed("Salesforce has not come to the end of a bulk query within hours.")

    def check(self, job_id: str, name: str) -> None:
        """Raises `CannotResume` where the job is not kept any more."""
        try:
            self.session.get(f"{_JOBS}/{job_id}")
        except NotThere:
            raise _forgotten(name) from None

    def delete(self, job_id: str) -> None:
        """Salesforce forgets jobs by itself after seven days, so one that cannot be deleted is no harm."""
        with suppress(SalesforceError):
            self.session.delete(f"{_JOBS}/{job_id}")


class BulkRows:
    """Implements `RowSource` over the result of a job; `place` is up to where rows were handed on.

    A page that breaks off is asked for again, and the rows that it had brought are passed over.
    """

    def __init__(self, jobs: Jobs, select: Select, place: BulkPlace, rows_a_page: int = ROWS_A_PAGE) -> None:
        self.name = select.sobject
        self.header = select.fields
        self.place = place
        self._jobs = jobs
        self._rows_a_page = rows_a_page
        self._next: str | None = None
        self._count: int | None = None

    def row_count(self) -> int:
        """Waits for the job. Raises `JobFailed`, and `CannotResume` where it is not there any more."""
        if self._count is None:
            try:
                self._count = self._jobs.wait(self.place.job_id)
            except NotThere:
                raise _forgotten(self.name) from None
        return self._count

    def chunks(self, log: ProblemLog) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:  # noqa: ARG002 - no misfits
        self.row_count()
        yield chunk_of([]), NO_MISFITS  # none at all is nothing worth a word
        while True:
            yield from self._page()
            if self._next is None:
                return
            self.place = BulkPlace(self.place.job_id, self._next)

    def _page(self) -> Iterator[tuple[Chunk, Sequence[Misfit]]]:
        """The rest of a page; `_next` then is the next one's locator."""
        breaks = 0
        while True:
            try:
                with self._opened() as streamed:
                    for rows in self._rows(streamed):
                        breaks = 0
                        self.place = self.place.further(len(rows))
                        yield chunk_of(rows), NO_MISFITS
                    return
            except Unavailable:
                if breaks == len(_AGAIN_SECONDS):
                    raise
                self._jobs.session.pause(_AGAIN_SECONDS[breaks])
                breaks += 1
            except (RequestRefused, LocatorExpired) as error:
                raise _forgotten(self.name) from error

    def _opened(self) -> Any:
        params = {"maxRecords": str(self._rows_a_page)}
        if self.place.locator:
            params["locator"] = self.place.locator
        return self._jobs.session.stream(
            f"{_JOBS}/{self.place.job_id}/results", params, {"Accept": "text/csv"}
        )

    def _rows(self, streamed: Streamed) -> Iterator[list[Row]]:
        """Pieces of the page in the order of our columns, from our place on."""
        locator = streamed.headers.get("Sforce-Locator", _NO_MORE)
        self._next = None if locator == _NO_MORE else locator
        reader = csv.reader(lines_of(streamed.chunks))
        arranged = _arranging(next(reader, []), self.header)
        seen = sum(len(rows) for rows in _pieces(islice(reader, self.place.rows)))
        for rows in _pieces(reader):
            seen += len(rows)
            yield arranged(rows)
        told = streamed.headers.get("Sforce-NumberOfRecords", "")
        if told.isdecimal() and int(told) != seen:
            raise Unavailable(f"Salesforce announced {told} rows of {self.name} and sent {seen}.")


def lines_of(chunks: Iterable[bytes]) -> io.TextIOWrapper:
    """Lines of text with their ends, of bytes that come in pieces."""
    buffered = io.BufferedReader(_Stream(iter(chunks)), _BUFFER_BYTES)
    return io.TextIOWrapper(buffered, encoding="utf-8", newline="")


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while piece := list(islice(rows, CHUNK_ROWS)):
        yield piece


def _arranging(header: Sequence[str], wanted: Sequence[str]) -> Any:
    """How rows of a page are put into our order: a page can have another one, and lack empty columns."""
    if tuple(header) == tuple(wanted):
        return lambda rows: rows
    places = {name.casefold(): place for place, name in enumerate(header)}
    indexes = [places.get(name.casefold(), len(header)) for name in wanted]

    def arranged(rows: list[Row]) -> list[Row]:
        return [[padded[index] for index in indexes] for padded in ([*row, ""] for row in rows)]

    return arranged


def _forgotten(name: str) -> CannotResume:
    return CannotResume(
        f"Salesforce does not keep the result of our bulk query of {name} any more; the pull has to start "
        "over."
    )
