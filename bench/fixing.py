"""How long a fix of one deal holds the database's write lock, on a mirror of any size."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from statistics import median

from sqlalchemy import Engine, select

from crm.files.writing import gather_deal
from crm.records import Batch, Crm, DealEvidence, OpportunityRecord, PullRequest
from pipeline.company import Company
from storage.database import reading, writing
from storage.mirror import pulled_state
from storage.refreshing import prepare_refresh, refresh_deal
from storage.tables import finding, opportunity_key

FIXES = 20


@dataclass(frozen=True)
class FixingFigures:
    """Seconds, of the clock where nothing else is said."""

    prepare: float
    """What is read before the write transaction; median."""
    write: float
    """The write transaction, from its begin to its commit; median."""
    longest_write: float
    write_processor: float
    """What the write transaction takes of a processor; median."""


def measure_fixing(engine: Engine, company: Company, crm: Crm, now: datetime) -> FixingFigures:
    """Give deals that have a finding another close date, one after the other."""
    prepared: list[float] = []
    written: list[float] = []
    worked: list[float] = []
    for place, deal in enumerate(_deals(engine, company, crm, now)):
        moment = now + timedelta(seconds=place)
        begun = time.perf_counter()
        ground = prepare_refresh(engine, company, moment)
        prepared.append(time.perf_counter() - begun)
        begun, processor_begun = time.perf_counter(), time.process_time()
        with writing(engine) as connection:
            refresh_deal(connection, ground, _fixed(deal, now), moment)
        written.append(time.perf_counter() - begun)
        worked.append(time.process_time() - processor_begun)
    return FixingFigures(median(prepared), median(written), max(written), median(worked))


def _deals(engine: Engine, company: Company, crm: Crm, now: datetime) -> Sequence[DealEvidence]:
    with reading(engine) as connection:
        with_finding = select(finding.c.opportunity).distinct().order_by(finding.c.opportunity).limit(FIXES)
        ids = select(opportunity_key.c.crm_id).where(opportunity_key.c.no.in_(with_finding))
        wanted = frozenset(connection.execute(ids).scalars())
    return evidence_of(engine, company, crm, now, wanted)


def evidence_of(
    engine: Engine, company: Company, crm: Crm, now: datetime, wanted: frozenset[str]
) -> Sequence[DealEvidence]:
    """Everything that a CRM of exports holds of some deals, in one pass through it."""
    with reading(engine) as connection:
        state = pulled_state(connection)
    definitions = company.definitions
    request = PullRequest(
        fields=state.fields,
        corporate_currency=definitions.money.corporate_currency,
        now=int(now.timestamp()),
        timezone=definitions.calendar.timezone,
        value_field=definitions.metrics.value_field,
    )
    theirs = [
        Batch([record for record in batch.records if _is_of(record, wanted)]) for batch in crm.pull(request)
    ]
    hanging: defaultdict[str, list[Batch]] = defaultdict(list)
    for record in chain.from_iterable(batch.records for batch in theirs):
        hanging[_owner_of(record) or ""].append(Batch([record]))
    found = (gather_deal(one, hanging[one]) for one in sorted(wanted))
    return [deal for deal in found if deal is not None]


def _is_of(record: object, deals: frozenset[str]) -> bool:
    return _owner_of(record) in deals


def _owner_of(record: object) -> str | None:
    """The deal that a record is or hangs on."""
    if isinstance(record, OpportunityRecord):
        return record.id
    owner: str | None = getattr(record, "opportunity_id", None)
    return owner


def _fixed(deal: DealEvidence, now: datetime) -> DealEvidence:
    later = deal.opportunity._replace(close_day=now.date().toordinal() + 20)
    return replace(deal, opportunity=later)
