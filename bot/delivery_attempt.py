"""One attempt to show a claimed message on a surface, and what came of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.surface import OutcomeUnknown, Posted, Surface, TryLater, Unreachable
from messages.card import Card
from messages.card_text import UnreadableCard, card_from_text
from messages.held import tell_of_held
from storage.outbox_claims import Claim, Task

logger = structlog.get_logger()

ANSWER_WITHIN = timedelta(seconds=30)
"""A surface that has not answered by then counts as one that may have heard us."""


@dataclass(frozen=True)
class Shown:
    """The surface shows the claimed revision; `message` is where."""

    message: str


@dataclass(frozen=True)
class NotThere:
    """It was looked for, and never arrived."""


@dataclass(frozen=True)
class Postponed:
    """It certainly did not arrive, and may later."""

    asked: TryLater


@dataclass(frozen=True)
class Refused:
    """It certainly did not arrive, and never will like this."""

    reason: str


@dataclass(frozen=True)
class Doubtful:
    """It may have arrived."""

    reason: str


Attempted = Shown | NotThere | Postponed | Refused | Doubtful


async def attempt(surface: Surface, claim: Claim, now: datetime) -> Attempted:
    """Post, change or look up a message. Whatever the surface raises is an answer too."""
    if now + ANSWER_WITHIN > claim.until:
        return Postponed(TryLater("The program slept while the message was in its hand."))
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await _ask(surface, claim)
    except TryLater as later:
        return Postponed(later)
    except (Unreachable, UnreadableCard) as error:
        return Refused(str(error))
    except (OutcomeUnknown, TimeoutError) as error:
        return Doubtful(str(error) or "The chat did not answer in time.")
    except Exception as error:  # a fault of ours or of an SDK, after which anything may have happened
        logger.exception("delivery_broke", key=claim.key, surface=surface.name)
        return Doubtful(f"Something went wrong on our side ({type(error).__name__}).")


async def _ask(surface: Surface, claim: Claim) -> Attempted:
    match claim.task:
        case Task.POST:
            posted = await surface.post(claim.to, claim.key, _card(claim), _posted(surface, claim.thread))
            return Shown(posted.message)
        case Task.UPDATE:
            return await _update(surface, claim)
        case Task.FIND:
            return await _find(surface, claim)


async def _update(surface: Surface, claim: Claim) -> Attempted:
    posted = _posted(surface, claim.message)
    if posted is None:
        return Refused("It is not known where the message stands.")
    return Shown((await surface.update(posted, claim.key, _card(claim))).message)


async def _find(surface: Surface, claim: Claim) -> Attempted:
    if not surface.can_look_up:
        return Doubtful("The program ended while the message was on its way.")
    found = await surface.find(claim.to, claim.key)
    return NotThere() if found is None else Shown(found.message)


def _posted(surface: Surface, message: str | None) -> Posted | None:
    return Posted(surface.name, message) if message is not None else None


def _card(claim: Claim) -> Card:
    return tell_of_held(card_from_text(claim.card), claim.held_kinds)
