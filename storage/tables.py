"""The tables. Bulk tables are SQLAlchemy Core; single records are SQLModel classes.

Days are proleptic ordinals (`date.toordinal`), moments whole seconds since 1970-01-01 UTC, money
ten-thousandths of the row's own currency. Everything that readers see of a pull carries
`gen_from` (inclusive) and `gen_to` (exclusive), the generations of the mirror in which the row
stands: a pull writes the next generation beside the current one, and one short transaction
switches all readers over. A pull that dies half-way leaves rows of a generation nobody reads.

An opportunity's intervals live in `opportunity_version`: narrow rows, clustered by opportunity,
without further wide indexes, so that any `as_of` is one scan (docs/decisions/0002).
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

FOREVER = 2**31 - 1
"""`valid_to` of the last version and `gen_to` of a live row."""

metadata = SQLModel.metadata

CrmId = Text().with_variant(Text(collation="C"), "postgresql")
"""A CRM's id, compared byte by byte on every database, since pulls walk through ids in order."""


class Mirror(SQLModel, table=True):
    """The one row that says which generation readers see."""

    id: int = Field(default=1, primary_key=True)
    generation: int = 0
    first_pull_day: int | None = None
    """The day of the first completed pull: from here on versions are exact."""
    pulled_at: int | None = Field(default=None, sa_type=BigInteger)
    measured_day: int | None = None
    definitions_hash: str = ""
    corporate_currency: str = ""
    source: str = ""
    capabilities: str = "{}"
    """JSON: tables and fields the CRM account holds, and notices of the last pull."""
    mark: str | None = None
    """What the CRM takes to tell what changed since the last pull; NULL: the next one reads everything."""
    mark_ground: str = ""
    """A digest of what the mirror is built by: the mark is worth nothing where that has changed."""


opportunity_key = Table(
    "opportunity_key",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("crm_id", CrmId, nullable=False, unique=True),
)
"""Our own small number of each opportunity; the CRM's ids are wide."""

opportunity = Table(
    "opportunity",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("gen_from", Integer, primary_key=True, autoincrement=False),
    Column("gen_to", Integer, nullable=False),
    Column("crm_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner_id", Text),
    Column("account_id", Text),
    Column("account_name", Text),
    Column("stage", Integer, nullable=False),
    Column("amount", BigInteger),
    Column("custom_value", BigInteger),
    Column("currency", Text),
    Column("created_day", Integer),
    Column("modified_day", Integer),
    Column("next_step", Text),
    Column("next_step_day", Integer),
    Column("close_edited", Boolean, nullable=False),
    Column("last_activity_day", Integer),
    Column("contact_count", Integer),
    Column("buyer_count", Integer),
    Column("line_count", Integer),
    Column("next_activity_day", Integer),
    Column("overdue_task_day", Integer),
    Column("confidential", Boolean, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("state", JSON, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Index(
        "opportunity_dead",
        "gen_to",
        sqlite_where=text("gen_to < 2147483647"),
        postgresql_where=text("gen_to < 2147483647"),
    ),
    Index("opportunity_account", "account_id"),
    Index("opportunity_owner", "owner_id"),
    sqlite_with_rowid=False,
)
"""The current record of each opportunity, with what rules need beside its versions.

`next_step_day`: the day since which the next step is known to be unchanged; NULL: unknown.
`close_edited`: the close date was ever changed. `contact_count`, `buyer_count` (roles of an economic
buyer), `line_count`, `next_activity_day` (the next open activity, or the latest if all are past),
`overdue_task_day` (due day of the oldest open task): NULL where the CRM has no such table.
`state`: what versions follow, by field name, as last observed. `fields`: the further fields that the
configuration names, by API name or dotted path.
"""

opportunity_version = Table(
    "opportunity_version",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", Integer, primary_key=True, autoincrement=False),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("gen_from", Integer, primary_key=True, autoincrement=False),
    Column("valid_to", Integer, nullable=False),
    Column("gen_to", Integer, nullable=False),
    Column("deal_class", SmallInteger, nullable=False),
    Column("category", SmallInteger, nullable=False),
    Column("stage", SmallInteger, nullable=False),
    Column("value", BigInteger),
    Column("deal_value", BigInteger),
    Column("currency", SmallInteger, nullable=False),
    Column("close_day", Integer),
    Column("first_qualified", Integer),
    Column("qualified_basis", SmallInteger, nullable=False),
    Column("created_day", Integer),
    Column("slice", Integer, nullable=False),
    Column("owner", Integer),
    Column("observed_from", Integer, nullable=False),
    Column("state_basis", SmallInteger, nullable=False),
    Column("slice_basis", SmallInteger, nullable=False),
    Column("stage_since", Integer),
    Column("category_since", Integer),
    Column("pushes", SmallInteger, nullable=False),
    Index(
        "opportunity_version_dead",
        "gen_to",
        sqlite_where=text("gen_to < 2147483647"),
        postgresql_where=text("gen_to < 2147483647"),
    ),
    sqlite_with_rowid=False,
)
"""What an opportunity was, from `valid_from` (inclusive) to `valid_to` (exclusive).

A deal whose products fall into several families, or whose value is split over owners, has a row per
part: `value` is the part's, `deal_value` the whole deal's (both NULL: unknown); part 0 always exists.
`deal_class`, `category`: `pipeline.records`. `currency`: number in `currency`. `first_qualified`: day
of the first entry into the qualified stage or later, known on `qualified_basis`. `slice`: its place in
every dimension. Basis of the state: exact from `observed_from` on, `state_basis` before; of the slice:
`slice_basis` before, and for won deals always, since they keep the dimensions they were first seen with.
`stage_since`, `category_since`: the day the stage or the category began (NULL: nobody knows).
`pushes`: moves of the close date to a later month since it qualified.
"""

slice_table = Table(
    "slice",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("region", Text, nullable=False),
    Column("segment", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("lever", Text, nullable=False),
    Column("deal_type", Text, nullable=False),
)
"""A combination of dimension values that occurs."""

currency_table = Table(
    "currency",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False, unique=True),
)
"""Number 0 is the corporate currency."""

rate = Table(
    "rate",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("start_day", Integer),
    Column("end_day", Integer),
)
"""Units of a currency per one corporate unit; without `start_day` it is of the static table."""

person = Table(
    "person",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("crm_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("is_active", Boolean, nullable=False),
    Column("role_id", Text),
    Column("manager_id", Text),
    Column("timezone", Text),
    Column("is_integration", Boolean, nullable=False),
    Column("fields", JSON, nullable=False),
)

role = Table(
    "role",
    metadata,
    Column("crm_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent_id", Text),
)

account = Table(
    "account",
    metadata,
    Column("crm_id", CrmId, primary_key=True),
    Column("name", Text),
    Column("master_id", Text),
    Column("fields", JSON, nullable=False),
    sqlite_with_rowid=False,
)

stage = Table(
    "stage",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("sort_order", Integer, nullable=False),
    Column("is_closed", Boolean, nullable=False),
    Column("is_won", Boolean, nullable=False),
    Column("category", SmallInteger, nullable=False),
)

fiscal_period = Table(
    "fiscal_period",
    metadata,
    Column("label", Text, primary_key=True),
    Column("start_day", Integer, nullable=False),
    Column("end_day", Integer, nullable=False),
)

target = Table(
    "target",
    metadata,
    Column("period", Text, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text),
)

spend = Table(
    "spend",
    metadata,
    Column("period", Text, primary_key=True),
    Column("lever_or_source", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("heads", Integer),
)

forecast_call = Table(
    "forecast_call",
    metadata,
    Column("period", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text),
    Column("owner_id", Text),
)
"""What the manager at the top says a quarter will bring."""

staged_opportunity = Table(
    "staged_opportunity",
    metadata,
    Column("crm_id", CrmId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("category", SmallInteger),
    Column("amount", BigInteger),
    Column("close_day", Integer),
    Column("created_at", BigInteger),
    Column("modified_at", BigInteger),
    Column("owner_id", Text),
    Column("creator_id", Text),
    Column("account_id", CrmId),
    Column("currency", Text),
    Column("next_step", Text),
    Column("last_activity_day", Integer),
    Column("is_deleted", Boolean, nullable=False),
    Column("fields", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The opportunities of the pull under way, as the CRM gave them; the next pull empties it."""


def _staged(name: str, *columns: Column[Any]) -> Table:
    """A heap of rows that hang on an opportunity; indexed once, when all rows are in."""
    return Table(name, metadata, Column("crm_id", CrmId, nullable=False), *columns)


staged_history = _staged(
    "staged_history",
    Column("at", BigInteger, nullable=False),
    Column("stage", Text),
    Column("amount", BigInteger),
    Column("close_day", Integer),
    Column("category", SmallInteger),
    Column("has_amount", Boolean, nullable=False),
)
staged_change = _staged(
    "staged_change",
    Column("at", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
)
staged_line = _staged(
    "staged_line",
    Column("line_order", Integer, nullable=False),
    Column("total_price", BigInteger),
    Column("family", Text),
)
staged_contact = _staged(
    "staged_contact", Column("contact_id", Text, nullable=False), Column("contact_role", Text)
)
staged_split = _staged(
    "staged_split",
    Column("split_order", Integer, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("percentage", Integer, nullable=False),
)
staged_activity = _staged(
    "staged_activity",
    Column("day", Integer),
    Column("is_closed", Boolean, nullable=False),
    Column("is_task", Boolean, nullable=False),
)
staged_kept = _staged("staged_kept")
"""Opportunities whose row could not be read: their previous state stands."""

STAGED = (
    staged_history,
    staged_change,
    staged_line,
    staged_contact,
    staged_split,
    staged_activity,
    staged_kept,
)

pull_progress = Table(
    "pull_progress",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("resume", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("mark", Text),
    Column("begun_at", BigInteger, nullable=False),
)
"""How far the staged rows of a pull go that has not come to its end, in what the CRM takes to go on.

One row or none. `ground`: a digest of what was read and how; `mark`: the CRM's when the pull began.
"""

deal_to_read = Table("deal_to_read", metadata, Column("crm_id", CrmId, primary_key=True))
"""Deals that have not changed themselves, but what they take from an account or a person: the next pull reads
them again."""

observation = Table(
    "observation",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("state", JSON, nullable=False),
    sqlite_with_rowid=False,
)
"""What our own pulls saw before the current record: a row per change, its state by field name."""

finding = Table(
    "finding",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("gen_from", Integer, primary_key=True, autoincrement=False),
    Column("gen_to", Integer, nullable=False),
    Column("first_seen", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("seen", Text),
    Column("nudges", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""What the rules found at the last measuring of each generation."""

apm_table = Table(
    "apm_table",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Integer, primary_key=True, autoincrement=False),
    Column("dimension", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("matrix", Text, nullable=False),
)
"""The measured tables of the APM, ready to be read; `by` is empty for a single dimension."""
