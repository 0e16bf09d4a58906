"""The tables of what is said and heard: outbox, inbox, links between people and chat users, audit.

Moments are whole seconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from storage.tables import metadata

_PENDING = text("state = 'pending'")

outbox = Table(
    "outbox",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("thread_of", Text),
    Column("card", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("shown_revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", BigInteger),
    Column("surface", Text),
    Column("message", Text),
    Column("sent_at", BigInteger),
    Column("reason", Text),
    Column("counts", Boolean, nullable=False),
    Index(
        "outbox_due",
        "not_before",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)
"""Every message that we want said, one row per key (`storage.outbox`).

`audience`: `@` and a CRM user id, or a channel's name with `#`. `thread_of`: the key of the message in
whose thread it stands. `revision` rises with each change of the card; `shown_revision` is the one that the
surface shows (0: none). `message`: where the surface put it, in the surface's own words. `counts`: it counts
in the person's weekly budget.
"""

inbox = Table(
    "inbox",
    metadata,
    Column("event", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
)
"""Every event of a surface by its id; `content` is what resumes it after a crash."""

person_link = Table(
    "person_link",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("address", Text),
)
"""Which CRM user (or listed e-mail) a chat user is: a link once made stays until operations change it."""

audit = Table(
    "audit",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("note", Text, nullable=False),
    Index("audit_object", "object", "at"),
)
"""Who changed what, from what to what, where. `object`: `deal:006A`, `action:12`, `rule:close_date_past`."""
