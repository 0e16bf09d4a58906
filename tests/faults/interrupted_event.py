"""An event in a process of its own that is killed at one point of the way to its answer."""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import dispatch as dispatching
from bot import resuming
from bot.app import Council, open_council, open_desk
from bot.dispatch import Dispatch
from bot.resuming import Resuming
from bot.settings import load_settings
from handlers import pausing
from handlers.asking import Typed, Where
from pipeline.person_links import ChatAccount, Sender
from tests.faults.answering import ASKER, EVENT

SENDER = Sender(ChatAccount("slack", "T01", "U0ANA"), "Ana Lind", ASKER)
WORDS = "/pause until 2026-06-01"
BEFORE, DURING, AFTER = "before the act", "during the act", "after the act"
ANSWERING = "while the answer is written down"
"""Of a process that resumes: before that transaction is committed."""


def open_dispatch(configuration: Path, now: datetime) -> tuple[Council, Dispatch]:
    council = open_council(load_settings(configuration, {}))
    return council, Dispatch(open_desk(council, now), lambda: now)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _then_die(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **named: Any) -> None:
        call(*args, **named)
        _die()

    return called


def _arm(point: str) -> None:
    if point == BEFORE:
        vars(dispatching)["answer"] = _die
    elif point == DURING:
        vars(pausing)["record_audit"] = _then_die(vars(pausing)["record_audit"])
    elif point == AFTER:
        Dispatch.reply = _then_die(Dispatch.reply)  # type: ignore[method-assign]
    elif point == ANSWERING:
        vars(resuming)["put_letter"] = _then_die(vars(resuming)["put_letter"])


def answer_and_die(point: str, configuration: Path, now: datetime) -> None:
    _arm(point)
    _, dispatch = open_dispatch(configuration, now)
    dispatch.answer(ASKER, Typed(WORDS), Where("preview", "@005A"), EVENT)


def answer_chat_and_die(point: str, configuration: Path, now: datetime) -> None:
    """It is killed with the answer in its hand, if not before."""
    _arm(point)
    _, dispatch = open_dispatch(configuration, now)
    dispatch.answer_sender(SENDER, Typed(WORDS), Where(), EVENT, lambda: None)
    _die()


def resume_and_die(point: str, configuration: Path, now: datetime) -> None:
    _arm(point)
    _, dispatch = open_dispatch(configuration, now)
    Resuming(dispatch).resume_next()
