"""Every table that there is: whoever needs the whole schema imports `metadata` from here."""

from storage import (
    action_tables,
    chat_tables,
    edition_tables,
    field_version_tables,
    fix_tables,
    job_tables,
    nudge_tables,
    people_tables,
    setting_tables,
)
from storage.tables import metadata

__all__ = [
    "action_tables",
    "chat_tables",
    "edition_tables",
    "field_version_tables",
    "fix_tables",
    "job_tables",
    "metadata",
    "nudge_tables",
    "people_tables",
    "setting_tables",
]
