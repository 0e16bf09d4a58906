"""One opportunity as Salesforce holds it now."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.crm_records import OpportunityRecord


@dataclass(frozen=True)
class LiveDeal:
    """A record that was just read, and what a write has to know beside it."""

    record: OpportunityRecord
    modified_at: datetime
    """LastModifiedDate: what `If-Unmodified-Since` is compared with."""
    record_type_id: str | None
    has_products: bool = False
    """Then Salesforce adds up the amount itself, and ignores another one without a word."""
