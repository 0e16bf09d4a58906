"""Following one rule from day to day: who would have been asked how often, and what went away by itself.

Whom a day asks is decided as the digests decide it (`pipeline.nudging`). Memory grows with the findings
that are open at once, never with the deals.
"""

from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from pipeline.findings import PersonName
from pipeline.nudging import AskedBefore, Morning, Standing, is_time_to_ask
from pipeline.put_offs import NOTHING_PUT_OFF, PutOffs
from pipeline.records import Category
from pipeline.rule_trial import Course, PersonOfCourse, WeekOfCourse


class Verdict(Enum):
    """What a rule says of a deal that does not break it at the end of one day."""

    KEPT = "kept"
    """It applies and is not broken."""
    LEFT_ALONE = "left alone"
    """It does not apply: the deal has closed, or is exempt."""


@dataclass(frozen=True, slots=True)
class FoundDeal:
    """A deal that breaks the rule at the end of one day."""

    number: int
    """Our own, by which deals are told apart."""
    person: str | None
    """Id of whoever the rule speaks to; `None`: nobody."""
    category: Category
    owner_since: date | None
    """As in `nudging.DealFacts`."""


@dataclass(frozen=True)
class Reader:
    """Somebody who can get a digest on a day."""

    morning: Morning
    other_letters: int = 0
    """Messages but digests that the person had got in that week before it, and that the budget counts."""
    digest_days: frozenset[date] = frozenset()
    """Earlier days of that week on which the person did get a digest, whatever it asked."""


@dataclass(frozen=True)
class DayOfCourse:
    """A day of digests under the rule as it was on that day."""

    day: date
    is_about_close_dates: bool
    reader_of: Callable[[str], Reader | None]
    """By id of the person; `None`: no digest reaches them on that day."""

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())


@dataclass(slots=True)
class _Open:
    since: int
    seen: int
    deal: FoundDeal
    asked: AskedBefore | None = None


@dataclass(slots=True)
class _Tally:
    findings: int = 0
    asks: int = 0
    messages: int = 0
    held: int = 0
    people: set[str] = field(default_factory=set)


class CourseOfRule:
    """One rule over several days, which come in order: `begin`, then `find` or `see` for each deal, `end`."""

    def __init__(
        self, wait_days: int, asked_by_us: Container[int] = frozenset(), put_offs: PutOffs = NOTHING_PUT_OFF
    ) -> None:
        """`wait_days`: a finding that is gone within so many was fixed anyway. `asked_by_us`: deals about
        which we did ask somebody under this rule."""
        self._wait_days = wait_days
        self._asked_by_us = asked_by_us
        self._put_offs = put_offs
        self._open: dict[int, _Open] = {}
        self._weeks: dict[date, _Tally] = {}
        self._people: dict[str, _Tally] = {}
        self._sent: dict[str, set[date]] = {}
        """The days of this week on which somebody got a message of this rule."""
        self._days: list[DayOfCourse] = []
        self._problem_days: list[date] = []
        self._standing = self._fixed = self._told_apart = 0

    def begin(self, day: DayOfCourse) -> None:
        if self._days and self._days[-1].monday != day.monday:
            self._sent.clear()
        self._days.append(day)
        self._week()

    def find(self, deal: FoundDeal) -> None:
        """A deal breaks the rule; one that is waived is left alone."""
        if self._put_offs.is_waived(deal.number, self._today.day):
            self.see(deal.number, Verdict.LEFT_ALONE)
            return
        today = self._today.day.toordinal()
        known = self._open.get(deal.number)
        if known is not None:
            known.seen, known.deal = today, deal
            return
        self._open[deal.number] = _Open(since=today, seen=today, deal=deal)
        self._week().findings += 1
        if deal.person is not None:
            self._person(deal.person).findings += 1
        self._standing += len(self._days) == 1

    def see(self, deal: int, verdict: Verdict) -> None:
        """A deal, by our own number, does not break the rule."""
        if deal in self._open:
            self._close(deal, fixed=verdict is Verdict.KEPT)

    def end(self, *, asks: bool, is_process_problem: bool = False) -> None:
        """All deals of the day were seen. `asks`: the rule asks owners on this day."""
        today = self._today.day.toordinal()
        for deal in [deal for deal, one in self._open.items() if one.seen != today]:
            self._close(deal, fixed=False)
        if is_process_problem:
            self._problem_days.append(self._today.day)
        elif asks:
            self._ask()

    def course(self, name_of: Callable[[str], str]) -> Course:
        """All of it, after the last day. `name_of`: a person's name by id."""
        last = self._today.day.toordinal()
        told_apart = self._told_apart + sum(
            self._is_told_apart(deal, one, last) for deal, one in self._open.items()
        )
        people = [
            PersonOfCourse(
                PersonName(id, name_of(id)), tally.messages, tally.asks, tally.findings, tally.held
            )
            for id, tally in self._people.items()
        ]
        return Course(
            days=tuple(one.day for one in self._days),
            weeks=tuple(
                WeekOfCourse(
                    monday, tally.findings, tally.asks, tally.messages, len(tally.people), tally.held
                )
                for monday, tally in sorted(self._weeks.items())
            ),
            people=tuple(sorted(people, key=_most_messages_first)),
            standing=self._standing,
            open_at_end=len(self._open),
            fixed_anyway=self._fixed,
            told_apart=told_apart,
            problem_days=tuple(self._problem_days),
        )

    # --- One day's digests ------------------------------------------------------------------------

    def _ask(self) -> None:
        """What a digest asks counts as asked even where the budget holds the digest back."""
        day = self._today
        readers: dict[str, Reader | None] = {}
        questions = Counter[str]()
        for number, one in self._open.items():
            person = one.deal.person
            if person is None:
                continue
            if person not in readers:
                readers[person] = day.reader_of(person)
            reader = readers[person]
            if reader is not None and is_time_to_ask(self._standing_of(number, one), reader.morning):
                times = 0 if one.asked is None else one.asked.times
                one.asked = AskedBefore(times + 1, day.day)
                questions[person] += 1
        for person, count in questions.items():
            self._send(person, count, readers[person])

    def _standing_of(self, number: int, one: _Open) -> Standing:
        return Standing(
            is_about_close_date=self._today.is_about_close_dates,
            category=one.deal.category,
            owner_since=one.deal.owner_since,
            asked=one.asked,
            snoozed_until=self._put_offs.snoozed_until(number, self._today.day),
        )

    def _send(self, person: str, questions: int, reader: Reader | None) -> None:
        """A digest, unless the person has had this week's share of messages."""
        if reader is None:
            return
        sent = self._sent.setdefault(person, set())
        had = reader.other_letters + len(reader.digest_days | sent)
        if had >= reader.morning.nudges.messages_per_week:
            self._week().held += 1
            self._person(person).held += 1
            return
        sent.add(self._today.day)
        self._week().people.add(person)
        for tally in (self._week(), self._person(person)):
            tally.messages += 1
            tally.asks += questions

    # --- Book-keeping -----------------------------------------------------------------------------

    def _close(self, deal: int, *, fixed: bool) -> None:
        one = self._open.pop(deal)
        if not fixed or deal in self._asked_by_us:
            return
        self._fixed += self._today.day.toordinal() - one.since <= self._wait_days
        self._told_apart += 1

    def _is_told_apart(self, deal: int, one: _Open, today: int) -> bool:
        """An open finding is known not to be fixed in time once the days to wait have passed."""
        return deal not in self._asked_by_us and today - one.since > self._wait_days

    @property
    def _today(self) -> DayOfCourse:
        return self._days[-1]

    def _week(self) -> _Tally:
        return self._weeks.setdefault(self._today.monday, _Tally())

    def _person(self, id: str) -> _Tally:
        return self._people.setdefault(id, _Tally())


def _most_messages_first(one: PersonOfCourse) -> tuple[int, int, int, str, str]:
    return -one.messages, -one.asks, -one.findings, one.person.name, one.person.id
