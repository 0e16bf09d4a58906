"""The tables of people beside those whom the CRM knows.

Moments are whole seconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.tables import metadata

stranger = Table(
    "stranger",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("timezone", Text),
    Column("why", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
)
"""Chat users who wrote to us and could not be matched with a person. `why`:
`pipeline.person_links.WhyUnmatched`. The row goes when the chat user is linked."""

erased_person = Table(
    "erased_person",
    metadata,
    Column("person", Text, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
)
"""CRM user ids of people who were erased: no later pull brings their name and e-mail back."""

council_member = Table(
    "council_member",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("email", Text, primary_key=True),
)
"""Who is of the council because a group of the chat platform says so; e-mails in small letters."""

people_version = Table(
    "people_version",
    metadata,
    Column("of_table", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""By each table of which `storage.people` makes people, what is another number after each change of it.
Triggers write it; a row a table, so that a link need not wait for a pull that writes people."""

chat_place = Table(
    "chat_place",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
)
"""Where a platform lets us speak first. `kind`: `person` (the conversation with a chat user) or `team`;
`address`: in the surface's own words."""
