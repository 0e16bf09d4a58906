"""`/link`, `/unlink`: sales operations say which chat user is which person."""

from dataclasses import replace

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability, Words
from handlers.chat_users import find_account, find_linkable_person, find_linked_account
from handlers.directory import read_directory
from handlers.links import Linker, LinkInTheWay, link_by_operations, name_of, undo_link
from handlers.operations_only import require_operations
from handlers.words import CommandNotUnderstood, old_button
from messages.linking import (
    ACCOUNT,
    PERSON,
    LinkDraft,
    compose_link_form,
    compose_linked,
    compose_links,
    compose_unlinked,
)
from messages.reply import Reply
from pipeline.access import Action
from pipeline.directory import without_way
from pipeline.errors import UnknownName
from pipeline.person_links import ChatAccount, read_account
from storage.database import reading
from storage.people import read_people
from storage.strangers import read_strangers


def answer_link(asked: Asked, words: Words) -> Reply:
    """Nothing: who could not be matched or reached. A chat user and a person: links them; one: a form."""
    if not words:
        return _show(asked)
    require_operations(asked, Action.CHANGE)
    if len(words) == 1:
        is_person = "@" in words[0].lstrip("<@")
        draft = LinkDraft(person=words[0]) if is_person else LinkDraft(account=words[0])
        return Reply(form=compose_link_form(draft))
    return _link(asked, words[0], " ".join(words[1:]))


def answer_unlink(asked: Asked, words: Words) -> Reply:
    """By chat user, or by the person whose only link it is. Raises `CouncilError`."""
    require_operations(asked, Action.CHANGE)
    if not words:
        raise CommandNotUnderstood(
            "Name the chat user or the person: /unlink U123 or /unlink ana@example.com. council people lists "
            "every link."
        )
    people = read_people(asked.engine)
    with reading(asked.engine) as connection:
        account = find_linked_account(connection, " ".join(words), asked.where, people)
    return _unlink(asked, account)


def open_link_form(asked: Asked, clicked: Clicked) -> Reply:
    require_operations(asked, Action.CHANGE)
    return Reply(form=compose_link_form(LinkDraft(account=clicked.argument)))


def link_to(asked: Asked, clicked: Clicked) -> Reply:
    """A person who was offered: id and chat user are checked as if they had been typed."""
    person, _, account = clicked.argument.partition(" ")
    if not account:
        raise old_button()
    require_operations(asked, Action.CHANGE)
    return _link(asked, account, person)


def save_link(asked: Asked, submitted: Submitted) -> Reply:
    """The form that was filled in; what was typed stays in it where it cannot be used."""
    require_operations(asked, Action.CHANGE)
    typed = LinkDraft(submitted.answers.get(ACCOUNT, "").strip(), submitted.answers.get(PERSON, "").strip())
    draft = _with_problems(asked, typed)
    if draft != typed:
        return Reply(form=compose_link_form(draft))
    try:
        return _link(asked, typed.account, typed.person)
    except LinkInTheWay as error:
        return Reply(form=compose_link_form(replace(typed, problem=str(error))))


def click_unlink(asked: Asked, clicked: Clicked) -> Reply:
    require_operations(asked, Action.CHANGE)
    return _unlink(asked, read_account(clicked.argument))


CAPABILITY = Capability(
    typed={"link": answer_link, "unlink": answer_unlink},
    clicks={"link_form": open_link_form, "link_to": link_to, "unlink": click_unlink},
    forms={"link_save": save_link},
    opens=frozenset({"link_form"}),
)


def _show(asked: Asked) -> Reply:
    require_operations(asked, Action.SEE)
    with reading(asked.engine) as connection:
        strangers = read_strangers(connection)
    return Reply((compose_links(strangers, without_way(read_directory(asked.desk))),))


def _with_problems(asked: Asked, typed: LinkDraft) -> LinkDraft:
    """The same with what cannot be understood of it, at each input."""
    people = read_people(asked.engine)
    draft = typed
    try:
        find_linkable_person(people, asked.company, typed.person)
    except UnknownName as error:
        draft = replace(draft, person_problem=str(error))
    try:
        with reading(asked.engine) as connection:
            find_account(connection, typed.account, asked.where)
    except UnknownName as error:
        draft = replace(draft, account_problem=str(error))
    return draft


def _link(asked: Asked, account: str, person: str) -> Reply:
    """Raises `UnknownName` and `LinkInTheWay`."""
    people = read_people(asked.engine)
    whom = find_linkable_person(people, asked.company, person)
    with asked.acting() as connection:
        chat_user = find_account(connection, account, asked.where)
        link = link_by_operations(
            connection, asked.company, people, chat_user, whom, _linker(asked), asked.now
        )
    return Reply((compose_linked(link, name_of(people, whom)),))


def _unlink(asked: Asked, account: ChatAccount) -> Reply:
    people = read_people(asked.engine)
    with asked.acting() as connection:
        link = undo_link(connection, asked.company, people, account, _linker(asked), asked.now)
    return Reply((compose_unlinked(link, name_of(people, link.person)),))


def _linker(asked: Asked) -> Linker:
    return Linker(asked.member.id, asked.member.name, asked.where.surface)
