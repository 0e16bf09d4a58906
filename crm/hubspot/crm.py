"""HubSpot as a CRM: what a pull reads and in which order, and how a fix is saved."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from crm.files.beside import TablesBeside
from crm.hubspot.deals import DealReader, Row, UnusableDeal
from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.errors import LimitReached, NotFound, Paused, RequestRefused, ScopeMissing, Unavailable
from crm.hubspot.holdings import read_capabilities
from crm.hubspot.portal import Portal
from crm.hubspot.properties import MODIFIED, PIPELINE
from crm.hubspot.rates import read_rates
from crm.hubspot.session import Session
from crm.hubspot.shapes import shape_of
from crm.hubspot.values import HubspotValues
from crm.hubspot.walking import count_found, in_pipelines, walk_all, walk_found
from crm.hubspot.writing import in_our_names, properties_of, refusals_of
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
from pipeline.crm_fields import Busy, Conflict, Gone, Refusal, Rejected, Saved
from pipeline.deal_fields import differences, is_done

_DEALS = "/crm/v3/objects/deals"
_PAGES_TOGETHER = 5
"""Pages of a hundred deals that are read before they are handed on: it saves requests."""
_DEALS_TOGETHER = 500
_LOOKS = 3
"""How often a deal that changes under our hands is read again before a fix gives way."""
_ANY_CURRENCY = "USD"
"""For reading a deal to compare it: nothing is converted there."""


class HubspotCrm:
    """Implements `Crm`. Asks HubSpot nothing before it is asked itself.

    `beside`: the targets, which HubSpot does not hold by our dimensions.
    """

    def __init__(
        self,
        definition: HubspotDefinition,
        timezone: str,
        beside: TablesBeside,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._definition = definition
        self._timezone = timezone
        self._beside = beside
        self._values = HubspotValues(timezone)
        self._session = Session(definition, clock=clock, sleep=sleep)
        self._portal = Portal(self._session, definition, clock)
        self._saving = threading.Lock()

    @property
    def name(self) -> str:
        return "HubSpot"

    @property
    def is_complete(self) -> bool:
        """A pull walks through all deals by their ids, whatever comes and goes meanwhile."""
        return True

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def capabilities(self) -> Capabilities:
        return self._beside.added_to(read_capabilities(self._portal))

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        """Everything that counts; the deals and what hangs on them a few hundred at a time."""
        self._portal.forget()
        pipelines, people = self._portal.pipelines, self._portal.people
        yield Batch(pipelines.records)
        yield Batch(people.roles)
        yield Batch(people.users)
        yield read_rates(self._session, request, self._values)
        yield from self._beside.pull(request.timezone)
        filters = [in_pipelines(tuple(pipelines.of_id))] if pipelines.is_chosen else []
        total = count_found(self._session, filters)
        pages = walk_found(self._session, filters) if filters else walk_all(self._session)
        reader = DealReader(self._portal, request, HubspotValues(request.timezone))
        for ids in _together(pages):
            found = reader.read(ids)
            yield Batch(found.accounts)
            yield Batch([deal.opportunity for deal in found.deals], found.problems, total)
            yield Batch(list(chain.from_iterable(deal.history for deal in found.deals)))
            yield Batch(list(chain.from_iterable(deal.changes for deal in found.deals)))
            yield Batch(list(chain.from_iterable(deal.lines for deal in found.deals)))
            yield Batch(list(chain.from_iterable(deal.contacts for deal in found.deals)))

    def mark(self) -> str | None:
        """Every pull walks through all deals."""
        return None

    def changes(self, since: str, request: PullRequest) -> Changes | None:  # noqa: ARG002 - there is no mark
        return None

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        return None

    def prepare_forms(self) -> None:
        self._shape(None)

    def describe(self, opportunity_id: str) -> DealShape:
        row = self._row(opportunity_id, (PIPELINE, "dealstage"))
        return self._shape(row)

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        if not opportunity_id.isdecimal():
            return None
        found = DealReader(self._portal, request, HubspotValues(request.timezone)).read([opportunity_id])
        return found.deals[0] if found.deals else None

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        reader = DealReader(self._portal, request, HubspotValues(request.timezone))
        ids = [one for one in opportunity_ids if one.isdecimal()]
        for start in range(0, len(ids), _DEALS_TOGETHER):
            yield reader.read(ids[start : start + _DEALS_TOGETHER]).deals

    def write(self, fix: Fix) -> WriteResult:
        """HubSpot writes without conditions, so a deal is looked at right before.

        Fixes of ours come one after the other. Somebody who saves in HubSpot within the fraction of a
        second between our look and our write is overwritten; HubSpot's history of the property keeps it.
        """
        with self._saving:
            try:
                return self._write(fix)
            except NotFound:
                return Gone()
            except RequestRefused as error:
                return Rejected(in_our_names(error.refusals))
            except ScopeMissing as error:
                return Rejected((Refusal(str(error)),))
            except (Paused, LimitReached) as error:
                return Busy(str(error))
            except Unavailable as error:
                return self._after_silence(fix, str(error))

    def _write(self, fix: Fix) -> WriteResult:
        request = PullRequest(fix.kinds, _ANY_CURRENCY, fix.at, self._timezone)
        reader = DealReader(self._portal, request, self._values)
        for _ in range(_LOOKS):
            row = self._row(fix.opportunity_id, reader.properties())
            if row is None:
                return Gone()
            try:
                record = reader.opportunity_of(row, None)
            except UnusableDeal as error:
                return Rejected((Refusal(f"HubSpot: {error.name} = {error.value}: {error}.", (error.name,)),))
            if different := differences(fix.changes, record):
                return Conflict(different)
            if is_done(fix.changes, record):
                return Saved()
            shape = self._shape(row)
            if refusals := refusals_of(fix, shape, record, self._definition):
                return Rejected(refusals)
            properties = properties_of(
                fix,
                shape,
                self._portal.deal_properties,
                self._portal.pipelines,
                row["properties"].get(PIPELINE),
                self._definition,
                self._values,
            )
            if self._is_unchanged(row):
                self._session.patch(f"{_DEALS}/{fix.opportunity_id}", {"properties": properties})
                return Saved()
        return Busy("Somebody is changing this deal in HubSpot right now. Try again in a moment.")

    def _is_unchanged(self, row: Row) -> bool:
        """Whether the deal is as it was when it was read, a moment ago."""
        now = self._row(str(row["id"]), (MODIFIED,))
        return now is not None and now["properties"].get(MODIFIED) == row["properties"].get(MODIFIED)

    def _after_silence(self, fix: Fix, says: str) -> WriteResult:
        """A write that nobody answered is never repeated; the deal itself says whether it was done."""
        request = PullRequest(fix.kinds, _ANY_CURRENCY, fix.at, self._timezone)
        reader = DealReader(self._portal, request, self._values)
        try:
            row = self._row(fix.opportunity_id, reader.properties())
            is_saved = row is not None and is_done(fix.changes, reader.opportunity_of(row, None))
        except (Unavailable, LimitReached, UnusableDeal):
            return Busy(says)
        return Saved() if is_saved else Busy(says)

    def _row(self, deal_id: str, properties: Sequence[str]) -> Row | None:
        if not deal_id.isdecimal():
            return None
        row: Row | None = self._session.find(f"{_DEALS}/{deal_id}", {"properties": ",".join(properties)})
        return row

    def _shape(self, row: Row | None) -> DealShape:
        texts = {} if row is None else row["properties"]
        pipelines, pipeline_id = self._portal.pipelines, texts.get(PIPELINE)
        pipeline = pipelines.of_id.get(pipeline_id or "")
        return shape_of(
            self._portal.deal_properties,
            self._definition,
            self._portal.people,
            pipeline=None if pipeline is None else pipeline.label,
            stages=pipelines.names_in(pipeline_id),
            stage=pipelines.name_of(texts.get("dealstage")),
        )


def _together(pages: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    """A few pages as one, in bounded memory."""
    ids: list[str] = []
    for number, page in enumerate(pages, start=1):
        ids.extend(page)
        if number % _PAGES_TOGETHER == 0:
            yield ids
            ids = []
    if ids:
        yield ids
