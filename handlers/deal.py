"""`/deal ACME`: one deal with what it lacks; a surface shows the same beside a deal's address."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from messages.card import Choice
from messages.deal import DealShown, compose_deal, deal_label
from messages.reply import Reply
from messages.which_one import compose_which_one
from pipeline.access import Action, Deal, may
from pipeline.errors import CouncilError
from pipeline.findings import Finding, PersonName
from pipeline.money import SCALE
from pipeline.people import People
from storage.database import Connection, reading
from storage.deal_heads import find_deal_head
from storage.deal_values import read_deal_record
from storage.findings_of import findings_of, findings_on
from storage.people import read_people

OPEN = "open_deal"
_CHECKSUM_LENGTHS = (15, 18)


def answer_deal(asked: Asked, words: Words) -> Reply:
    """By its CRM id, or by its name among one's own and one's team's deals with something to mend; of several
    that are called so: buttons. Raises `CouncilError`, `AccessDenied`."""
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


def _find(connection: Connection, asked: Asked, wanted: str) -> Sequence[Choice]:
    findings = findings_of(connection, asked.company, asked.member.team)
    own = {one.opportunity_id: one.opportunity_name for one in findings}
    folded = wanted.casefold()
    found = [deal for deal, name in own.items() if name.casefold() == folded] or [
        deal for deal, name in own.items() if folded in name.casefold() or _is_same(deal, wanted)
    ]
    if not found:
        raise CouncilError(
            f"None of your deals with something to mend is called “{wanted[:80]}”. See /hygiene."
        )
    first = {one.opportunity_id: one for one in reversed(findings)}
    choices = [Choice(deal, _label(first[deal], asked)) for deal in found]
    return sorted(choices, key=lambda choice: (choice.label, choice.value))


def _label(finding: Finding, asked: Asked) -> str:
    owner = finding.owner.name if finding.owner else None
    currency = asked.company.definitions.money.corporate_currency
    return deal_label(finding.opportunity_name, owner, finding.value, currency)


def _is_same(deal: str, wanted: str) -> bool:
    """An id of 15 characters is that of 18 without its check-sum."""
    return {len(deal), len(wanted)} == set(_CHECKSUM_LENGTHS) and deal[:15] == wanted[:15]


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
        amount=Decimal(record.amount) / SCALE if record.amount is not None else None,
        currency=record.currency or asked.company.definitions.money.corporate_currency,
        close_day=date.fromordinal(record.close_day) if record.close_day is not None else None,
        next_step=record.next_step,
        findings=[one for one in findings_on(connection, asked.company, deal_id) if not one.waived],
        may_fix=may(asked.member, Action.FIX, deal).allowed,
    )


CAPABILITY = Capability(typed={"deal": answer_deal}, clicks={OPEN: open_deal})
