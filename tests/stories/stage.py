"""A stage on which the same stories are played on every surface: who is there, what they do and see.

A surface's stage says how a person types, uses a control and fills in a form there. The handlers, the outbox,
the jobs and the database behind it are the real ones.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import Council, open_council, open_desk
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.settings import field_kinds, load_settings
from crm.files.crm import FilesCrm
from jobs.job import JobRun, Outcome
from jobs.pull import run_pull
from tests.bot.small_company import build_company

ANA, BEN, MONA, ZOE = "ana@example.com", "ben@example.com", "mona@example.com", "zoe@example.com"
KAI, OPS, STRANGER = "kai@example.com", "ops@example.com", "nobody@example.com"
"""Reps Ana, Ben and Zoe, their manager Mona, Kai of the council, sales operations, and somebody unknown."""
CHANNEL = "#pipeline-council"


@dataclass
class Clock:
    """Stands until the story goes on."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Seen:
    """A message as somebody reads it."""

    text: str
    controls: tuple[str, ...]
    """Labels of buttons and picks."""
    is_reply: bool = False


@dataclass(frozen=True)
class SeenForm:
    """A form that stands open before somebody."""

    title: str
    labels: tuple[str, ...]
    values: Mapping[str, str]
    """What its fields hold, by their labels."""
    problems: tuple[str, ...]


@dataclass
class Company:
    """The five deals, pulled, with what answers and delivers."""

    council: Council
    clock: Clock
    dispatch: Dispatch = field(init=False)

    def __post_init__(self) -> None:
        self.dispatch = Dispatch(open_desk(self.council, self.clock.now), self.clock)

    @property
    def crm(self) -> FilesCrm:
        return FilesCrm(self.council.settings.crm.files, self.council.settings.home)

    def run(self, job: Callable[[JobRun], Outcome]) -> str:
        """What the job says came of it."""
        council = self.council
        run = JobRun(council.engine, council.company, self.crm, self.clock.now, self.clock.now.date())
        return job(run).says

    def pull(self) -> None:
        council = self.council
        fields = field_kinds(council.settings)
        run_pull(
            council.engine,
            self.crm,
            council.company,
            fields=fields,
            now=self.clock.now,
            progress=lambda _: None,
        )


def found_company(folder: Path, now: datetime) -> Company:
    company = Company(open_council(load_settings(build_company(folder), {})), Clock(now))
    company.pull()
    return company


class Stage(ABC):
    """One surface, with everybody at it."""

    def __init__(self, company: Company) -> None:
        self.company = company

    @abstractmethod
    def delivery(self) -> Delivery: ...

    @abstractmethod
    async def answered(self) -> None:
        """Wait until what was asked so far is answered."""

    @abstractmethod
    async def say(self, who: str, words: str, channel: str | None = None) -> None:
        """Type a command or words: to the bot alone, or in a channel."""

    @abstractmethod
    async def press(self, who: str, label: str) -> None:
        """Use the button of that label, the latest that the person sees."""

    @abstractmethod
    async def pick(self, who: str, label: str, value: str) -> None:
        """Choose a date or a choice in the latest control of that label."""

    @abstractmethod
    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        """Fill in the open form, by the labels of its fields, and send it; other fields stay as they are."""

    @abstractmethod
    def form(self, who: str) -> SeenForm | None:
        """The form that stands open before the person."""

    @abstractmethod
    def reads(self, who: str) -> Sequence[Seen]:
        """Everything that the person sees in their own conversation and in the council's channel."""

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
