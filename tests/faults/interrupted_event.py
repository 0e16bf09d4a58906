"""An event in a process of its own that is killed at one point of the way to its answer.

`python interrupted_event.py answer|chat|resume POINT CONFIGURATION MOMENT`; a POINT that is never reached
lets it end by itself.
"""

import os
import signal
import sys
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


def _main(how: str, point: str, configuration: str, moment: str) -> None:
    _arm(point)
    council, dispatch = open_dispatch(Path(configuration), datetime.fromisoformat(moment))
    if how == "answer":
        dispatch.answer(ASKER, Typed(WORDS), Where("preview", "@005A"), EVENT)
    elif how == "chat":  # it is killed with the answer in its hand
        dispatch.answer_sender(SENDER, Typed(WORDS), Where(), EVENT, lambda: None)
        _die()
    else:
        Resuming(dispatch).resume_next()
    council.engine.dispose()


if __name__ == "__main__":
    _main(*sys.argv[1:])
