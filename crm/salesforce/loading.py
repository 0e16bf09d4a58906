"""The large tables of a pull, one after the other, so that another pull can go on where one broke off."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from crm.files.csvfile import RowSource
from crm.files.problems import ProblemLog
from crm.records import Batch, CannotResume
from crm.salesforce.bulk import ROWS_A_PAGE, BulkRows, JobFailed, Jobs
from crm.salesforce.errors import QueryRefused, RequestRefused
from crm.salesforce.evidence import Step
from crm.salesforce.places import BulkPlace, PullPlace, digest_of, jobs_in, read_place
from crm.salesforce.rows import ID, QueriedRows
from crm.salesforce.session import Session
from crm.salesforce.sight import ACCOUNT, OPPORTUNITY
from crm.salesforce.soql import Select
from crm.salesforce.tables import table_of

_DONE = ""
"""The table at which a pull is that has read them all, and was not taken over yet."""


class Loading:
    """Reads all rows of some tables. `in_bulk`: by jobs, where Salesforce takes them for a table."""

    def __init__(
        self, session: Session, steps: Sequence[Step], *, in_bulk: bool, rows_a_page: int = ROWS_A_PAGE
    ) -> None:
        self._session = session
        self._jobs = Jobs(session)
        self._steps = steps
        self._in_bulk = in_bulk
        self._rows_a_page = rows_a_page
        self._queries = digest_of(step.select for step in steps)

    def begin(self) -> PullPlace:
        """All jobs at once: Salesforce works at them while we read the first."""
        return PullPlace(self._queries, OPPORTUNITY, self._begun(self._steps))

    def place_of(self, resume: str) -> PullPlace:
        """Where a pull broke off. Raises `CannotResume` where nobody can go on from there."""
        try:
            place = read_place(resume, self._queries)
            if place.table == _DONE:
                return self._with_accounts(place)
            self._check(self._to_do(place), place)
            return place
        except CannotResume:
            for job_id in jobs_in(resume):
                self._jobs.delete(job_id)
            raise

    def batches(self, begun: PullPlace) -> Iterator[Batch]:
        """Everything from a place on, and the accounts, which come whole each time.

        The jobs are kept until all was taken in: whoever breaks off before can go on with them.
        """
        for step in self._to_do(begun):
            place = begun if step.name == begun.table else PullPlace(begun.queries, step.name, begun.jobs)
            rows = self._rows(step, place)
            for batch in step.read(table_of(rows)):
                yield batch if step.name == ACCOUNT else batch._replace(resume=_at(place, rows).text())
        yield Batch((), resume=PullPlace(begun.queries, _DONE, begun.jobs).text())
        for job_id in begun.jobs.values():
            self._jobs.delete(job_id)

    def _to_do(self, place: PullPlace) -> Sequence[Step]:
        names = [step.name for step in self._steps]
        begin = len(names) if place.table == _DONE else names.index(place.table)
        return [*self._accounts(), *self._steps[begin:]]

    def _accounts(self) -> Sequence[Step]:
        return [step for step in self._steps if step.name == ACCOUNT]

    def _begun(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """The jobs of tables that are read in bulk."""
        jobs = {}
        for step in steps if self._in_bulk else ():
            # Not every object has bulk queries; where the query itself is wrong, the one instead says so.
            with suppress(QueryRefused, RequestRefused):
                jobs[step.name] = self._jobs.create(step.select)
        return jobs

    def _check(self, steps: Sequence[Step], place: PullPlace) -> None:
        """Raises `CannotResume` where a job is not kept any more."""
        for step in steps:
            if step.name in place.jobs:
                self._jobs.check(place.jobs[step.name], step.name)

    def _with_accounts(self, place: PullPlace) -> PullPlace:
        """All deals are in: only the accounts come again, by a new job where theirs is gone."""
        try:
            self._check(self._accounts(), place)
        except CannotResume:
            return PullPlace(place.queries, _DONE, self._begun(self._accounts()))
        return place

    def _rows(self, step: Step, place: PullPlace) -> RowSource:
        job_id = place.jobs.get(step.name)
        if job_id is None or place.after is not None:
            return QueriedRows(self._session, [step.select], place.after)
        rows = BulkRows(self._jobs, step.select, place.bulk or BulkPlace(job_id), self._rows_a_page)
        try:
            rows.row_count()
        except JobFailed:
            return QueriedRows(self._session, [step.select])
        return rows


def live_ids(session: Session, *, in_bulk: bool, rows_a_page: int = ROWS_A_PAGE) -> Iterator[Sequence[str]]:
    """Of all opportunities outside the recycle bin, some hundred at a time."""
    select = Select(OPPORTUNITY, (ID,))
    if not in_bulk:
        yield from _first_fields(QueriedRows(session, [select]))
        return
    jobs = Jobs(session)
    job_id = jobs.create(select)
    try:
        yield from _first_fields(BulkRows(jobs, select, BulkPlace(job_id), rows_a_page))
    finally:
        jobs.delete(job_id)


def _first_fields(rows: RowSource) -> Iterator[Sequence[str]]:
    for chunk, _ in rows.chunks(ProblemLog(rows.name)):
        if chunk.rows:
            yield [row[0] for row in chunk.rows]


def _at(place: PullPlace, rows: RowSource) -> PullPlace:
    """Up to and with what was handed on last."""
    if isinstance(rows, BulkRows):
        return PullPlace(place.queries, place.table, place.jobs, bulk=rows.place)
    after = rows.after if isinstance(rows, QueriedRows) else None
    return PullPlace(place.queries, place.table, place.jobs, after=after)
