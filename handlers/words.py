"""Splitting a typed command into words, however a keyboard or a clipboard has dressed it."""

import re

from pipeline.errors import CouncilError
from pipeline.matching import undressed


class CommandNotUnderstood(CouncilError):
    """A command that is not of the grammar; the text says which are."""


LONGEST_COMMAND = 1_000
"""In characters: nobody types more to ask for a table."""

_MENTION = re.compile(r"^\s*(<@[^>]*>|<at>.*?</at>)[\s,:]*", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'(?=\s|$)|(\S+))""")


def split_words(typed: str) -> tuple[str, ...]:
    """The words of a command without the mention in front; a quoted value is one word.

    An apostrophe inside a word is a letter. Raises `CommandNotUnderstood` where a quote is not closed.
    """
    if len(typed) > LONGEST_COMMAND:
        raise CommandNotUnderstood(
            f"That has {len(typed):,} characters, and a command has a few words. Type /help for a list."
        )
    plain = _MENTION.sub("", undressed(typed))
    words = []
    for quoted, half_quoted, bare in _WORD.findall(plain):
        if bare.startswith('"'):
            raise CommandNotUnderstood(f"A quote is opened before {bare[1:] or 'the end'} and not closed.")
        words.append((quoted or half_quoted or bare).strip())
    return tuple(word for word in words if word)
