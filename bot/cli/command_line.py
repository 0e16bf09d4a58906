"""The commands by name, and the one place where an error of the command line becomes a message.

Each command's module is imported when it is called, so that `council --help` answers at once.
"""

import os
import secrets
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnknownCommandError

from bot.cli.invocation import Invocation
from pipeline.errors import CouncilError, NothingUsable, PullRefused
from pipeline.nearest import did_you_mean

FAILED, MISTAKEN, INTERRUPTED = 1, 2, 130
"""Exit codes: something failed; the command or the configuration needs a correction; Ctrl-C."""

_COMMANDS = {
    "demo": ("bot.cli.demo:open_demo", "Look around in a demo company, in a local room in the browser."),
    "pull": ("bot.cli.pull:pull", "Bring the mirror of the CRM up to date."),
    "apm": ("bot.cli.figures:show_apm", "The matrix: apm region, apm region EMEA, apm region by product."),
    "why": ("bot.cli.figures:show_why", "Why a cell has its colour, and its deals: why EMEA coverage."),
    "waterfall": ("bot.cli.waterfall:show_waterfall", "How open pipeline changed between two days."),
    "hygiene": ("bot.cli.hygiene:show_hygiene", "What is wrong in the records, and the scores."),
    "job": ("bot.cli.job:run_job", "What happens on a schedule, by hand: job council --dry-run."),
    "run": ("bot.cli.run:run", "Run the application: schedule, delivery and a chat."),
    "jobs": ("bot.cli.jobs:show_jobs", "The scheduled jobs: when they run, and how they went last."),
    "outbox": ("bot.cli.outbox:show_outbox", "Messages that did not arrive, or may not have."),
    "people": ("bot.cli.people:people", "Who everybody is here and in the chat: people link, unlink, erase."),
    "audit": ("bot.cli.audit:show_audit", "Who changed what, from what to what, where."),
    "check": (
        "bot.cli.check:check",
        "Check the configuration against the CRM, or its rights there and in the chat (check salesforce, "
        "check slack, check teams).",
    ),
    "fields": ("bot.cli.fields:show_fields", "What the CRM's deals hold, and a first configuration of it."),
    "manifest": (
        "bot.cli.manifest:make_manifest",
        "What makes the app, or gives it its rights: manifest slack, manifest teams, manifest salesforce.",
    ),
    "db": ("bot.cli.db:show_state", "The state of the mirror."),
    "docs": ("bot.cli.docs:write_docs", "Write docs/configuration.md from the settings."),
}


def _build_app() -> App:
    app = App(
        name="council",
        help="Keeps a company's sales pipeline honest.",
        usage="council [--config FILE] COMMAND [ARGUMENTS]",
        version=_version,
        help_format="plaintext",
    )
    for order, (name, (place, says)) in enumerate(_COMMANDS.items()):
        app.command(place, name=name, help=says, sort_key=order)
    return app


def _version() -> str:
    from importlib.metadata import version

    return version("pipeline-council")


app = _build_app()


@app.meta.default
def launch(
    *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    config: Annotated[Path | None, Parameter(help="Configuration file; default: council.toml here.")] = None,
) -> int:
    """Run a command with what stands before it."""
    command, bound, called = app.parse_args(words, exit_on_error=False, print_error=False)
    handed = {name: Invocation(config, os.environ) for name in called}
    code = command(*bound.args, **bound.kwargs, **handed)
    return code if isinstance(code, int) else 0


def run(words: Sequence[str]) -> int:
    """The exit code of a command; what went wrong is said on the standard error in one message."""
    _write_utf8()
    try:
        code = app.meta(words, exit_on_error=False, print_error=False, result_action="return_value")
    except KeyboardInterrupt:
        return _say("Stopped.", INTERRUPTED)
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 - the edge of the program: whatever it was becomes a sentence
        return _say(*_told(error))
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> tuple[str, int]:
    from bot.job_work import WorkFailed  # heavy, and most runs end well
    from storage.database import DatabaseUnavailable
    from storage.job_runs import JobIsRunning

    match error:
        case CycloptsError():
            return _correction(error), MISTAKEN
        case NothingUsable() | PullRefused() | DatabaseUnavailable() | WorkFailed() | JobIsRunning():
            return str(error), FAILED
        case CouncilError():
            return str(error), MISTAKEN
        case _:
            return _failure(error), FAILED


def _write_utf8() -> None:
    """JSON and names are UTF-8 whatever the terminal's locale claims."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


def _say(words: str, code: int) -> int:
    sys.stderr.write(f"council: {words}\n")
    return code


def _correction(error: CycloptsError) -> str:
    if isinstance(error, UnknownCommandError) and error.unused_tokens:
        typed = error.unused_tokens[0]
        hint = did_you_mean(typed, _COMMANDS) or f"; there are {', '.join(_COMMANDS)}"
        return f"There is no command “{typed}”{hint}"
    says = str(error).strip()
    if "into date" in says:
        says += " Write it as 2026-10-01."
    return f"{says} See council --help."


def _failure(error: Exception) -> str:
    """The details go to a file: what they hold of records is not for a terminal that others may see."""
    import tempfile

    reference = secrets.token_hex(4)
    log = Path(tempfile.gettempdir()) / f"council-{reference}.log"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return f"Something went wrong on our side ({type(error).__name__}). The details are in {log}."
