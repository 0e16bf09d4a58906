"""Which person is meant by a name as people type it."""

import pytest

from pipeline.errors import UnknownName
from pipeline.people import User
from pipeline.person_matching import PersonAmbiguous, match_owner, match_person

USERS = (
    User("005A", "Ana Lind", "ana@example.com"),
    User("005B", "Ana Lima", "lima@example.com"),
    User("005C", "Benedikt Okafor", "ben@example.com"),
    User("005D", "Dale Gone", "dale@example.com", is_active=False),
    User("005R", "Lead Router", "router@example.com", is_integration=True),
)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("ana@example.com", "005A"),
        ("@ANA LIND", "005A"),
        ("  Ana\u00a0 Lima ", "005B"),
        ("lima", "005B"),
        ("@ben", "005C"),
        ("bene", "005C"),
        ("005c", "005C"),
    ],
)
def test_an_address_a_name_an_id_or_a_beginning_names_one_person(typed: str, id: str) -> None:
    assert match_person(typed, USERS).id == id


def test_a_name_of_two_people_is_asked_back_with_both() -> None:
    with pytest.raises(PersonAmbiguous, match=r"could be Ana Lima \(lima@example.com\) or Ana Lind") as asked:
        match_person("Ana L", USERS)
    assert [user.id for user in asked.value.candidates] == ["005B", "005A"]


@pytest.mark.parametrize("typed", ["", "@", "Dale Gone", "router@example.com", "zoe", "x" * 5000])
def test_nobody_or_somebody_who_cannot_act_is_refused_with_what_to_write(typed: str) -> None:
    with pytest.raises(UnknownName, match="There is nobody called") as refused:
        match_person(typed, USERS)
    assert len(str(refused.value)) < 200


def test_a_slip_of_the_keys_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean Benedikt Okafor"):
        match_person("Benedict Okafor", USERS)


def test_an_owner_who_has_left_is_found_where_nobody_active_is_meant() -> None:
    assert match_owner("dale", USERS).id == "005D"
    assert match_owner("ben", (*USERS, User("005E", "Ben Left", "left@example.com", is_active=False))).id == (
        "005C"
    )
    with pytest.raises(UnknownName, match="nobody called"):
        match_owner("Lead Router", USERS)
    with pytest.raises(UnknownName, match="nobody called"):
        match_person("dale", USERS)
