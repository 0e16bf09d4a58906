"""The tables of the schedule: which slot of which job ran, and what became of it.

Moments are whole seconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from storage.tables import metadata

job_run = Table(
    "job_run",
    metadata,
    Column("job", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("due", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_by", Text),
    Column("lease_until", BigInteger),
    Column("next_try_at", BigInteger),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("reason", Text),
    Column("says", Text),
    Index("job_run_due", "job", "due"),
    Index(
        "job_run_open",
        "job",
        sqlite_where=text("state IN ('running', 'waiting')"),
        postgresql_where=text("state IN ('running', 'waiting')"),
    ),
)
"""One row per slot of a job: whoever holds it may run the slot (docs/decisions/0007).

`state`: `running` (under a lease), `waiting` (for its next attempt), `done`, `failed` (after its last
attempt) or `skipped` (a later slot took its place, or its time has passed). `reason`: why the last attempt
failed; `says`: what the job said of itself.
"""

job_state = Table(
    "job_state",
    metadata,
    Column("job", Text, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", BigInteger),
    Column("is_told", Boolean, nullable=False),
)
"""One row per job: the schedule by which it runs and since when, and its present streak of failures.

No slot from before `since` runs: a job that is new, or was given another time, misses nothing. Its row is
also what claims of the same job are lined up at.
"""
