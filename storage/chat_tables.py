"""The tables of what is said and heard: outbox, inbox, links between people and chat users, audit.

Moments are whole seconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from storage.tables import metadata

_PENDING = text("state = 'pending'")
_SENDING = text("state = 'sending'")
_OUT_OF_DATE = text("state = 'sent' AND revision > shown_revision")
_UNANSWERED = text("answered_at IS NULL")

outbox = Table(
    "outbox",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("thread_of", Text),
    Column("follows", Text),
    Column("card", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("shown_revision", Integer, nullable=False),
    Column("claimed_revision", Integer),
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
    Column("told_in", Text),
    Index("outbox_due", "not_before", "no", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("outbox_sending", "claimed_until", sqlite_where=_SENDING, postgresql_where=_SENDING),
    Index("outbox_out_of_date", "not_before", sqlite_where=_OUT_OF_DATE, postgresql_where=_OUT_OF_DATE),
    Index("outbox_audience", "audience", "state", "sent_at"),
    Index("outbox_thread", "thread_of"),
    Index("outbox_place", "surface", "message"),
    Index("outbox_follows", "follows"),
)
"""Every message that we want said, one row per key (`storage.outbox`).

`audience`: `@` and a CRM user id, or a channel's name with `#`. `thread_of`: the key of the message in
whose thread it stands. `follows`: the key of the message after which it is read. `revision` rises with each
change of the card; `claimed_revision` is the one that was last on its way to the surface, `shown_revision`
the one that the surface shows (0: none). `surface`: which one it went to; `message`: where that put it, in
the surface's own words. `not_before`: the next attempt.
`claimed_by`, `claimed_until`: which process has it in hand, and until when nobody else may. `counts`: it
counts in the person's weekly budget. `told_in`: for a letter that was held back, the key of the one that
says so. `state`: `pipeline.letters.LetterState`.
"""

delivery_pace = Table(
    "delivery_pace",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("next_at_ms", BigInteger, nullable=False),
)
"""When the next message may go to a conversation (`scope` is its audience) or to the whole workspace (`*`).

In milliseconds, for a pace can be several a second. A `Retry-After` moves it too, so it outlives a restart.
"""

access_refusal = Table(
    "access_refusal",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)
"""A surface that does not accept who we are, while it does not (`storage.chat_access`)."""

inbox = Table(
    "inbox",
    metadata,
    Column("event", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("working_until", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("resumed", Integer, nullable=False, server_default="0"),
    Column("answer", Text),
    Index("inbox_unanswered", "working_until", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
)
"""Every event of a surface by its id; `content` is what resumes it after a crash. `working_until`: until then
a process has it in hand, and whoever else is told of the event stays quiet. `done_at`: when it had its
effect; `answered_at`: when whoever asked had an answer, which comes after. `resumed`: how often."""

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
    Column("name", Text),
    Column("email", Text),
    Column("timezone", Text),
    Index("person_link_person", "person", "surface", "tenant", unique=True),
)
"""Which CRM user (or listed e-mail) a chat user is: a link once made stays until operations change it.

`name`, `email`: as the platform had them when the link was made. `address`: what the surface needs to write
first, in its own words.
"""

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
    Index("audit_moment", "at"),
    Index("audit_person", "by", "no"),
)
"""Who changed what, from what to what, where. `object`: `deal:006A`, `action:12`, `rule:close_date_past`."""
