"""A system of record behind glass: everything can be read, and nothing written."""

from collections.abc import Iterator, Sequence

from crm.records import Batch, Changes, Crm, Fix, PullRequest
from pipeline.crm_fields import DealShape, Refusal, Rejected, WriteResult
from pipeline.crm_records import Capabilities, DealEvidence


class ReadOnlyCrm:
    """Another `Crm`, asked for everything but writing."""

    def __init__(self, behind: Crm) -> None:
        self._behind = behind

    @property
    def name(self) -> str:
        return self._behind.name

    @property
    def is_complete(self) -> bool:
        return self._behind.is_complete

    def capabilities(self) -> Capabilities:
        return self._behind.capabilities()

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        return self._behind.pull(request)

    def mark(self) -> str | None:
        return self._behind.mark()

    def changes(self, since: str, request: PullRequest) -> Changes | None:
        return self._behind.changes(since, request)

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        return self._behind.live_ids()

    def prepare_forms(self) -> None:
        self._behind.prepare_forms()

    def describe(self, opportunity_id: str) -> DealShape:
        return self._behind.describe(opportunity_id)

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        return self._behind.read_deal(opportunity_id, request)

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        return self._behind.read_deals(opportunity_ids, request)

    def write(self, fix: Fix) -> WriteResult:  # noqa: ARG002 - whatever it is
        """Never happens: a fix begins with an act, and those are refused before."""
        return Rejected((Refusal("This room is read-only: nothing was written."),))
