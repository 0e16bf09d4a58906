"""Retention: rows that only grow are shortened to what is still needed. The audit log never is."""

from datetime import timedelta

from jobs.job import JobRun, Outcome
from storage.retention import count_old_rows, remove_rows


def remove_old_rows(run: JobRun) -> Outcome:
    """Remove what is older than `[jobs.retention] keep_days`; a dry run counts it."""
    before = run.now - timedelta(days=run.jobs.retention.keep_days)
    old = count_old_rows(run.engine, before) if run.dry_run else remove_rows(run.engine, before)
    counted = (
        f"{old.events:,} events, {old.cards:,} cards of messages, {old.runs:,} runs of jobs, "
        f"{old.strangers:,} chat users who were never matched"
    )
    return Outcome(f"It would remove {counted}" if run.dry_run else f"Removed {counted}")
