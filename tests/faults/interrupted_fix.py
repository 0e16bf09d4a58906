"""A close date picked in chat, in a process of its own that is killed at one point of the way.

`python interrupted_fix.py POINT FOLDER DEAL OWNER DAY`; a POINT that is never reached lets it end by itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app import open_council, open_desk
from bot.dispatch import Dispatch
from bot.settings import load_settings
from crm.demo import DemoCrm
from handlers import fixing
from handlers.asking import Clicked, Where
from messages.nudge import FIX_DATE
from tests.journeys.fixed_demo import PULLED

EVENT = "click-1"
POINTS = ("before the call", "after the call", "before the intent is closed", "after the answer")


def dispatch(folder: Path, minutes: int) -> Dispatch:
    """Whoever answers in a process of its own, so many minutes after the pull."""
    council = open_council(load_settings(folder / "council.toml", {}))
    return Dispatch(open_desk(council, PULLED), lambda: PULLED + timedelta(minutes=minutes))


def click(answers: Dispatch, deal: str, owner: str, day: str) -> None:
    clicked = Clicked(FIX_DATE, deal, day)
    answers.answer(owner, clicked, Where(surface="preview", conversation=f"@{owner}"), EVENT)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _then_die(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **named: Any) -> None:
        call(*args, **named)
        _die()

    return called


def _main(point: str, folder: str, deal: str, owner: str, day: str) -> None:
    if point == "before the call":
        DemoCrm.write = _die  # type: ignore[assignment, method-assign]
    elif point == "after the call":
        DemoCrm.write = _then_die(DemoCrm.write)  # type: ignore[method-assign]
    elif point == "before the intent is closed":
        vars(fixing)["close_intent"] = _die
    click(dispatch(Path(folder), 5), deal, owner, day)
    if point == "after the answer":
        _die()


if __name__ == "__main__":
    _main(*sys.argv[1:])
