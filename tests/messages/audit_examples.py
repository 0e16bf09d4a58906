"""Records of the audit: saved fields, a confidential deal, a job, an action, a word about a cell."""

from dataclasses import replace
from datetime import UTC, datetime

from messages.audit_values import MoneyFields
from pipeline.access import Deal
from pipeline.audit_trail import AuditPage, AuditRecord
from pipeline.findings import PersonName

MONEY_FIELDS = MoneyFields(frozenset({"Amount"}), "USD")


def audit_page() -> AuditPage:
    fixed = AuditRecord(
        at=datetime(2026, 11, 24, 8, 31, tzinfo=UTC),
        by=PersonName("005A", "Ana Lind"),
        surface="slack",
        act="fix",
        object="deal:006A",
        object_name="Acme & Co",
        deal=Deal("005A"),
        currency="EUR",
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
        currency="EUR",
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
        object_name="Ben Osei",
        deal=None,
        currency=None,
        field="",
        old=None,
        new=None,
        note="",
    )
    cheaper = replace(fixed, field="Amount", old="12500", new="9000.5")
    handed_over = replace(fixed, act="reassign", field="OwnerId", old="005A", new="005B")
    assigned = replace(
        fixed,
        act="action_open",
        object="action:12",
        object_name="2x on Data Cloud",
        deal=None,
        field="",
        old=None,
        new="spiff for region/EMEA/coverage, 005B by 2026-12-18",
    )
    spoken = replace(
        assigned,
        act="give_context",
        object="cell:region/EMEA/coverage/2026-11-30",
        object_name="",
        new="Two deals wait until 2026-12-18.",
    )
    records = (fixed, cheaper, handed_over, assigned, spoken, snoozed, escalated)
    return AuditPage(records, has_older=True, people={"005A": "Ana Lind", "005B": "Ben Osei"})
