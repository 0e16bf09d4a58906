"""Results that are fetched piece by piece: query locators, and the jobs of Bulk API 2.0."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.salesforce.errors import Refused, no_such_resource, session_has_ended
from tests.salesforce.faults import Faults
from tests.salesforce.query import Result, Selected, Source, run, values_of
from tests.salesforce.soql import parse
from tests.salesforce.values import Json, Row, Value, long_id, write_csv, write_json

LARGEST_PAGE, SMALLEST_PAGE = 2_000, 200


def rendered(source: Source, result: Result, row: Row, version: str) -> Json:
    """A row as REST writes it: other records stand inside, or `null`."""
    written = _attributes(result.sobject.name, row, version)
    for selected in result.columns:
        at, record, over = written, row, list[str]()
        for depth, link in enumerate(selected.over, start=1):
            over.append(link.relation or "")
            target = values_of(source, row, selected.over[:depth])
            if target is None:
                at[over[-1]] = None
                break
            if at.get(over[-1]) is None:
                at[over[-1]] = _attributes(link.refers_to or "", target, version)
            at, record = at[over[-1]], target
        else:
            at[selected.field.name] = write_json(record.get(selected.field.name))
    return written


def _attributes(name: str, row: Row, version: str) -> Json:
    return {"attributes": {"type": name, "url": f"/services/data/v{version}/sobjects/{name}/{row['Id']}"}}


@dataclass(frozen=True)
class _Open:
    token: str
    records: Sequence[Json]
    size: int


@dataclass
class Queries:
    """The queries under way. A locator belongs to the session that made it: no other can go on with it."""

    source: Source
    faults: Faults
    _open: dict[str, _Open] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def start(self, text: str, token: str, version: str, *, size: int, include_deleted: bool) -> Json:
        """The first page. Raises `Refused`."""
        query = parse(text)
        result = run(self.source, query, include_deleted=include_deleted)
        if not query.columns:
            return {"totalSize": len(result.rows), "done": True, "records": []}
        records = [rendered(self.source, result, row, version) for row in result.rows]
        name = f"01g5f{next(self._numbers):010d}"
        self._open[name] = _Open(token, records, max(SMALLEST_PAGE, min(size, LARGEST_PAGE)))
        return self._page(name, 0, version)

    def go_on(self, locator: str, token: str, version: str) -> Json:
        """A further page. Raises `Refused`."""
        name, _, start = locator.rpartition("-")
        found = self._open.get(name)
        if found is None or not start.isdecimal():
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        if found.token != token:
            raise session_has_ended()
        return self._page(name, int(start), version)

    def forget(self) -> None:
        self._open.clear()

    def _page(self, name: str, start: int, version: str) -> Json:
        found = self._open[name]
        end = start + found.size
        page: Json = {
            "totalSize": len(found.records),
            "done": end >= len(found.records),
            "records": found.records[start:end],
        }
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{name}-{end}"
        return page


@dataclass
class _Job:
    body: Json
    result: Result
    polls: int


@dataclass(frozen=True)
class BulkPage:
    """A piece of a job's result."""

    csv: str
    locator: str
    """`null` after the last."""
    count: int


@dataclass
class BulkJobs:
    """Query jobs. Their rows are those at the start; locators hold as long as the job is kept."""

    source: Source
    faults: Faults
    polls_until_complete: int = 1
    """How often a job is asked for before it is complete."""
    prepared: dict[str, Sequence[Path]] = field(default_factory=dict)
    """Object -> files of CSV, a page each, for tables too large to be kept as rows: a query of the object
    gets them as they are, whatever it filters by and however many rows it wants a page."""
    _jobs: dict[str, _Job] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def create(self, body: Json, version: str) -> Json:
        """Raises `Refused`."""
        operation, text = body.get("operation"), str(body.get("query", ""))
        if operation not in {"query", "queryAll"}:
            raise Refused(400, "INVALIDJOB", f"Invalid operation: {operation}")
        query = parse(text)
        if not query.columns or query.offset:
            raise Refused(400, "API_ERROR", "Bulk API 2.0 queries have neither COUNT() nor OFFSET")
        result = run(self.source, query, include_deleted=operation == "queryAll")
        job_id = long_id(f"7505f{next(self._numbers):010d}")
        job: Json = {
            "id": job_id, "operation": operation, "object": result.sobject.name, "state": "UploadComplete",
            "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(version),
            "lineEnding": body.get("lineEnding", "LF"),
            "columnDelimiter": body.get("columnDelimiter", "COMMA"),
        }  # fmt: skip
        self._jobs[job_id] = _Job(job, result, self.polls_until_complete)
        return job

    def state(self, job_id: str) -> Json:
        """Each look brings it on. Raises `Refused`."""
        job = self._job(job_id)
        if job.body["state"] in {"UploadComplete", "InProgress"}:
            job.polls -= 1
            job.body["state"] = "InProgress" if job.polls > 0 else "JobComplete"
            if job.polls <= 0:
                job.body["numberRecordsProcessed"] = len(job.result.rows)
        return job.body

    def page(self, job_id: str, locator: str | None, size: int) -> BulkPage:
        """Raises `Refused`."""
        job = self._job(job_id)
        if job.body["state"] != "JobComplete":
            raise Refused(400, "INVALIDJOBSTATE", f"The job is {job.body['state']}: it has no results")
        start = 0 if locator is None else _place(locator)
        if files := self.prepared.get(job.result.sobject.name):
            text = files[start].read_text(encoding="utf-8")
            locator = _locator(start + 1) if start + 1 < len(files) else "null"
            return BulkPage(text, locator, text.count("\n") - 1)
        rows = job.result.rows[start : start + size]
        columns = self._columns(job.result.columns, rows, page=start // max(size, 1))
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow([selected.path for selected in columns])
        for row in rows:
            writer.writerow([write_csv(self._value(row, selected)) for selected in columns])
        end = start + len(rows)
        return BulkPage(out.getvalue(), _locator(end) if end < len(job.result.rows) else "null", len(rows))

    def fail(self, job_id: str, says: str) -> None:
        self._job(job_id).body.update(state="Failed", errorMessage=says)

    def abort(self, job_id: str) -> Json:
        job = self._job(job_id)
        job.body["state"] = "Aborted"
        return job.body

    def delete(self, job_id: str) -> None:
        self._job(job_id)
        del self._jobs[job_id]

    def forget(self) -> None:
        """As after seven days."""
        self._jobs.clear()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._jobs)

    def _job(self, job_id: str) -> _Job:
        if (job := self._jobs.get(long_id(job_id))) is None:
            raise no_such_resource()
        return job

    def _columns(self, columns: Sequence[Selected], rows: Sequence[Row], *, page: int) -> Sequence[Selected]:
        if self.faults.shuffles_columns:
            turn = page % len(columns)
            columns = [*columns[turn:], *columns[:turn]]
        if self.faults.drops_null_columns:
            columns = [one for one in columns if any(self._value(row, one) is not None for row in rows)]
        return columns

    def _value(self, row: Row, selected: Selected) -> Value:
        end = values_of(self.source, row, selected.over)
        return None if end is None else end.get(selected.field.name)


def _locator(place: int) -> str:
    return f"MT{place:x}"


def _place(locator: str) -> int:
    try:
        return int(locator.removeprefix("MT"), 16)
    except ValueError:
        raise Refused(400, "INVALID_LOCATOR", f"Invalid locator: {locator}") from None
