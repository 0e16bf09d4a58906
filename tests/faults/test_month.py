"""A month of the whole product, both changes of clocks and a missing midnight among it: each thing once, and
in its time."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from sqlalchemy import Row, Table, select

from pipeline.action_copies import reminder_key
from pipeline.actions import CouncilAction
from pipeline.job_runs import RunState
from pipeline.letters import LetterState
from storage.actions import read_actions
from storage.chat_tables import audit, outbox
from storage.database import reading
from storage.edition_tables import edition
from storage.job_tables import job_run
from storage.nudge_tables import digest, digest_item
from tests.faults.month_company import ANA, CHO, PEOPLE, REPS, MonthCompany
from tests.faults.simulated_month import DAYS, HALF_AN_HOUR, PAUSE, SimulatedMonth

CAP = 3
DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


@dataclass(frozen=True)
class Month:
    """A company's month, and what its calendar leads to."""

    company: MonthCompany
    councils: tuple[date, ...]
    """In the month, each on its weekday or moved from a holiday."""
    tick: timedelta = HALF_AN_HOUR
    days: int = DAYS


def _october() -> Month:
    """Clocks are put back on Sunday, the 25th. A digest day and a council day are holidays. By the hour."""
    october = date(2026, 10, 1)
    holidays = (october.replace(day=13), october.replace(day=19))
    company = MonthCompany("Europe/Berlin", october, holidays, pull_minutes=120)
    return Month(company, tuple(october.replace(day=day) for day in (5, 12, 20, 26)), timedelta(hours=1))


def _late_october() -> Month:
    """The same from the second week on, so that it is quick enough to be lived through on each commit."""
    october = _october()
    company = replace(october.company, first=date(2026, 10, 8))
    return replace(october, company=company, councils=october.councils[1:], days=20)


def _march() -> Month:
    """Clocks are put forward on Sunday, the 8th; the quarter ends with the month."""
    march = date(2026, 3, 1)
    company = MonthCompany("America/New_York", march, (march.replace(day=17),))
    return Month(company, tuple(march.replace(day=day) for day in (2, 9, 16, 23, 30)))


def _september() -> Month:
    """Sunday, the 6th, begins at one o'clock."""
    september = date(2026, 9, 1)
    company = MonthCompany("America/Santiago", september, (september.replace(day=18),))
    return Month(company, tuple(september.replace(day=day) for day in (7, 14, 21, 28)))


def _april() -> Month:
    """Friday, the 24th, begins at one o'clock, and is the council's day."""
    april = date(2026, 4, 1)
    company = MonthCompany("Africa/Cairo", april, council_weekday="friday")
    return Month(company, (*(april.replace(day=day) for day in (3, 10, 17, 24)), date(2026, 5, 1)))


MONTHS = {
    "late october": _late_october,
    "october": _october,
    "march": _march,
    "september": _september,
    "april": _april,
}


@dataclass(frozen=True)
class Lived:
    """What is left of a month."""

    month: Month
    simulated: SimulatedMonth
    letters: list[Row[Any]] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return self.simulated.zone

    def rows(self, table: Table) -> list[Row[Any]]:
        with reading(self.simulated.council.engine) as connection:
            return list(connection.execute(select(table)))

    def sent(self, kind: str) -> list[Row[Any]]:
        return [one for one in self.letters if one.kind == kind and one.state == LetterState.SENT]

    def local(self, letter: Row[Any]) -> datetime:
        """When it was sent, on the reader's clock."""
        zones = {f"@{one.id}": one.zone for one in PEOPLE}
        zone = zones.get(letter.audience) or self.zone.key
        return datetime.fromtimestamp(letter.sent_at, ZoneInfo(zone))

    def days(self) -> list[date]:
        return [self.month.company.first + passed * DAY for passed in range(self.month.days)]

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.month.company.further_holidays


def _live(month: Month, folder: Path) -> Lived:
    company = replace(month.company, folder=folder)
    simulated = SimulatedMonth(company, tick=month.tick, down={month.councils[0]: time(11)})
    with structlog.testing.capture_logs() as logs:
        simulated.live(month.days)
    assert [one for one in logs if one["log_level"] != "info"] == []
    with reading(simulated.council.engine) as connection:
        letters = list(connection.execute(select(outbox).order_by(outbox.c.no)))
    return Lived(month, simulated, letters)


# --- The schedule ---------------------------------------------------------------------------------


def _every_slot_ran_once_and_nothing_is_stuck(lived: Lived) -> None:
    runs = lived.rows(job_run)
    assert {run.state for run in runs} <= {RunState.DONE, RunState.SKIPPED}
    assert all(run.attempts == 1 for run in runs if run.state == RunState.DONE)
    assert len({(run.job, run.slot) for run in runs}) == len(runs)
    interrupted = [run for run in runs if run.state == RunState.SKIPPED and run.job not in ("measure",)]
    assert interrupted == []


def _what_has_a_time_of_day_ran_on_each_of_its_days(lived: Lived) -> None:
    """On the day of the standstill too: late, and once."""
    done = Counter((run.job, run.slot[:10]) for run in lived.rows(job_run) if run.state == RunState.DONE)
    for job in ("council", "council_prepare", "council_recap", "measure_actions", "remind"):
        assert [done[job, day.isoformat()] for day in lived.days()] == [1] * lived.month.days, job
    assert [done["escalate", day.isoformat()] for day in lived.days()] == [
        int(day.weekday() < 5) for day in lived.days()
    ]
    for job, weekday in (("manager_digest", 0), ("retention", 6)):
        assert [done[job, day.isoformat()] for day in lived.days()] == [
            int(day.weekday() == weekday) for day in lived.days()
        ], job


# --- The council ----------------------------------------------------------------------------------


def _each_week_has_one_edition_of_the_day_before_its_council(lived: Lived) -> None:
    editions = sorted((row.day, row.as_of) for row in lived.rows(edition))
    assert editions == [(day.toordinal(), day.toordinal() - 1) for day in lived.month.councils]


def _each_council_is_posted_once_on_its_morning_and_recapped_in_the_evening(lived: Lived) -> None:
    posted = [lived.local(one) for one in lived.sent("council")]
    first, *others = lived.month.councils
    assert [moment.date() for moment in posted] == [first, *others]
    assert [moment.time() for moment in posted] == [time(11), *[time(9)] * len(others)]
    recapped = [lived.local(one) for one in lived.sent("recap")]
    assert [(moment.date(), moment.time()) for moment in recapped] == [
        (day, time(17)) for day in lived.month.councils
    ]


def _the_owners_of_cells_are_asked_on_the_working_day_before_each_council(lived: Lived) -> None:
    asked = {lived.local(one).date() for one in lived.sent("preparation")}
    expected = set()
    for council in lived.month.councils:
        day = council - DAY
        while not lived.is_working(day):
            day -= DAY
        expected.add(day)
    in_month = {day for day in expected if day >= lived.month.company.first}
    assert {day for day in asked if day < lived.month.councils[-1]} == in_month


# --- Messages -------------------------------------------------------------------------------------


def _a_digest_comes_on_a_digest_day_in_the_readers_own_morning(lived: Lived) -> None:
    digests = lived.sent("digest")
    assert {one.audience for one in digests} == {f"@{rep.id}" for rep in REPS}
    for one in digests:
        local = lived.local(one)
        assert WEEKDAYS[local.weekday()] in ("tue", "thu"), one.key
        assert local.date() not in lived.month.company.further_holidays, one.key
        assert time(8, 30) <= local.time() < time(12), one.key
    assert len({(one.audience, lived.local(one).date()) for one in digests}) == len(digests)


def _who_is_away_is_asked_nothing(lived: Lived) -> None:
    first = lived.month.company.first
    away = {first + passed * DAY for passed in PAUSE}
    told = [one for one in lived.letters if one.audience == f"@{CHO.id}" and one.sent_at and one.counts]
    assert [one.key for one in told if lived.local(one).date() in away] == []


def _nothing_that_nobody_asked_for_comes_in_quiet_hours(lived: Lived) -> None:
    told = [one for one in lived.letters if one.counts and one.state == LetterState.SENT]
    assert [one.key for one in told if not time(8) <= lived.local(one).time() < time(18)] == []


def _every_manager_hears_of_the_team_each_week_wherever_they_live(lived: Lived) -> None:
    """On Monday; where that is a holiday, on the next working day."""
    mondays = [_or_the_next_working_day(lived, day) for day in lived.days() if day.weekday() == 0]
    told = Counter((one.audience, lived.local(one).date()) for one in lived.sent("manager_digest"))
    assert set(told.values()) == {1}
    for manager in ("@005M", "@005N", "@005V"):
        assert [day for who, day in sorted(told) if who == manager] == mondays


def _or_the_next_working_day(lived: Lived, day: date) -> date:
    while not lived.is_working(day):
        day += DAY
    return day


def _nobody_gets_more_than_the_weeks_share(lived: Lived) -> None:
    weeks = Counter(
        (one.audience, lived.local(one).isocalendar()[:2])
        for one in lived.letters
        if one.counts and one.state == LetterState.SENT
    )
    assert max(weeks.values()) == CAP


def _every_letter_was_sent_or_held_for_a_reason_and_none_twice(lived: Lived) -> None:
    assert {one.state for one in lived.letters} <= {LetterState.SENT, LetterState.HELD}
    assert all(one.reason for one in lived.letters if one.state == LetterState.HELD)
    said = lived.simulated.surface.keys()
    assert len(said) == len(set(said))
    assert set(said) == {one.key for one in lived.letters if one.state == LetterState.SENT}
    assert all(one.shown_revision == one.revision for one in lived.letters if one.state == LetterState.SENT)


def _a_finding_is_asked_about_twice_at_most(lived: Lived) -> None:
    days = {row.key: row.day for row in lived.rows(digest)}
    asked = Counter((row.opportunity, one["rule"]) for row in lived.rows(digest_item) for one in row.findings)
    assert max(asked.values()) == 2
    assert len(days) == len([one for one in lived.letters if one.kind == "digest"])


# --- What people did ------------------------------------------------------------------------------


def _each_fix_counts_once_though_every_click_came_twice(lived: Lived) -> None:
    fixed = [act for act in lived.simulated.acts if "Close date" in act]
    assert len(fixed) > 15
    assert len([row for row in lived.rows(audit) if row.act == "fix_date"]) == len(fixed)
    assert [act for act in lived.simulated.acts if "did not work" in act] == []


def _each_council_opened_an_action_that_is_reminded_of_until_it_is_due(lived: Lived) -> None:
    with reading(lived.simulated.council.engine) as connection:
        actions = read_actions(connection)
    assert [action.opened_on for action in actions] == list(lived.month.councils)
    reminders = Counter(one.key for one in lived.letters if one.kind == "reminder")
    assert set(reminders.values()) == {1}
    last = lived.days()[-1]
    for action in actions:
        if action.due <= last:
            assert _reminded(lived, action) is not None, action


def _reminded(lived: Lived, action: CouncilAction) -> Row[Any] | None:
    """On the last working day until it is due."""
    day = action.due
    while not lived.is_working(day):
        day -= DAY
    key = reminder_key(action.no, day, ANA.id)
    return next((one for one in lived.letters if one.key == key), None)


def _each_action_was_measured_again_two_and_four_weeks_later(lived: Lived) -> None:
    with reading(lived.simulated.council.engine) as connection:
        actions = read_actions(connection)
    last = lived.days()[-1]
    for action in actions:
        passed = [weeks for weeks in (2, 4) if action.opened_on + timedelta(weeks=weeks) <= last]
        assert [measured.weeks for measured in action.measured] == passed


def _the_clock_was_moved_as_it_says(lived: Lived) -> None:
    first = datetime.combine(lived.month.company.first, time(), lived.zone)
    hours = (lived.simulated.clock.now - first.astimezone(UTC)) / timedelta(hours=1)
    assert hours == lived.month.days * 24 + {"Europe/Berlin": 1}.get(lived.zone.key, -1)


# --- All of it ------------------------------------------------------------------------------------

CHECKS = (
    _every_slot_ran_once_and_nothing_is_stuck,
    _what_has_a_time_of_day_ran_on_each_of_its_days,
    _each_week_has_one_edition_of_the_day_before_its_council,
    _each_council_is_posted_once_on_its_morning_and_recapped_in_the_evening,
    _the_owners_of_cells_are_asked_on_the_working_day_before_each_council,
    _a_digest_comes_on_a_digest_day_in_the_readers_own_morning,
    _who_is_away_is_asked_nothing,
    _nothing_that_nobody_asked_for_comes_in_quiet_hours,
    _every_manager_hears_of_the_team_each_week_wherever_they_live,
    _nobody_gets_more_than_the_weeks_share,
    _every_letter_was_sent_or_held_for_a_reason_and_none_twice,
    _a_finding_is_asked_about_twice_at_most,
    _each_fix_counts_once_though_every_click_came_twice,
    _each_council_opened_an_action_that_is_reminded_of_until_it_is_due,
    _each_action_was_measured_again_two_and_four_weeks_later,
    _the_clock_was_moved_as_it_says,
)


@pytest.mark.parametrize(
    "name", ["late october", *(pytest.param(name, marks=pytest.mark.slow) for name in list(MONTHS)[1:])]
)
def test_in_a_month_each_thing_happens_once_and_in_its_time(name: str, tmp_path: Path) -> None:
    """One test, for a month is too long to be lived through again for each thing that is looked at."""
    lived = _live(MONTHS[name](), tmp_path)
    for check in CHECKS:
        check(lived)
    lived.simulated.council.engine.dispose()
