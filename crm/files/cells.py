"""A column of texts as a column of values.

Every conversion runs over a chunk's whole column at once and remembers the texts that it has seen:
stages, dates and amounts repeat, and a look-up in a dictionary costs a tenth of parsing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from crm.files.clock import EPOCH_DAY, SECONDS_A_DAY, Clock, day_number, time_seconds
from crm.files.problems import Fault
from crm.records import FieldKind
from pipeline.money import parse_amount
from pipeline.records import Category, parse_category

_MOST_REMEMBERED = 100_000

_FLAGS = {
    "true": True, "1": True, "yes": True, "y": True, "t": True,
    "false": False, "0": False, "no": False, "n": False, "f": False,
}  # fmt: skip


class Cells(Protocol):
    """How the texts of a column are read."""

    @property
    def bad(self) -> Mapping[str, Fault]:
        """The texts among those read that are no such value; they were read as `None`."""

    def read(self, texts: Sequence[str]) -> Sequence[Any]:
        """Their values in the same order; `None` for an empty text."""


class TextCells:
    """Text without blanks around it."""

    bad: Mapping[str, Fault] = {}

    def read(self, texts: Sequence[str]) -> list[str | None]:
        return [text.strip() or None for text in texts]


class KnownNameCells:
    """Text that names a record; a name that nobody knows is kept, and `bad`."""

    def __init__(self, names: Collection[str], unknown: Fault) -> None:
        self._names = names
        self._unknown = unknown
        self.bad: dict[str, Fault] = {}

    def read(self, texts: Sequence[str]) -> list[str | None]:
        for text in set(texts):
            if text.strip() and text.strip() not in self._names:
                self.bad[text] = self._unknown
        return [text.strip() or None for text in texts]


class ParsedCells:
    """Values of a parser that raises `ValueError` with what it expected."""

    def __init__(self, parse: Callable[[str], Any], kind: str) -> None:
        self._parse = parse
        self._kind = kind
        self._known = _Memory(self._convert)
        self.bad: dict[str, Fault] = {}

    def read(self, texts: Sequence[str]) -> list[Any]:
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
            self.bad.clear()
        return list(map(self._known.__getitem__, texts))

    def _convert(self, text: str) -> Any:
        stripped = text.strip()
        if not stripped:
            return None
        try:
            return self._parse(stripped)
        except ValueError as error:
            self.bad[text] = Fault(str(error), self._kind)
            return None


class MomentCells:
    """Moments as seconds since 1970.

    Moments hardly repeat, their days and their times of day do: both halves are remembered apart.
    """

    def __init__(self, clock: Clock) -> None:
        self._odd = ParsedCells(clock.parse_moment, "bad date")
        self._midnights = _Memory(_midnight)
        self._times = _Memory(time_seconds)

    @property
    def bad(self) -> Mapping[str, Fault]:
        return self._odd.bad

    def read(self, texts: Sequence[str]) -> list[int | None]:
        for memory in (self._midnights, self._times):
            if len(memory) > _MOST_REMEMBERED:
                memory.clear()
        halves = zip(
            map(self._midnights.__getitem__, [text[:10] for text in texts]),
            map(self._times.__getitem__, [text[10:] for text in texts]),
            strict=True,
        )
        moments = [None if time is None or day is None else day + time for day, time in halves]
        if None in moments:
            self._read_odd(texts, moments)
        return moments

    def _read_odd(self, texts: Sequence[str], moments: list[int | None]) -> None:
        """Dates alone, empty cells and what is no moment at all."""
        odd = [index for index, moment in enumerate(moments) if moment is None]
        values = self._odd.read([texts[index] for index in odd])
        for index, value in zip(odd, values, strict=True):
            moments[index] = value


class _Memory(dict[str, Any]):
    """Converts each text once."""

    def __init__(self, convert: Callable[[str], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: str) -> Any:
        value = self[text] = self._convert(text)
        return value


def _read_amount(text: str) -> int:
    """As `parse_amount`, with a shorter way for what nearly all exports hold: 1234 and 1234.5."""
    whole, _, decimals = text.partition(".")
    is_plain = whole.isdigit() and len(whole) < 14 and text.isascii() and len(decimals) <= 4
    if is_plain and (not decimals or decimals.isdigit()):
        return int(whole + decimals.ljust(4, "0"))
    return parse_amount(text)


def _midnight(text: str) -> int | None:
    day = day_number(text)
    return None if day is None else (day - EPOCH_DAY) * SECONDS_A_DAY


def amount_cells() -> Cells:
    return ParsedCells(_read_amount, "bad amount")


def day_cells(clock: Clock) -> Cells:
    return ParsedCells(clock.parse_day, "bad date")


def flag_cells() -> Cells:
    return ParsedCells(parse_flag, "bad flag")


def category_cells() -> Cells:
    return ParsedCells(parse_known_category, "unknown category")


def currency_cells() -> Cells:
    return ParsedCells(parse_currency, "unknown currency")


def whole_number_cells() -> Cells:
    return ParsedCells(_parse_whole_number, "bad number")


def field_cells(kind: FieldKind, clock: Clock) -> Cells:
    """How a further field of that kind is read."""
    match kind:
        case FieldKind.TEXT:
            return TextCells()
        case FieldKind.NUMBER:
            return amount_cells()
        case FieldKind.DAY:
            return day_cells(clock)
        case FieldKind.FLAG:
            return ParsedCells(lambda text: int(parse_flag(text)), "bad flag")


def parse_flag(text: str) -> bool:
    """Raises `ValueError`."""
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise ValueError("expected true or false")
    return flag


def parse_currency(text: str) -> str:
    """An ISO code in capitals. Raises `ValueError`."""
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise ValueError("expected a currency code of three letters, such as EUR")
    return text.upper()


def parse_known_category(text: str) -> Category:
    """Raises `ValueError`."""
    category = parse_category(text)
    if category is None:
        raise ValueError(
            "expected a forecast category: Pipeline, Best Case, Most Likely, Commit, Omitted or Closed"
        )
    return category


def _parse_whole_number(text: str) -> int:
    number, rest = divmod(parse_amount(text), 10_000)
    if rest:
        raise ValueError("expected a whole number")
    return number
