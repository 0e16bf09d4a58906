"""One event that is answered in a process of its own: `python answering.py CONFIGURATION MOMENT`.

It writes a line when it is ready, goes on when it gets one, and writes what the asker is told in passing.
"""

import sys
from datetime import datetime
from pathlib import Path

from bot.app import open_council, open_desk
from bot.dispatch import Dispatch
from bot.settings import load_settings
from handlers.asking import Typed, Where

EVENT = "preview:005A:1"
ASKER = "ana@example.com"


def _main(configuration: str, moment: str) -> None:
    now = datetime.fromisoformat(moment)
    council = open_council(load_settings(Path(configuration), {}))
    dispatch = Dispatch(open_desk(council, now), lambda: now)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    reply = dispatch.answer(ASKER, Typed("/pause until 2026-06-01"), Where("preview", "@005A"), EVENT)
    sys.stdout.write(f"{len(reply.cards)} cards {reply.note}\n")
    council.engine.dispose()


if __name__ == "__main__":
    _main(*sys.argv[1:])
