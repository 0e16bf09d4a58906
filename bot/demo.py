"""The demo company on this machine: where its database lies, and how it comes about."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bot.app import Council, build_crm, open_council
from bot.settings import DEFAULT_FILE, field_kinds, load_settings
from jobs.pull import run_pull
from jobs.pulling import Progress
from storage.apm import definitions_hash
from storage.mirror import read_mirror

TELLING, TOLD = "telling", "told"
"""Ends of the names of the marks beside a database, whose last weeks are being told or were told."""


def demo_folders() -> tuple[Path, Path]:
    """Where the demo company may lie: in the user's cache, else among the temporary files. Both can be
    deleted at any time."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    home = Path(caches) if caches else Path.home() / ".cache"
    return home / "pipeline-council" / "demo", Path(tempfile.gettempdir()) / "pipeline-council-demo"


def existing_demo() -> Path | None:
    """The configuration of a demo company that was opened before."""
    found = (folder / DEFAULT_FILE for folder in demo_folders())
    return next((config for config in found if config.exists()), None)


def make_demo_folder() -> Path:
    """The first of the folders that can be written to."""
    cache, temporary = demo_folders()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return temporary
    return cache if os.access(cache, os.W_OK) else temporary


def open_demo(folder: Path, now: datetime, progress: Callable[[Progress], None]) -> Council:
    """The demo company as of today. One that was made today is taken as it is, an older one is left."""
    folder.mkdir(parents=True, exist_ok=True)
    _forget_half_told(folder, now)
    council = open_council(load_settings(_write_configuration(folder, now), {}))
    if not _is_current(council):
        run_pull(
            council.engine,
            build_crm(council.settings, now),
            council.company,
            fields=field_kinds(council.settings),
            now=now,
            progress=progress,
        )
    _forget_older(folder, now)
    return council


def past_is_told(council: Council) -> bool:
    """Whether its last weeks were told to their end."""
    return _mark(council, TOLD).exists()


@contextmanager
def telling_past(council: Council) -> Iterator[None]:
    """While its last weeks are told; a start that is interrupted here leaves them to be told anew."""
    _mark(council, TELLING).touch()
    yield
    _mark(council, TELLING).replace(_mark(council, TOLD))


def _mark(council: Council, state: str) -> Path:
    return beside_database(council, state)


def beside_database(council: Council, name: str) -> Path:
    """A file that is left and deleted with the database."""
    return council.settings.home / f"{Path(str(council.engine.url.database)).name}-{name}"


def _forget_half_told(folder: Path, now: datetime) -> None:
    """Half a past is worth nothing: the next start makes its database anew."""
    database = _database(now)
    if (folder / f"{database}-{TELLING}").exists():
        for path in folder.glob(f"{database}*"):
            path.unlink(missing_ok=True)


def _is_current(council: Council) -> bool:
    """Whether it was pulled, and with the definitions that this version of the product brings."""
    return read_mirror(council.engine).definitions_hash == definitions_hash(council.company)


def _write_configuration(folder: Path, now: datetime) -> Path:
    from crm.demo import demo_configuration

    config = folder / DEFAULT_FILE
    day = f"\n[crm.demo]\nday = {now.date().isoformat()}\n"
    storage = f'\n[storage]\nurl = "sqlite:///{_database(now)}"\n'
    config.write_text(demo_configuration() + day + storage, encoding="utf-8")
    return config


def _database(now: datetime) -> str:
    """A day draws a company of its own, so each day has a database."""
    return f"council-{now.date().isoformat()}.db"


def _forget_older(folder: Path, now: datetime) -> None:
    for path in folder.glob("council-*.db*"):
        if not path.name.startswith(_database(now)):
            with suppress(OSError):  # a room of yesterday may still have it open
                path.unlink()
