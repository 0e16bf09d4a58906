"""The tables of the weekly council: its editions, what people said about their cells, and its threads.

An edition is known by the council's day. Days are ordinals, moments whole seconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, false

from storage.tables import metadata

edition = Table(
    "edition",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("definitions_hash", Text, nullable=False),
    Column("frozen_at", BigInteger, nullable=False),
    Column("findings", Text, nullable=False),
)
"""What one council saw: written once, never changed. `findings`: JSON, how many deals broke each rule."""

edition_matrix = Table(
    "edition_matrix",
    metadata,
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("dimension", Text, primary_key=True),
    Column("matrix", Text, nullable=False),
)
"""The frozen tables of an edition (`storage.matrix_text`)."""

cell_request = Table(
    "cell_request",
    metadata,
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("dimension", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("person", Text, nullable=False),
)
"""Who was asked before a council for a word about a cell."""

cell_context = Table(
    "cell_context",
    metadata,
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("dimension", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""What somebody said about a cell for a council, before it was posted or after."""

thread_cell = Table(
    "thread_cell",
    metadata,
    Column("key", Text, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("red_again", Boolean, nullable=False, server_default=false()),
)
"""The cell that a message of the council's post is about, by the message's key in the outbox.

`red_again`: its row was red at the council before too.
"""
