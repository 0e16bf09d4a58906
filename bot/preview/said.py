"""What people said in the room's channels, kept in a file; what the bot said comes back from the outbox."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Said(BaseModel):
    """Words of one guest, for everybody in a channel."""

    model_config = ConfigDict(frozen=True)

    conversation: str
    head: str | None
    """The key of the message in whose thread they were said."""
    author: str
    words: str
    at: datetime


class SaidFile:
    """A line for each, in the order of saying. Nothing of it is a record: who deletes it loses talk alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, said: Said) -> None:
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(said.model_dump_json() + "\n")

    def read(self) -> Iterator[Said]:
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # the last was cut off where the process was killed in it
                    yield Said.model_validate_json(line)
