"""The section `[actions]` of the configuration."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from pipeline.definitions import Definition

_KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")
_TAKEN = frozenset({"action", "actions", "apm", "hygiene", "help", "assign", "council", "pause"})
MEASURED_WEEKS_AT_MOST = 26


class ActionTypeDefinition(Definition):
    """One type of action."""

    label: str = Field(description="How people call it, such as Prospect dinner.", min_length=1)
    command: str | None = Field(
        None, description="A command of its own beside /action, without the slash, such as dinner."
    )

    @field_validator("command")
    @classmethod
    def _a_word(cls, command: str | None) -> str | None:
        if command is not None and not _KEY.fullmatch(command):
            raise ValueError("expected one word of small letters without the slash, such as dinner")
        if command in _TAKEN:
            raise ValueError(f"/{command} is a command already; choose another word")
        return command


def _standard_types() -> dict[str, ActionTypeDefinition]:
    return {
        "spiff": ActionTypeDefinition(label="SPIFF", command="spiff"),
        "enablement": ActionTypeDefinition(label="Enablement", command="enablement"),
        "dinner": ActionTypeDefinition(label="Prospect dinner", command="dinner"),
        "paid_media": ActionTypeDefinition(label="Paid media", command="media"),
    }


class ActionsDefinition(Definition):
    """What the council can decide to do about a cell, and how it is followed up."""

    types: Mapping[str, ActionTypeDefinition] = Field(
        _standard_types(),
        description="Types of action by their key; they replace the four standard ones.",
    )
    remind_days_before: tuple[int, ...] = Field(
        (2, 0), description="Working days before the due date on which the owner is reminded; 0 is that day."
    )
    remind_days_after: tuple[int, ...] = Field(
        (1, 5),
        description="Working days after the due date on which the owner of an unfinished action is reminded; "
        "then it is silent, and the council sees it as overdue. [] asks nothing after the due date.",
    )
    measured_after_weeks: tuple[int, ...] = Field(
        (2, 4), description="Weeks after the opening when the cell is measured again."
    )
    announced: Literal["thread", "channel"] = Field(
        "thread",
        description="Where an action shows that was not assigned in a thread: in its row's thread of the "
        "last council post, or in the council's first channel.",
    )

    @field_validator("types")
    @classmethod
    def _known_keys(cls, types: Mapping[str, ActionTypeDefinition]) -> Mapping[str, ActionTypeDefinition]:
        if not types:
            raise ValueError("expected at least one type of action")
        for key in types:
            if not _KEY.fullmatch(key):
                raise ValueError(f"{key}: expected a key of small letters, such as paid_media")
        commands = [one.command for one in types.values() if one.command is not None]
        if len(set(commands)) < len(commands):
            raise ValueError("two types have the same command")
        return types

    @field_validator("remind_days_before")
    @classmethod
    def _within_a_month(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= one <= 20 for one in days):
            raise ValueError("expected working days between 0 and 20, such as [2, 0]")
        return days

    @field_validator("remind_days_after")
    @classmethod
    def _within_a_month_after(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= one <= 20 for one in days):
            raise ValueError("expected working days between 1 and 20, such as [1, 5]")
        return days

    @field_validator("measured_after_weeks")
    @classmethod
    def _rising(cls, weeks: tuple[int, ...]) -> tuple[int, ...]:
        if list(weeks) != sorted(set(weeks)) or any(not 1 <= one <= MEASURED_WEEKS_AT_MOST for one in weeks):
            raise ValueError("expected rising weeks between 1 and 26, such as [2, 4]")
        return weeks

    def label(self, kind: str) -> str:
        """How people call a type; one that is configured no more goes by its key."""
        known = self.types.get(kind)
        return known.label if known is not None else kind.replace("_", " ")
