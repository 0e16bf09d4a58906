"""The audit as a table: when, who and where, what, and from what to what."""

from datetime import tzinfo

from messages.card import Bold, Card, Column, Paragraph, Table, TableRow, Text, TextCell, Tone, text
from messages.wording import Wording
from pipeline.audit_trail import AuditPage, AuditRecord

_COLUMNS = (Column("When"), Column("Who"), Column("What"), Column("Of what"), Column("Change"))


def compose_audit(page: AuditPage, zone: tzinfo, wording: Wording) -> Card:
    """The newest first, with moments in `zone`; says where there are older ones."""
    if not page.records:
        words = "No change is on record that fits this question."
        return Card("audit", "Nothing was changed", (Paragraph(text(words)),), words)
    count = wording.count(len(page.records), "change", "changes")
    title = f"The latest {count}" if page.has_older else count
    rows = tuple(TableRow(_cells(record, zone, wording)) for record in page.records)
    older = "Older ones are on record too: council audit --format csv lists them all."
    notes = (Paragraph(text(older), Tone.NOTE),) if page.has_older else ()
    newest = page.records[0]
    fallback = f"{title}, the newest by {newest.by.name}: {_act(newest.act)}"
    return Card("audit", title, (Table("Who changed what", _COLUMNS, rows), *notes), fallback)


def _cells(record: AuditRecord, zone: tzinfo, wording: Wording) -> tuple[TextCell, ...]:
    what = f"{_act(record.act)}: {record.field}" if record.field else _act(record.act)
    return tuple(
        TextCell(words)
        for words in (
            text(wording.moment(record.at.astimezone(zone))),
            text(f"{record.by.name} ({record.surface})"),
            text(what),
            _object(record),
            _change(record),
        )
    )


def _act(act: str) -> str:
    return act.replace("_", " ")


def _object(record: AuditRecord) -> Text:
    if not record.object_name:
        return text(record.object)
    return text(Bold(record.object_name), f" ({record.object})")


def _change(record: AuditRecord) -> Text:
    """From what to what, and the reason that was given; a dash where neither is known."""
    values = f"{record.old} → {record.new or 'nothing'}" if record.old else record.new
    reason = f"“{record.note}”" if record.note else ""
    return text("; ".join(filter(None, (values, reason))) or "–")
