"""What is typed to assign an action, taken apart: `spiff EMEA coverage "2x on Data Cloud" @ana by Friday`.

Parts can stand in any order. Nothing is refused here: what cannot be placed is left to the title, and the
form shows it (`handlers.action_draft` says what is wrong with each part).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from handlers.grammar import is_metric, is_whole_metric
from handlers.words import QuotedWord

DAY_WORDS = 5
"""`the end of next quarter`"""
_NAME_WORDS = 3
_VALUE_WORDS = 5
_DUE = ("by", "due", "until", "before")
_COST = ("cost", "costs", "costing", "budget")
_COST_WORDS = 4
"""`USD 1 000 000`"""
_EXPECTED = ("expect", "expects", "expected", "expecting", "effect")
_OWNER = ("owner", "to")
_PART_OF_A_NAME = ("for", "of", "from", "since", "after", "every", "each", "last", "the", "a", "and", "or")
"""Behind one of these a day belongs to what is to be done: `prepare for Friday`."""
_SHORTEST_IN_FIGURES = 8
"""`2.5.2026`: `1.5` at the end of a title is a number."""


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
    is_cost: Callable[[str], bool]
    is_person: Callable[[str], bool]
    """Whether these words are somebody's whole name."""


@dataclass
class _Reading:
    """The words that are not yet placed, with what the others meant."""

    words: list[str]
    draft: dict[str, str] = field(default_factory=dict)
    seams: list[int] = field(default_factory=list)
    """Before which of the words something stood that was placed."""

    def take(self, part: str, start: int, end: int, words: Sequence[str]) -> None:
        """These words are that part: they leave the rest."""
        self.draft[part] = " ".join(words)
        del self.words[start:end]
        moved = [at if at <= start else max(start, at - (end - start)) for at in self.seams]
        self.seams = [*moved, start]


def read_action_words(words: Sequence[str], known: Vocabulary, kind: str = "") -> ActionDraft:
    """The parts of what was typed; `kind`: said by the command itself."""
    reading = _Reading(list(words), {"kind": kind} if kind else {})
    _take_owner(reading, known)
    _take_expected(reading)
    _take_cost(reading, known)
    _take_due(reading, known)
    if not kind:
        _take_kind(reading, known)
    _take_cell(reading, known)
    title = " ".join(reading.words)
    return ActionDraft(**{name: reading.draft.get(name, "") for name in _PARTS} | {"title": title})


_PARTS = tuple(part.name for part in fields(ActionDraft) if part.name != "title")


def _take_owner(reading: _Reading, known: Vocabulary) -> None:
    """The first mention or e-mail address, else the first whole name, else the word behind `owner`; a `to`
    before a name goes with it."""
    words = reading.words
    mentions = [at for at, word in enumerate(words) if " " not in word and _is_mention(word)]
    for start in (*mentions[:1], *range(len(words))):
        length = _length_of_name(words, start, known) or (1 if start in mentions else 0)
        if length:
            name = [word.strip(",;") for word in words[start : start + length]]
            before = start - 1 if start > 0 and _bare(words[start - 1]) in _OWNER else start
            reading.take("owner", before, start + length, name)
            return
    start = next((at for at, word in enumerate(words[:-1]) if _bare(word) == "owner"), None)
    if start is not None:
        reading.take("owner", start, start + 2, words[start + 1 : start + 2])


def _is_mention(word: str) -> bool:
    return word.startswith(("@", "<@")) or "@" in word[1:-1]


def _length_of_name(words: Sequence[str], start: int, known: Vocabulary) -> int:
    """How many words from there are somebody's whole name; 0 where they are nobody's."""
    for length in range(_NAME_WORDS, 0, -1):
        name = " ".join(words[start : start + length]).lstrip("@").strip(",;")
        if start + length <= len(words) and " " in name and known.is_person(name):
            return length
    return 0


def _take_expected(reading: _Reading) -> None:
    start = _keyword(reading.words, _EXPECTED)
    if start is not None:
        at = start + 1
        if _bare(reading.words[at]) == "effect" and at + 1 < len(reading.words):
            at += 1
        reading.take("expected", start, at + 1, reading.words[at : at + 1])


def _take_cost(reading: _Reading, known: Vocabulary) -> None:
    if not _take_behind(reading, "cost", _COST, _COST_WORDS, known.is_cost):
        _take_unread(reading, "cost", _COST)


def _take_due(reading: _Reading, known: Vocabulary) -> None:
    """Behind `by`, else a plain day at the end or before a part that was placed, else what `by` names."""
    is_said = _take_behind(reading, "due", _DUE, DAY_WORDS, known.is_day)
    if not is_said and not _take_plain_day(reading, known):
        _take_unread(reading, "due", _DUE)


def _take_behind(
    reading: _Reading, part: str, keywords: Sequence[str], most_words: int, is_it: Callable[[str], bool]
) -> bool:
    """The longest of its kind behind a keyword; whether there is one."""
    for start in _places_of(reading, keywords):
        for length in range(most_words, 0, -1):
            said = reading.words[start + 1 : start + 1 + length]
            if len(said) == length and is_it(" ".join(said)):
                reading.take(part, start, start + 1 + length, said)
                return True
    return False


def _take_plain_day(reading: _Reading, known: Vocabulary) -> bool:
    """`tomorrow` in `double it @ana tomorrow`. A day in the middle of a title stays there."""
    words = reading.words
    for end in dict.fromkeys((len(words), *reversed(reading.seams))):
        for start in range(max(0, end - DAY_WORDS), end):
            said = words[start:end]
            is_named = start > 0 and _bare(words[start - 1]) in _PART_OF_A_NAME
            if not is_named and _could_be_a_day(said) and known.is_day(" ".join(said)):
                reading.take("due", start, end, said)
                return True
    return False


def _could_be_a_day(said: Sequence[str]) -> bool:
    if any(isinstance(word, QuotedWord) or " " in word for word in said):
        return False
    typed = " ".join(said)
    return any(letter.isalpha() for letter in typed) or len(typed) >= _SHORTEST_IN_FIGURES


def _take_unread(reading: _Reading, part: str, keywords: Sequence[str]) -> None:
    """What stands behind the last keyword, to be asked about."""
    places = _places_of(reading, keywords)
    if places and " " not in reading.words[places[-1] + 1]:
        start = places[-1]
        reading.take(part, start, start + 2, reading.words[start + 1 : start + 2])


def _places_of(reading: _Reading, keywords: Sequence[str]) -> list[int]:
    """Where a keyword stands that has something behind it."""
    return [at for at, word in enumerate(reading.words[:-1]) if _bare(word) in keywords]


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
    """A value and a metric beside it; a value that nobody knows is taken too, to be asked about, where the
    metric is written out: `for` begins `forecast`, and means neither in a title."""
    words = reading.words
    whole = next((at for at, word in enumerate(words) if " " in word and known.is_cell(word)), None)
    if whole is not None:
        reading.take("cell", whole, whole + 1, words[whole : whole + 1])
        return
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
    written_out = [(start, end) for start, end in metrics if is_whole_metric(" ".join(words[start:end]))]
    if written_out and written_out[0][0] > 0 and " " not in words[written_out[0][0] - 1]:
        start, end = written_out[0]
        reading.take("cell", start - 1, end, words[start - 1 : end])


def _keyword(words: Sequence[str], keywords: Sequence[str]) -> int | None:
    """Where a keyword stands that has something behind it."""
    return next((at for at, word in enumerate(words[:-1]) if _bare(word) in keywords), None)


def _bare(word: str) -> str:
    return word.strip(":,").casefold()
