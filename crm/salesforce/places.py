"""How far a pull has come, as a text from which another one can go on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crm.records import CannotResume
from crm.salesforce.soql import Select

_VERSION = 1


@dataclass(frozen=True)
class BulkPlace:
    """A place in the result of a job."""

    job_id: str
    locator: str = ""
    """Of the page; empty: the first."""
    rows: int = 0
    """Of that page, how many are done with."""

    def further(self, rows: int) -> "BulkPlace":
        return replace(self, rows=self.rows + rows)


@dataclass(frozen=True)
class PullPlace:
    """Which table is being read, and up to where."""

    queries: str
    """A digest of what is asked for: rows of other columns cannot be gone on with."""
    table: str
    jobs: Mapping[str, str] = field(default_factory=dict)
    """Table -> its job; tables without one are read by queries."""
    bulk: BulkPlace | None = None
    after: str | None = None
    """Id of the last row, of a table that is read by queries."""

    def text(self) -> str:
        bulk = self.bulk
        return json.dumps(
            {
                "version": _VERSION,
                "queries": self.queries,
                "table": self.table,
                "jobs": dict(self.jobs),
                "bulk": None if bulk is None else [bulk.job_id, bulk.locator, bulk.rows],
                "after": self.after,
            },
            separators=(",", ":"),
        )


def read_place(text: str, queries: str) -> PullPlace:
    """Raises `CannotResume` for a place of another version of ours, or in other queries."""
    try:
        told: Any = json.loads(text)
        if (told["version"], told["queries"]) != (_VERSION, queries):
            raise CannotResume("What is asked of Salesforce has changed; the pull has to start over.")
        bulk = told["bulk"]
        return PullPlace(
            queries,
            str(told["table"]),
            {str(table): str(job) for table, job in told["jobs"].items()},
            None if bulk is None else BulkPlace(str(bulk[0]), str(bulk[1]), int(bulk[2])),
            told["after"],
        )
    except (ValueError, KeyError, TypeError, IndexError):
        raise CannotResume("Nobody can tell how far the last pull came; it has to start over.") from None


def jobs_in(text: str) -> Iterable[str]:
    """The jobs of a place that nobody goes on from, as far as it can be read."""
    try:
        told: Any = json.loads(text)
        return [str(job) for job in told["jobs"].values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def digest_of(selects: Iterable[Select]) -> str:
    """Of the tables and their columns; conditions may speak of today, and do not change what a row means."""
    known = repr([(select.sobject, select.fields, select.include_deleted) for select in selects])
    return hashlib.blake2b(known.encode(), digest_size=12).hexdigest()
