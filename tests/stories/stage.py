"""A stage on which the same stories are played on every surface: who is there, what they do and see.

A surface's stage says how a person types, uses a control and fills in a form there. The handlers, the outbox,
the jobs and the database behind it are the real ones (`tests.stories.company`).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.delivery import Delivery
from tests.stories.company import Company

STAGES = ("preview", "slack by socket", "slack by http", "teams in place", "teams in dialogs")
EACH_TIME = frozenset({"preview", "slack by http", "teams in dialogs"})
"""Played on each commit: one of each program in which people talk."""

_DRAWN = re.compile("[\u2500-\u257f■◆●○🔴🟡🟢⚪]")


@dataclass(frozen=True)
class Seen:
    """A message as somebody reads it."""

    text: str
    """In one line: how a surface breaks and fills lines is no part of a story."""
    controls: tuple[str, ...]
    """Labels of buttons and picks."""
    head: str = ""
    """The text of the message in whose thread it stands."""

    @property
    def is_reply(self) -> bool:
        return bool(self.head)


@dataclass(frozen=True)
class SeenForm:
    """A form that stands open before somebody."""

    title: str
    text: str
    """The words around its fields, in one line."""
    labels: tuple[str, ...]
    values: Mapping[str, str]
    """What its fields hold, by their labels."""
    problems: tuple[str, ...]


@dataclass(frozen=True)
class SeenFile:
    """A file that somebody was given."""

    name: str
    text: str


class Stage(ABC):
    """One surface, with everybody at it."""

    def __init__(self, company: Company) -> None:
        self.company = company

    @abstractmethod
    def delivery(self) -> Delivery: ...

    @abstractmethod
    async def answered(self) -> None:
        """Wait until what was asked so far is answered."""

    # --- What a person does -----------------------------------------------------------------------

    @abstractmethod
    async def say(self, who: str, words: str, channel: str | None = None, thread: str = "") -> None:
        """Type a command or words: to the bot alone, or in a channel, where words mention it.

        `thread`: in the thread of the latest message of the channel that holds these words."""

    @abstractmethod
    async def talk(self, who: str, words: str, thread: str = "") -> None:
        """Say something to colleagues in the council's channel, not to the bot; `thread` as in `say`."""

    @abstractmethod
    async def press(self, who: str, label: str, about: str = "") -> None:
        """Use the button of that label, the latest that the person sees.

        `about`: words that stand above it in its message, where there are several of that label."""

    @abstractmethod
    async def pick(self, who: str, label: str, value: str, about: str = "") -> None:
        """Choose a date or a choice, or type a line, in the latest control; `about` likewise."""

    @abstractmethod
    async def use_menu(self, who: str, words: str) -> None:
        """Choose "Assign an action" from the menu of the latest message that holds these words."""

    @abstractmethod
    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        """Fill in the open form, by the labels of its fields, and send it; other fields stay as they are."""

    @abstractmethod
    async def send_again(self, who: str) -> None:
        """Send the last form once more, as an impatient finger does."""

    @abstractmethod
    def take_form(self, who: str, of: str) -> None:
        """Get hold of the form that stands open before somebody else, as only a forger can."""

    # --- What a person sees -----------------------------------------------------------------------

    @abstractmethod
    def form(self, who: str) -> SeenForm | None:
        """The form that stands open before the person."""

    @abstractmethod
    def reads(self, who: str) -> Sequence[Seen]:
        """Everything that the person sees in their own conversation and, where they are in it, in the
        council's channel: in the order of time, as it stands now."""

    @abstractmethod
    def channel(self) -> Sequence[Seen]:
        """What everybody in the council's channel sees there."""

    @abstractmethod
    async def home(self, who: str) -> Seen:
        """Open one's own page. Its controls can be used from then on."""

    @abstractmethod
    def page(self, who: str) -> Seen:
        """One's own page as it stands before the person, without opening it anew."""

    @abstractmethod
    def files(self, who: str) -> Sequence[SeenFile]:
        """The files that the person was given."""

    def spoken(self, command: str) -> str:
        """A command as people here are told to type it."""
        return command

    # --- For all surfaces -------------------------------------------------------------------------

    async def settle(self) -> None:
        """Until everything is answered, delivered and shown; the clock goes on by what the pace asks."""
        await self.answered()
        quiet = 0
        while quiet < 2:
            shown = await self.delivery().deliver_due()
            quiet = 0 if shown else quiet + 1
            self.company.clock.now += timedelta(seconds=2)

    def last(self, who: str) -> str:
        """The text of the message that the person saw last."""
        return self.reads(who)[-1].text

    def asked(self, who: str) -> SeenForm:
        """The form that stands open before the person. Fails where there is none."""
        form = self.form(who)
        assert form is not None, f"no form stands before {who}; last: {self.last(who)}"
        return form

    def message(self, who: str, words: str) -> Seen:
        """The latest message that holds these words. Fails where the person sees none."""
        found = [one for one in self.reads(who) if words in one.text]
        assert found, f"{who} sees no {words!r} in:\n" + "\n".join(one.text for one in self.reads(who))
        return found[-1]

    def sees(self, who: str, words: str) -> bool:
        return any(words in one.text for one in self.reads(who))


def in_one_line(text: str) -> str:
    """Without the lines that a surface draws around tables and its signs beside the words of colours."""
    return " ".join(_DRAWN.sub(" ", text).split())
