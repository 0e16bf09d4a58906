"""One deal out of a pull of the exports, and what stands against a change of it."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from crm.records import (
    ActivityRecord,
    Batch,
    ContactRoleRecord,
    DealEvidence,
    DealShape,
    FieldChangeRecord,
    Fix,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    Record,
    SplitRecord,
)
from pipeline.crm_fields import Refusal

Hanging = TypeVar("Hanging", bound=Record)


def gather_deal(opportunity_id: str, batches: Iterable[Batch]) -> DealEvidence | None:
    """Everything of one deal; `None` where no row is its own."""
    opportunity: OpportunityRecord | None = None
    found: list[Record] = []
    for batch in batches:
        for record in batch.records:
            if isinstance(record, OpportunityRecord):
                opportunity = record if record.id == opportunity_id else opportunity
            elif getattr(record, "opportunity_id", None) == opportunity_id:
                found.append(record)
    if opportunity is None:
        return None
    return DealEvidence(
        opportunity,
        history=_of_kind(HistoryRecord, found),
        changes=_of_kind(FieldChangeRecord, found),
        lines=_of_kind(LineItemRecord, found),
        contacts=_of_kind(ContactRoleRecord, found),
        splits=_of_kind(SplitRecord, found),
        activities=_of_kind(ActivityRecord, found),
    )


def _of_kind(kind: type[Hanging], records: Iterable[Record]) -> tuple[Hanging, ...]:
    return tuple(record for record in records if isinstance(record, kind))


def refusals_of(fix: Fix, shape: DealShape) -> tuple[Refusal, ...]:
    """What the next pull could not read again, said as a CRM says it."""
    return tuple(_refusals(fix, shape))


def _refusals(fix: Fix, shape: DealShape) -> Iterator[Refusal]:
    for name, (_, wanted) in fix.changes.items():
        field = shape.fields.get(name)
        if field is None:
            yield Refusal(f"The exports have no column {name}.", (name,))
        elif not field.is_writable:
            yield Refusal(f"{field.label} cannot be changed here.", (name,))
        elif wanted is None and field.is_required:
            yield Refusal(f"{field.label} cannot be empty.", (name,))
        elif name == "StageName" and wanted not in {pick.value for pick in field.picks}:
            stages = ", ".join(pick.value for pick in field.picks)
            yield Refusal(f"There is no stage {wanted}: choose one of {stages}.", (name,))
        elif isinstance(wanted, str) and field.longest is not None and len(wanted) > field.longest:
            yield Refusal(f"{field.label} can have {field.longest} characters at most.", (name,))
