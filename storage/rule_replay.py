"""Replaying hygiene rules over the stored versions, a day at a time.

One day costs one scan over the versions that stood on it, whatever the number of rules, and one pass over
the fields that have changed since: a week with two days of digests costs two scans. Rows are streamed;
memory grows with the findings that are open at once (some hundred bytes each), never with the deals.
Whom a day asks is decided as the digests decide it, with the snoozes, waivers, leave and messages that
there were: `pipeline.rule_course`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Connection
from sqlalchemy.schema import DropTable

from pipeline.company import Company
from pipeline.findings import Audience
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.plan import ActiveRule
from pipeline.hygiene.process import process_problems
from pipeline.hygiene.rule_settings import BuiltInRules
from pipeline.nudging import is_about_close_dates
from pipeline.records import Category
from pipeline.rule_course import CourseOfRule, DayOfCourse, FoundDeal, Reader, Verdict
from pipeline.rule_trial import Course, LeftOut
from storage.field_history import fields_known_since, find_past_fields, forget_past_fields
from storage.hygiene import ask_hygiene
from storage.hygiene_columns import HygieneQuestion, twin_table
from storage.hygiene_people import Staff, read_staff
from storage.hygiene_scan import ROWS_A_FETCH, applies_in, asking_statement, is_broken_in, mask_of
from storage.hygiene_twins import find_twins
from storage.mirror import MirrorState, pulled_state
from storage.past_readers import PastReaders, read_past_readers, read_put_offs
from storage.rule_facts import Knowledge, NotMirrored, knowledge_of
from storage.scales import Scales, read_scales

OPERATIONS = "operations"
"""Stands for sales operations among those who would have been asked."""
_HISTORY = "OpportunityHistory"
_ReaderOn = Callable[[str, date], Reader | None]


@dataclass(frozen=True)
class Replayed:
    """What became of one rule."""

    course: Course | None
    left_out: LeftOut | None
    rebuilt_before: date | None
    notices: tuple[str, ...]


def replay_rules(
    connection: Connection,
    company: Company,
    definition: HygieneDefinition,
    rules: Collection[str],
    *,
    days: Sequence[date],
    wait_days: int,
    asks_of: Callable[[str, bool], bool],
    asked_by_us: Mapping[str, Collection[int]],
) -> Mapping[str, Replayed]:
    """What these rules of a definition would have done on these days, which stand in order.

    A rule that asks about something that is not known for any of them is asked on the day of the last pull.
    `asks_of`: whether a rule asks people, from its name and whether it is set to nudge. `asked_by_us`:
    by rule, the deals about which we did ask. Raises `NothingPulled` before the first pull and
    `PeriodMissing` for a day outside the calendar.
    """
    state = pulled_state(connection)
    scales = read_scales(connection, company.definitions)
    put_offs = read_put_offs(connection, rules, company.definitions.calendar.zone)
    replay = _Replay(
        connection=connection,
        company=company,
        definition=_only(definition, rules),
        state=state,
        scales=scales,
        staff=read_staff(connection),
        followed=fields_known_since(connection),
        asks_of=asks_of,
        readers=read_past_readers(connection, company, scales.calendar, days),
        courses={name: CourseOfRule(wait_days, asked_by_us.get(name, ()), put_offs[name]) for name in rules},
    )
    return replay.run(days)


def _only(definition: HygieneDefinition, rules: Collection[str]) -> HygieneDefinition:
    """The definition with these rules alone, switched on even where they are off."""
    built_in = {
        name: definition.rules.of(name).model_copy(update={"enabled": name in rules})
        for name in BuiltInRules.model_fields
    }
    custom = [rule.model_copy(update={"enabled": True}) for rule in definition.custom if rule.name in rules]
    return definition.model_copy(
        update={"rules": definition.rules.model_copy(update=built_in), "custom": tuple(custom)}
    )


@dataclass
class _Replay:
    connection: Connection
    company: Company
    definition: HygieneDefinition
    state: MirrorState
    scales: Scales
    staff: Staff
    followed: Mapping[str, int]
    asks_of: Callable[[str, bool], bool]
    readers: PastReaders
    courses: Mapping[str, CourseOfRule]
    _known: dict[str, Knowledge] = field(default_factory=dict)
    _notices: dict[str, dict[str, None]] = field(default_factory=dict)
    """By rule, each once and in order."""
    _replayed: set[str] = field(default_factory=set)

    def run(self, days: Sequence[date]) -> Mapping[str, Replayed]:
        for day in days:
            self._ask_day(day, self.courses, self.readers.reader)
        unasked = self.courses.keys() - self._replayed
        if unasked:
            self._ask_day(date.fromordinal(self._today), unasked, self.readers.reader_on_any_day)
        forget_past_fields(self.connection)
        self.connection.execute(DropTable(twin_table, if_exists=True))
        return {name: self._result(name, days[0] if days else None) for name in self.courses}

    def _ask_day(self, day: date, names: Collection[str], reader: _ReaderOn) -> None:
        question = ask_hygiene(
            self.connection,
            as_of=day,
            generation=self.state.generation,
            definition=self.definition,
            definitions=self.company.definitions,
            calendar=self.scales.calendar,
            capabilities=self.state.capabilities,
            rates=self.scales.rates,
        )
        for notice in question.plan.notices:
            self._note(notice.rule, notice.unasked_because or notice.says)
        rules = tuple(
            rule for rule in question.plan.rules if rule.name in names and self._is_known(rule, day)
        )
        if not rules:
            return
        fields = frozenset[str]().union(*(self._known[rule.name].fields for rule in rules))
        past = find_past_fields(self.connection, day.toordinal(), fields)
        question = replace(question, plan=replace(question.plan, rules=rules), past_fields=past)
        find_twins(self.connection, question)
        self._scan(question, day, reader)

    def _is_known(self, rule: ActiveRule, day: date) -> bool:
        found = knowledge_of(rule, self.definition, self.followed, self._today)
        if isinstance(found, NotMirrored):
            self._note(
                rule.name,
                f"No pull has brought {found.field} yet, so the rule cannot be asked: with the rule in the "
                "configuration the next pull brings it.",
            )
            return False
        self._known[rule.name] = found
        since = self._since(rule.name)
        return since is None or day.toordinal() >= since

    def _since(self, rule: str) -> int | None:
        """The first day that can be replayed: without the CRM's history none before the first pull."""
        since = self._known[rule].since
        if _HISTORY in self.state.capabilities.tables:
            return since
        return max(since or 0, self.state.first_pull_day or 0)

    @property
    def _today(self) -> int:
        """The day of the last pull."""
        return self.state.measured_day or 1

    def _scan(self, question: HygieneQuestion, day: date, reader: _ReaderOn) -> None:
        rules = [(place, rule, self.courses[rule.name]) for place, rule in enumerate(question.plan.rules)]
        applicable, broken = Counter[str](), Counter[str]()
        for _, rule, course in rules:
            self._replayed.add(rule.name)
            about_close_dates = is_about_close_dates(rule.name, rule.fixes)
            course.begin(DayOfCourse(day, about_close_dates, lambda person: reader(person, day)))
        rows = self.connection.execute(
            asking_statement(question), execution_options={"yield_per": ROWS_A_FETCH}
        )
        for number, owner, category, owner_since, *words in rows:
            mask = mask_of(words)
            for place, rule, course in rules:
                applicable[rule.name] += applies_in(mask, place)
                if not is_broken_in(mask, place):
                    course.see(number, Verdict.KEPT if applies_in(mask, place) else Verdict.LEFT_ALONE)
                    continue
                broken[rule.name] += 1
                since = None if owner_since is None else date.fromordinal(owner_since)
                asked = self._asked(rule.audience, owner)
                course.find(FoundDeal(number, asked, Category(category), since))
        problems = {one.rule for one in process_problems(self.definition, applicable, broken)}
        for _, rule, course in rules:
            asks = rule.audience is Audience.OWNER and self.asks_of(rule.name, rule.nudges)
            course.end(asks=asks, is_process_problem=rule.name in problems)

    def _asked(self, audience: Audience, owner: int | None) -> str | None:
        """Id of the person to whom a rule with that audience speaks."""
        if audience is Audience.OPERATIONS:
            return OPERATIONS
        person = self.staff.owner(owner)
        if person is None or audience is Audience.OWNER:
            return None if person is None else person.id
        return self.staff.hierarchy.managers.get(person.id)

    def _note(self, rule: str, says: str) -> None:
        self._notices.setdefault(rule, {})[says] = None

    def _result(self, rule: str, first: date | None) -> Replayed:
        known = self._known.get(rule)
        since = None if known is None else self._since(rule)
        is_cut = first is not None and since is not None and first.toordinal() < since
        return Replayed(
            course=self.courses[rule].course(self._name_of) if rule in self._replayed else None,
            left_out=LeftOut(date.fromordinal(since or 1), self._because(rule)) if is_cut else None,
            rebuilt_before=None if is_cut or known is None else self._first_pull_after(first),
            notices=tuple(self._notices.get(rule, ())),
        )

    def _because(self, rule: str) -> str:
        known = self._known[rule]
        return known.because if known.since == self._since(rule) else "what deals were"

    def _first_pull_after(self, day: date | None) -> date | None:
        """The day of the first pull where that is later: before it, the CRM's history tells."""
        first_pull = self.state.first_pull_day
        if day is None or first_pull is None or day.toordinal() >= first_pull:
            return None
        return date.fromordinal(first_pull)

    def _name_of(self, id: str) -> str:
        return "Sales operations" if id == OPERATIONS else self.staff.hierarchy.names.get(id, id)
