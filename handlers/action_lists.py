"""`/actions`: mine, a cell's, the overdue ones, all of them, and the ledger."""

from handlers.action_draft import Office, read_local_day, read_office
from handlers.asking import Asked
from handlers.capability import Words
from handlers.grammar import is_metric
from handlers.values import find_among
from messages.action_list import (
    NOTHING_OPEN,
    NOTHING_OVERDUE,
    compose_actions,
    compose_ledger,
    ledger_csv,
)
from messages.reply import Attachment, Reply
from pipeline.access import Action, AssignedAction, CompanyCells, Member, may
from pipeline.action_outcomes import ledger
from pipeline.actions import UNFINISHED, CouncilAction
from storage.actions import read_actions
from storage.database import Connection, reading


def list_actions(asked: Asked, words: Words) -> Reply:
    """`/actions`, `/actions EMEA coverage`, `/actions overdue`, `/actions all`, `/actions ledger`."""
    wanted = " ".join(words)
    if wanted.casefold() == "ledger":
        return show_ledger(asked)
    today = read_local_day(asked)
    title, actions = _wanted(asked, wanted)
    nothing = NOTHING_OVERDUE if wanted.casefold() == "overdue" else NOTHING_OPEN
    return Reply((compose_actions(title, actions, today, asked.company.actions, nothing),))


def _wanted(asked: Asked, wanted: str) -> tuple[str, tuple[CouncilAction, ...]]:
    member = asked.member
    if wanted.casefold() not in ("", "mine", "overdue", "all"):
        office = read_office(asked)
        with reading(asked.engine) as connection:
            return f"Actions: {wanted}", _seen(member, _of_row_or_cell(connection, office, wanted))
    with reading(asked.engine) as connection:
        match wanted.casefold():
            case "overdue":
                late = read_actions(connection, statuses=UNFINISHED, due_before=read_local_day(asked))
                return "Overdue actions", _seen(member, late)
            case "all":
                return "All actions", _seen(member, read_actions(connection))
            case _:
                return "Your actions", read_actions(connection, involved=[member.id], statuses=UNFINISHED)


def _of_row_or_cell(connection: Connection, office: Office, wanted: str) -> tuple[CouncilAction, ...]:
    words = wanted.split()
    if any(is_metric(" ".join(words[-length:])) for length in (1, 2) if len(words) > length):
        cell = office.find_cell(wanted)
        return read_actions(connection, dimension=cell.dimension, value=cell.value, metric=cell.metric)
    dimension, value = find_among(office.values, office.company, wanted)
    return read_actions(connection, dimension=dimension, value=value)


def _seen(member: Member, actions: tuple[CouncilAction, ...]) -> tuple[CouncilAction, ...]:
    return tuple(
        action
        for action in actions
        if may(member, Action.SEE, AssignedAction(action.owner.id, action.assigner.id)).allowed
    )


def show_ledger(asked: Asked) -> Reply:
    """Per type what moved after, with every action as CSV, for those who see the company's figures."""
    may(asked.member, Action.SEE, CompanyCells()).require()
    with reading(asked.engine) as connection:
        actions = read_actions(connection)
    definition = asked.company.actions
    sheet = Attachment("actions.csv", ledger_csv(actions, definition).encode()) if actions else None
    return Reply((compose_ledger(ledger(actions), definition),), attachment=sheet)
