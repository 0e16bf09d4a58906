"""The audit as a table: when, who and where, what, and from what to what."""

from datetime import tzinfo

from messages.audit_values import AuditWords, MoneyFields
from messages.card import Card, Column, Paragraph, Table, TableRow, Text, TextCell, Tone, text
from messages.wording import Wording
from pipeline.audit_trail import AuditPage, AuditRecord

_COLUMNS = (Column("When"), Column("Who"), Column("What"), Column("Of what"), Column("Change"))


def compose_audit(page: AuditPage, zone: tzinfo, money: MoneyFields, wording: Wording) -> Card:
    """The newest first, with moments in `zone`; says where there are older ones."""
    if not page.records:
        words = "No change is on record that fits this question."
        return Card("audit", "Nothing was changed", (Paragraph(text(words)),), words)
    said = AuditWords(page.people, money, wording)
    count = wording.count(len(page.records), "change", "changes")
    title = f"The latest {count}" if page.has_older else count
    rows = tuple(TableRow(_cells(record, zone, said)) for record in page.records)
    older = "Older ones are on record too: council audit --format csv lists them all, with the ids."
    notes = (Paragraph(text(older), Tone.NOTE),) if page.has_older else ()
    newest = page.records[0]
    fallback = f"{title}, the newest by {newest.by.name}: {said.act(newest)}"
    return Card("audit", title, (Table("Who changed what", _COLUMNS, rows), *notes), fallback)


def _cells(record: AuditRecord, zone: tzinfo, said: AuditWords) -> tuple[TextCell, ...]:
    return tuple(
        TextCell(words)
        for words in (
            text(said.wording.moment(record.at.astimezone(zone))),
            text(f"{_author(record)} ({record.surface})"),
            text(said.act(record)),
            text(_capital(said.object(record))),
            _change(record, said),
        )
    )


def _author(record: AuditRecord) -> str:
    name = record.by.name
    return f"the job {name.removeprefix('job:').replace('_', ' ')}" if name.startswith("job:") else name


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _change(record: AuditRecord, said: AuditWords) -> Text:
    """From what to what, and the reason that was given; a dash where neither is known."""
    old, new = said.value(record, record.old), said.value(record, record.new)
    values = f"{old} → {new or 'nothing'}" if old else new
    reason = f"“{record.note}”" if record.note else ""
    return text("; ".join(filter(None, (values, reason))) or "–")
