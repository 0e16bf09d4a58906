"""The menu of commands that Teams shows where somebody writes to the app.

Teams takes ten a menu: what people want most days. `held`, and what sales operations alone have (`link`,
`unlink`, `outbox`, `audit`), are typed; `help`, which ends each menu, lists what each person may type.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MenuCommand:
    typed: str
    """What stands in the message once it is chosen: Teams keeps the slash for commands of its own."""
    does: str


_APM = MenuCommand("apm region", "The red, yellow and green matrix; also: apm why EMEA coverage")
_HYGIENE = MenuCommand("hygiene", "Deals that need a moment of yours, and your score")
_FIX = MenuCommand("fix", "Mend a deal of yours: fix ACME")
_DEAL = MenuCommand("deal", "One deal, and what its record lacks: deal ACME")
_ACTION = MenuCommand("action", "Assign an action to a cell: action EMEA coverage")
_ACTIONS = MenuCommand("actions", "Your actions; also: actions overdue, actions ledger")
_COUNCIL = MenuCommand("council", "The latest council; also: council recap")
_HELP = MenuCommand("help", "Everything that you can type")

ALONE = (
    _APM,
    _HYGIENE,
    _FIX,
    _DEAL,
    MenuCommand("home", "Your own page: deals, actions, cells, settings"),
    _ACTION,
    _ACTIONS,
    _COUNCIL,
    MenuCommand("pause", "Leave: nobody asks you anything: pause until 4 Dec, pause off"),
    _HELP,
)
"""In the personal chat with the app."""

AMONG_OTHERS = (
    _APM,
    _ACTION,
    MenuCommand("spiff", 'Assign a SPIFF: spiff EMEA coverage "2x on Data Cloud" by Friday'),
    MenuCommand("dinner", 'Assign a prospect dinner: dinner EMEA coverage "Zürich" by Friday'),
    _ACTIONS,
    _COUNCIL,
    _HYGIENE,
    _FIX,
    _DEAL,
    _HELP,
)
"""In channels and group chats, behind a mention of the app."""
