"""Which person a chat user is, as the links, the e-mails and the CRM say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipeline.errors import UnknownName
from pipeline.people import User, build_people
from pipeline.person_links import (
    ChatAccount,
    Linked,
    LinkedBy,
    Matched,
    PersonLink,
    Recognition,
    Sender,
    Stranger,
    Unmatched,
    WhyUnmatched,
    read_account,
    recognise,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCOUNT = ChatAccount("slack", "T01", "U1")
ANA = User("005A", "Ana Lind", "ana@example.com")
BEN = User("005B", "Ben Osei", "ben@example.com")
GONE = User("005X", "Dale Gone", "dale@example.com", is_active=False)
ROBOT = User("005R", "Lead Router", "ana@example.com", is_integration=True)
PEOPLE = build_people([ANA, BEN, GONE, ROBOT])


def sender(email: str | None) -> Sender:
    return Sender(ACCOUNT, "Ana", email)


def link(person: str, email: str | None = None) -> PersonLink:
    return PersonLink(account=ACCOUNT, person=person, how=LinkedBy.EMAIL, linked_at=NOW, email=email)


def found(
    email: str | None,
    linked: PersonLink | None = None,
    before: Stranger | None = None,
    *further: User,
    taken: frozenset[str] = frozenset(),
) -> Recognition:
    people = build_people([*PEOPLE.users.values(), *further])
    return recognise(sender(email), linked, before, people, listed={"Ops@example.com"}, taken=taken)


def test_an_email_that_is_one_active_persons_matches_however_it_is_written() -> None:
    assert found(" ANA@Example.com ") == Matched("005A")


def test_a_listed_email_matches_without_a_crm_user() -> None:
    assert found("ops@example.com") == Matched("ops@example.com")


@pytest.mark.parametrize(
    ("email", "why"),
    [
        (None, WhyUnmatched.NO_EMAIL),
        (" ", WhyUnmatched.NO_EMAIL),
        ("who@else.com", WhyUnmatched.NOBODY),
        ("dale@example.com", WhyUnmatched.INACTIVE),
    ],
)
def test_nobody_is_guessed(email: str | None, why: WhyUnmatched) -> None:
    result = found(email)
    assert isinstance(result, Unmatched)
    assert result.why is why


def test_an_email_of_two_people_is_for_operations_to_judge() -> None:
    twin = User("005T", "Ana Lund", "ANA@example.com")
    assert found("ana@example.com", None, None, twin) == Unmatched(WhyUnmatched.SEVERAL, (ANA, twin))


def test_a_second_chat_user_does_not_get_a_linked_person_by_email() -> None:
    assert found("ana@example.com", taken=frozenset({"005A"})) == Unmatched(WhyUnmatched.TAKEN, (ANA,))
    listed_before = frozenset({"ana@example.com"})
    assert found("ana@example.com", taken=listed_before) == Unmatched(WhyUnmatched.TAKEN, (ANA,))


def test_a_link_holds_when_the_email_becomes_somebody_elses() -> None:
    assert found("ben@example.com", link("005A", "ana@example.com")) == Linked("005A", (BEN,))


def test_an_email_under_which_operations_linked_is_no_news() -> None:
    assert found("ben@example.com", link("005A", "ben@example.com")) == Linked("005A")


def test_an_unlinked_chat_user_is_matched_by_no_email() -> None:
    before = Stranger(sender("ana@example.com"), WhyUnmatched.UNLINKED, NOW)
    assert found("ana@example.com", None, before) == Unmatched(WhyUnmatched.UNLINKED, (ANA,))
    other = replace(before, why=WhyUnmatched.NOBODY)
    assert found("ana@example.com", None, other) == Matched("005A")


_EMAILS = some.sampled_from(
    [None, "", "ana@example.com", "Ana@Example.com", "ben@example.com", "c@example.com"]
)
_USERS = some.lists(
    some.builds(
        User,
        some.sampled_from(["005A", "005B", "005C", "005D"]),
        some.just("Somebody"),
        _EMAILS,
        some.booleans(),
        is_integration=some.booleans(),
    ),
    unique_by=lambda user: user.id,
)
_NAMES = some.frozensets(some.sampled_from(["005A", "005B", "005C", "c@example.com"]))


@given(_EMAILS, _USERS, _NAMES, some.sampled_from(["005A", "005B", "nobody"]))
def test_a_link_decides_whatever_else_is_said(
    email: str | None, users: list[User], taken: frozenset[str], person: str
) -> None:
    result = recognise(
        sender(email), link(person), None, build_people(users), listed={"c@example.com"}, taken=taken
    )
    assert isinstance(result, Linked)
    assert result.person == person
    assert all(user.is_active and user.id != person for user in result.email_is_of)


@given(_EMAILS, _USERS, _NAMES)
def test_only_the_one_active_holder_of_the_email_is_ever_matched(
    email: str | None, users: list[User], taken: frozenset[str]
) -> None:
    result = recognise(sender(email), None, None, build_people(users), listed={"c@example.com"}, taken=taken)
    folded = (email or "").casefold()
    active = [
        user.id
        for user in users
        if folded and (user.email or "").casefold() == folded and user.is_active and not user.is_integration
    ]
    if isinstance(result, Matched):
        assert [result.person] == (active or [folded])
        assert result.person not in taken
        assert folded not in taken
    else:
        assert isinstance(result, Unmatched)
        assert len(active) != 1 or result.why is WhyUnmatched.TAKEN


def test_a_typed_chat_user_is_read_as_it_is_written() -> None:
    account = ChatAccount("teams", "3f2a", "29:1abc")
    assert read_account(str(account)) == account
    for typed in ("U123", "slack:T01", "slack::U1", ""):
        with pytest.raises(UnknownName, match="slack:T01ABC:U123"):
            read_account(typed)
