"""What is typed to assign an action, taken apart: `spiff EMEA coverage "2x on Data Cloud" @ana by Friday`.

Parts can stand in any order. Nothing is refused here: what cannot be placed is left to the title, and the
form shows it (`handlers.action_draft` says what is wrong with each part).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from handlers.grammar import is_metric

DAY_WORDS = 5
"""`the end of next quarter`"""
_NAME_WORDS = 3
_VALUE_WORDS = 5
_DUE = ("by", "due", "until", "before")
_COST = ("cost", "costs", "costing", "budget")
_EXPECTED = ("expect", "expects", "expected", "expecting", "effect")


@dataclass(frozen=True)
class ActionDraft:
    """An action as somebody wrote it, by the fields of the form; empty: not said."""

    kind: str = ""
    cell: str = ""
    title: str = ""
    owner: str = ""
    due: str = ""
    cost: str = ""
    expected: str = ""
    quoted: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """What words can mean in a company."""

    kinds: Mapping[str, str]
    """Keys of the types by every way to write them, in small letters."""
    is_cell: Callable[[str], bool]
    is_day: Callable[[str], bool]
    is_person: Callable[[str], bool]
    """Whether these words are somebody's whole name."""


@dataclass
class _Reading:
    """The words that are not yet placed, with what the others meant."""

    words: list[str]
    draft: dict[str, str] = field(default_factory=dict)

    def take(self, part: str, start: int, end: int, words: Sequence[str]) -> None:
        """These words are that part: they leave the rest."""
        self.draft[part] = " ".join(words)
        del self.words[start:end]


def read_action_words(words: Sequence[str], known: Vocabulary, kind: str = "") -> ActionDraft:
    """The parts of what was typed; `kind`: said by the command itself."""
    reading = _Reading(list(words), {"kind": kind} if kind else {})
    _take_owner(reading, known)
    _take_expected(reading)
    _take_cost(reading)
    _take_due(reading, known)
    if not kind:
        _take_kind(reading, known)
    _take_cell(reading, known)
    title = " ".join(reading.words)
    return ActionDraft(**{name: reading.draft.get(name, "") for name in _PARTS} | {"title": title})


_PARTS = tuple(part.name for part in fields(ActionDraft) if part.name != "title")


def _take_owner(reading: _Reading, known: Vocabulary) -> None:
    """The first mention or e-mail address; a name of several words where somebody has just that."""
    for start, word in enumerate(reading.words):
        if " " in word or not (word.startswith(("@", "<@")) or "@" in word[1:-1]):
            continue
        name = [word.strip(",;")]
        for length in range(_NAME_WORDS, 1, -1):
            longer = reading.words[start : start + length]
            if len(longer) == length and known.is_person(" ".join(longer).lstrip("@")):
                name = longer
                break
        reading.take("owner", start, start + len(name), name)
        return


def _take_expected(reading: _Reading) -> None:
    start = _keyword(reading.words, _EXPECTED)
    if start is not None:
        reading.take("expected", start, start + 2, reading.words[start + 1 : start + 2])


def _take_cost(reading: _Reading) -> None:
    start = _keyword(reading.words, _COST)
    if start is None:
        return
    amount = reading.words[start + 1 : start + 2]
    after = reading.words[start + 2 : start + 3]
    if after and len(after[0]) == 3 and after[0].isascii() and after[0].isupper():
        amount += after
    reading.take("cost", start, start + 1 + len(amount), amount)


def _take_due(reading: _Reading, known: Vocabulary) -> None:
    """The longest day behind `by`; where no `by` has one, what stands behind the last is asked about."""
    places = [at for at, word in enumerate(reading.words[:-1]) if _bare(word) in _DUE]
    for start in places:
        for length in range(DAY_WORDS, 0, -1):
            day = reading.words[start + 1 : start + 1 + length]
            if len(day) == length and known.is_day(" ".join(day)):
                reading.take("due", start, start + 1 + length, day)
                return
    if places and " " not in reading.words[places[-1] + 1]:
        start = places[-1]
        reading.take("due", start, start + 2, reading.words[start + 1 : start + 2])


def _take_kind(reading: _Reading, known: Vocabulary) -> None:
    for length in (2, 1):
        for start in range(len(reading.words) - length + 1):
            words = reading.words[start : start + length]
            kind = known.kinds.get(" ".join(words).casefold())
            if kind is not None:
                del reading.words[start : start + length]
                reading.draft["kind"] = kind
                return


def _take_cell(reading: _Reading, known: Vocabulary) -> None:
    """A value and a metric beside it; a value that nobody knows is taken too, to be asked about."""
    words = reading.words
    metrics = [
        (start, start + length)
        for length in (2, 1)
        for start in range(len(words) - length + 1)
        if is_metric(" ".join(words[start : start + length]))
    ]
    for start, end in metrics:
        metric = words[start:end]
        for first in range(max(0, start - _VALUE_WORDS), start):
            if known.is_cell(" ".join(words[first:end])):
                reading.take("cell", first, end, words[first:end])
                return
        for last in range(min(len(words), end + _VALUE_WORDS), end, -1):
            turned = [*words[end:last], *metric]
            if known.is_cell(" ".join(turned)):
                reading.take("cell", start, last, turned)
                return
    if metrics and metrics[0][0] > 0 and " " not in words[metrics[0][0] - 1]:
        start, end = metrics[0]
        reading.take("cell", start - 1, end, words[start - 1 : end])


def _keyword(words: Sequence[str], keywords: Sequence[str]) -> int | None:
    """Where a keyword stands that has something behind it."""
    return next((at for at, word in enumerate(words[:-1]) if _bare(word) in keywords), None)


def _bare(word: str) -> str:
    return word.strip(":,").casefold()
