"""What a first-time visitor is told, and what the composer and the menu of a message offer."""

from pydantic import BaseModel, ConfigDict


class Suggestion(BaseModel):
    """A command as one would type it, and what it is for."""

    model_config = ConfigDict(frozen=True)

    command: str
    says: str


class MenuEntry(BaseModel):
    """What one can do with any message, from its own menu."""

    model_config = ConfigDict(frozen=True)

    command: str
    label: str


class Welcome(BaseModel):
    """Three short lines, and commands that can be clicked at once."""

    model_config = ConfigDict(frozen=True)

    title: str
    lines: tuple[str, str, str]
    examples: tuple[str, ...]


SUGGESTIONS = (
    Suggestion(command="/apm region", says="The matrix by region: red, yellow and green"),
    Suggestion(command="/apm region EMEA", says="One region, all its figures"),
    Suggestion(command="/apm product", says="The matrix by product"),
    Suggestion(command="/apm segment", says="The matrix by segment"),
    Suggestion(command="/apm source", says="The matrix by source of pipeline"),
    Suggestion(command="/apm region by product", says="Two dimensions at once"),
    Suggestion(command="/apm why EMEA coverage", says="Why a cell has its colour, and its deals"),
    Suggestion(command="/hygiene", says="What your own deals need"),
    Suggestion(command="/hygiene team", says="What your team’s deals need"),
    Suggestion(command="/hygiene company", says="The company’s score, and its rules"),
    Suggestion(command="/help", says="Everything you can ask"),
    Suggestion(command="@Pipeline Council assign ", says="In a thread: who does what by when"),
)

MESSAGE_MENU = (MenuEntry(command="assign_from_message", label="Assign an action"),)

DEMO_WELCOME = Welcome(
    title="Welcome to the local room",
    lines=(
        "This company is made up: nothing here can go wrong.",
        "Be a rep, a manager, the council or sales operations: choose under “You are”.",
        "Type / for what you can ask, or press one of these:",
    ),
    examples=("/apm region", "/apm why EMEA coverage", "/hygiene", "/help"),
)
