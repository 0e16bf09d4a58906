"""The messages in which an action shows: their keys, and how much of the action each of them may tell."""

from dataclasses import dataclass
from datetime import date

from pipeline.access import Action, CompanyCells, identify, may
from pipeline.actions import CouncilAction
from pipeline.audiences import person_of, to_channel
from pipeline.company import Company
from pipeline.errors import AccessDenied
from pipeline.people import People

_REMINDER = "reminder"


def action_key(no: int) -> str:
    """Of the action's message in its thread."""
    return f"action:{no}"


def owners_copy_key(no: int, owner_id: str) -> str:
    """Of the message that an owner of the action got."""
    return f"{action_key(no)}@{owner_id}"


def reminder_key(no: int, day: date, owner_id: str) -> str:
    """Of the reminder that an owner of the action got on a day."""
    return f"{reminder_prefix(no)}{day}@{owner_id}"


def reminder_prefix(no: int) -> str:
    """With which the keys of all reminders of an action begin."""
    return f"{_REMINDER}:{no}:"


def outcome_key(no: int, weeks: int) -> str:
    """Of the reply that says what moved so many weeks after the action; it is no copy."""
    return f"{action_key(no)}:after:{weeks}"


@dataclass(frozen=True)
class ActionCopy:
    """One message that shows an action."""

    key: str
    """One of the three above."""
    audience: str
    """Of `to_person` or `to_channel`."""

    @property
    def person_id(self) -> str | None:
        """Whose own copy or reminder it is; `None` for the message in the thread."""
        return person_of(self.audience) if "@" in self.key else None

    @property
    def reminded_on(self) -> date | None:
        """`None` where it is no reminder."""
        kind, _, rest = self.key.partition(":")
        return date.fromisoformat(rest.split(":")[1].split("@")[0]) if kind == _REMINDER else None


def as_seen_by(audience: str, action: CouncilAction, company: Company, people: People) -> CouncilAction:
    """The action with the company's figures where the council reads, and for those who may see them."""
    return action if _sees_figures(audience, company, people) else action.without_figures()


def _sees_figures(audience: str, company: Company, people: People) -> bool:
    person_id = person_of(audience)
    if person_id is None:
        return audience in {to_channel(name) for name in company.council.channels}
    try:
        member = identify(people, company.people, company.council, person_id)
    except AccessDenied:
        return False
    return may(member, Action.SEE, CompanyCells()).allowed
