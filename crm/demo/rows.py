"""The demo company's deals as the records that every system of record yields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from crm.demo.activities import Diary, draw_diary
from crm.demo.company import (
    CAMPAIGN_TYPES,
    COMPETITORS,
    DISCOVERY,
    LOSS_REASONS,
    LOST,
    MARKETING,
    NEGOTIATION,
    PROPOSAL,
    PROSPECTING,
    STAGES,
    WON,
)
from crm.demo.deals import Deal, Neglect, Step
from crm.demo.moments import moment_on
from crm.demo.people import INTEGRATION, USER_IDS, crm_id
from crm.records import (
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
    FieldKind,
    FieldValue,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
)
from pipeline.money import SCALE

FURTHER_FIELDS: Mapping[str, FieldKind] = {
    "ACV__c": FieldKind.NUMBER,
    "Region__c": FieldKind.TEXT,
    "Pipeline_Source__c": FieldKind.TEXT,
    "LeadSource": FieldKind.TEXT,
    "Type": FieldKind.TEXT,
    "Campaign.Type": FieldKind.TEXT,
    "Competitor__c": FieldKind.TEXT,
    "Loss_Reason__c": FieldKind.TEXT,
    "Metrics__c": FieldKind.TEXT,
    "Decision_Criteria__c": FieldKind.TEXT,
    "Decision_Process__c": FieldKind.TEXT,
    "Pain__c": FieldKind.TEXT,
    "Champion__c": FieldKind.TEXT,
    "Mutual_Plan__c": FieldKind.TEXT,
    "Confidential__c": FieldKind.FLAG,
}
"""The fields of an opportunity beyond the standard ones."""

QUALIFICATION_FIELDS = ("Metrics__c", "Decision_Criteria__c", "Decision_Process__c", "Pain__c", "Champion__c")
_QUALIFICATION_TEXTS = {
    "Metrics__c": ("Two days less to close the books", "Ten per cent fewer returns", "Answers in an hour"),
    "Decision_Criteria__c": (
        "Price per site, security, references",
        "Runs in their region",
        "Open interfaces",
    ),
    "Decision_Process__c": ("IT, then finance, then the board", "Sponsor signs up to 100k", "Tender"),
    "Pain__c": ("Reports take a week", "Three systems that disagree", "Audit findings"),
    "Champion__c": ("Head of operations", "Director of data", "Finance controller"),
}
_ROLES = ("Champion", "Technical Evaluator", "Decision Maker", "Influencer")
ECONOMIC_BUYER = "Economic Buyer"


@dataclass(frozen=True)
class DealRows:
    """Everything the CRM holds of one deal."""

    opportunity: OpportunityRecord
    history: Sequence[HistoryRecord]
    changes: Sequence[FieldChangeRecord]
    line_items: Sequence[LineItemRecord]
    contact_roles: Sequence[ContactRoleRecord]
    activities: Sequence[ActivityRecord]


def write_deal(rng: Random, deal: Deal, today: int) -> DealRows:
    """One deal's records; the opportunity's `fields` are all of `FURTHER_FIELDS`."""
    diary = draw_diary(rng, deal, today)
    term = rng.choices((1, 2, 3), weights=(6, 1, 3))[0]
    history = _history(deal, term)
    changes = sorted(_changes(deal, diary), key=lambda change: (change.at, change.field))
    touched = [history[-1].at, *(change.at for change in changes[-1:])]
    return DealRows(
        opportunity=_opportunity(rng, deal, diary, term, max(touched)),
        history=history,
        changes=changes,
        line_items=_line_items(deal, term),
        contact_roles=_contact_roles(rng, deal),
        activities=diary.activities,
    )


def _opportunity(rng: Random, deal: Deal, diary: Diary, term: int, modified_at: int) -> OpportunityRecord:
    now = deal.now
    return OpportunityRecord(
        id=deal.id,
        name=deal.name,
        stage=STAGES[now.stage][0],
        category=now.category,
        amount=_amount(deal, now, term),
        close_day=_close_day(deal, now),
        created_at=moment_on(deal.created, deal.number),
        modified_at=modified_at,
        owner_id=deal.owner_id,
        creator_id=USER_IDS[INTEGRATION] if Neglect.SOURCE_MISSING in deal.neglect else deal.creator_id,
        account_id=None if Neglect.ACCOUNT_MISSING in deal.neglect else deal.account.id,
        currency=deal.currency,
        next_step=diary.next_steps[-1][1] if diary.next_steps else None,
        last_activity_day=diary.last_activity_day,
        is_deleted=False,
        fields=_further_fields(rng, deal),
    )


def _amount(deal: Deal, step: Step, term: int) -> int | None:
    """The whole term, of which the annual value is a part."""
    if Neglect.AMOUNT_MISSING in deal.neglect:
        return None
    years = 1 if Neglect.VALUE_MISSING in deal.neglect else term
    return step.value * years * SCALE


def _annual_value(deal: Deal, step: Step) -> int | None:
    is_empty = deal.neglect & {Neglect.AMOUNT_MISSING, Neglect.VALUE_MISSING}
    return None if is_empty else step.value * SCALE


def _close_day(deal: Deal, step: Step) -> int | None:
    return None if Neglect.CLOSE_DATE_MISSING in deal.neglect else step.close_day


def _history(deal: Deal, term: int) -> list[HistoryRecord]:
    """A row for each change that the CRM can see: it sees none of a value that is not filled in."""
    rows: list[HistoryRecord] = []
    for step in deal.steps:
        row = _history_row(deal, step, term)
        if not rows or rows[-1]._replace(at=row.at) != row:
            rows.append(row)
    return rows


def _history_row(deal: Deal, step: Step, term: int) -> HistoryRecord:
    return HistoryRecord(
        opportunity_id=deal.id,
        at=moment_on(step.day, deal.number),
        stage=STAGES[step.stage][0],
        amount=_amount(deal, step, term),
        close_day=_close_day(deal, step),
        category=step.category,
        has_amount=True,
    )


def _changes(deal: Deal, diary: Diary) -> Iterator[FieldChangeRecord]:
    for before, after in zip(deal.steps, deal.steps[1:], strict=False):
        if before.value != after.value and _annual_value(deal, after) is not None:
            at = moment_on(after.day, deal.number)
            yield FieldChangeRecord(deal.id, at, "ACV__c", str(before.value), str(after.value))
    previous: str | None = None
    for day, text in diary.next_steps:
        if day > deal.created:
            yield FieldChangeRecord(deal.id, moment_on(day, deal.number, 3), "NextStep", previous, text)
        previous = text
    if deal.former_owner:
        day, owner = deal.former_owner
        if owner != deal.owner_id:
            yield FieldChangeRecord(deal.id, moment_on(day, deal.number, 5), "OwnerId", owner, deal.owner_id)
    if deal.former_region:
        day, region = deal.former_region
        at = moment_on(day, deal.number, 7)
        yield FieldChangeRecord(deal.id, at, "Region__c", region, deal.region_stamp)


def _further_fields(rng: Random, deal: Deal) -> dict[str, FieldValue]:
    source_known = Neglect.SOURCE_MISSING not in deal.neglect
    stamped = source_known and (deal.source in MARKETING or rng.random() < 0.9)
    return {
        "ACV__c": _annual_value(deal, deal.now),
        "Region__c": deal.region_stamp,
        "Pipeline_Source__c": deal.source if stamped else None,
        "LeadSource": _lead_source(rng, deal) if source_known else None,
        "Type": rng.choice(("New Business", "New Business", "Expansion")),
        "Campaign.Type": _campaign_type(rng, deal),
        "Competitor__c": _competitor(rng, deal),
        "Loss_Reason__c": _loss_reason(rng, deal),
        **_qualification(rng, deal),
        "Mutual_Plan__c": "Agreed" if deal.now.stage >= PROPOSAL and rng.random() < 0.7 else None,
        "Confidential__c": int(deal.is_confidential),
    }


def _lead_source(rng: Random, deal: Deal) -> str | None:
    if deal.source in MARKETING:
        return deal.source
    return rng.choice(("Outbound", "Referral", "Partner", "Web", None))


def _campaign_type(rng: Random, deal: Deal) -> str | None:
    if deal.source in MARKETING:
        return CAMPAIGN_TYPES[deal.source]
    if rng.random() < 0.78:
        return None
    return rng.choice(("Executive Briefing", "Brand Campaign", "Conference", "Webinar", "Advertisement"))


def _competitor(rng: Random, deal: Deal) -> str | None:
    known = deal.now.stage >= PROPOSAL or rng.random() < 0.3
    return rng.choice(COMPETITORS) if known and Neglect.COMPETITOR_MISSING not in deal.neglect else None


def _loss_reason(rng: Random, deal: Deal) -> str | None:
    if deal.now.stage != LOST or Neglect.LOSS_REASON_MISSING in deal.neglect:
        return None
    return rng.choice(LOSS_REASONS)


def _qualification(rng: Random, deal: Deal) -> dict[str, FieldValue]:
    """How many of the qualification fields are filled rises with the stage."""
    filled = {PROSPECTING: 0, DISCOVERY: 3, PROPOSAL: 4, NEGOTIATION: 5, WON: 5}.get(deal.now.stage, 2)
    if Neglect.QUALIFICATION_THIN in deal.neglect:
        filled = 2
    chosen = set(rng.sample(QUALIFICATION_FIELDS, k=filled))
    return {
        field: rng.choice(_QUALIFICATION_TEXTS[field]) if field in chosen else None
        for field in QUALIFICATION_FIELDS
    }


def _line_items(deal: Deal, term: int) -> list[LineItemRecord]:
    if Neglect.NO_PRODUCTS in deal.neglect:
        return []
    whole = (_amount(deal, deal.now, term) or deal.now.value * SCALE) // SCALE
    return [
        LineItemRecord(deal.id, order, whole * part * (SCALE // 100), family)
        for order, (family, part) in enumerate(deal.families, start=1)
    ]


def _contact_roles(rng: Random, deal: Deal) -> list[ContactRoleRecord]:
    if Neglect.NO_CONTACT in deal.neglect or deal.now.stage == PROSPECTING:
        return []
    wanted = 1 if Neglect.ONE_CONTACT in deal.neglect else (3 if deal.now.stage >= PROPOSAL else 2)
    roles = list(rng.sample(_ROLES, k=wanted))
    if Neglect.NO_BUYER not in deal.neglect and deal.now.stage >= PROPOSAL:
        roles[-1] = ECONOMIC_BUYER
    first_contact = int(deal.account.id[3:15]) * 10
    return [
        ContactRoleRecord(deal.id, crm_id("003", first_contact + place), role)
        for place, role in enumerate(roles)
    ]
