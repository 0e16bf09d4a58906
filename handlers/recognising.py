"""Finding the person behind a chat user: the one function that every room calls first."""

from datetime import datetime
from hashlib import sha256
from typing import assert_never

from handlers.asking import Desk
from handlers.links import STRANGER, Linker, make_link, stranger_key
from messages.card_text import card_to_text
from messages.people import compose_email_moved, compose_stranger, say_unmatched
from pipeline.access import listed_emails
from pipeline.audiences import name_operations, operations_desk
from pipeline.errors import NotRecognised
from pipeline.people import People
from pipeline.person_links import (
    Linked,
    LinkedBy,
    Matched,
    PersonLink,
    Sender,
    Stranger,
    Unmatched,
    fold_email,
    recognise,
)
from storage.database import reading, writing
from storage.outbox import Letter, put_letter, read_letter_card, revise_letter
from storage.people import read_people
from storage.person_links import keep_timezone, read_link, read_linked_people
from storage.strangers import put_stranger, read_stranger

EMAIL_MOVED = "email_moved"


def recognise_sender(desk: Desk, sender: Sender, now: datetime) -> str:
    """CRM user id or listed e-mail of whoever writes; a first e-mail that is one person's alone links them.

    Raises `NotRecognised`, in words that name whom to ask; sales operations are told, once for each.
    """
    with reading(desk.engine) as connection:
        link = read_link(connection, sender.account)
    if link is not None and _is_as_before(link, sender):
        return link.person
    people = read_people(desk.engine)
    with reading(desk.engine) as connection:
        taken = read_linked_people(connection, sender.account.surface, sender.account.tenant)
        before = read_stranger(connection, sender.account)
        # Several first messages can come at once: whoever is taken by now may be so by this very account.
        link = read_link(connection, sender.account)
    listed = listed_emails(desk.company.people) | people.council
    found = recognise(sender, link, before, people, listed=listed, taken=taken)
    match found:
        case Linked():
            _keep_up(desk, sender, link, found, people, now)
            return found.person
        case Matched(person=person):
            return _link(desk, sender, person, people, now)
        case Unmatched():
            raise _refusal(desk, sender, found, people, now)
    assert_never(found)


def _is_as_before(link: PersonLink, sender: Sender) -> bool:
    return fold_email(sender.email) == link.email and sender.timezone in (None, link.timezone)


def _link(desk: Desk, sender: Sender, person: str, people: People, now: datetime) -> str:
    link = PersonLink(
        account=sender.account,
        person=person,
        how=LinkedBy.EMAIL,
        linked_at=now,
        name=sender.name,
        email=fold_email(sender.email),
        timezone=sender.timezone,
    )
    with writing(desk.engine) as connection:
        if make_link(connection, desk.company, people, link, Linker(person, "", sender.account.surface)):
            return person
    return recognise_sender(desk, sender, now)  # somebody was faster: what they made is what holds


def _keep_up(
    desk: Desk, sender: Sender, link: PersonLink | None, found: Linked, people: People, now: datetime
) -> None:
    """What is new about a linked chat user: the time zone is kept, and somebody else's e-mail is told of."""
    if link is not None and sender.timezone not in (None, link.timezone):
        with writing(desk.engine) as connection:
            keep_timezone(connection, sender.account, str(sender.timezone))
    if found.email_is_of:
        _tell_of_moved_email(desk, sender, found, people, now)


def _tell_of_moved_email(desk: Desk, sender: Sender, found: Linked, people: People, now: datetime) -> None:
    user = people.by_id(found.person)
    person = user.name if user is not None else found.person
    about = sha256(str(fold_email(sender.email)).encode()).hexdigest()[:12]
    desk_of_operations = operations_desk(people, desk.company.people.operations, desk.company.chat)
    keys = {audience: f"{EMAIL_MOVED}:{sender.account}:{about}:{audience}" for audience in desk_of_operations}
    with reading(desk.engine) as connection:
        untold = {
            audience: key for audience, key in keys.items() if read_letter_card(connection, key) is None
        }
    if not untold:
        return
    with writing(desk.engine) as connection:
        for audience, key in untold.items():
            card = card_to_text(compose_email_moved(key, sender, person, found.email_is_of))
            put_letter(connection, Letter(key=key, kind=EMAIL_MOVED, audience=audience, card=card), now)


def _refusal(desk: Desk, sender: Sender, found: Unmatched, people: People, now: datetime) -> NotRecognised:
    """Sales operations are asked who it is, the first time; the stranger is told whom to ask."""
    unknown = Stranger(sender, found.why, now)
    operations = desk.company.people.operations
    with writing(desk.engine) as connection:
        put_stranger(connection, unknown)
        for audience in operations_desk(people, operations, desk.company.chat):
            key = stranger_key(sender.account, audience)
            card = card_to_text(compose_stranger(key, unknown, found.candidates))
            if not put_letter(connection, Letter(key=key, kind=STRANGER, audience=audience, card=card), now):
                revise_letter(connection, key, card)
    return NotRecognised(say_unmatched(sender, found.why, name_operations(people, operations)))
