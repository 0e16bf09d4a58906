"""An error as a kind message: what happened, why, and what to do."""

from messages.card import Block, Card, Fact, Facts, Paragraph, text
from pipeline.errors import (
    AccessDenied,
    ConfigurationError,
    CouncilError,
    NothingUsable,
    NotRecognised,
    PullRefused,
    UnknownName,
)

PROBLEM = "problem"
"""The key of a card that says what went wrong."""

_TITLES: tuple[tuple[type[CouncilError], str], ...] = (
    (UnknownName, "I do not know that name"),
    (NotRecognised, "I do not know you yet"),
    (AccessDenied, "This is not for you to see"),
    (ConfigurationError, "The configuration needs a correction"),
    (NothingUsable, "Nothing could be used"),
    (PullRefused, "The pull was stopped before it did harm"),
)


def compose_problem(error: CouncilError) -> Card:
    """The message of an error that a person caused or can mend. Its text already says what to do."""
    title = next((title for kind, title in _TITLES if isinstance(error, kind)), "That did not work")
    blocks: tuple[Block, ...]
    if isinstance(error, ConfigurationError):
        blocks = tuple(
            Facts(
                (
                    Fact("File", text(mistake.file)),
                    Fact("Key", text(mistake.key)),
                    Fact("Value", text(mistake.value or "(empty)")),
                    Fact("Expected", text(mistake.expected.removeprefix("expected "))),
                )
            )
            for mistake in error.mistakes
        )
    else:
        blocks = tuple(Paragraph(text(line)) for line in str(error).splitlines() if line.strip())
    return Card(PROBLEM, title, blocks or (Paragraph(text("Type /help.")),), f"{title}: {error}")


def compose_failure(reference: str) -> Card:
    """A fault of ours: nothing about its inside, but a reference by which it is found in the log."""
    title = "Something went wrong on our side"
    words = (
        "Nothing was changed. Please try again in a minute; if it happens again, "
        f"give sales operations the reference {reference}."
    )
    return Card(PROBLEM, title, (Paragraph(text(words)),), f"{title}. {words}")
