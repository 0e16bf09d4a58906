"""Whether an action can be assigned as it was written, and what is wrong with each part of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from handlers.action_grammar import ActionDraft, Vocabulary
from handlers.asking import Asked
from handlers.grammar import read_why
from handlers.values import find_among, read_known_values
from handlers.words import split_words
from pipeline.actions_definition import ActionsDefinition
from pipeline.calendar import FiscalCalendar
from pipeline.cell_names import CellName
from pipeline.company import Company
from pipeline.costs import Cost, looks_like_a_cost, read_cost
from pipeline.errors import CouncilError, UnknownName
from pipeline.matrix import Dimension
from pipeline.natural_dates import DateAmbiguous, looks_like_a_day, read_due_day
from pipeline.people import User
from pipeline.person_matching import PersonAmbiguous, match_person
from storage.database import reading
from storage.people import read_people
from storage.scales import read_calendar, read_currencies

LONGEST = {"cell": 200, "title": 200, "owner": 200, "due": 100, "cost": 50, "expected": 500, "quoted": 3000}
"""Of each part, in characters."""


@dataclass(frozen=True)
class CheckedDraft:
    """An action that can be assigned."""

    kind: str
    cell: CellName
    title: str
    owner_id: str
    owner_name: str
    due: date
    cost: Decimal | None
    currency: str
    expected: str
    quoted: str


@dataclass(frozen=True)
class DraftProblems:
    """What is wrong or missing, by the part; nothing where the part is as it should be."""

    by_part: Mapping[str, str]
    days: tuple[date, ...] = ()
    """The due day is one of these."""
    people: tuple[User, ...] = ()
    """The owner is one of these."""


@dataclass(frozen=True)
class Office:
    """Everything that the parts of an action are compared with, read once."""

    company: Company
    today: date
    calendar: FiscalCalendar
    values: Mapping[Dimension, Sequence[str]]
    users: tuple[User, ...]
    currencies: frozenset[str]
    """Those of the CRM."""

    @property
    def definition(self) -> ActionsDefinition:
        return self.company.actions

    def vocabulary(self) -> Vocabulary:
        names = {user.name.casefold() for user in self.users}
        return Vocabulary(
            kinds=kind_names(self.definition),
            is_cell=self._is_cell,
            is_day=lambda words: looks_like_a_day(words, self.today, self.calendar),
            is_cost=lambda words: looks_like_a_cost(words, self.currencies),
            is_person=lambda words: words.casefold() in names,
        )

    def find_cell(self, words: str) -> CellName:
        """Raises `CommandNotUnderstood` and `UnknownName`."""
        wanted = read_why(words.split())
        dimension, value = find_among(self.values, self.company, wanted.value, wanted.dimension)
        return CellName(dimension, value, wanted.metric)

    def _is_cell(self, words: str) -> bool:
        try:
            self.find_cell(words)
        except CouncilError:
            return False
        return True


def read_office(asked: Asked) -> Office:
    """Raises `NothingPulled` before the first pull."""
    company = asked.company
    people = read_people(asked.engine)
    with reading(asked.engine) as connection:
        calendar = read_calendar(connection, company.definitions)
        currencies = read_currencies(connection)
    return Office(
        company=company,
        today=read_local_day(asked),
        calendar=calendar,
        values=read_known_values(asked.engine, company),
        currencies=currencies,
        users=(*people.users.values(), *_listed(company, {user.email for user in people.users.values()})),
    )


def read_local_day(asked: Asked) -> date:
    """The day by the council's calendar at the moment of asking: actions are the council's."""
    return asked.now.astimezone(asked.company.council_zone).date()


def kind_names(definition: ActionsDefinition) -> dict[str, str]:
    """Keys of the types by key, label and command, in small letters."""
    names: dict[str, str] = {}
    for key, one in definition.types.items():
        written = (key, key.replace("_", " "), one.label, one.command or key)
        names |= dict.fromkeys((name.casefold() for name in written), key)
    return names


def _listed(company: Company, known: set[str | None]) -> list[User]:
    """Members of the council and of operations whom the CRM does not know go by their e-mail."""
    listed = (*company.people.council, *company.people.operations)
    emails = {email.casefold() for email in known if email}
    return [
        User(id=name.casefold(), name=name, email=name)
        for name in dict.fromkeys(listed)
        if "@" in name and name.casefold() not in emails
    ]


# --- Checking -------------------------------------------------------------------------------------


Read = TypeVar("Read")


@dataclass
class _Findings:
    problems: dict[str, str] = field(default_factory=dict)
    days: tuple[date, ...] = ()
    people: tuple[User, ...] = ()


def check_draft(draft: ActionDraft, office: Office) -> CheckedDraft | DraftProblems:
    """The action, or what is wrong with each of its parts, all at once."""
    found = _Findings()
    draft = _within_bounds(draft, found)
    kind = _part("kind", found, lambda: _kind(draft.kind, office.definition))
    cell = _part("cell", found, lambda: _cell(draft.cell, office))
    title = _part("title", found, lambda: _title(draft.title))
    owner = _part("owner", found, lambda: _owner(draft.owner, office))
    due = _part("due", found, lambda: _due(draft.due, office))
    currency = office.company.definitions.money.corporate_currency
    cost = (
        _part("cost", found, lambda: read_cost(draft.cost, currency, office.currencies))
        if draft.cost.strip()
        else None
    )
    if found.problems or kind is None or cell is None or title is None or owner is None or due is None:
        return DraftProblems(found.problems, found.days, found.people)
    paid = cost or Cost(Decimal(0), currency)
    return CheckedDraft(
        kind=kind,
        cell=cell,
        title=title,
        owner_id=owner.id,
        owner_name=owner.name,
        due=due,
        cost=None if cost is None else paid.amount,
        currency=paid.currency,
        expected=draft.expected.strip(),
        quoted=draft.quoted.strip(),
    )


def _part(name: str, found: _Findings, read: Callable[[], Read]) -> Read | None:
    if name in found.problems:
        return None
    try:
        return read()
    except DateAmbiguous as error:
        found.days = error.days
        found.problems[name] = error.question
    except PersonAmbiguous as error:
        found.people = error.candidates
        found.problems[name] = error.question
    except CouncilError as error:
        found.problems[name] = str(error)
    return None


def _within_bounds(draft: ActionDraft, found: _Findings) -> ActionDraft:
    """The draft with parts cut that are longer than anybody reads; each is a problem of its part."""
    cut = {}
    for name, most in LONGEST.items():
        typed: str = getattr(draft, name)
        if len(typed) > most:
            found.problems[name] = f"That has {len(typed):,} characters. Shorten it to {most:,} at most."
            cut[name] = typed[:most]
    return replace(draft, **cut)


def _kind(typed: str, definition: ActionsDefinition) -> str:
    kind = kind_names(definition).get(" ".join(typed.split()).casefold())
    if kind is None:
        labels = ", ".join(one.label for one in definition.types.values())
        raise UnknownName(f"Which type of action? Choose one of {labels}.")
    return kind


def _cell(typed: str, office: Office) -> CellName:
    if not typed.strip():
        raise UnknownName("Which cell? Write a row and a figure, such as EMEA coverage.")
    return office.find_cell(" ".join(split_words(typed)))


def _title(typed: str) -> str:
    if not typed.strip():
        raise UnknownName("What is to be done? A few words, such as 2x on Data Cloud.")
    return " ".join(typed.split())


def _owner(typed: str, office: Office) -> User:
    if not typed.strip():
        raise UnknownName("Who does it? Write a name or an e-mail address.")
    if typed.startswith("<@"):
        raise UnknownName("I do not know yet who that is in the CRM. Write a name or an e-mail address.")
    return match_person(typed, office.users)


def _due(typed: str, office: Office) -> date:
    if not typed.strip():
        raise UnknownName("By when? Write Friday, in 2 weeks, end of quarter or 14 Nov.")
    return read_due_day(typed, office.today, office.calendar)
