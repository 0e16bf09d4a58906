"""People and their chat users: strangers, candidates, links, and everybody in one list."""

from datetime import UTC, datetime

from messages.card import Card, Form
from messages.directory import compose_directory
from messages.erasure import compose_erased, compose_erasure
from messages.linking import LinkDraft, compose_link_form, compose_linked, compose_links, compose_unlinked
from messages.people import compose_email_moved, compose_stranger, compose_stranger_known, say_unmatched
from messages.problem import compose_problem
from messages.wording import Wording
from pipeline.access import Role
from pipeline.directory import DirectoryEntry
from pipeline.errors import NotRecognised
from pipeline.people import User
from pipeline.person_links import ChatAccount, LinkedBy, PersonLink, Sender, Stranger, WhyUnmatched

ASKED_AT = datetime(2026, 11, 24, 8, 31, tzinfo=UTC)
BO = Sender(ChatAccount("slack", "T01ABC", "U0123BO"), "Bo Meyer", "team@example.com")
MIA = Sender(ChatAccount("teams", "3f2a-77", "29:1abc"), "Mia & <Co>", None)
CANDIDATES = (
    User("005B", "Bo Meier", "team@example.com"),
    User("005C", "Bo Meyer", "team@example.com"),
    User("005X", "Boris Gone", "team@example.com", is_active=False),
)
LINK = PersonLink(
    account=BO.account,
    person="005C",
    how=LinkedBy.OPERATIONS,
    linked_at=ASKED_AT,
    name="Bo Meyer",
    email="team@example.com",
)


def _stranger(sender: Sender, why: WhyUnmatched) -> Stranger:
    return Stranger(sender, why, ASKED_AT)


def _entry(
    id: str,
    name: str,
    email: str | None,
    *roles: Role,
    is_active: bool = True,
    waiting: int = 0,
    links: tuple[PersonLink, ...] = (),
) -> DirectoryEntry:
    return DirectoryEntry(
        id=id,
        name=name,
        email=email,
        is_in_crm="@" not in id,
        is_active=is_active,
        roles=frozenset(roles),
        links=links,
        waiting=waiting,
    )


def directory() -> tuple[DirectoryEntry, ...]:
    return (
        _entry("005A", "Ana Lind", "ana@example.com", Role.REP, waiting=2),
        _entry("005C", "Bo Meyer", "team@example.com", Role.REP, Role.MANAGER, links=(LINK,)),
        _entry("005X", "Dale Gone", "dale@example.com", is_active=False),
        _entry("kim@example.com", "kim@example.com", "kim@example.com", Role.OPERATIONS),
        _entry("005N", "Nia New", None, Role.REP),
    )


def strangers() -> tuple[Stranger, ...]:
    return (_stranger(BO, WhyUnmatched.SEVERAL), _stranger(MIA, WhyUnmatched.NO_EMAIL))


def people_cards() -> dict[str, Card]:
    unreachable = tuple(entry for entry in directory() if entry.is_active and not entry.is_reachable)
    asks = "Olga Ops (olga@example.com) or kim@example.com in sales operations"
    return {
        "not_recognised": compose_problem(NotRecognised(say_unmatched(BO, WhyUnmatched.NOBODY, asks))),
        "stranger": compose_stranger("stranger:1", _stranger(MIA, WhyUnmatched.NO_EMAIL), ()),
        "stranger_several": compose_stranger("stranger:2", strangers()[0], CANDIDATES),
        "stranger_known": compose_stranger_known("stranger:2", LINK, "Bo Meyer", "Olga Ops"),
        "email_moved": compose_email_moved("email_moved:1", BO, "Bo Meyer", CANDIDATES[:1]),
        "links": compose_links(strangers(), unreachable),
        "links_nothing": compose_links((), ()),
        "linked": compose_linked(LINK, "Bo Meyer"),
        "unlinked": compose_unlinked(LINK, "Bo Meyer"),
        "erase": compose_erasure("Bo Meyer", "005C", links=1, letters=12, texts=40, wording=Wording()),
        "erased": compose_erased("erased-3fa2c1d0", links=1, letters=12, texts=38, wording=Wording()),
        "people": compose_directory(directory(), strangers(), Wording()),
    }


def people_forms() -> dict[str, Form]:
    wrong = LinkDraft("U0123BO", "Bo", person_problem="“Bo” could be Bo Meier or Bo Meyer.")
    return {"link_form": compose_link_form(wrong)}
