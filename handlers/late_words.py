"""A word about a cell after the council's post: until its recap it goes into the thread of the red row.

The frozen figures stay; the row's message then says the word where it said that there was none.
"""

from datetime import date, timedelta

from handlers.asking import Asked
from handlers.council_rows import show_in_council
from handlers.word_keeping import keep_word
from messages.card_text import card_to_text
from messages.council import in_channel
from messages.council_threads import compose_late_word, late_word_key
from messages.preparation import compose_context_said
from messages.recap import recap_key
from messages.reply import Reply
from pipeline.cell_names import CellName
from pipeline.council_days import next_council
from pipeline.errors import CouncilError
from pipeline.posted_rows import PostedRow
from storage.cell_words import read_requests
from storage.database import Connection, reading
from storage.outbox import Letter, put_letter, revise_letter, to_channel
from storage.outbox_reading import read_place
from storage.posted_rows import read_posted_rows


def council_in_talk(asked: Asked, cell: CellName) -> date | None:
    """The council whose thread about the row of a cell takes a word still; nothing where there is none."""
    with reading(asked.engine) as connection:
        rows = _rows_in_talk(asked, connection, cell)
    return rows[0].council if rows else None


def say_in_thread(asked: Asked, cell: CellName, council: date, words: str) -> Reply:
    """The caller asks for access. Raises `CouncilError` where the council was closed meanwhile."""
    today = asked.now.astimezone(asked.company.council_zone).date()
    with asked.acting() as connection:
        rows = _rows_in_talk(asked, connection, cell)
        if not rows or rows[0].council != council:
            raise CouncilError(
                f"The council of {council:%-d %B} has its recap already, so nothing was changed. Say it in "
                "its channel."
            )
        keep_word(connection, asked, cell, council, words)
        for row in rows:
            _reply_in_thread(connection, asked, row, cell, words)
        show_in_council(connection, cell, today)
    return Reply((compose_context_said(cell, council, words),))


def _rows_in_talk(asked: Asked, connection: Connection, cell: CellName) -> tuple[PostedRow, ...]:
    """The messages about the row, until the recap or until people are asked about the council after."""
    rows = read_posted_rows(connection, cell.dimension, cell.value)
    if not rows:
        return ()
    council, company = rows[0].council, asked.company
    following = next_council(company.council.weekday, company.working_days, council + timedelta(days=1))
    recaps = (in_channel(recap_key(council), to_channel(name)) for name in company.council.channels)
    is_over = bool(read_requests(connection, following)) or any(
        read_place(connection, key) is not None for key in recaps
    )
    return () if is_over else rows


def _reply_in_thread(
    connection: Connection, asked: Asked, row: PostedRow, cell: CellName, words: str
) -> None:
    """One reply of each person about a cell: a changed word changes it."""
    place = read_place(connection, row.key)
    if place is None:
        return
    key = late_word_key(row.key, cell, asked.member.id)
    card = card_to_text(compose_late_word(key, asked.member.name, cell, words))
    letter = Letter(key=key, kind="council_word", audience=place.audience, card=card, thread_of=row.key)
    if not put_letter(connection, letter, asked.now):
        revise_letter(connection, key, card)
