"""A deal read the plainest way there is, for writers that want to look at it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm.records import OpportunityRecord, PullRequest
from crm.salesforce.deals import LiveDeal
from crm.salesforce.errors import NotThere
from crm.salesforce.session import Session
from pipeline.crm_records import FieldKind, FieldValue
from pipeline.money import SCALE
from pipeline.records import parse_category


class DealReader:
    """By the REST resource of the record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, deal_id: str, request: PullRequest) -> LiveDeal | None:
        try:
            row = self._session.get(f"sobjects/Opportunity/{deal_id}")
        except NotThere:
            return None
        further = {name: _value(row.get(name), kind) for name, kind in request.fields.items()}
        return LiveDeal(
            _record(row, further),
            datetime.fromisoformat(row["LastModifiedDate"]),
            row.get("RecordTypeId"),
            bool(row.get("HasOpportunityLineItem")),
        )


def _value(held: Any, kind: FieldKind) -> FieldValue:
    if held is None:
        return None
    match kind:
        case FieldKind.NUMBER:
            return _number(held)
        case FieldKind.DAY:
            return date.fromisoformat(held).toordinal()
        case FieldKind.FLAG:
            return int(held)
        case FieldKind.TEXT:
            return str(held)


def _number(held: Any) -> int | None:
    return None if held is None else round(held * SCALE)


def _record(row: Mapping[str, Any], further: Mapping[str, FieldValue]) -> OpportunityRecord:
    return OpportunityRecord(
        id=row["Id"],
        name=row["Name"],
        stage=row["StageName"],
        category=parse_category(row["ForecastCategory"] or ""),
        amount=_number(row["Amount"]),
        close_day=date.fromisoformat(row["CloseDate"]).toordinal(),
        created_at=None,
        modified_at=None,
        owner_id=row["OwnerId"],
        creator_id=None,
        account_id=row["AccountId"],
        currency=row.get("CurrencyIsoCode"),
        next_step=row["NextStep"],
        last_activity_day=None,
        is_deleted=bool(row["IsDeleted"]),
        fields=further,
    )
