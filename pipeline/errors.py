"""One tree of errors; the text of each is written for the person who reads it."""

from collections.abc import Sequence
from dataclasses import dataclass


class CouncilError(Exception):
    """Something a person asked for cannot be done; `str(error)` says what, and what to do instead."""


class PeriodMissing(CouncilError):
    """A date lies outside the table of fiscal periods."""


class UnknownName(CouncilError):
    """A dimension, value, rule, stage or person that nobody knows by that name."""


class AccessDenied(CouncilError):
    """The person may not see or do this."""


class NotRecognised(AccessDenied):
    """Nobody knows which person of the company this is."""


class NothingUsable(CouncilError):
    """A pull in which not one opportunity could be used."""


class PullRefused(CouncilError):
    """A pull that would do harm (say, delete a fifth of all deals) and was stopped before it did."""


class ExpressionError(CouncilError):
    """A `when` expression that is not of the grammar, or names something that does not exist."""


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a configuration: where it stands, what it holds and what was expected."""

    file: str
    key: str
    """As it is written in TOML; empty where it is the file itself that is wrong."""
    value: str
    expected: str

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        place = f"{self.key}{shown}: " if self.key else ""
        return f"{self.file}: {place}{self.expected}"


class ConfigurationError(CouncilError):
    """All mistakes of a configuration at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
