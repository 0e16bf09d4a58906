"""The tables of what fields were before they changed: what versions do not hold and rules ask about.

Days are proleptic ordinals, numbers as `storage.tables` keeps them.
"""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from storage.tables import metadata

field_version = Table(
    "field_version",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("text", Text),
    Column("number", BigInteger),
    sqlite_with_rowid=False,
)
"""What a field held until it changed on `day`, which is the first day that it holds no longer.

So a field that never changed needs no row, and a first pull writes none: what a field was at the end of
a day stands in the first row after that day, else in the current record. `field`: an API name or a dotted
path of the further fields, or a colon and a column of `opportunity` (`:next_step`). A text stands in
`text`, everything else in `number`; both NULL: it was empty.
"""

recorded_field = Table(
    "recorded_field",
    metadata,
    Column("field", Text, primary_key=True),
    Column("since", Integer, nullable=False),
)
"""The fields that pulls follow, and the day of the first completed pull that brought each."""
