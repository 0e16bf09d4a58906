"""`council job council --dry-run`: what would be posted on a schedule, to read before anybody does."""

from typing import Annotated

from cyclopts import Parameter

from bot.cli.invocation import AsOf, Called
from bot.cli.opening import opened
from bot.cli.sheet import print_cards
from handlers.today import read_today
from jobs.council import compose_weekly_post
from pipeline.errors import CouncilError, UnknownName
from pipeline.nearest import did_you_mean

_JOBS = ("council",)


def run_job(
    name: str,
    *,
    as_of: AsOf = None,
    dry_run: Annotated[bool, Parameter(name="--dry-run", negative="", help="Show it, post nothing.")] = False,
    invocation: Called,
) -> None:
    """Run a job by hand.

    Parameters
    ----------
    name
        The job: council.
    """
    if name not in _JOBS:
        hint = did_you_mean(name, _JOBS) or f"; there is {', '.join(_JOBS)}"
        raise UnknownName(f"There is no job “{name}”{hint}")
    if not dry_run:
        raise CouncilError(
            "No chat is connected to post to. Read the post here: council job council --dry-run"
        )
    with opened(invocation) as council:
        day = as_of or read_today(council.engine)
        post = compose_weekly_post(council.engine, council.company, as_of=day)
    print_cards(post.summary, *post.threads)
