"""The shape of whoever answers in the room."""

from collections.abc import Callable

from handlers.asking import Question, Where
from messages.reply import Reply

Answer = Callable[[str, Question, Where], Reply]
"""Takes the asker's CRM user id. It may block: the room calls it in a worker thread. What a person did
wrong comes back as a `Reply`; an exception is a fault of ours, and is logged and answered as one."""
