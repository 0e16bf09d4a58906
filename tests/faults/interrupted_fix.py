"""A fix asked for in chat, in a process of its own that is killed at one point of the way."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app import open_council, open_desk
from bot.dispatch import Dispatch
from bot.event_text import Happening
from bot.settings import load_settings
from crm.demo import DemoCrm
from handlers import fixing
from tests.journeys.fixed_demo import PULLED

EVENT = "click-1"
BEFORE_CALL, AFTER_CALL, BEFORE_CLOSING = "before the call", "after the call", "before the intent is closed"
AFTER_ANSWER, NEVER = "after the answer", "never"


def dispatch(folder: Path, minutes: int) -> Dispatch:
    """Whoever answers in a process of its own, so many minutes after the pull."""
    council = open_council(load_settings(folder / "council.toml", {}))
    return Dispatch(open_desk(council, PULLED), lambda: PULLED + timedelta(minutes=minutes))


def ask(answers: Dispatch, happening: Happening) -> None:
    answers.answer(happening.who, happening.question, happening.where, EVENT)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _then_die(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **named: Any) -> None:
        call(*args, **named)
        _die()

    return called


def ask_and_die(point: str, folder: Path, happening: Happening) -> None:
    """A point that is never reached lets it end by itself."""
    if point == BEFORE_CALL:
        DemoCrm.write = _die  # type: ignore[assignment, method-assign]
    elif point == AFTER_CALL:
        DemoCrm.write = _then_die(DemoCrm.write)  # type: ignore[method-assign]
    elif point == BEFORE_CLOSING:
        vars(fixing)["close_saved"] = _die
    ask(dispatch(folder, 5), happening)
    if point == AFTER_ANSWER:
        _die()
