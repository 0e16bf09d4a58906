"""Everything that a person can do in chat, found by the name under which it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from handlers import (
    action_changes,
    actions,
    apm,
    audit,
    council,
    deal,
    digesting,
    fix_form,
    help,
    home,
    hygiene,
    linking,
    looking_in,
    outbox,
    pausing,
    questioning,
    quick_fixes,
    snoozing,
    waiving,
)
from handlers.asking import Asked, Clicked, Question, Submitted, Typed
from handlers.capability import Capability, Words
from handlers.renewing import with_answer_renewed
from handlers.words import CommandNotUnderstood, bare_name, old_button, split_command
from messages.reply import Reply
from pipeline.nearest import did_you_mean

CAPABILITIES: tuple[Capability, ...] = (
    apm.CAPABILITY,
    hygiene.CAPABILITY,
    outbox.CAPABILITY,
    fix_form.CAPABILITY,
    quick_fixes.CAPABILITY,
    audit.CAPABILITY,
    digesting.CAPABILITY,
    snoozing.CAPABILITY,
    waiving.CAPABILITY,
    looking_in.CAPABILITY,
    questioning.CAPABILITY,
    pausing.CAPABILITY,
    actions.CAPABILITY,
    action_changes.CAPABILITY,
    council.CAPABILITY,
    linking.CAPABILITY,
    home.CAPABILITY,
    deal.CAPABILITY,
    help.CAPABILITY,
)

Found = TypeVar("Found")


def _by_name(tables: Iterator[Mapping[str, Found]]) -> dict[str, Found]:
    """One table of several. Raises `ValueError` for a name that stands in two: it is a mistake of ours."""
    found: dict[str, Found] = {}
    for table in tables:
        if twice := found.keys() & table.keys():
            raise ValueError(f"two capabilities answer to {', '.join(sorted(twice))}")
        found.update(table)
    return found


_TYPED = _by_name(capability.typed for capability in CAPABILITIES)
_SAYINGS = frozenset(name for capability in CAPABILITIES for name in capability.sayings)
_CLICKS = _by_name(capability.clicks for capability in CAPABILITIES)
_FORMS = _by_name(capability.forms for capability in CAPABILITIES)

TYPED_NAMES = frozenset(_TYPED)
"""Every command that can be typed, without its slash."""
OPEN_FORMS = frozenset(name for capability in CAPABILITIES for name in capability.opens)
"""The clicks that are answered with a form as a rule: a surface may prepare a window for it."""


def answer(asked: Asked, question: Question) -> Reply:
    """The reply of whoever answers such a question. Raises `CouncilError`, in words for the person."""
    match question:
        case Typed():
            handler, words = find_typed(question.text, actions.type_commands(asked.company))
            return handler(asked, words)
        case Clicked():
            return with_answer_renewed(asked, find_click(question.command)(asked, question))
        case Submitted():
            return with_answer_renewed(asked, find_form(question.command)(asked, question))


def find_typed(
    typed: str, configured: Mapping[str, Callable[[Asked, Words], Reply]] | None = None
) -> tuple[Callable[[Asked, Words], Reply], Words]:
    """Who answers a typed line, and what stands behind the command's name. Raises `CommandNotUnderstood`.

    `configured`: commands that a company has beside ours; where a name is both, ours answers.
    """
    known = {**(configured or {}), **_TYPED}
    name, words = split_command(typed, known, _SAYINGS)
    handler = known.get(bare_name(name) or "help")
    if handler is None:
        hint = did_you_mean(bare_name(name), known) or "."
        raise CommandNotUnderstood(f"I do not know “{name}”{hint} Try /apm region, /hygiene or /help.")
    return handler, words


def find_click(command: str) -> Callable[[Asked, Clicked], Reply]:
    """Who answers a control of a message. Raises `CommandNotUnderstood` for one that is offered no more."""
    handler = _CLICKS.get(command)
    if handler is None:
        raise old_button()
    return handler


def find_form(command: str) -> Callable[[Asked, Submitted], Reply]:
    """Who answers a form that was filled in. Raises `CommandNotUnderstood` for one offered no more."""
    handler = _FORMS.get(command)
    if handler is None:
        raise CommandNotUnderstood(
            "This form is from an older message, and nothing was saved. Ask for it again."
        )
    return handler
