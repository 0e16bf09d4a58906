"""Who is spoken with on Slack."""

from typing import Any

import pytest

from bot.slack.people import SlackPerson, read_person
from pipeline.errors import AccessDenied
from tests.slack.workspace import TEAM, SlackUser


def user(**changed: Any) -> dict[str, Any]:
    return SlackUser("U1", "Ana Souza", "ana@example.com", **changed).as_json(with_email=True)


def test_a_member_is_known_by_e_mail_and_time_zone() -> None:
    assert read_person(user(), TEAM) == SlackPerson(
        "U1", TEAM, "Ana Souza", "ana@example.com", "Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"is_bot": True}, "not with other apps"),
        ({"deleted": True}, "deactivated"),
        ({"is_stranger": True}, "visitor from another organisation"),
        ({"team_id": "T0OTHER"}, "visitor from another organisation"),
        ({"is_restricted": True}, "guest in this workspace"),
        ({"is_restricted": True, "is_ultra_restricted": True}, "guest in this workspace"),
    ],
)
def test_strangers_guests_and_machines_are_refused_in_words(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(AccessDenied, match=says):
        read_person(user(**changed), TEAM)


def test_somebody_whose_e_mail_slack_hides_is_a_colleague_all_the_same() -> None:
    """Sales operations may have linked them; if not, they are told whom to ask."""
    hidden = SlackUser("U1", "Ana Souza", "ana@example.com").as_json(with_email=False)
    assert read_person(hidden, TEAM).email is None


@pytest.mark.parametrize("answer", [{}, {"profile": None}, {"profile": {}, "team_id": None}])
def test_an_answer_that_says_nothing_opens_nothing(answer: dict[str, Any]) -> None:
    with pytest.raises(AccessDenied):
        read_person(answer, TEAM)


def test_somebody_of_several_workspaces_of_one_company_is_a_colleague_in_each() -> None:
    grid = user(team_id="T0HOME") | {"enterprise_user": {"id": "W1", "teams": ["T0HOME", TEAM]}}
    assert read_person(grid, TEAM).email == "ana@example.com"
    elsewhere = user(team_id="T0HOME") | {"enterprise_user": {"id": "W1", "teams": ["T0HOME"]}}
    with pytest.raises(AccessDenied, match="visitor"):
        read_person(elsewhere, TEAM)
