"""What fields were before they changed, over several pulls of one small company, on either database."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.database import reading
from storage.field_history import fields_known_since
from storage.field_version_tables import field_version
from storage.tables import opportunity_key
from tests.journeys.exported import Exported

CONFIGURATION = """
[crm]
kind = "files"
[storage]
url = "{url}"
[calendar]
timezone = "America/Los_Angeles"
[dimensions]
region = [{{ field = "Region__c" }}]
{further}
"""
STAGES = [
    {"MasterLabel": "Qualification", "SortOrder": "1", "IsClosed": "false", "IsWon": "false"},
    {"MasterLabel": "Closed Won", "SortOrder": "8", "IsClosed": "true", "IsWon": "true"},
]
PLAN_RULE = """
[[hygiene.custom]]
name = "plan_missing"
when = "Plan__c is None"
says = "Write the plan down"
"""


def noon(day: int, hour: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def deal(id: str, next_step: str, amount: str = "100", plan: str = "") -> dict[str, str]:
    return {
        "Id": id,
        "Name": id,
        "StageName": "Qualification",
        "Amount": amount,
        "CloseDate": "2026-12-15",
        "CreatedDate": "2026-10-01T18:00:00.000Z",
        "NextStep": next_step,
        "Region__c": "EMEA",
        "Plan__c": plan,
    }


class Story:
    """Pulls of one company, a day each."""

    def __init__(self, home: Path, url: str, further: str = "") -> None:
        self.exported = Exported(home, CONFIGURATION.format(url=url, further=further))

    def pull(self, now: datetime, *deals: dict[str, str]) -> None:
        self.exported.write({"Opportunity": list(deals), "OpportunityStage": STAGES})
        self.exported.pull(now)

    def versions(self) -> list[tuple[str, str, date, str | int | None]]:
        statement = (
            select(opportunity_key.c.crm_id, field_version)
            .join(opportunity_key, opportunity_key.c.no == field_version.c.opportunity)
            .order_by(opportunity_key.c.crm_id, field_version.c.field, field_version.c.day)
        )
        with reading(self.exported.council.engine) as connection:
            return [
                (
                    row.crm_id,
                    row.field,
                    date.fromordinal(row.day),
                    row.text if row.number is None else row.number,
                )
                for row in connection.execute(statement)
            ]

    def known_since(self) -> Mapping[str, date]:
        with reading(self.exported.council.engine) as connection:
            known = fields_known_since(connection)
        return {field: date.fromordinal(day) for field, day in known.items()}


@pytest.fixture
def story(tmp_path: Path, database_url: str) -> Iterator[Story]:
    told = Story(tmp_path, database_url, PLAN_RULE)
    yield told
    told.exported.close()


def test_a_first_pull_writes_none_and_knows_every_field_from_its_day_on(story: Story) -> None:
    story.pull(noon(2), deal("006A", "Call"), deal("006B", "Mail", plan="MEDDIC"))
    assert story.versions() == []
    known = story.known_since()
    assert known["Plan__c"] == known[":next_step"] == date(2026, 11, 2)


def test_a_change_keeps_what_was_there_until_that_day_and_only_of_changed_fields(story: Story) -> None:
    story.pull(noon(2), deal("006A", "Call"), deal("006B", "Mail"))
    story.pull(noon(4), deal("006A", "Call", amount="250", plan="MEDDIC"), deal("006B", "Mail"))
    story.pull(noon(9), deal("006A", "Call", amount="250"), deal("006B", "Mail"))
    assert story.versions() == [
        ("006A", ":amount", date(2026, 11, 4), 1_000_000),  # 100, in ten-thousandths
        ("006A", "Plan__c", date(2026, 11, 4), None),
        ("006A", "Plan__c", date(2026, 11, 9), "MEDDIC"),
    ]


def test_of_two_changes_on_a_day_the_evening_before_counts(story: Story) -> None:
    story.pull(noon(2), deal("006A", "Call"))
    story.pull(noon(4, 18), deal("006A", "Mail"))
    story.pull(noon(4, 22), deal("006A", "Meet"))
    steps = [row for row in story.versions() if row[1] == ":next_step"]
    assert steps == [("006A", ":next_step", date(2026, 11, 4), "Call")]


def test_changes_on_the_day_of_the_first_pull_are_of_no_use_and_not_kept(story: Story) -> None:
    story.pull(noon(2, 18), deal("006A", "Call"))
    story.pull(noon(2, 22), deal("006A", "Mail"))
    assert story.versions() == []


def test_a_field_configured_later_is_known_from_its_first_pull_on(tmp_path: Path, database_url: str) -> None:
    before = Story(tmp_path, database_url)
    before.pull(noon(2), deal("006A", "Call", plan="MEDDIC"))
    before.exported.close()
    story = Story(tmp_path, database_url, PLAN_RULE)
    story.pull(noon(4), deal("006A", "Call", plan="MEDDIC"))
    story.pull(noon(6), deal("006A", "Call", plan="BANT"))
    assert story.known_since()["Plan__c"] == date(2026, 11, 4)
    assert story.known_since()[":next_step"] == date(2026, 11, 2)
    assert [row[1:] for row in story.versions()] == [("Plan__c", date(2026, 11, 6), "MEDDIC")]
    story.exported.close()
