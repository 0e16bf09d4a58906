"""The forms of a fix on a deal of Ana: as they open, after an objection, and the questions before an act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from messages.card import Card, Form
from messages.fix import (
    FieldEntry,
    FixAct,
    FixForm,
    compose_deal_choice,
    compose_fix_form,
    compose_not_mine,
    compose_push_confirmation,
    conflict_words,
    learnt_hint,
)
from pipeline.crm_fields import FieldShape, FieldType, PickValue
from tests.messages.finding_examples import ANA, BEN, deal_lines, findings

ACME = "Acme renewal & expansion"
ACME_ID = "006000000000001AAA"

CLOSE_DATE = FieldShape("CloseDate", "Close Date", FieldType.DAY, is_required=True)
NEXT_STEP = FieldShape("NextStep", "Next Step", FieldType.TEXT, longest=255, help="Who does what by when.")
AMOUNT = FieldShape("Amount", "Amount", FieldType.MONEY)
STAGE = FieldShape(
    "StageName",
    "Stage",
    FieldType.PICKLIST,
    is_required=True,
    picks=tuple(
        PickValue(name, name) for name in ("Qualification", "Proposal", "Negotiation", "Closed Lost")
    ),
)
LOSS_REASON = FieldShape(
    "Loss_Reason__c",
    "Loss Reason",
    FieldType.PICKLIST,
    picks=tuple(
        PickValue(name, name, frozenset({"Closed Lost"})) for name in ("Price", "No decision", "Competitor")
    ),
    controlled_by="StageName",
)
OWNER = FieldShape(
    "OwnerId",
    "Owner",
    FieldType.PERSON,
    is_required=True,
    picks=(PickValue(ANA.id, ANA.name), PickValue(BEN.id, BEN.name)),
)


def fix_forms() -> dict[str, Form]:
    opened = (
        FieldEntry(CLOSE_DATE, "2026-11-02"),
        FieldEntry(NEXT_STEP, "", hint=learnt_hint("A next step is needed in Negotiation")),
    )
    picked = replace(opened[0], typed="2026-12-18")
    return {
        "fix_form": _form(opened),
        "fix_form_rejected": _form(
            (
                replace(picked, problem="Deals in Negotiation close within 90 days of the kick-off."),
                replace(opened[1], typed="Send the contract"),
                FieldEntry(AMOUNT, "840000", problem="Amount must be filled in before Commit."),
            ),
        ),
        "fix_form_conflict": _form(
            (
                replace(picked, problem=conflict_words("2026-11-02", "2026-11-30")),
                replace(opened[1], typed="Send the contract"),
            ),
        ),
        "fix_form_elsewhere": _form(opened[:1], elsewhere=("Region__c",)),
        "fix_form_busy": _form(opened[:1], problem="The record is locked. Save again in a moment."),
        "close_lost_form": _chosen(
            FixAct.CLOSE_LOST, FieldEntry(STAGE, "Closed Lost"), FieldEntry(LOSS_REASON, "")
        ),
        "reassign_form": _chosen(FixAct.REASSIGN, FieldEntry(OWNER, ANA.id)),
        "push_leaves_quarter": compose_push_confirmation(
            ACME_ID, ACME, date(2027, 1, 22), date(2027, 2, 5), leaves="Q4 FY27", is_commit=False
        ),
        "push_of_commit": compose_push_confirmation(
            ACME_ID, ACME, date(2026, 11, 27), date(2026, 12, 11), leaves=None, is_commit=True
        ),
    }


def fix_cards() -> dict[str, Card]:
    choices = [(one.opportunity_id, one.name, one.value) for one in deal_lines()]
    return {
        "not_mine_manager": compose_not_mine(
            "not_mine:1", by=ANA.name, deal_id=ACME_ID, deal=ACME, manager=True
        ),
        "not_mine_operations": compose_not_mine(
            "not_mine:2", by=ANA.name, deal_id=ACME_ID, deal=ACME, manager=False
        ),
        "fix_choice": compose_deal_choice(choices, "USD"),
    }


def _form(entries: Sequence[FieldEntry], *, elsewhere: Sequence[str] = (), problem: str = "") -> Form:
    acme = tuple(one for one in findings() if one.opportunity_name == ACME)
    return compose_fix_form(FixForm(ACME, FixAct.FIX, ACME_ID, acme, entries, elsewhere, problem))


def _chosen(act: FixAct, *entries: FieldEntry) -> Form:
    """A form that was chosen, not one of findings."""
    return compose_fix_form(FixForm(ACME, act, ACME_ID, (), entries))
