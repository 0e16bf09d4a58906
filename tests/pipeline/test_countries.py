"""In which country somebody is: by name, by the CRM, by the time zone."""

import pytest
from pydantic import ValidationError

from pipeline.countries import Countries
from pipeline.definitions import PeopleDefinition
from pipeline.people import User

COUNTRIES = Countries(
    {"Ana@example.com": "PL", "005B": "IN"},
    "Owner.CountryCode",
    {"Europe/Berlin": "DE", "Asia/Kolkata": "IN"},
)


def user(id: str, email: str | None = None, code: str | None = None, zone: str | None = None) -> User:
    return User(id, "Somebody", email, timezone=zone, fields={"CountryCode": code})


@pytest.mark.parametrize(
    ("who", "country"),
    [
        (user("005A", "ana@Example.com", "FR", "Europe/Berlin"), "PL"),
        (user("005B", None, "FR", "Europe/Berlin"), "IN"),
        (user("005C", "c@example.com", " fr ", "Europe/Berlin"), "FR"),
        (user("005C", "c@example.com", "France", "Europe/Berlin"), "DE"),
        (user("005C", "c@example.com", None, "Europe/Berlin"), "DE"),
        (user("005C", "c@example.com", None, "Europe/Paris"), None),
        (user("005C"), None),
    ],
)
def test_a_name_goes_before_the_crm_and_the_crm_before_the_time_zone(who: User, country: str | None) -> None:
    assert COUNTRIES.of(who) == country


def test_without_a_field_nothing_of_the_crm_is_read() -> None:
    assert Countries().of(User("005C", "Somebody", fields={"": "FR"})) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"countries": {"ana@example.com": "Germany"}}, "ana@example.com: expected the two capital letters"),
        ({"country_field": "CountryCode"}, "such as Owner.CountryCode"),
        ({"country_field": "Owner."}, "such as Owner.CountryCode"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        PeopleDefinition.model_validate(wrong)
