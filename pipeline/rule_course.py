"""Following one rule from day to day: who would have been asked how often, and what went away by itself.

Memory grows with the findings that are open at once, never with the deals.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from pipeline.findings import PersonName
from pipeline.rule_trial import Course, PersonOfCourse, WeekOfCourse

PersonOf = Callable[[int | None], str | None]
"""Id of who is asked about a deal of that owner; `None`: nobody can be."""


class Verdict(Enum):
    """What a rule says of one deal at the end of one day."""

    BROKEN = "broken"
    KEPT = "kept"
    """It applies and is not broken."""
    LEFT_ALONE = "left alone"
    """It does not apply: the deal has closed, or is exempt."""


@dataclass(frozen=True)
class Asking:
    """How people are asked."""

    asks_a_finding: int
    """So often in all; then it is silent."""
    wait_days: int
    """A finding that is gone within so many days was fixed anyway."""


@dataclass(slots=True)
class _Open:
    since: int
    seen: int
    person: str | None
    asks: int = 0


@dataclass(slots=True)
class _Tally:
    findings: int = 0
    asks: int = 0
    messages: int = 0
    people: set[str] = field(default_factory=set)


class CourseOfRule:
    """One rule over several days, which come in order: `begin`, then `see` for each deal, then `end`."""

    def __init__(self, asking: Asking, asked_by_us: Container[int] = frozenset()) -> None:
        """`asked_by_us`: deals about which we did ask somebody under this rule."""
        self._asking = asking
        self._asked_by_us = asked_by_us
        self._open: dict[int, _Open] = {}
        self._weeks: dict[date, _Tally] = {}
        self._people: dict[str, _Tally] = {}
        self._person_of: PersonOf = lambda _: None
        self._days: list[date] = []
        self._problem_days: list[date] = []
        self._standing = self._fixed = self._told_apart = 0

    def begin(self, day: date, person_of: PersonOf) -> None:
        self._days.append(day)
        self._person_of = person_of
        self._week()

    def see(self, deal: int, owner: int | None, verdict: Verdict) -> None:
        """What the rule says of a deal; deals are told apart by our own numbers of them."""
        if verdict is not Verdict.BROKEN:
            if deal in self._open:
                self._close(deal, fixed=verdict is Verdict.KEPT)
            return
        today = self._days[-1].toordinal()
        known = self._open.get(deal)
        if known is not None:
            known.seen = today
            return
        asked = self._person_of(owner)
        self._open[deal] = _Open(since=today, seen=today, person=asked)
        self._week().findings += 1
        if asked is not None:
            self._person(asked).findings += 1
        self._standing += len(self._days) == 1

    def end(self, *, asks: bool, is_process_problem: bool = False) -> None:
        """All deals of the day were seen. `asks`: the rule nudges, and on this day."""
        today = self._days[-1].toordinal()
        for deal in [deal for deal, one in self._open.items() if one.seen != today]:
            self._close(deal, fixed=False)
        if is_process_problem:
            self._problem_days.append(self._days[-1])
        elif asks:
            self._ask()

    def course(self, name_of: Callable[[str], str]) -> Course:
        """All of it, after the last day. `name_of`: a person's name by id."""
        told_apart = self._told_apart + sum(
            self._is_told_apart(deal, one, self._days[-1].toordinal()) for deal, one in self._open.items()
        )
        people = [
            PersonOfCourse(PersonName(id, name_of(id)), tally.messages, tally.asks, tally.findings)
            for id, tally in self._people.items()
        ]
        return Course(
            days=tuple(self._days),
            weeks=tuple(
                WeekOfCourse(monday, tally.findings, tally.asks, tally.messages, len(tally.people))
                for monday, tally in sorted(self._weeks.items())
            ),
            people=tuple(sorted(people, key=_most_messages_first)),
            standing=self._standing,
            open_at_end=len(self._open),
            fixed_anyway=self._fixed,
            told_apart=told_apart,
            problem_days=tuple(self._problem_days),
        )

    def _ask(self) -> None:
        week = self._week()
        people: set[str] = set()
        for one in self._open.values():
            if one.person is None or one.asks >= self._asking.asks_a_finding:
                continue
            one.asks += 1
            week.asks += 1
            self._person(one.person).asks += 1
            people.add(one.person)
        for person in people:
            self._person(person).messages += 1
        week.messages += len(people)
        week.people |= people

    def _close(self, deal: int, *, fixed: bool) -> None:
        one = self._open.pop(deal)
        if not fixed or deal in self._asked_by_us:
            return
        in_time = self._days[-1].toordinal() - one.since <= self._asking.wait_days
        self._fixed += in_time
        self._told_apart += 1

    def _is_told_apart(self, deal: int, one: _Open, today: int) -> bool:
        """An open finding is known not to be fixed in time once the days to wait have passed."""
        return deal not in self._asked_by_us and today - one.since > self._asking.wait_days

    def _week(self) -> _Tally:
        day = self._days[-1]
        return self._weeks.setdefault(day - timedelta(days=day.weekday()), _Tally())

    def _person(self, id: str) -> _Tally:
        return self._people.setdefault(id, _Tally())


def _most_messages_first(one: PersonOfCourse) -> tuple[int, int, int, str, str]:
    return -one.messages, -one.asks, -one.findings, one.person.name, one.person.id
