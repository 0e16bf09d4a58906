"""What the built-in rules know of a deal beside the facts that every expression can name.

An age that nobody knows starts at the first pull, or at the deal's creation where that is later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pipeline.expressions import FACTS, Fact, FactValue, Kind

RULE_FACTS: Mapping[str, Fact] = {
    "is_qualified": Fact(Kind.FLAG, "Open, in the qualified stage or later."),
    "started": Fact(Kind.DAY, "The day of creation; unknown: the first pull."),
    "stage_position": Fact(Kind.NUMBER, "Place of the stage among the open ones, from 1; empty when closed."),
    "stage_since": Fact(Kind.DAY, "The day on which the deal came into its stage."),
    "category_since": Fact(Kind.DAY, "The day on which the deal came into its forecast category."),
    "next_step_since": Fact(Kind.DAY, "The day since which the next step is unchanged."),
    "active_on": Fact(
        Kind.DAY, "Day of the last activity; without one: since when there can have been none."
    ),
    "next_activity": Fact(Kind.DAY, "Day of the next open activity, or of the last if all are past."),
    "oldest_task": Fact(Kind.DAY, "Due day of the oldest open task."),
    "pushes": Fact(Kind.NUMBER, "Moves of the close date to a later month since the deal qualified."),
    "close_date_edited": Fact(Kind.FLAG, "The close date was changed since the deal was created."),
    "close_date_ends_quarter": Fact(Kind.FLAG, "The close date is the last day of a quarter or year."),
    "close_quarter": Fact(
        Kind.NUMBER, "The fiscal quarter of the close date, counted on from quarter to quarter."
    ),
    "commit_quarter": Fact(Kind.NUMBER, "The quarter in which the deal was to close when it was in Commit."),
    "commit_close_date": Fact(Kind.DAY, "The close date that it had then."),
    "stage_limit_day": Fact(Kind.DAY, "A deal that is in its stage since before this day is stuck."),
    "age_limit_day": Fact(Kind.DAY, "A deal of this segment that was created before this day is too old."),
    "custom_value": Fact(Kind.NUMBER, "The configured value field, in the deal's own currency."),
    "contact_count": Fact(Kind.NUMBER, "Contact roles."),
    "buyer_count": Fact(Kind.NUMBER, "Contact roles of an economic buyer."),
    "line_count": Fact(Kind.NUMBER, "Line items."),
    "filled_fields": Fact(Kind.NUMBER, "Qualification fields that are filled."),
    "qualification_fields": Fact(Kind.NUMBER, "Qualification fields that the CRM has."),
    "competitor": Fact(Kind.TEXT, "The configured competitor field."),
    "loss_reason": Fact(Kind.TEXT, "The configured field of the loss reason."),
    "has_twin": Fact(Kind.FLAG, "Another open deal looks like the same one."),
    "twin_name": Fact(Kind.TEXT, "Name of that deal."),
    "owner_is_inactive": Fact(Kind.FLAG, "The owner is no longer active in the CRM."),
    "owner_name": Fact(Kind.TEXT, "Name of the owner."),
    "closed_on": Fact(Kind.DAY, "The day on which the deal was marked won or lost."),
    "closed_quarter": Fact(Kind.NUMBER, "The fiscal quarter of that day, counted like close_quarter."),
}
"""Facts that rules of the customer's own cannot name."""

ALL_FACTS: Mapping[str, Fact] = {**FACTS, **RULE_FACTS}


@dataclass(frozen=True)
class DealFacts:
    """The facts of one deal at the end of one day, by name; an absent one is empty."""

    values: Mapping[str, FactValue]

    @property
    def today(self) -> date:
        return self.require_day("today")

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def require_day(self, name: str) -> date:
        """A day that the rule's condition has made sure of."""
        day = self.day(name)
        if day is None:
            raise ValueError(f"the fact {name} is empty where a rule that needs it was broken")
        return day

    def days_since(self, name: str) -> int:
        """Whole days from the fact's day to today; negative when it is still to come."""
        return (self.today - self.require_day(name)).days

    def number(self, name: str) -> Fraction | None:
        value = self.values.get(name)
        return Fraction(value) if isinstance(value, int | Fraction) else None

    def count(self, name: str) -> int:
        """A whole number; 0 where it is empty."""
        return int(self.number(name) or 0)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def shown(self, name: str) -> str:
        """Any fact as text; `empty` where it is."""
        value = self.values.get(name)
        return "empty" if value is None else str(value)

    def word(self, name: str) -> str:
        """A text that a sentence can hold; `unknown` where it is empty."""
        return self.text(name) or "unknown"
