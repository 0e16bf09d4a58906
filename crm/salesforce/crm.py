"""Salesforce as a CRM: what a pull reads and in which order, and how a fix is saved."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence

from crm.files.beside import TablesBeside
from crm.files.stages import StageList
from crm.records import (
    Batch,
    Capabilities,
    Changes,
    DealEvidence,
    DealShape,
    Fix,
    PullRequest,
    WriteResult,
)
from crm.salesforce.bulk import FIRST_VERSION, ROWS_A_PAGE
from crm.salesforce.changes import (
    DEALS_TOGETHER,
    OLDEST_SECONDS,
    ChangeReader,
    mark_of,
    read_mark,
    server_time,
)
from crm.salesforce.deals import LiveDeal
from crm.salesforce.errors import QueryRefused
from crm.salesforce.evidence import EvidenceReader
from crm.salesforce.ids import is_id
from crm.salesforce.loading import Loading, live_ids
from crm.salesforce.organisation import Organisation
from crm.salesforce.quotas import may_read_quotas
from crm.salesforce.reference import TARGETS, ReferenceReader, RememberedStages, fiscal_notices, read_stages
from crm.salesforce.session import Session
from crm.salesforce.sight import FIELDS, OPPORTUNITY, Sight
from crm.salesforce.writing import Writer
from pipeline.definitions import CalendarDefinition
from pipeline.errors import NothingUsable

BULK_FROM = 10_000
"""Opportunities from which on tables are read in bulk: below, queries are done before a job has begun."""


class SalesforceCrm:
    """Implements `Crm`. Asks Salesforce nothing before it is asked itself.

    `beside`: files with what Salesforce does not hold by our dimensions; a table there wins over
    Salesforce's. `fields`: paths that the configuration names.
    """

    def __init__(
        self,
        organisation: Organisation,
        calendar: CalendarDefinition,
        beside: TablesBeside,
        fields: Collection[str] = (),
        *,
        bulk_from: int = BULK_FROM,
        rows_a_page: int = ROWS_A_PAGE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._organisation = organisation
        self._session = organisation.session
        self._calendar = calendar
        self._beside = beside
        self._fields = fields
        self._bulk_from = bulk_from
        self._rows_a_page = rows_a_page
        self._clock = clock

    @property
    def name(self) -> str:
        return "Salesforce"

    @property
    def is_complete(self) -> bool:
        """A pull walks through all opportunities by their ids, whatever comes and goes meanwhile."""
        return True

    def capabilities(self) -> Capabilities:
        sight = self._look()
        tables = {table for table in FIELDS if sight.is_usable(table)}
        if may_read_quotas(sight):
            tables.add(TARGETS)
        calendar = self._calendar
        fiscal = self._organisation.remembered.get(
            ("fiscal year", calendar.periods, calendar.start_month),
            lambda session: tuple(fiscal_notices(sight, session, calendar)),
        )
        notices = (*sight.notices(), *fiscal)
        fields = sight.opportunity_fields(self._fields)
        return self._beside.added_to(Capabilities(frozenset(tables), fields, notices))

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        """Everything that counts; the large tables in pieces from which another pull can go on."""
        session = self._session.in_background()
        self._organisation.descriptions.forget()
        self._organisation.remembered.forget()
        sight = self._look()
        stages, problems = read_stages(sight, session)
        loading = Loading(
            session,
            EvidenceReader(sight, session, stages, request).steps(),
            in_bulk=self._is_large(session),
            rows_a_page=self._rows_a_page,
        )
        place = None if request.resume is None else loading.place_of(request.resume)
        yield Batch(stages.records, problems)
        yield from ReferenceReader(sight, session, self._calendar, self._beside, request).batches()
        yield from loading.batches(place or loading.begin())

    def prepare_forms(self) -> None:
        self._organisation.shapes.prepare()

    def describe(self, opportunity_id: str) -> DealShape:
        return self._organisation.shapes.of_deal(opportunity_id)

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        if not is_id(opportunity_id):
            return None
        found = self._reader(self._session, request).read([opportunity_id])
        return found.deals[0] if found.deals else None

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        reader = self._reader(self._session.in_background(), request)
        ids = [one for one in opportunity_ids if is_id(one)]
        for start in range(0, len(ids), DEALS_TOGETHER):
            yield reader.read(ids[start : start + DEALS_TOGETHER]).deals

    def write(self, fix: Fix) -> WriteResult:
        return Writer(self._organisation, self._read_live, self._clock).write(fix)

    def _read_live(self, opportunity_id: str, request: PullRequest) -> LiveDeal | None:
        return self._reader(self._session, request).read_live(opportunity_id)

    def mark(self) -> str:
        return mark_of(server_time(self._session))

    def changes(self, since: str, request: PullRequest) -> Changes | None:
        """`None` also where deletions of the time between cannot be seen any more."""
        session = self._session.in_background()
        now, then = server_time(session), read_mark(since)
        if then is None or now.timestamp() - then.timestamp() > OLDEST_SECONDS:
            return None
        sight = self._look()
        changed = ChangeReader(sight, session, request, then)
        deal_ids = changed.deal_ids()
        if deal_ids is None:
            return None
        stages, problems = read_stages(sight, session)
        reader = EvidenceReader(sight, session, stages, request)
        accounts = changed.accounts(reader, deal_ids)
        if accounts is None:
            return None
        further = ReferenceReader(sight, session, self._calendar, self._beside, request)
        return Changes(
            reference=[Batch(stages.records, problems), *further.batches()],
            accounts=accounts,
            deals=changed.deals(reader, deal_ids),
            mark=mark_of(now),
        )

    def live_ids(self) -> Iterator[Sequence[str]]:
        session = self._session.in_background()
        return live_ids(session, in_bulk=self._is_large(session), rows_a_page=self._rows_a_page)

    def _reader(self, session: Session, request: PullRequest) -> EvidenceReader:
        sight = self._look()
        return EvidenceReader(sight, session, self._stages(sight, session), request)

    def _stages(self, sight: Sight, session: Session) -> StageList:
        """As they are remembered: most deals that are read alone are in one of them."""

        def read(session: Session) -> StageList:
            stages, _ = read_stages(sight, session)
            return stages

        known = self._organisation.remembered.get("stages", read)
        return RememberedStages(known, lambda: read(session))

    def _look(self) -> Sight:
        """What our user sees now. Raises `NothingUsable` where that is no opportunities."""
        sight = Sight(self._organisation.descriptions)
        if not sight.is_usable(OPPORTUNITY):
            raise NothingUsable(
                "Salesforce: our user does not see opportunities with their stage. Give it the right to read "
                "them (Read and View All on Opportunity, Read on its fields)."
            )
        return sight

    def _is_large(self, session: Session) -> bool:
        if float(self._organisation.definition.api_version) < FIRST_VERSION:
            return False
        try:
            count = session.get("query", {"q": f"SELECT COUNT() FROM {OPPORTUNITY}"})["totalSize"]
        except QueryRefused:  # too many to be counted in time
            return True
        return int(count) >= self._bulk_from
