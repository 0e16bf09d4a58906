"""Which known name somebody means who types part of it."""

import re
from collections.abc import Sequence

from pipeline.errors import UnknownName
from pipeline.nearest import nearest

NAMES_IN_A_MESSAGE = 8

_DRESSED = str.maketrans(dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‚", "'") | {"\u2011": "-"})
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def undressed(words: str) -> str:
    """Curly quotes, unbreakable blanks and hyphens as plain ones; invisible marks of direction gone."""
    return _INVISIBLE.sub("", words.translate(_DRESSED)).replace("\u00a0", " ").replace("\u202f", " ")


def match_name(word: str, names: Sequence[str], kind: str) -> str:
    """The name that is meant: by its letters in any case, else the only one that begins so.

    Raises `UnknownName` that says what could have been meant; `kind` is what the names are of (`region`).
    """
    exact = [name for name in names if _folded(name) == _folded(word)]
    if len(exact) > 1:
        exact = [name for name in exact if name == word] or exact
    found = exact or [name for name in names if _folded(word) and _folded(name).startswith(_folded(word))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownName(f"“{word}” could be {_any_of(found)}. Write a little more of the name.")
    raise UnknownName(f"There is no {kind} “{word}”. {_hint(word, names, kind)}")


def _hint(word: str, names: Sequence[str], kind: str) -> str:
    if not names:
        return f"No {kind} is known yet: pull first, or configure it under [dimensions]."
    near = nearest(word, names)
    if near is not None:
        return f"Did you mean {near}?"
    return f"Known: {', '.join(names[:NAMES_IN_A_MESSAGE])}{_more(names)}."


def _any_of(names: Sequence[str]) -> str:
    shown = names[:NAMES_IN_A_MESSAGE]
    if len(names) > len(shown):
        return f"{', '.join(shown)}{_more(names)}"
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _more(names: Sequence[str]) -> str:
    left = len(names) - NAMES_IN_A_MESSAGE
    return f" and {left} more" if left > 0 else ""


def _folded(name: str) -> str:
    return " ".join(undressed(name).strip("()").replace("_", " ").replace("-", " ").split()).casefold()
