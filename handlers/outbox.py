"""`/outbox`: messages in trouble, for sales operations; `/held`: what was held back from oneself."""

from datetime import timedelta

from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from handlers.operations_only import require_operations
from messages.card_text import card_from_text
from messages.held import compose_held, compose_nothing_held
from messages.outbox import compose_outbox
from messages.reply import Reply
from pipeline.access import Action
from pipeline.errors import CouncilError
from storage.audit import AuditEntry, record_audit
from storage.chat_access import read_refusals
from storage.database import Connection, reading
from storage.outbox import drop_letter, send_again
from storage.outbox_reading import read_held_cards, read_troubled

KEPT_FOR = timedelta(weeks=4)
CARDS_AT_ONCE = 5


def answer_outbox(asked: Asked, words: Words) -> Reply:  # noqa: ARG001 - there is one view
    require_operations(asked, Action.SEE)
    with reading(asked.engine) as connection:
        refusals = read_refusals(connection, asked.now)
        return Reply((compose_outbox(read_troubled(connection, asked.now), refusals),))


def answer_held(asked: Asked, words: Words) -> Reply:  # noqa: ARG001 - everybody sees their own
    with reading(asked.engine) as connection:
        held = read_held_cards(connection, asked.member.id, asked.now - KEPT_FOR)
    if not held:
        return Reply((compose_nothing_held(),))
    cards = tuple(card_from_text(card) for card in held[:CARDS_AT_ONCE])
    return Reply(compose_held(len(held), cards))


def send_letter_again(asked: Asked, clicked: Clicked) -> Reply:
    """Raises `CouncilError` where the message is in trouble no more."""
    require_operations(asked, Action.CHANGE)
    with asked.acting() as connection:
        if not send_again(connection, clicked.argument, asked.now):
            raise _settled()
        _record(connection, asked, "letter_send_again", clicked.argument)
    return Reply(note="It is on its way again.")


def give_letter_up(asked: Asked, clicked: Clicked) -> Reply:
    """Raises `CouncilError` where the message is in trouble no more."""
    require_operations(asked, Action.CHANGE)
    with asked.acting() as connection:
        if not drop_letter(connection, clicked.argument, asked.now):
            raise _settled()
        _record(connection, asked, "letter_drop", clicked.argument)
    return Reply(note="It is dropped, with the replies that waited for it.")


CAPABILITY = Capability(
    typed={"outbox": answer_outbox, "held": answer_held},
    clicks={"outbox_send": send_letter_again, "outbox_drop": give_letter_up},
)


def _record(connection: Connection, asked: Asked, act: str, key: str) -> None:
    entry = AuditEntry(by=asked.member.id, surface=asked.where.surface, act=act, object=f"letter:{key}")
    record_audit(connection, entry, asked.now)


def _settled() -> CouncilError:
    return CouncilError("This message is in trouble no more: somebody decided already. See /outbox.")
