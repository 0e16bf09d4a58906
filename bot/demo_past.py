"""What has happened at the demo company before somebody comes in: its last weeks, by the real jobs.

Every job runs as of each of its times in those weeks, and what it wants said is delivered at that time;
in between people say what they would say. Nothing is put into the room that the product does not make.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.demo_talk import Line, lines_after_council, words_before_council
from bot.dispatch import Dispatch
from bot.job_table import JOBS
from bot.job_work import WorkFailed, do_work
from bot.preview.room import Guest, Message, Place, Room, direct_message
from bot.preview.surface import PreviewSurface
from bot.preview.talk import Talk
from pipeline.council_days import next_council
from pipeline.past_scores import FOUR_WEEKS_AGO, WEEK_AGO
from pipeline.schedule import Interval, Slot, slots_between
from storage.hygiene_reading import store_scores_of_past_day
from storage.mirror import move_measured_day, read_mirror

logger = structlog.get_logger()

DAYS_BACK = {
    "council_freeze": 21,
    "council_prepare": 21,
    "council": 21,
    "council_recap": 21,
    "measure_actions": 21,
    "remind": 21,
    "manager_digest": 8,
    "nudge": 5,
    "escalate": 5,
}
"""How far back each job is run, in days; the others have nothing to say. Three weeks hold three councils
on whichever day somebody comes in, so that the last one sees what became of an action of the first."""
MINUTES_APART = 60
"""Jobs that look every few minutes look every hour here: a morning lasts longer than that."""
AFTER_COUNCIL = timedelta(minutes=50)


@dataclass(frozen=True)
class Run:
    """One job at one of its times."""

    at: datetime
    job: str


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
        self._talk = Talk(room, Dispatch(desk, clock).answer)

    async def tell(self, until: datetime, progress: Callable[[int, int], None]) -> None:
        """`progress` is told how many of how many runs are done."""
        await asyncio.to_thread(self._remember_scores, until)
        councils = 0
        runs = list(past_runs(self._council, until))
        for number, run in enumerate(runs):
            progress(number, len(runs))
            self._clock.now = run.at
            before = self._posts()
            if run.job == "council" and self._is_council_day(run.at):
                await self._speak_before(councils + 1, run.at)
            await self._run(run)
            if run.job == "council" and (posts := self._posts()[len(before) :]):
                councils += 1
                await self._speak_after(councils, posts, run.at)
        self._clock.now = until

    def _remember_scores(self, until: datetime) -> None:
        """Those that trends begin with: nothing was measured here in earlier weeks."""
        council = self._council
        today = until.astimezone(council.settings.calendar.zone).date()
        for ago in (FOUR_WEEKS_AGO, WEEK_AGO):
            store_scores_of_past_day(council.engine, council.company, today - ago)

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

    def _is_council_day(self, at: datetime) -> bool:
        company = self._council.company
        day = at.astimezone(self._council.settings.calendar.zone).date()
        return next_council(company.council.weekday, company.working_days, day) == day

    async def _speak_before(self, council: int, at: datetime) -> None:
        """The owner's word, to the bot alone."""
        if (said := words_before_council(council)) is not None and said[0] in self._guests:
            owner, words = self._guests[said[0]], said[1]
            await self._talk.say(owner, Place(direct_message(owner.id)), words, f"demo:{at.date()}:word")

    async def _speak_after(self, council: int, posts: Sequence[Message], at: datetime) -> None:
        day = at.astimezone(self._council.settings.calendar.zone).date()
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
    ]
    order = list(DAYS_BACK)
    yield from sorted(runs, key=lambda run: (run.at, order.index(run.job)))


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
