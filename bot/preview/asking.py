"""What a guest of the room can ask, and the shape of whoever answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from messages.reply import Reply


@dataclass(frozen=True)
class Typed:
    """A line from the composer: `/apm region`, or words to the bot."""

    text: str


@dataclass(frozen=True)
class Clicked:
    """A button of a message. Both values come back from the page and prove nothing."""

    command: str
    argument: str


@dataclass(frozen=True)
class Submitted:
    """A form that was filled in: the answers by the keys of its inputs, empty where nothing was chosen."""

    command: str
    argument: str
    answers: Mapping[str, str]


Question = Typed | Clicked | Submitted

Answer = Callable[[str, Question], Reply]
"""Takes the asker's CRM user id. It may block: the room calls it in a worker thread. What a person did
wrong comes back as a `Reply`; an exception is a fault of ours, and is logged and answered as one."""
