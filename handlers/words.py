"""Splitting a typed command into words, however a keyboard or a clipboard has dressed it."""

import re
from collections.abc import Collection

from pipeline.errors import CouncilError
from pipeline.matching import undressed


class CommandNotUnderstood(CouncilError):
    """A command that is not of the grammar; the text says which are."""


def old_button() -> CommandNotUnderstood:
    """For a control that we no longer offer, or whose argument is not of its form."""
    return CommandNotUnderstood(
        "This button is from an older message. Ask again, for example with /apm region."
    )


LONGEST_COMMAND = 1_000
"""In characters: nobody types more to ask for a table."""

LONGEST_SAYING = 10_000
"""In characters, of a command that holds what somebody has to say; its own field says how much fits."""

_WORDS_OF_A_NAME = 3
"""`@Pipeline Council apm region`: so many words of a mention at most."""

_OUR_NAME = ("@pipeline", "council")
"""Its second word is the name of a command too."""

_MENTION = re.compile(r"^\s*(<@[^>]*>|<at>.*?</at>)[\s,:]*", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'(?=\s|$)|(\S+))""")


class QuotedWord(str):
    """What stood in quotes, blanks and all: it says a thing and is never a keyword or a day."""

    __slots__ = ()


def split_words(typed: str) -> tuple[str, ...]:
    """The words of a command without the mention in front; a quoted value is one word.

    An apostrophe inside a word is a letter. Raises `CommandNotUnderstood` where a quote is not closed.
    """
    _require_length(typed, LONGEST_COMMAND)
    return _split(typed)


def _require_length(typed: str, most: int) -> None:
    if len(typed) > most:
        raise CommandNotUnderstood(
            f"That has {len(typed):,} characters, and a command has {most:,} at most. Leave the "
            "long text out: where one is needed, a form asks for it."
        )


def _split(typed: str) -> tuple[str, ...]:
    plain = _MENTION.sub("", undressed(typed))
    words: list[str] = []
    for quoted, half_quoted, bare in _WORD.findall(plain):
        if bare.startswith('"'):
            raise CommandNotUnderstood(f"A quote is opened before {bare[1:] or 'the end'} and not closed.")
        said = (quoted or half_quoted).strip()
        words.append(QuotedWord(said) if said else bare.strip())
    return tuple(word for word in words if word)


def split_command(
    typed: str, names: Collection[str], sayings: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """The command's name as it was typed and what stands behind it; `help` where nothing was typed.

    A mention in front does not count. `names` are the commands that there are: they tell
    where a name that the surface left in front ends; `sayings` are those of them that can hold a long text.
    Raises `CommandNotUnderstood`.
    """
    _require_length(typed, LONGEST_SAYING)
    words = _without_mention(_split(typed), names)
    if not words or bare_name(words[0]) not in sayings:
        _require_length(typed, LONGEST_COMMAND)
    if not words:
        return "help", ()
    return words[0], words[1:]


def bare_name(typed: str) -> str:
    """A command's name without its slash, in small letters."""
    return typed.lstrip("/").casefold()


def _without_mention(words: tuple[str, ...], names: Collection[str]) -> tuple[str, ...]:
    if not words or not words[0].startswith("@"):
        return words
    if tuple(word.casefold() for word in words[: len(_OUR_NAME)]) == _OUR_NAME:
        return words[len(_OUR_NAME) :]
    for start, word in enumerate(words[1 : _WORDS_OF_A_NAME + 1], start=1):
        if bare_name(word) in names:
            return words[start:]
    return words[1:]
