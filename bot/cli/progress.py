"""Progress of long work on the standard error, where somebody is watching."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from jobs.pulling import Progress


@contextmanager
def shown_progress() -> Iterator[Callable[[Progress], None]]:
    """A line per step. Into a file or a pipe nothing is written: progress is for eyes."""
    console = Console(stderr=True)
    bars = Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with bars:
        yield _Steps(bars).show


class _Steps:
    """One bar per step, made when the step is first heard of."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def show(self, progress: Progress) -> None:
        if progress.step not in self._tasks:
            self._tasks[progress.step] = self._bars.add_task(progress.step, total=progress.total)
        self._bars.update(self._tasks[progress.step], completed=progress.done, total=progress.total)
