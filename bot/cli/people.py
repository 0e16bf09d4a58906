"""`council people`: everybody whom we know, and which chat user is which person."""

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from bot.app import open_desk
from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.operator import OPERATOR
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.people_json import people_csv, people_json
from handlers.asking import Where
from handlers.chat_users import find_linkable_person, find_linked_account
from handlers.directory import read_directory
from handlers.erasing import erase, find_erasable
from handlers.links import Linker, link_by_operations, name_of, undo_link
from messages.directory import compose_directory
from messages.erasure import compose_erased, compose_erasure
from messages.linking import compose_linked, compose_unlinked
from messages.wording import Wording
from pipeline.access import Action, Rulebook, may
from pipeline.person_links import read_account
from storage.database import reading, writing
from storage.erasure import count_kept
from storage.people import read_people
from storage.strangers import read_strangers

HERE = Where()
LINKER = Linker(OPERATOR.id, OPERATOR.name, HERE.surface)

people = App(name="people", help="Everybody whom we know, and which chat user is which person.")

ChatUser = Annotated[str, Parameter(help="Platform, tenant and user id: slack:T01ABC:U123.")]
Email = Annotated[str, Parameter(help="E-mail, name or CRM user id.")]


@people.default
def list_people(*, format: OutputFormat = Format.TABLE, invocation: Called) -> None:
    """Everybody with roles, CRM owner id and links, and whether messages reach them."""
    may(OPERATOR, Action.SEE, Rulebook()).require()
    with opened(invocation) as council:
        entries = read_directory(open_desk(council, datetime.now(UTC)))
        with reading(council.engine) as connection:
            strangers = read_strangers(connection)
    if format is Format.TABLE:
        print_cards(compose_directory(entries, strangers, Wording()))
    elif format is Format.JSON:
        print_json(people_json(entries, strangers))
    else:
        print_text(people_csv(entries))


@people.command
def link(user: ChatUser, person: Email, *, invocation: Called) -> None:
    """Say which person a chat user is; what waited for them is sent."""
    may(OPERATOR, Action.CHANGE, Rulebook()).require()
    with opened(invocation) as council:
        known = read_people(council.engine)
        whom, account = find_linkable_person(known, council.company, person), read_account(user)
        with writing(council.engine) as connection:
            made = link_by_operations(
                connection, council.company, known, account, whom, LINKER, datetime.now(UTC)
            )
    print_cards(compose_linked(made, name_of(known, whom)))


@people.command
def unlink(user: Annotated[str, Parameter(help="Chat user, or a person.")], *, invocation: Called) -> None:
    """Undo a link; from then on the chat user is nobody until they are linked again."""
    may(OPERATOR, Action.CHANGE, Rulebook()).require()
    with opened(invocation) as council:
        known = read_people(council.engine)
        with writing(council.engine) as connection:
            account = find_linked_account(connection, user, HERE, known)
            undone = undo_link(connection, council.company, known, account, LINKER, datetime.now(UTC))
    print_cards(compose_unlinked(undone, name_of(known, undone.person)))


@people.command(name="erase")
def erase_somebody(
    person: Annotated[str, Parameter(help="E-mail or CRM user id.")],
    *,
    yes: Annotated[bool, Parameter(name="--yes", negative="", help="Do it; without it, only show.")] = False,
    invocation: Called,
) -> None:
    """Erase a person's name, e-mail and links, and keep the figures; without --yes, show what would go."""
    may(OPERATOR, Action.CHANGE, Rulebook()).require()
    with opened(invocation) as council:
        who = find_erasable(council.engine, council.company, person, f"erased-{secrets.token_hex(4)}")
        if yes:
            gone = erase(council.engine, who, LINKER, datetime.now(UTC))
            card = compose_erased(who.erased.token, **asdict(gone), wording=Wording())
        else:
            with reading(council.engine) as connection:
                kept = count_kept(connection, who)
            card = compose_erasure(who.name, who.person, **asdict(kept), wording=Wording())
    print_cards(card)
