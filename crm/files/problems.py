"""What was wrong in one file, collected so that a hundred thousand equal quirks stay one line."""

from dataclasses import dataclass

from crm.records import Problem
from pipeline.crm_records import Outcome

LONGEST_VALUE = 80
"""Characters of a cell that a report shows."""

_MOST_KINDS_HELD = 2_000


@dataclass(frozen=True)
class Fault:
    """Why a cell could not be read, or what is odd about it."""

    says: str
    kind: str
    outcome: Outcome = Outcome.LEFT_OUT


def shorten(value: str) -> str:
    """A cell's text as a report shows it: 80 characters at most."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


class ProblemLog:
    """The problems of one file.

    A row of an opportunity that could not be used is told one by one, since its previous state is kept.
    Everything else is gathered by what it says: the first line that shows it, and how many there are.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._told: list[Problem] = []
        self._gathered: dict[tuple[str | None, str | None, str, str], Problem] = {}

    def tell(
        self,
        fault: Fault,
        *,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        opportunity_id: str | None = None,
    ) -> None:
        """A problem of its own."""
        self._told.append(self._problem(fault, line, column, value, opportunity_id, 1))

    def gather(
        self,
        fault: Fault,
        *,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        count: int = 1,
    ) -> None:
        """A problem that may come again: equal ones are counted."""
        key = (column, value, fault.kind, fault.says)
        known = self._gathered.get(key)
        if known is not None:
            self._gathered[key] = known._replace(times=known.times + count)
            return
        if len(self._gathered) >= _MOST_KINDS_HELD:
            self._told.extend(self._gathered.values())
            self._gathered.clear()
        self._gathered[key] = self._problem(fault, line, column, value, None, count)

    def take(self) -> tuple[Problem, ...]:
        """What was told since the last time."""
        told, self._told = tuple(self._told), []
        return told

    def take_all(self) -> tuple[Problem, ...]:
        """What was told since the last time, and all that was gathered."""
        gathered, self._gathered = sorted(self._gathered.values(), key=_place), {}
        return self.take() + tuple(gathered)

    def _problem(
        self,
        fault: Fault,
        line: int | None,
        column: str | None,
        value: str | None,
        opportunity_id: str | None,
        count: int,
    ) -> Problem:
        shown = None if value is None else shorten(value)
        return Problem(
            self.file, line, column, shown, fault.says, fault.kind, opportunity_id, count, fault.outcome
        )


def _place(problem: Problem) -> tuple[bool, int]:
    """By line; what is of no line comes last."""
    return problem.line is None, problem.line or 0
