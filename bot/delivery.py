"""Sends the outbox: each message once, at the surface's pace, and whatever changed in its place.

Database calls run in worker threads; the surface is asked on the event loop. A message is claimed right
before it is sent. Where its fate is in doubt it is looked up, never sent again blindly; where the surface
cannot look up, sales operations decide (docs/decisions/0008-exactly-once.md).
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from bot.delivery_attempt import Attempted, Doubtful, NotThere, Postponed, Refused, Shown, attempt
from bot.delivery_reports import report_access, report_doubt, report_failure
from bot.surface import AccessRefused, Surface, TryLater, Waits
from pipeline.company import Company
from pipeline.message_budget import MessageBudget
from pipeline.people import People, build_people
from storage import chat_access
from storage import outbox_outcomes as outcomes
from storage.database import Connection, Engine, reading, writing
from storage.outbox_claims import Claim, Claimant, Task, claim_letter, is_anything_due
from storage.outbox_pace import WORKSPACE, end_pause, pause
from storage.people import people_of, read_people

logger = structlog.get_logger()

LOOK_AFTER = timedelta(seconds=10)
"""Until a message that may have arrived can be found, if it did."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
POLL_SECONDS = 0.25
RECOVERY_SECONDS = 5.0
WORKERS = 4
"""Conversations that are spoken to at the same time: one slow answer holds up no other."""


class Delivery:
    """Delivers to one surface. Any number of processes may do so over one database."""

    def __init__(
        self, engine: Engine, surface: Surface, clock: Callable[[], datetime], company: Company
    ) -> None:
        """`clock` gives the present moment, with a time zone."""
        self._engine = engine
        self._surface = surface
        self._clock = clock
        self._company = company
        budget = MessageBudget(company.nudges.messages_per_week, company.definitions.calendar.timezone)
        self._claimant = Claimant(secrets.token_hex(8), surface.name, surface.tenant, surface.pace, budget)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until asked to stop; what is on its way then is brought to its end."""
        is_new = True
        while not stop.is_set():
            seconds = POLL_SECONDS
            try:
                if is_new:
                    await asyncio.to_thread(self._ask_for_access_again)
                    is_new = False
                if await self._deliver(stop):  # there may be more, and only the pace is in its way
                    seconds = min(POLL_SECONDS, self._surface.pace.in_workspace.total_seconds())
            except Exception:  # the database is away, say: what was claimed is looked up when it is back
                logger.exception("delivery_failed", surface=self._surface.name)
                seconds = RECOVERY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

    async def deliver_due(self) -> int:
        """Deliver what is due now, as far as the pace allows; how many messages were posted or changed."""
        return await self._deliver(asyncio.Event())

    async def _deliver(self, stop: asyncio.Event) -> int:
        """A worker that fails lets the others end what they have in hand, before its error is raised.

        Most of the time nothing is due: that is one look, not one of each worker."""
        if not await asyncio.to_thread(self._is_anything_due):
            return 0
        workers = [self._work(stop) for _ in range(WORKERS)]
        ended = await asyncio.gather(*workers, return_exceptions=True)
        for result in ended:
            if isinstance(result, BaseException):
                raise result
        return sum(result for result in ended if isinstance(result, int))

    async def _work(self, stop: asyncio.Event) -> int:
        shown = 0
        while not stop.is_set() and (claim := await asyncio.to_thread(self._claim)) is not None:
            begun = self._clock()
            attempted = await attempt(self._surface, claim, begun)
            await asyncio.to_thread(self._settle, claim, attempted, begun)
            shown += isinstance(attempted, Shown) and claim.task is not Task.FIND
        return shown

    def _claim(self) -> Claim | None:
        if not self._is_anything_due():
            return None
        with writing(self._engine) as connection:
            return claim_letter(connection, self._claimant, self._clock())

    def _is_anything_due(self) -> bool:
        with reading(self._engine) as connection:
            return is_anything_due(connection, self._claimant, self._clock())

    def _ask_for_access_again(self) -> None:
        """Who starts us has perhaps just mended why we were refused: nobody has to wait for the pause."""
        with writing(self._engine) as connection:
            if chat_access.is_refused(connection, self._surface.name):
                end_pause(connection, self._surface.name, WORKSPACE)

    # --- What came of it --------------------------------------------------------------------------

    def _settle(self, claim: Claim, attempted: Attempted, begun: datetime) -> None:
        """One transaction; people are read before it, where somebody may have to be told."""
        in_trouble = isinstance(attempted, Refused | Doubtful)
        people = read_people(self._engine) if in_trouble else build_people(())
        now = self._clock()
        with writing(self._engine) as connection:
            match attempted:
                case Shown(message=message):
                    self._record_shown(connection, claim, message, now)
                case NotThere():
                    outcomes.mark_not_posted(connection, claim, now)
                case Postponed(asked=AccessRefused() as refused):
                    self._wait_for_access(connection, claim, refused, now)
                case Postponed(asked=later):
                    self._put_off(connection, claim, later, now)
                case Refused(reason=reason):
                    self._refuse(connection, claim, reason, people, now)
                case Doubtful(reason=reason):
                    self._doubt(connection, claim, reason, people, now)
                case _:
                    assert_never(attempted)
            if isinstance(attempted, Shown):
                self._report_access(connection, begun, now)

    def _report_access(self, connection: Connection, begun: datetime, now: datetime) -> None:
        """Where the platform had refused us, operations hear what waited, by the platform that lets us in."""
        ended = chat_access.end_refusal(connection, self._surface.name, begun, now)
        if ended is not None:
            logger.info("chat_access_regained", surface=ended.surface, since=ended.since.isoformat())
            report_access(connection, ended, self._company, people_of(connection), now)

    def _record_shown(self, connection: Connection, claim: Claim, message: str, now: datetime) -> None:
        if claim.task is Task.UPDATE:
            outcomes.mark_updated(connection, claim, message)
        else:
            outcomes.mark_posted(connection, claim, message, now)

    def _put_off(self, connection: Connection, claim: Claim, later: TryLater, now: datetime) -> None:
        until = now + (later.after or _back_off(claim.attempts))
        outcomes.put_off(connection, claim, until, later.reason)
        if later.waits is not Waits.MESSAGE:
            scope = WORKSPACE if later.waits is Waits.WORKSPACE else claim.to.audience
            pause(connection, self._surface.name, scope, until)

    def _wait_for_access(
        self, connection: Connection, claim: Claim, refused: AccessRefused, now: datetime
    ) -> None:
        """Everything waits; this message no longer than the others, should access be there before."""
        outcomes.put_off(connection, claim, now, refused.reason)
        pause(connection, self._surface.name, WORKSPACE, now + (refused.after or LONGEST_PAUSE))
        if chat_access.note_refusal(connection, self._surface.name, refused.reason, now):
            logger.error("chat_access_refused", surface=self._surface.name, reason=refused.reason)

    def _doubt(
        self, connection: Connection, claim: Claim, reason: str, people: People, now: datetime
    ) -> None:
        """A post may stand there or not; a change or a look can simply be tried again."""
        if claim.task is Task.UPDATE or (claim.task is Task.FIND and self._surface.can_look_up):
            outcomes.put_off(connection, claim, now + _back_off(claim.attempts), reason)
        elif self._surface.can_look_up:
            outcomes.look_later(connection, claim, now + LOOK_AFTER, reason)
        else:
            self._give_up_looking(connection, claim, reason, people, now)

    def _refuse(
        self, connection: Connection, claim: Claim, reason: str, people: People, now: datetime
    ) -> None:
        logger.warning("delivery_refused", key=claim.key, surface=self._surface.name, task=claim.task.value)
        if claim.task is Task.FIND:
            self._give_up_looking(connection, claim, reason, people, now)
            return
        outcomes.mark_failed(connection, claim, reason)
        if claim.task is Task.POST:  # a message that cannot be changed was deleted, which is people's to do
            report_failure(connection, claim, reason, self._company, people, now)

    def _give_up_looking(
        self, connection: Connection, claim: Claim, reason: str, people: People, now: datetime
    ) -> None:
        outcomes.mark_unknown(connection, claim, reason, now)
        report_doubt(connection, claim, reason, self._company, people, now)


def _back_off(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s, ..., at most a quarter of an hour."""
    doubled: timedelta = FIRST_PAUSE * (1 << min(max(attempts, 1) - 1, 10))
    return min(doubled, LONGEST_PAUSE)
