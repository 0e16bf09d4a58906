"""Processes that die or race: forks of a server that has imported everything, so each begins at once."""

from collections.abc import Callable
from multiprocessing import get_context
from signal import SIGKILL

SECONDS = 300
"""Until a process that never ends fails the test."""

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        f"tests.faults.{name}"
        for name in (
            "answering",
            "delivering",
            "interrupted_event",
            "interrupted_fix",
            "interrupted_pull",
            "interrupted_salesforce",
            "killed_job",
            "racing_company",
            "scheduled_letters",
            "slack_delivering",
            "teams_answering",
            "teams_delivering",
        )
    ]
)


def was_killed(act: Callable[..., object], *arguments: object) -> bool:
    """Do it in a process of its own: whether that one was killed, or came to its end."""
    process = FORKS.Process(target=act, args=arguments)
    process.start()
    process.join(SECONDS)
    assert process.exitcode in (0, -SIGKILL)
    return process.exitcode != 0


def race(act: Callable[..., object], *arguments: object) -> None:
    """Do it in two processes, each of which gets as its last argument a barrier to begin at together."""
    together = FORKS.Barrier(2, timeout=SECONDS)
    processes = [FORKS.Process(target=act, args=(*arguments, together)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS)
    assert [process.exitcode for process in processes] == [0, 0]
