"""What reaches a handler: who asks what, where and when, and what the answer is made of."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from crm.records import Crm
from pipeline.access import Member
from pipeline.company import Company
from pipeline.errors import CouncilError
from storage.database import Connection, Engine, writing
from storage.inbox import finish_event


@dataclass(frozen=True)
class Typed:
    """A line from the composer: `/apm region`, or words to the bot."""

    text: str


@dataclass(frozen=True)
class Clicked:
    """A control of a message. Everything in it comes back from outside and proves nothing."""

    command: str
    argument: str = ""
    value: str = ""
    """What was picked, where the control is a date (`2026-11-14`) or a choice; empty for a button."""


@dataclass(frozen=True)
class Submitted:
    """A form that was filled in: the answers by the keys of its inputs, empty where nothing was chosen."""

    command: str
    argument: str
    answers: Mapping[str, str]


Question = Typed | Clicked | Submitted


@dataclass(frozen=True)
class Quote:
    """The message that somebody acts on from its menu: words of people, which prove nothing."""

    text: str
    author: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Where:
    """Where something is asked. Keys are those of cards that we sent (`storage.outbox`)."""

    surface: str = "terminal"
    conversation: str = ""
    """A channel's name (`#pipeline-council`) or `@` and the person's id."""
    message_key: str | None = None
    """The card in which the control stands."""
    thread_key: str | None = None
    """The card that heads the thread."""
    quoted: Quote | None = None
    tenant: str = ""
    """The workspace or organisation on that surface: a chat user's id means nothing without it."""

    @property
    def is_channel(self) -> bool:
        return self.conversation.startswith("#")


@dataclass(frozen=True)
class Desk:
    """What every handler works at: the company, its mirror and its system of record."""

    engine: Engine
    company: Company
    crm: Crm
    is_read_only: bool = False
    """Whoever asks could be anybody: they may look, and change nothing."""


class ReadOnly(CouncilError):
    """This is a place to look around in; nothing can be changed from here."""


@dataclass(frozen=True)
class Asked:
    """One question of one member. Handlers take it first, then what was read of the question."""

    desk: Desk
    member: Member
    where: Where
    now: datetime
    """With a time zone."""
    event: str | None = None
    """The surface's id of what happened, by which the inbox knows it; `None`: nothing can repeat it."""

    @property
    def engine(self) -> Engine:
        return self.desk.engine

    @property
    def company(self) -> Company:
        return self.desk.company

    @contextmanager
    def acting(self) -> Iterator[Connection]:
        """The one write transaction of an act: its effects and "this event is done" stand or fall together.

        Raises `EventAlreadyDone` where the same event has had its effect, and `ReadOnly`.
        """
        if self.desk.is_read_only:
            raise ReadOnly("This room is read-only, so nothing was changed. Do it in the company's own chat.")
        with writing(self.engine) as connection:
            if self.event is not None:
                finish_event(connection, self.event, self.now)
            yield connection
