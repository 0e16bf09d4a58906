"""The nearest right name, for messages about a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_COMPARED = 100
"""Beyond this many characters nobody mistyped a name."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that somebody who wrote `word` most likely meant; case, spaces, - and _ do not count."""
    if len(word) > LONGEST_COMPARED:
        return None
    by_letters = {_letters(name): name for name in sorted(names, reverse=True)}
    matches = get_close_matches(_letters(word), by_letters, n=1, cutoff=0.7)
    return by_letters[matches[0]] if matches else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """`; did you mean Proposal?`, or nothing where no name is near: to stand at the end of a message."""
    name = nearest(word, names)
    return f"; did you mean {name}?" if name is not None else ""


def _letters(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "").replace("-", "")
