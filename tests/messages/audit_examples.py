"""Three records of the audit: a saved field, a confidential deal, a job."""

from datetime import UTC, datetime

from pipeline.access import Deal
from pipeline.audit_trail import AuditPage, AuditRecord
from pipeline.findings import PersonName


def audit_page() -> AuditPage:
    fixed = AuditRecord(
        at=datetime(2026, 11, 24, 8, 31, tzinfo=UTC),
        by=PersonName("005A", "Ana Lind"),
        surface="slack",
        act="fix",
        object="deal:006A",
        object_name="Acme & Co",
        deal=Deal("005A"),
        field="CloseDate",
        old="2026-11-14",
        new="2026-12-18",
        note="",
    )
    snoozed = AuditRecord(
        at=datetime(2026, 11, 23, 16, 2, tzinfo=UTC),
        by=PersonName("005Z", "Zoe Park"),
        surface="teams",
        act="snooze",
        object="deal:006D",
        object_name="(confidential)",
        deal=Deal("005Z", is_confidential=True),
        field="close_date_past",
        old=None,
        new="(confidential)",
        note="(confidential)",
    )
    escalated = AuditRecord(
        at=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        by=PersonName("job:escalate", "job:escalate"),
        surface="scheduler",
        act="escalate",
        object="person:005B",
        object_name="",
        deal=None,
        field="",
        old=None,
        new=None,
        note="",
    )
    return AuditPage((fixed, snoozed, escalated), has_older=True)
