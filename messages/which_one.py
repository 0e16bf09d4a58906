"""The answer to a name that several people or deals have: each with a button that asks for that one."""

from collections.abc import Sequence

from messages.card import Button, Buttons, Card, Choice, Paragraph, text

SHOWN = 5
_LONGEST_LABEL = 70
"""Slack cuts a button's words after 75 characters."""


def compose_which_one(typed: str, command: str, found: Sequence[Choice]) -> Card:
    """The first few of `found`, in its order; `command` asks for one by its value."""
    shown = found[:SHOWN]
    title = f"Which “{typed[:60]}” do you mean?"
    left = len(found) - len(shown)
    more = f" {left} more are called so: say more of the name to find them." if left else ""
    return Card(
        "which_one",
        title,
        (
            Paragraph(text(f"{len(found)} have that name.{more}")),
            Buttons(tuple(Button(_label(one.label), command, one.value) for one in shown)),
        ),
        f"{title} {', '.join(one.label for one in shown)}",
    )


def _label(words: str) -> str:
    return words if len(words) <= _LONGEST_LABEL else f"{words[: _LONGEST_LABEL - 1].rstrip()}…"
