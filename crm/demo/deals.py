"""A deal while it is being written: its life step by step, and what its people neglected."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from crm.demo.accounts import Account
from crm.demo.company import LOST, QUALIFICATION, WON
from crm.demo.people import crm_id
from pipeline.records import Category


class Step(NamedTuple):
    """The values of a deal from the end of a day on."""

    day: int
    stage: int
    category: Category
    close_day: int
    value: int
    """Annual contract value in whole units of the deal's own currency."""


class Neglect(Enum):
    """What is not as it should be in a record."""

    NEXT_STEP_MISSING = auto()
    NEXT_STEP_STALE = auto()
    QUIET = auto()
    """No activity for weeks."""
    NOTHING_PLANNED = auto()
    TASK_OVERDUE = auto()
    NO_CONTACT = auto()
    ONE_CONTACT = auto()
    NO_BUYER = auto()
    NO_PRODUCTS = auto()
    AMOUNT_MISSING = auto()
    VALUE_MISSING = auto()
    CLOSE_DATE_MISSING = auto()
    ACCOUNT_MISSING = auto()
    QUALIFICATION_THIN = auto()
    COMPETITOR_MISSING = auto()
    LOSS_REASON_MISSING = auto()
    SOURCE_MISSING = auto()


@dataclass
class Deal:
    """One opportunity. Mutable, because stories and sins are laid over what chance drew."""

    number: int
    account: Account
    owner_id: str
    currency: str
    steps: Sequence[Step]
    """In order of their days, one a day; the first is the creation."""
    region_stamp: str | None
    name: str = ""
    source: str = "AE"
    creator_id: str = ""
    families: Sequence[tuple[str, int]] = ()
    """Product families with their parts of 100."""
    neglect: set[Neglect] = field(default_factory=set)
    former_owner: tuple[int, str] | None = None
    """Until which day the deal was whose."""
    former_region: tuple[int, str] | None = None
    is_confidential: bool = False

    @property
    def id(self) -> str:
        return crm_id("006", self.number)

    @property
    def created(self) -> int:
        return self.steps[0].day

    @property
    def now(self) -> Step:
        return self.steps[-1]

    @property
    def is_open(self) -> bool:
        return self.now.stage < WON

    @property
    def region(self) -> str | None:
        """As the configured resolvers find it: the stamp, else the account's country."""
        has_country = self.account.country is not None and Neglect.ACCOUNT_MISSING not in self.neglect
        return self.region_stamp or (self.account.region if has_country else None)

    @property
    def segment(self) -> str | None:
        is_known = self.account.employees is not None and Neglect.ACCOUNT_MISSING not in self.neglect
        return self.account.segment if is_known else None

    def at(self, day: int) -> Step | None:
        """The state at the end of a day; `None` before the deal existed."""
        found = None
        for step in self.steps:
            if step.day > day:
                break
            found = step
        return found

    @property
    def qualified_day(self) -> int | None:
        """The first entry into the qualified stage or later; Closed Lost is not one."""
        return next((step.day for step in self.steps if QUALIFICATION <= step.stage < LOST), None)
