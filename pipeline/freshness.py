"""When the mirror of the CRM is too old to be believed without a word."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.schedule import Schedule, next_slot

LIMITING = "is limiting us"
"""What every CRM's error says where it answers no more calls for now, behind the CRM's name."""


@dataclass(frozen=True)
class Staleness:
    """Figures are older than they should be."""

    pulled_at: datetime
    """When the mirror was last brought up to date."""
    why: str = ""
    """In words for everybody, `Salesforce is limiting us`; empty where nobody needs to know."""


@dataclass(frozen=True)
class Freshness:
    """How old the records are that a reader sees."""

    pulled_at: datetime | None
    """When the mirror was last brought up to date; `None` before the first pull."""
    stale: Staleness | None = None


def find_staleness(
    pulled_at: datetime, schedule: Schedule | None, failure: str, now: datetime
) -> Staleness | None:
    """The mirror is stale from the second pull that it missed, and at once where the CRM is limiting us.

    `schedule`: of the pull, `None` where it has none; `failure`: why the last pull failed, empty where it
    did not.
    """
    limited = _limited(failure)
    if limited:
        return Staleness(pulled_at, limited)
    if schedule is None:
        return None
    second = next_slot(schedule, next_slot(schedule, pulled_at).due)
    return Staleness(pulled_at) if now >= second.due else None


def _limited(failure: str) -> str:
    """Of a failure only what concerns everybody: the rest is for administrators."""
    crm, limiting, _ = failure.partition(LIMITING)
    return crm + limiting if limiting else ""
