"""`/deal ACME`: one deal with what it lacks; a surface shows the same beside a deal's address."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from messages.card import Choice
from messages.deal import DealShown, compose_deal, deal_label
from messages.home import FIND_DEAL
from messages.reply import Reply
from messages.which_one import compose_which_one
from pipeline.access import Action, Deal, may
from pipeline.errors import CouncilError
from pipeline.findings import PersonName
from pipeline.money import SCALE
from pipeline.people import People
from storage.database import Connection, reading
from storage.deal_heads import find_deal_head
from storage.deal_names import NamedDeal, find_deals
from storage.deal_values import read_deal_record
from storage.findings_of import findings_on
from storage.people import read_people

OPEN = "open_deal"


def answer_deal(asked: Asked, words: Words) -> Reply:
    """By its CRM id, or by its name among one's own and one's team's deals; of several that are called so:
    buttons. Raises `CouncilError`, `AccessDenied`."""
    wanted = " ".join(words)
    if not wanted:
        raise CouncilError("Which deal? Type /deal and its name.")
    people = read_people(asked.engine)
    with reading(asked.engine) as connection:
        if find_deal_head(connection, wanted) is not None:
            return Reply((compose_deal(_read(connection, asked, wanted, people)),))
        found = _find(connection, asked, wanted)
        if len(found) > 1:
            return Reply((compose_which_one(wanted, OPEN, found),))
        return Reply((compose_deal(_read(connection, asked, found[0].value, people)),))


def open_deal(asked: Asked, clicked: Clicked) -> Reply:
    """The one that was chosen of several. Raises `CouncilError`, and `AccessDenied` as if typed."""
    people = read_people(asked.engine)
    with reading(asked.engine) as connection:
        return Reply((compose_deal(_read(connection, asked, clicked.argument, people)),))


def find_deal(asked: Asked, clicked: Clicked) -> Reply:
    """By the id that was chosen of a menu, or by the words that were typed. Raises as if typed."""
    return answer_deal(asked, tuple(clicked.value.split()))


def name_deals(asked: Asked, typed: str) -> tuple[Choice, ...]:
    """The asker's own deals and those of their team whose name holds what was typed, the likeliest first."""
    with reading(asked.engine) as connection:
        return _choices(asked, find_deals(connection, asked.member.team, typed))


def _find(connection: Connection, asked: Asked, wanted: str) -> Sequence[Choice]:
    found = find_deals(connection, asked.member.team, wanted)
    folded = wanted.casefold()
    exact = [deal for deal in found if deal.name.casefold() == folded]
    choices = _choices(asked, exact or found)
    if not choices:
        raise CouncilError(f"None of your deals is called “{wanted[:80]}”. See /hygiene.")
    return choices


def _choices(asked: Asked, deals: Sequence[NamedDeal]) -> tuple[Choice, ...]:
    corporate = asked.company.definitions.money.corporate_currency
    return tuple(
        Choice(deal.id, deal_label(deal.name, deal.owner, _amount(deal.amount), deal.currency or corporate))
        for deal in deals
        if may(asked.member, Action.SEE, Deal(deal.owner_id, deal.is_confidential)).allowed
    )


def _amount(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount) / SCALE


def _read(connection: Connection, asked: Asked, deal_id: str, people: People) -> DealShown:
    head = find_deal_head(connection, deal_id)
    if head is None:
        raise CouncilError("This deal is not in the CRM any more. See /hygiene.")
    deal = Deal(head.owner_id, head.is_confidential)
    may(asked.member, Action.SEE, deal).require()
    record = read_deal_record(connection, deal_id)
    owner = people.by_id(head.owner_id) if head.owner_id is not None else None
    return DealShown(
        id=head.id,
        name=head.name,
        owner=PersonName(owner.id, owner.name) if owner is not None else None,
        stage=record.stage,
        amount=_amount(record.amount),
        currency=record.currency or asked.company.definitions.money.corporate_currency,
        close_day=date.fromordinal(record.close_day) if record.close_day is not None else None,
        next_step=record.next_step,
        findings=[one for one in findings_on(connection, asked.company, deal_id) if not one.waived],
        may_fix=may(asked.member, Action.FIX, deal).allowed,
    )


CAPABILITY = Capability(typed={"deal": answer_deal}, clicks={OPEN: open_deal, FIND_DEAL: find_deal})
