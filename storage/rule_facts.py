"""Since when the facts of a rule are known: those of versions, of followed fields, and of today alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.facts import ALL_FACTS
from pipeline.hygiene.plan import ActiveRule
from storage.field_history import recorded_name

_COLUMNS = {
    "name": "name",
    "account": "account_id",
    "amount": "amount",
    "custom_value": "custom_value",
    "next_step": "next_step",
    "next_step_since": "next_step_day",
    "last_activity": "last_activity_day",
    "active_on": "last_activity_day",
    "next_activity": "next_activity_day",
    "oldest_task": "overdue_task_day",
    "close_date_edited": "close_edited",
    "contact_count": "contact_count",
    "buyer_count": "buyer_count",
    "line_count": "line_count",
}
"""The facts that stand in the record, and its columns."""

_WORDS = {
    "name": "the name of deals",
    "account_id": "the account",
    "amount": "the amount",
    "custom_value": "the value field",
    "next_step": "the next step",
    "next_step_day": "the age of the next step",
    "close_edited": "whether the close date was edited",
    "last_activity_day": "the last activity",
    "contact_count": "the number of contacts",
    "buyer_count": "the number of economic buyers",
    "line_count": "the number of products",
    "next_activity_day": "the next activity",
    "overdue_task_day": "the oldest task",
}
"""What the columns hold."""

_OF_TODAY = {
    "has_twin": "which deals look alike",
    "twin_name": "which deals look alike",
    "owner_is_inactive": "which owners have left",
}
"""Facts of which nothing is kept, in words."""


@dataclass(frozen=True)
class Knowledge:
    """Since when all that a rule asks about is known."""

    since: int | None
    """`None`: as far back as versions reach."""
    because: str
    """What is known only since then, in words; empty where `since` is `None`."""
    fields: frozenset[str]
    """The followed fields that it asks about."""


@dataclass(frozen=True)
class NotMirrored:
    """A rule that asks about a field that no pull has brought yet."""

    field: str


def knowledge_of(
    rule: ActiveRule, definition: HygieneDefinition, followed: Mapping[str, int], today: int
) -> Knowledge | NotMirrored:
    """`followed`: since which day each field is. `today`: the day of the last pull."""
    latest, because = None, ""
    fields: set[str] = set()
    for name in sorted(rule.broken.names()):
        if name in _OF_TODAY:
            return Knowledge(today, _OF_TODAY[name], frozenset())
        for field in _fields_of(name, definition):
            if field not in followed:
                return NotMirrored(field)
            fields.add(field)
            if latest is None or followed[field] > latest:
                latest, because = followed[field], _WORDS.get(field.removeprefix(":"), field)
    return Knowledge(latest, because, frozenset(fields))


def _fields_of(fact: str, definition: HygieneDefinition) -> Iterator[str]:
    """The followed fields behind a fact or a further field; none where versions hold it."""
    if fact in _COLUMNS:
        yield recorded_name(_COLUMNS[fact])
    elif fact == "competitor":
        yield definition.rules.competitor_missing.field
    elif fact == "loss_reason":
        yield definition.rules.loss_reason_missing.field
    elif fact == "filled_fields":
        yield from definition.qualification_fields
    elif fact not in ALL_FACTS:
        yield fact
