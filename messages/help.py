"""`/help`: what a person may type, by role."""

from collections.abc import Collection
from dataclasses import dataclass

from messages.card import Block, Bold, Card, Fact, Facts, Heading, Paragraph, text

ROLES = ("rep", "manager", "council", "operations", "administrator")


@dataclass(frozen=True)
class Command:
    typed: str
    does: str
    roles: frozenset[str]


def _for(*roles: str) -> frozenset[str]:
    return frozenset(roles)


_FIGURES = _for("manager", "council", "operations")

COMMANDS = (
    Command("/hygiene", "your score and the deals that need a fix", _for("rep", "manager")),
    Command("/hygiene team", "your team by money at risk", _for("manager", "operations")),
    Command("/hygiene NAME", "the deals of one person and their team", _for("manager", "operations")),
    Command("/hygiene company", "the company's score, and its rules", _for("council", "operations")),
    Command("/hygiene scores", "scores and how they move", _for("rep", "manager", "council", "operations")),
    Command("/hygiene rules", "what comes of each rule, and which to mute", _for("operations")),
    Command(
        "/hygiene preview RULE for 4 weeks", "whom a rule would have asked how often", _for("operations")
    ),
    Command("/apm region", "forecast, closed won, pipeline and coverage by region", _FIGURES),
    Command("/apm product · segment · source", "the same, cut another way", _FIGURES),
    Command("/apm region by product", "one dimension cut by a second", _FIGURES),
    Command("/apm region EMEA", "one row in detail", _FIGURES),
    Command("/apm why EMEA coverage", "why a cell has its colour, and what would turn it", _FIGURES),
    Command("/actions", "your actions; also overdue, all, or a cell: EMEA coverage", frozenset(ROLES)),
    Command("/actions ledger", "what moved after each type of action", _for("council", "operations")),
    Command(
        '/action spiff EMEA coverage "2x on Data Cloud" @ana by Friday cost 5000',
        "assigns an action to a cell; leave out what a form shall ask. /spiff and /dinner are shorter",
        _for("manager", "council"),
    ),
    Command("/fix ACME", "a form with just what its record lacks", _for("rep", "manager")),
    Command(
        "/pause until 4 Dec", "leave: nobody asks you anything; /pause off ends it", _for("rep", "manager")
    ),
    Command("/deal ACME", "one deal, and what its record lacks", _for("rep", "manager")),
    Command("/home", "your own page: deals, actions, cells, settings", frozenset(ROLES)),
    Command("/held", "messages that were held back to spare you", frozenset(ROLES)),
    Command("/outbox", "messages that did not arrive, and what to do about them", _for("operations")),
    Command("/link", "who wrote to me and is nobody yet, and whom I cannot reach", _for("operations")),
    Command(
        "/link U123 ana@example.com",
        "says which person a chat user is; /unlink undoes it",
        _for("operations"),
    ),
    Command("/audit", "who changed what; /audit deal:006… for one deal", _for("operations")),
    Command("/council", "the latest council as it was posted", _for("council", "operations")),
    Command('/council context EMEA coverage "…"', "a word about a cell before the council", _for("council")),
    Command("/council recap", "what the council decided", _for("council", "operations")),
    Command("/help", "this list", frozenset(ROLES)),
)

_HEADINGS = {
    "rep": "Your deals",
    "manager": "Your team",
    "council": "The council",
    "operations": "Sales operations",
    "administrator": "Running it",
}


def compose_help(roles: Collection[str]) -> Card:
    """What somebody with these roles may type; with none, whom to ask."""
    known = [role for role in ROLES if role in roles]
    if not known:
        words = "You are not known here yet. Ask sales operations to link you to your CRM user."
        return Card("help", "What you can type", (Paragraph(text(words)),), words)
    commands = [command for command in COMMANDS if command.roles & set(known)]
    facts = Facts(tuple(Fact(command.typed, text(command.does)) for command in commands))
    names = ", ".join(_HEADINGS[role].lower() for role in known)
    blocks: tuple[Block, ...] = (
        Paragraph(text("Type one of these. You see ", Bold(names), ".")),
        facts,
        Heading("Colours"),
        Paragraph(text("Red: address now. Yellow: watch. Green: on track. Grey: no target, so no colour.")),
    )
    return Card(
        "help", "What you can type", blocks, "What you can type: " + ", ".join(c.typed for c in commands)
    )
