"""Keeping what somebody says about a cell, with all that follows from it wherever it is said."""

from datetime import date

from handlers.asking import Asked
from messages.card_text import card_from_text, card_to_text
from messages.preparation import preparation_key, show_context
from pipeline.cell_names import CellName
from pipeline.editions import Context
from storage.audit import AuditEntry, record_audit
from storage.cell_words import store_context
from storage.database import Connection
from storage.outbox import read_letter_card, revise_letter


def keep_word(connection: Connection, asked: Asked, cell: CellName, council: date, words: str) -> None:
    """In the place of what the person said before; without words that is taken back. The message that asked
    for the word says what was said."""
    member = asked.member
    before = store_context(connection, council, Context(cell, member.id, member.name, words, asked.now))
    entry = AuditEntry(
        by=member.id,
        surface=asked.where.surface,
        act="give_context",
        object=f"cell:{cell.written(council)}",
        old=before,
        new=words or None,
    )
    record_audit(connection, entry, asked.now)
    key = preparation_key(council, member.id)
    stored = read_letter_card(connection, key)
    if stored is not None:
        card = show_context(card_from_text(stored), cell, council, words)
        revise_letter(connection, key, card_to_text(card))
