"""The demo company, opened: it is pulled once a process and day, and its database is copied.

A pull takes seconds, and most tests are about what people do afterwards.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import Council
from bot.demo import open_demo


def open_copied_demo(folder: Path, now: datetime) -> Council:
    """The same as `open_demo` leaves in a new folder."""
    for name, content in _pulled(now).items():
        (folder / name).write_bytes(content)
    return open_demo(folder, now, lambda _: None)


@cache
def _pulled(now: datetime) -> dict[str, bytes]:
    """What the pull of that moment leaves, by the names of the files."""
    with TemporaryDirectory() as name:
        open_demo(Path(name), now, lambda _: None).engine.dispose()
        files = {file.name: file.read_bytes() for file in Path(name).iterdir()}
    # Whoever closes a database last empties its log into it: a log beside it would be of somebody else.
    assert not [name for name in files if name.endswith(("-wal", "-shm"))]
    return files
