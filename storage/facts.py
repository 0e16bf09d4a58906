"""What rules need to know of an opportunity beside its versions, worked out when it is merged."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from pipeline.crm_records import Capabilities
from storage.evidence import ActivityRow, Evidence


class RecordFacts(NamedTuple):
    """Counts and days; `None` where the CRM has no such table or nobody knows."""

    next_step_day: int | None
    close_edited: bool
    contact_count: int | None
    buyer_count: int | None
    line_count: int | None
    next_activity_day: int | None
    overdue_task_day: int | None


def record_facts(
    evidence: Evidence,
    *,
    capabilities: Capabilities,
    buyer_roles: Collection[str],
    close_days: Iterable[int | None],
    today: int,
    modified_day: int | None,
    day_of_change: int | None,
) -> RecordFacts:
    """The facts of one opportunity.

    `close_days`: every close date it is known to have had. `day_of_change`: the day of the last change
    of the next step in the CRM's field history.
    """
    has = capabilities.tables.__contains__
    contacts = {contact.contact_id for contact in evidence.contacts}
    buyers = {contact.contact_id for contact in evidence.contacts if contact.role in buyer_roles}
    open_days = _open_activity_days(evidence.activities, today)
    overdue = [row.day for row in evidence.activities if row.is_task and not row.is_closed and row.day]
    return RecordFacts(
        next_step_day=_next_step_day(evidence, today, modified_day, day_of_change),
        close_edited=len({day for day in close_days if day is not None}) > 1,
        contact_count=len(contacts) if has("OpportunityContactRole") else None,
        buyer_count=len(buyers) if has("OpportunityContactRole") else None,
        line_count=len(evidence.lines) if has("OpportunityLineItem") else None,
        next_activity_day=_nearest(open_days, today),
        overdue_task_day=min(overdue, default=None),
    )


def _next_step_day(
    evidence: Evidence, today: int, modified_day: int | None, day_of_change: int | None
) -> int | None:
    """The day since which the next step is known to be unchanged; `None`: nobody knows.

    A record that was last changed on a day has had its next step at least since then.
    """
    live = evidence.live
    if day_of_change is not None:
        return day_of_change
    if live is None:
        return modified_day
    if live.next_step != evidence.record.next_step:
        return modified_day if modified_day is not None and modified_day <= today else today
    return live.next_step_day


def _open_activity_days(activities: Sequence[ActivityRow], today: int) -> list[int]:
    """Days of open tasks (one without a date counts as today) and of events still to come."""
    return [
        today if row.day is None else row.day
        for row in activities
        if not row.is_closed and (row.is_task or (row.day is not None and row.day >= today))
    ]


def _nearest(days: Sequence[int], today: int) -> int | None:
    """The next of the days, or the latest if all are past."""
    coming = [day for day in days if day >= today]
    return min(coming) if coming else max(days, default=None)
