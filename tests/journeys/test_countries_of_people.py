"""Whose public holidays hold for whom, from the configuration and the CRM's users, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path

from storage.people import read_people
from tests.journeys.exported import Exported

CONFIGURATION = """
[crm]
kind = "files"
[storage]
url = "{url}"
[calendar]
holidays = "US"
[people]
countries = {{ "ana@example.com" = "PL" }}
country_field = "Owner.CountryCode"
[nudges]
countries = {{ "Europe/Berlin" = "DE" }}
"""

DEAL = {
    "Id": "006A",
    "Name": "Acme",
    "StageName": "Qualification",
    "Amount": "1000",
    "CloseDate": "2026-06-30",
    "CreatedDate": "2026-04-02T10:00:00.000Z",
    "OwnerId": "005A",
}
STAGES = [{"MasterLabel": "Qualification", "SortOrder": "1", "IsClosed": "false", "IsWon": "false"}]
CORPUS_CHRISTI, FRENCH_DAY, UNITY_DAY = date(2026, 6, 4), date(2026, 7, 14), date(2025, 10, 3)
INDEPENDENCE_DAY = date(2026, 7, 3)
"""The Fourth is a Saturday, so Friday is free."""


def user(id: str, name: str, country: str, zone: str) -> dict[str, str]:
    email = f"{name.lower()}@example.com"
    return {"Id": id, "Name": name, "Email": email, "CountryCode": country, "TimeZoneSidKey": zone}


def test_everybody_has_the_holidays_of_their_own_country(database_url: str, tmp_path: Path) -> None:
    exported = Exported(tmp_path, CONFIGURATION.format(url=database_url))
    users = [
        user("005A", "Ana", "DE", "Europe/Berlin"),
        user("005B", "Benoit", "fr", "Europe/Berlin"),
        user("005C", "Clara", "", "Europe/Berlin"),
        user("005D", "Dan", "", "America/New_York"),
        user("005E", "Eve", "XX", "Europe/Berlin"),
    ]
    exported.write({"Opportunity": [DEAL], "User": users, "OpportunityStage": STAGES})
    exported.pull(datetime(2026, 5, 15, 12, tzinfo=UTC))
    company, people = exported.council.company, read_people(exported.council.engine)
    free = {
        person.name: [
            day
            for day in (CORPUS_CHRISTI, FRENCH_DAY, UNITY_DAY, INDEPENDENCE_DAY)
            if not company.working_days.is_working(day, company.countries.of(person))
        ]
        for person in people.users.values()
    }
    assert free == {
        "Ana": [CORPUS_CHRISTI],
        "Benoit": [FRENCH_DAY],
        "Clara": [UNITY_DAY],
        "Dan": [INDEPENDENCE_DAY],
        "Eve": [],
    }
    exported.council.engine.dispose()
