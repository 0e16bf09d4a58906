"""The table of what people set for themselves. Moments are whole seconds since 1970-01-01 UTC."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.tables import metadata

person_setting = Table(
    "person_setting",
    metadata,
    Column("person", Text, primary_key=True),
    Column("digest_at", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
"""`digest_at`: local time of day, `08:30`."""
