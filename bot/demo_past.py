"""What has happened at the demo company before somebody comes in: its last weeks, by the real jobs.

Every job runs as of each of its times in those weeks, and what it wants said is delivered at that time;
in between people say what they would say. Nothing is put into the room that the product does not make.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count

import structlog

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.demo_talk import (
    DAYS_TO_DO,
    Errand,
    Line,
    earlier_errands,
    lines_after_council,
    words_before_council,
)
from bot.dispatch import Dispatch
from bot.job_table import JOBS
from bot.job_work import WorkFailed, do_work
from bot.preview.room import Guest, Message, Place, Room, direct_message
from bot.preview.surface import PreviewSurface
from bot.preview.talk import Talk
from handlers.asking import Clicked, Typed
from messages.action import DONE
from pipeline.actions import UNFINISHED
from pipeline.council_days import is_before_council, next_council
from pipeline.schedule import Interval, Slot, slots_between, weekday_of
from storage.actions import read_actions
from storage.apm import store_tables
from storage.database import reading
from storage.hygiene_reading import forget_findings, store_hygiene
from storage.mirror import move_measured_day, read_mirror
from storage.scales import read_calendar

logger = structlog.get_logger()

DAYS_BACK = {
    "council_freeze": 21,
    "council_prepare": 21,
    "council": 21,
    "council_recap": 21,
    "measure_actions": 21,
    "remind": 21,
    "manager_digest": 8,
    "nudge": 35,
    "escalate": 5,
}
"""How far back each job is run, in days; the others have nothing to say. Three weeks hold three councils
on whichever day somebody comes in, so that the last one sees what became of an action of the first. What
was asked two weeks ago and is open still counts against its rule."""
EVERY_DIGEST_DAYS = 5
"""So far back each digest is sent."""
FIRST_DIGEST_WEEKS = (2, 4)
"""Of these weeks ago the first digest is sent: one of them lies away from the turn of a quarter, when little
is asked."""
MEASURED_DAYS_AGO = (36, 28, 7, 4, 3, 1)
"""Beside the days on which councils are prepared. Trends compare with a week and with four weeks ago."""
MINUTES_APART = 180
"""Jobs that look every few minutes look this often here: a morning lasts longer than that."""
AROUND_THE_WORLD = (timedelta(hours=-12), timedelta(hours=14))
AFTER_COUNCIL = timedelta(minutes=50)
FOUR_WEEKS = timedelta(weeks=4)
EVENING = time(17)
"""At headquarters: when errands are run, after the council of the day."""


@dataclass(frozen=True)
class Run:
    """One job at one of its times."""

    at: datetime
    job: str


@dataclass(frozen=True)
class Scene:
    """Something that happens at a moment."""

    at: datetime
    play: Callable[[], Awaitable[None]]


@dataclass
class Clock:
    """The moment at which the past has arrived."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class DemoPast:
    """Tells the past once, in the order in which it happened."""

    def __init__(self, council: Council, room: Room, guests: Sequence[Guest], clock: Clock) -> None:
        """`clock` is moved to each moment that is told; the room's own clock should be the same."""
        self._council = council
        self._room = room
        self._guests = {guest.id: guest for guest in guests}
        self._clock = clock
        self._delivery = Delivery(council.engine, PreviewSurface(room), clock, council.company)
        desk = open_desk(council, clock.now)
        self._answer = Dispatch(desk, clock).answer
        self._talk = Talk(room, self._answer)

    async def tell(self, until: datetime, progress: Callable[[int, int], None]) -> None:
        """`progress` is told how many of how many scenes are done."""
        await asyncio.to_thread(forget_findings, self._council.engine)
        scenes = sorted(self._scenes(until), key=lambda scene: scene.at)
        for number, scene in enumerate(scenes):
            progress(number, len(scenes))
            self._clock.now = scene.at
            await scene.play()
        self._clock.now = until
        await self._measure(self._day_of(until))

    def _scenes(self, until: datetime) -> Iterator[Scene]:
        """What happens, of one moment in this order."""
        today = self._day_of(until)
        runs = list(past_runs(self._council, until))
        first_council = next(
            (
                self._day_of(run.at)
                for run in runs
                if run.job == "council" and self._is_council_day(self._day_of(run.at))
            ),
            today,
        )
        ago = {today - timedelta(days=days) for days in MEASURED_DAYS_AGO}
        prepared = {self._day_of(run.at) for run in runs if self._is_preparation(run)}
        for day in sorted(ago | prepared):
            yield Scene(self._at(day, time(0, 30)), partial(self._measure, day))
        for errand in earlier_errands(self._day_of_campaign(first_council), today):
            yield Scene(self._at(errand.day, EVENING), partial(self._run_errand, errand))
            finished = errand.day + timedelta(days=DAYS_TO_DO)
            finish = partial(self._finish_what_is_due, errand.speaker, finished)
            yield Scene(self._at(finished, EVENING), finish)
        councils = count(1)
        for run in runs:
            if run.job == "council" and self._is_council_day(self._day_of(run.at)):
                yield Scene(run.at, partial(self._hold_council, next(councils), run.at))
            else:
                yield Scene(run.at, partial(self._run, run))

    def _day_of_campaign(self, first_council: date) -> date:
        """A day of which the ledger can tell by now: two and four weeks later it was the same quarter."""
        with reading(self._council.engine) as connection:
            calendar = read_calendar(connection, self._council.company.definitions)
        is_of_this_quarter = first_council > calendar.period_of(self._day_of(self._clock.now)).start
        return first_council if is_of_this_quarter else first_council - FOUR_WEEKS

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self._council.settings.calendar.zone)

    def _day_of(self, at: datetime) -> date:
        return at.astimezone(self._council.settings.calendar.zone).date()

    async def _measure(self, day: date) -> None:
        """What a pull of that day would have measured, as versions tell it."""
        engine, company = self._council.engine, self._council.company
        await asyncio.to_thread(store_tables, engine, company, day)
        await asyncio.to_thread(store_hygiene, engine, company, day)
        await asyncio.to_thread(move_measured_day, engine, day)

    async def _run_errand(self, errand: Errand) -> None:
        """At the command line: in the room only what comes of it is seen."""
        with _measured_as_of(self._council, errand.day - timedelta(days=1)):
            await asyncio.to_thread(self._answer, errand.speaker, Typed(errand.words))
        await self._delivery.deliver_due()

    async def _finish_what_is_due(self, speaker: str, day: date) -> None:
        """What somebody assigned and what is due by now is done."""
        with reading(self._council.engine) as connection:
            actions = read_actions(connection, involved=[speaker], statuses=UNFINISHED)
        for action in actions:
            if action.due <= day:
                await asyncio.to_thread(self._answer, speaker, Clicked(DONE, str(action.no)))
        await self._delivery.deliver_due()

    async def _hold_council(self, number: int, at: datetime) -> None:
        before = self._posts()
        await self._speak_before(number, at)
        await self._run(Run(at, "council"))
        if posts := self._posts()[len(before) :]:
            await self._speak_after(number, posts, at)

    async def _run(self, run: Run) -> None:
        try:
            await asyncio.to_thread(do_work, self._council, JOBS[run.job], run.at)
        except WorkFailed as failure:
            logger.warning("demo_job_failed", job=run.job, at=run.at.isoformat(), reason=str(failure))
        await self._delivery.deliver_due()

    def _posts(self) -> list[Message]:
        """What stands in the council's channels, as whoever is in them sees it."""
        member = next((guest for guest in self._guests.values() if guest.channels), None)
        if member is None:
            return []
        return [one for one in self._room.messages_for(member) if one.conversation.startswith("#")]

    def _is_council_day(self, day: date) -> bool:
        company = self._council.company
        return next_council(company.council.weekday, company.working_days, day) == day

    def _is_preparation(self, run: Run) -> bool:
        company = self._council.company
        weekday, working_days = company.council.weekday, company.working_days
        is_before = is_before_council(weekday, working_days, self._day_of(run.at))
        return run.job == "council_prepare" and is_before

    async def _speak_before(self, council: int, at: datetime) -> None:
        """The owner's word, to the bot alone."""
        if (said := words_before_council(council)) is not None and said[0] in self._guests:
            owner, words = self._guests[said[0]], said[1]
            await self._talk.say(owner, Place(direct_message(owner.id)), words, f"demo:{at.date()}:word")

    async def _speak_after(self, council: int, posts: Sequence[Message], at: datetime) -> None:
        day = self._day_of(at)
        for number, line in enumerate(lines_after_council(council, day)):
            self._clock.now = at + AFTER_COUNCIL + timedelta(minutes=4 * number)
            await self._speak(line, posts, day)
            await self._delivery.deliver_due()

    async def _speak(self, line: Line, posts: Sequence[Message], day: date) -> None:
        speaker = self._guests.get(line.speaker)
        head = next((post for post in posts if line.about in _title(post)), None)
        if speaker is None or head is None:
            return
        place = Place(head.conversation, head.thread or head.number)
        event = f"demo:{day}:{line.speaker}:{len(line.words)}"
        with _measured_as_of(self._council, day - timedelta(days=1)):
            await self._talk.say(speaker, place, line.words, event)


@contextmanager
def _measured_as_of(council: Council, day: date) -> Iterator[None]:
    """Whoever speaks in the past reads the figures of then: an action begins with those of its council."""
    measured = read_mirror(council.engine).measured_day
    move_measured_day(council.engine, day)
    try:
        yield
    finally:
        if measured is not None:
            move_measured_day(council.engine, date.fromordinal(measured))


def past_runs(council: Council, until: datetime) -> Iterator[Run]:
    """Every time of every job that is told of, the earliest first."""
    runs = [
        Run(slot.due, job)
        for job, days in DAYS_BACK.items()
        if job in JOBS
        for slot in _slots(council, job, until - timedelta(days=days), until)
        if job != "nudge" or _is_digest_told(council, slot.due, until)
    ]
    order = list(DAYS_BACK)
    yield from sorted(runs, key=lambda run: (run.at, order.index(run.job)))


def _is_digest_told(council: Council, at: datetime, until: datetime) -> bool:
    """Whether it is a digest's day anywhere in the world."""
    days, ago = council.company.nudges.days, until - at
    if ago > timedelta(days=EVERY_DIGEST_DAYS):
        days = days[:1] if ago.days // 7 in FIRST_DIGEST_WEEKS else ()
    return any(weekday_of((at + offset).date()) in days for offset in AROUND_THE_WORLD)


def _slots(council: Council, job: str, since: datetime, until: datetime) -> Sequence[Slot]:
    zone = council.settings.calendar.zone
    jobs = council.settings.jobs
    # What follows pulls is run once a day, as measuring is.
    schedule = jobs.schedule_of(job, zone) or jobs.schedule_of("measure", zone)
    if isinstance(schedule, Interval):
        schedule = replace(schedule, minutes=max(schedule.minutes, MINUTES_APART))
    return () if schedule is None else slots_between(schedule, since, until)


def _title(message: Message) -> str:
    return getattr(message.content, "title", "")
