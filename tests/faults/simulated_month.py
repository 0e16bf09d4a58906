"""A month of the whole product: every job on its own times, delivery, and people who act on what they read.

The clock is the test's, and goes on by a tick. Everything else is real but the chat, which is kept in memory.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.app import Council, open_council, open_desk
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.job_runner import JobRunner
from bot.job_table import JOBS
from bot.job_work import Work, do_work
from bot.settings import load_settings
from handlers.asking import Clicked, Typed, Where
from jobs.job import JobRun, Outcome
from jobs.pull import pull_on_schedule
from messages.render.terminal import render_text
from messages.reply import Reply
from storage.database import reading
from storage.digests import read_digest
from tests.bot.fake_surface import FakeSurface, Said
from tests.bot.scheduled_company import Clock
from tests.faults.month_company import ANA, CHO, DEE, ELI, OLGA, SVEN, MonthCompany, Person

HALF_AN_HOUR = timedelta(minutes=30)
DAYS = 31
PAUSE = range(11, 18)
"""Days of the month on which Cho is away."""


@dataclass
class SimulatedMonth:
    """One company, from its first midnight on."""

    company: MonthCompany
    surface: FakeSurface = field(default_factory=FakeSurface)
    acts: list[str] = field(default_factory=list)
    """What people did, and what they were answered in a word."""
    tick: timedelta = HALF_AN_HOUR
    down: Mapping[date, time] = field(default_factory=dict)
    """Days on which the program stands still from midnight until a time."""
    read: int = 0
    is_new: bool = True
    """Whether the exports are others than those that were pulled."""

    def __post_init__(self) -> None:
        self.council: Council = open_council(load_settings(self.company.write_configuration(), {}))
        self.zone = ZoneInfo(self.company.zone)
        self.clock = Clock(datetime.combine(self.company.first, time(), self.zone).astimezone(UTC))
        self.jobs = {**JOBS, "pull": replace(JOBS["pull"], run=self._pull)}
        self.runner = JobRunner(self.council, self.clock, jobs=self.jobs, work=self._work())
        self.delivery = Delivery(self.council.engine, self.surface, self.clock, self.council.company)

    @property
    def today(self) -> date:
        return self.clock.now.astimezone(self.zone).date()

    def live(self, days: int = DAYS) -> None:
        """Tick by tick, until so many days of the company's calendar have passed."""
        self.runner.register()
        end = datetime.combine(self.company.first + timedelta(days=days), time(), self.zone)
        written = None
        with asyncio.Runner() as loop:
            while self.clock.now < end:
                if written != self.today:
                    written, self.is_new = self.today, True
                    self.company.write_exports(self.today)
                if self._is_down():
                    self.clock.now += self.tick
                    continue
                self._run_what_is_due()
                loop.run(self.delivery.deliver_due())
                self._act_on_new_letters()
                self.clock.now += self.tick

    def _is_down(self) -> bool:
        until = self.down.get(self.today)
        return until is not None and self.clock.now.astimezone(self.zone).time() < until

    def _run_what_is_due(self) -> None:
        while due := self.runner.due_jobs():
            for name in due:
                self.runner.run_due(name)

    def _work(self) -> Work:
        return lambda job, now, stop: do_work(self.council, job, now).says

    def _pull(self, run: JobRun) -> Outcome:
        """Every quarter of an hour it is looked; what is the same as before is not read again."""
        if not self.is_new:
            return Outcome("nothing new in the CRM")
        outcome = pull_on_schedule(run)
        self.is_new = False
        return outcome

    # --- People -----------------------------------------------------------------------------------

    def _act_on_new_letters(self) -> None:
        new, self.read = self.surface.said[self.read :], len(self.surface.said)
        for letter in new:
            for event, act in enumerate(self._reactions(letter)):
                act_id = f"{letter.key}:{event}"
                self.acts.append(f"{letter.key} {_first_words(act(act_id))}")
                assert act(act_id).note, "a repeated event is answered in passing, and does nothing"

    def _reactions(self, letter: Said) -> Iterator[Callable[[str], Reply]]:
        """Ana mends all that she can with a date, Dee and Eli the first; Ben and Fay never do."""
        if letter.key.startswith("digest:"):
            for person, most in ((ANA, 99), (DEE, 1), (ELI, 1)):
                if letter.audience == f"@{person.id}":
                    yield from self._dates(person, letter, most)
            if letter.audience == f"@{CHO.id}" and self._day < PAUSE.start:
                until = self.company.first + timedelta(days=PAUSE.stop - 1)
                yield self._asking(CHO, Typed(f"/pause until {until}"), letter)
        if re.fullmatch(r"council:[^:]+:[^:]+", letter.key):  # the head, and none of the rows
            due = self.today + timedelta(days=4)
            line = f'/action spiff EMEA coverage "Push {self.today:%-d %B}" @ana by {due} cost 5000'
            yield self._asking(SVEN, Typed(line), letter)
        if letter.key.startswith("preparation:") and letter.audience == f"@{SVEN.id}":
            yield self._asking(
                SVEN, Typed('/council context EMEA coverage "Two large deals slipped."'), letter
            )
        if letter.key.startswith("delivery"):
            yield self._asking(OLGA, Typed("/outbox"), letter)

    def _dates(self, person: Person, letter: Said, most: int) -> Iterator[Callable[[str], Reply]]:
        with reading(self.council.engine) as connection:
            digest = read_digest(connection, letter.key)
        wanted = self.today + timedelta(days=40)
        about = [
            item.opportunity_id
            for item in digest.open_items
            if {one.rule for one in item.findings} & {"close_date_past", "close_date_missing"}
        ]
        for deal in about[:most]:
            yield self._asking(person, Clicked("fix_date", deal, wanted.isoformat()), letter)

    def _asking(self, who: Person, question: Typed | Clicked, letter: Said) -> Callable[[str], Reply]:
        dispatch = Dispatch(open_desk(self.council, self.clock.now), self.clock)
        where = Where("fake", letter.audience, message_key=letter.key, thread_key=letter.key)
        return lambda event: dispatch.answer(who.email, question, where, event)

    @property
    def _day(self) -> int:
        return (self.today - self.company.first).days


def _first_words(reply: Reply) -> str:
    words = reply.note or " ".join(render_text(card, 200) for card in reply.cards) or repr(reply.form)
    return " ".join(words.split())[:200]
