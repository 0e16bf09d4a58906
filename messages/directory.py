"""Everybody whom we know: who they are here, as whom they speak, and whether messages reach them."""

from collections.abc import Sequence

from messages.card import Card, Column, Paragraph, Table, TableRow, TextCell, Tone, text
from messages.linking import say_no_way
from messages.wording import Wording
from pipeline.access import Role
from pipeline.directory import DirectoryEntry
from pipeline.person_links import Stranger

_COLUMNS = (
    Column("Person"),
    Column("E-mail"),
    Column("CRM user"),
    Column("Roles"),
    Column("Chat users"),
    Column("Messages"),
)


def compose_directory(
    entries: Sequence[DirectoryEntry], strangers: Sequence[Stranger], wording: Wording
) -> Card:
    """Everybody by name, and chat users who are nobody yet below."""
    title = wording.count(len(entries), "person", "people")
    rows = tuple(TableRow(tuple(TextCell(text(words)) for words in _cells(entry))) for entry in entries)
    unknown = tuple(Paragraph(text(_stranger(one)), Tone.NOTE) for one in strangers)
    return Card("people", title, (Table("Everybody", _COLUMNS, rows), *unknown), title)


def _cells(entry: DirectoryEntry) -> tuple[str, ...]:
    return (
        entry.name,
        entry.email or "–",
        entry.id if entry.is_in_crm else "–",
        spoken_roles(entry) or "–",
        ", ".join(str(link.account) for link in entry.links) or "–",
        _state(entry),
    )


def spoken_roles(entry: DirectoryEntry) -> str:
    """In the order of the table of roles: `rep, manager`."""
    return ", ".join(role.value for role in Role if role in entry.roles)


def _state(entry: DirectoryEntry) -> str:
    if not entry.is_active:
        return "not active"
    return "arrive" if entry.is_reachable else say_no_way(entry)


def _stranger(one: Stranger) -> str:
    sender = one.sender
    return f"Nobody yet: {sender.name}, {sender.account}, {sender.email or 'no e-mail shown'}."
