"""A deal as a line of a list: what stands behind a figure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.findings import PersonName


@dataclass(frozen=True)
class DealLine:
    """One deal behind a cell, at the end of one day."""

    opportunity_id: str
    name: str
    account: str | None
    owner: PersonName | None
    value: Decimal | None
    """Its part in the slice, in the corporate currency; `None` where it is unknown or has no rate."""
    stage: str
    category: str
    close_date: date | None
    confidential: bool
    untrusted: bool
    """Its record has an open finding that nobody can believe the deal with."""
