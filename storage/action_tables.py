"""The tables of actions, what was said of them, and what was measured after them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from storage.tables import metadata

council_action = Table(
    "council_action",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("form", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("dimension", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("assigner_id", Text, nullable=False),
    Column("due_day", Integer, nullable=False),
    Column("cost", BigInteger),
    Column("currency", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_day", Integer, nullable=False),
    Column("changed_day", Integer, nullable=False),
    Column("drop_reason", Text, nullable=False),
    Column("quoted", Text, nullable=False),
    Column("link", Text),
    Column("thread_key", Text),
    Index("council_action_cell", "dimension", "value", "metric"),
    Index(
        "council_action_due",
        "due_day",
        sqlite_where=text("status IN ('open', 'in_progress')"),
        postgresql_where=text("status IN ('open', 'in_progress')"),
    ),
)
"""Every action. `form`: the one filled-in form or typed line that it came of, so that it comes of it once.

`owner_id`, `assigner_id`: CRM user ids or listed e-mails. `thread_key`: key of the outbox message in whose
thread the action shows. Days are the organisation's.
"""

action_comment = Table(
    "action_comment",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("action", Integer, ForeignKey("council_action.no"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("action_comment_action", "action"),
)

action_reading = Table(
    "action_reading",
    metadata,
    Column("action", Integer, ForeignKey("council_action.no"), primary_key=True),
    Column("weeks", Integer, primary_key=True),
    Column("as_of", Integer, nullable=False),
    Column("period", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("figure", Text),
    Column("measure", Text),
    Column("required", Text),
    Column("gap", Text),
    Column("target", Text),
    Column("verdict", Text),
    Column("reason", Text, nullable=False),
)
"""An action's cell on the day of its opening (`weeks` 0, no verdict) and so many weeks after.

Numbers are exact fractions as text (`5/3`), in the corporate currency: outcomes are compared unrounded.
"""
