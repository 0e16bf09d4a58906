"""The tables of nudging: what was asked of whom, snoozes, waivers, pauses, inspections, finding lives.

Days are ordinals, moments whole seconds since 1970-01-01 UTC, `opportunity` is our own number, people are
CRM user ids.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from storage.tables import metadata

_OPEN = text("closed_day IS NULL")

finding_life = Table(
    "finding_life",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("opened_day", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text),
    Column("severity", Text, nullable=False),
    Column("nudges", Boolean, nullable=False),
    Column("closed_day", Integer),
    Column("how", Text),
    Index("finding_life_owner", "owner", sqlite_where=_OPEN, postgresql_where=_OPEN),
)
"""Each finding from the day it was first seen to the day it was gone.

`owner`: whose it is, while it is open; whose it was, afterwards. `how`: `fixed_in_chat`, `fixed_in_crm`,
`waived`, `acknowledged`, `rule_changed`; NULL while it is open.
"""

asked_finding = Table(
    "asked_finding",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("opened_day", Integer, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
)
"""How often the owner was asked about a finding, and when first and last."""

snooze = Table(
    "snooze",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("until_day", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Not asked about before `until_day`; `rule` is empty for the whole deal."""

waiver = Table(
    "waiver",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("opportunity", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("until_day", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", Text),
    Column("since_day", Integer),
    Column("state", Text, nullable=False),
    Index("waiver_finding", "opportunity", "rule"),
)
"""A wish to exempt a finding up to and with `until_day`, and what became of it: `asked`, `granted`
(from `since_day` on), `declined`."""

pause = Table(
    "pause",
    metadata,
    Column("person", Text, primary_key=True),
    Column("since_day", Integer, nullable=False),
    Column("until_day", Integer, nullable=False),
    Column("how", Text, nullable=False),
)
"""Leave: nobody asks the person anything up to and with `until_day`. `how`: `chat`, `out_of_office`."""

inspection = Table(
    "inspection",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("manager", Text, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("how", Text, nullable=False),
)
"""The last time that a manager looked at a deal: `opened`, `confirmed` or `changed`."""

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("pushes", Integer, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""A manager knows of the finding: it is closed as long as the deal has so many pushes and that stage."""

escalation = Table(
    "escalation",
    metadata,
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("opened_day", Integer, primary_key=True, autoincrement=False),
    Column("warned_day", Integer, nullable=False),
    Column("told_day", Integer),
)
"""How far up the ladder a finding is: the owner was warned, the manager told."""

score_day = Table(
    "score_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("level", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("value_share", Integer),
    Column("deal_share", Integer),
    Column("deals", Integer, nullable=False),
    Column("clean_deals", Integer, nullable=False),
    Column("value", Text),
    Column("unclean_value", Text),
)
"""The hygiene scores at the end of each measured day; shares in millionths, rounded down. Values are what the
shares are made of, as fractions of the corporate currency, so that a fix takes away exactly what its deal
added; none were kept of days before."""

risk_day = Table(
    "risk_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text, primary_key=True),
    Column("money", BigInteger, nullable=False),
    Column("deals", Integer, nullable=False),
)
"""Money at risk of each owner at the end of each measured day, in the corporate currency."""

digest = Table(
    "digest",
    metadata,
    Column("key", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fixed", JSON, nullable=False),
    Index("digest_person", "person", "day"),
)
"""A digest that was sent. `fixed`: what the person had fixed since the one before."""

digest_item = Table(
    "digest_item",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", BigInteger),
    Column("close_day", Integer),
    Column("red_row", Text, nullable=False),
    Column("findings", JSON, nullable=False),
    Index("digest_item_opportunity", "opportunity"),
)
"""A deal in a digest as it stood then, with the findings that were asked about."""

letter_deal = Table(
    "letter_deal",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("letter", Text, nullable=False),
    Column("deal", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("letter_deal_deal", "deal", "at"),
)
"""Which message about single deals, beside digests, shows which deal (CRM id): for updates in place."""

deal_done = Table(
    "deal_done",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("opportunity", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("done", JSON, nullable=False),
    Index("deal_done_opportunity", "opportunity", "at"),
)
"""What people did about a deal from chat, for the digests that show it."""
