"""One event that is answered in a process of its own."""

from datetime import datetime
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bot.app import open_council, open_desk
from bot.dispatch import Dispatch
from bot.settings import load_settings
from handlers.asking import Typed, Where

EVENT = "preview:005A:1"
ASKER = "ana@example.com"


def answer_beside_another(
    configuration: Path, now: datetime, told: "SimpleQueue[str]", together: Barrier
) -> None:
    """Both answer at once, and tell what the asker is told in passing."""
    council = open_council(load_settings(configuration, {}))
    dispatch = Dispatch(open_desk(council, now), lambda: now)
    together.wait()
    reply = dispatch.answer(ASKER, Typed("/pause until 2026-06-01"), Where("preview", "@005A"), EVENT)
    told.put(f"{len(reply.cards)} cards {reply.note}")
    council.engine.dispose()
