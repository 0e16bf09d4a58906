"""The tables of fixes under way, of what rejected writes have taught us, and of the sums that a fix moves.

Moments are whole seconds since 1970-01-01 UTC, days proleptic ordinals, money as in `storage.tables`.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from pipeline.sums import KEYS, SliceSums
from storage.tables import metadata

write_intent = Table(
    "write_intent",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("opportunity_id", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("event", Text),
    Column("changes", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("outcome", Text),
    Index(
        "write_intent_open",
        "opened_at",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)
"""A change that we were about to write to the CRM; open until we know what became of it.

`changes`: JSON, field -> [value that the person saw, new value]. `kinds`: JSON, field -> `FieldKind`.
`event`: of the inbox. `outcome`: `saved`, `conflict`, `rejected`, `gone`, `busy` or `not_written`.
"""

learnt_rejection = Table(
    "learnt_rejection",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),
    Column("says", Text, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
"""What the CRM objected to in writes to deals that were to be in a stage, in its own words.

`record_type` is empty where the CRM has none; `fields`: JSON, the API names of those that it named.
"""

refreshed_deal = Table(
    "refreshed_deal",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("opportunity_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Each refresh of a deal from the CRM since the last completed pull; numbers only ever rise."""

base_sum = Table(
    "base_sum",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Integer, primary_key=True, autoincrement=False),
    Column("view", Text, primary_key=True),
    *(Column(name, Integer, primary_key=True, autoincrement=False) for name in SliceSums._fields[:KEYS]),
    *(Column(name, BigInteger, nullable=False) for name in SliceSums._fields[KEYS:]),
    sqlite_with_rowid=False,
)
"""What the stored tables of a day are put together from: the sums of each slice, by point of view
(`storage.base`). A fix subtracts what its deal added, and adds what it adds now."""

base_day = Table(
    "base_day",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Integer, primary_key=True, autoincrement=False),
    Column("expected_share", Text),
    Column("forecast_share", Text),
    Column("required_coverage", Text),
)
"""What past quarters taught for a day (`pipeline.learning.Learnt`), as fractions; the day's sums are kept."""
