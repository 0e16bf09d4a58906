"""No table with texts of ours or of people is forgotten when somebody is erased."""

from sqlalchemy import JSON, Text

from storage.name_texts import TABLES
from storage.schema import metadata

OF_THE_CRM_OR_OF_FIGURES = {
    "access_refusal",
    "account",
    "action_reading",
    "apm_table",
    "asked_finding",
    "base_day",
    "base_sum",
    "currency",
    "deal_to_read",
    "edition",
    "edition_matrix",
    "escalation",
    "field_version",
    "finding",
    "finding_life",
    "fiscal_period",
    "forecast_call",
    "job_state",
    "learnt_rejection",
    "observation",
    "opportunity",
    "opportunity_key",
    "people_version",
    "pull_progress",
    "rate",
    "recorded_field",
    "refreshed_deal",
    "risk_day",
    "role",
    "score_day",
    "slice",
    "spend",
    "stage",
    "target",
}
"""Nobody's name stands there, unless the CRM has written it into a record, which is its own to change."""

ERASED_AS_ROWS = {"chat_place", "council_member", "erased_person", "person", "person_link", "stranger"}


def test_every_table_with_texts_is_searched_or_known_to_name_nobody() -> None:
    with_texts = {
        table.name
        for table in metadata.sorted_tables
        if any(isinstance(column.type, Text | JSON) for column in table.columns)
        and not table.name.startswith("staged_")
    }
    searched = {table.name for table in TABLES}
    assert with_texts == searched | OF_THE_CRM_OR_OF_FIGURES | ERASED_AS_ROWS
