"""The shape of whoever answers in the room."""

from typing import Protocol

from handlers.asking import Question, Where
from messages.reply import Reply


class Answer(Protocol):
    """May block: the room asks in a worker thread. What a person did wrong comes back as a `Reply`; an
    exception is a fault of ours, and is logged and answered as one."""

    def __call__(self, who: str, question: Question, where: Where, event: str | None) -> Reply:
        """`who`: the asker's CRM user id. `event`: what happened, by an id that a repetition has too."""
