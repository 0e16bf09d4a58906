"""What a pull reports: how many records of each kind came in, and what could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class PullProblem:
    """One value or row that could not be used or is odd, named so that a person finds it."""

    file: str
    line: int | None
    column: str | None
    value: str | None
    says: str
    kind: str
    times: int = 1
    """How many equal ones it stands for; `line` is that of the first."""


class PullWay(StrEnum):
    """How much a pull has read."""

    EVERYTHING = "everything"
    REST = "the rest"
    """Behind what a pull had read that broke off, and what has changed since that one began."""
    CHANGES = "changes"
    """What has changed since the pull before, and no more."""


@dataclass(frozen=True)
class PullReport:
    """The outcome of a pull."""

    source: str
    taken: Mapping[str, int]
    """Records taken in, by CRM object: `Opportunity` -> 8800."""
    new: int
    changed: int
    unchanged: int
    deleted: int
    kept: int
    """Opportunities whose row was bad and whose previous state stands."""
    problems: tuple[PullProblem, ...]
    """What could not be used: the first of each kind, at most 200 in all."""
    problem_counts: Mapping[str, int]
    """All of them, by kind."""
    quirks: tuple[PullProblem, ...]
    """What was taken in as it is and is worth knowing, as many as of the problems."""
    quirk_counts: Mapping[str, int]
    """All of them, by kind."""
    notices: tuple[str, ...]
    versions: int
    seconds: float
    way: PullWay = PullWay.EVERYTHING
