"""Events that a process left behind when it died: each is taken up, once, by whichever process is there.

What had no effect is done now, what had one is answered, what was answered and perhaps never shown is told,
and what nobody can do any more is said to whoever asked. The answer is a letter, written in the transaction
that settles the event: it is never lost.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.answer_text import answer_from_text, answer_key, late_answer
from bot.dispatch import Dispatch
from bot.event_text import Happening, asker_from_text, event_from_text
from messages.card import Card
from messages.card_text import UnreadableCard, card_to_text
from messages.resumed import compose_done_before, compose_not_done
from pipeline.errors import CouncilError
from storage.database import reading, writing
from storage.deal_heads import read_deal_head
from storage.inbox import Unfinished, claim_unfinished, settle_event
from storage.outbox import Letter, put_letter, to_person
from storage.write_intents import read_saved_deal

logger = structlog.get_logger()

POLL_SECONDS = 60.0
TOO_OLD = timedelta(days=1)
"""Whoever asked for something two days ago has done it otherwise, and "by Friday" means another day."""
MOST_TIMES = 3
"""An event that has ended three processes ends no further one."""


class Resuming:
    """Takes up what was interrupted. Any number of processes may do so over one database."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._engine = dispatch.desk.engine

    async def run(self, stop: asyncio.Event) -> None:
        """At once and then every minute, until asked to stop. Where nothing may be changed it rests."""
        while not stop.is_set() and not self._dispatch.desk.is_read_only:
            try:
                while not stop.is_set() and await asyncio.to_thread(self.resume_next):
                    pass
            except Exception:  # the database is away: its lease out, an event is taken up again
                logger.exception("resuming_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    def resume_next(self) -> bool:
        """Take up the oldest event that nobody has in hand. False where there is none."""
        with writing(self._engine) as connection:
            waiting = claim_unfinished(connection, self._dispatch.clock())
        if waiting is None:
            return False
        logger.info("event_resumed", event_id=waiting.event, times=waiting.resumed)
        happening = _read(waiting)
        self._settle(waiting, happening, self._answer(waiting, happening))
        return True

    # --- What is told -----------------------------------------------------------------------------

    def _answer(self, waiting: Unfinished, happening: Happening | None) -> Sequence[Card]:
        if waiting.answer is not None:
            try:
                return answer_from_text(waiting.answer)
            except UnreadableCard:
                logger.exception("answer_unreadable", event_id=waiting.event)
        return self._done_before(waiting, happening) if waiting.was_done else self._do(waiting, happening)

    def _do(self, waiting: Unfinished, happening: Happening | None) -> Sequence[Card]:
        is_late = self._dispatch.clock() - waiting.received_at > TOO_OLD
        if happening is None or is_late or waiting.resumed > MOST_TIMES:
            return (compose_not_done(answer_key(waiting.event), asked=_words(happening)),)
        return late_answer(waiting.event, happening, self._dispatch.reply(happening, waiting.event))

    def _done_before(self, waiting: Unfinished, happening: Happening | None) -> Sequence[Card]:
        with reading(self._engine) as connection:
            deal_id = read_saved_deal(connection, waiting.event)
            try:
                deal_name = None if deal_id is None else read_deal_head(connection, deal_id).name
            except CouncilError:  # deleted meanwhile
                deal_name = None
        key = answer_key(waiting.event)
        return (compose_done_before(key, asked=_words(happening), deal_name=deal_name),)

    def _settle(self, waiting: Unfinished, happening: Happening | None, cards: Sequence[Card]) -> None:
        person = self._asker(waiting, happening)
        now = self._dispatch.clock()
        with writing(self._engine) as connection:
            if not settle_event(connection, waiting.event, now) or person is None:
                return
            for card in cards:
                letter = Letter(
                    key=card.key, kind="answer", audience=to_person(person), card=card_to_text(card)
                )
                put_letter(connection, letter, now)

    def _asker(self, waiting: Unfinished, happening: Happening | None) -> str | None:
        """By the id under which letters reach them; `None` for whom nobody knows (any more)."""
        who = asker_from_text(waiting.content) if happening is None else happening.who
        try:
            return None if who is None else self._dispatch.member(who).id
        except CouncilError:
            return None


def _read(waiting: Unfinished) -> Happening | None:
    try:
        return event_from_text(waiting.content)
    except ValueError:
        logger.exception("event_unreadable", event_id=waiting.event)
        return None


def _words(happening: Happening | None) -> str:
    return "" if happening is None else happening.words
