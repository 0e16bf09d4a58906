"""Rules about what a record holds: value, products, contacts, category and the fields of the method."""

from pipeline.expressions import FactValue
from pipeline.findings import Severity
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.rule import Meaning, Need, Rule, edits, fields, needs, tables
from pipeline.hygiene.wording import ago, counted
from pipeline.records import Category

_FROM_PROPOSAL = "is_open and stage >= proposal"
_CATEGORY = needs(fields("ForecastCategoryName", "ForecastCategory"))
_CONTACTS = needs(tables("OpportunityContactRole"))

_CATEGORY_LABELS = {
    Category.OMITTED: "Omitted",
    Category.PIPELINE: "Pipeline",
    Category.BEST_CASE: "Best Case",
    Category.MOST_LIKELY: "Most Likely",
    Category.COMMIT: "Commit",
    Category.CLOSED: "Closed",
}


def _category(deal: DealFacts) -> str:
    value: FactValue = deal.values.get("category")
    return _CATEGORY_LABELS[value] if isinstance(value, Category) else "unknown"


def _value_field(meaning: Meaning) -> str:
    return meaning.definitions.metrics.value_field


def _edits_value(meaning: Meaning) -> tuple[str, ...]:
    return (_value_field(meaning),)


def _needs_value_field(meaning: Meaning) -> tuple[Need, ...]:
    if _value_field(meaning) == "Amount":
        return (Need("setting", (), "no value field other than Amount is configured"),)
    return (fields(_value_field(meaning)), fields("Amount"))


def _needs_amount(meaning: Meaning) -> tuple[Need, ...]:
    return (fields("Amount", _value_field(meaning)),)


def _edits_qualification(meaning: Meaning) -> tuple[str, ...]:
    return meaning.hygiene.qualification_fields


def _needs_qualification(meaning: Meaning) -> tuple[Need, ...]:
    configured = meaning.hygiene.qualification_fields
    if not configured:
        return (Need("setting", (), "no qualification_fields are configured"),)
    return (fields(*configured),)


def _competitor_field(meaning: Meaning) -> str:
    return meaning.hygiene.rules.competitor_missing.field


def _loss_field(meaning: Meaning) -> str:
    return meaning.hygiene.rules.loss_reason_missing.field


def _seen_amount(deal: DealFacts) -> str:
    return "empty" if deal.number("amount") is None else "0"


def _says_amount(deal: DealFacts) -> str:
    return f"The amount is {_seen_amount(deal)} in stage {deal.word('stage')}: what is this deal worth?"


def _contacts(deal: DealFacts) -> str:
    return counted(deal.count("contact_count"), "contact")


def _says_no_buyer(deal: DealFacts) -> str:
    is_not = {0: "No contact is", 1: "The only contact is not"}
    who = is_not.get(deal.count("contact_count"), f"None of the {_contacts(deal)} is")
    return f"{who} the economic buyer: who signs?"


def _says_mismatch(deal: DealFacts) -> str:
    return f"Forecast category {_category(deal)} and stage {deal.word('stage')} do not fit together."


def _filled(deal: DealFacts) -> str:
    return f"{deal.count('filled_fields')} of {deal.count('qualification_fields')}"


def _says_lost(deal: DealFacts) -> str:
    return f"This was lost {ago(deal.days_since('closed_on'))}: what was the reason?"


CONTENT_RULES = (
    Rule(
        name="amount_missing",
        summary="A qualified deal whose amount is empty or 0.",
        severity=Severity.MEDIUM,
        high_when="stage >= proposal",
        deals="is_qualified",
        broken="(amount is None or amount == 0) and (custom_value is None or custom_value == 0)",
        says=_says_amount,
        seen=_seen_amount,
        fixes=_edits_value,
        needs=_needs_amount,
    ),
    Rule(
        name="value_missing",
        summary="The value field is empty although there is an amount.",
        severity=Severity.MEDIUM,
        deals=_FROM_PROPOSAL,
        needs_stage="proposal",
        applies="amount > 0",
        broken="custom_value is None",
        says=lambda _: "There is an amount, but the field that counts is empty.",
        seen=lambda _: "empty",
        fixes=_edits_value,
        needs=_needs_value_field,
    ),
    Rule(
        name="products_missing",
        summary="No line items at Proposal or later.",
        severity=Severity.MEDIUM,
        deals=_FROM_PROPOSAL,
        needs_stage="proposal",
        broken="line_count == 0",
        says=lambda deal: f"No products are on this deal, and it is in {deal.word('stage')}.",
        seen=lambda _: "0",
        fixes=edits(),
        needs=needs(tables("OpportunityLineItem")),
    ),
    Rule(
        name="contact_missing",
        summary="A qualified deal without a contact role.",
        severity=Severity.MEDIUM,
        deals="is_qualified",
        applies="started + after_days < today",
        broken="contact_count == 0",
        says=lambda _: "No contact is on this deal: whom are you speaking with?",
        seen=lambda _: "0",
        fixes=edits(),
        needs=_CONTACTS,
    ),
    Rule(
        name="single_threaded",
        summary="A large deal that hangs on too few contacts.",
        severity=Severity.MEDIUM,
        deals=_FROM_PROPOSAL,
        needs_stage="proposal",
        applies="value >= from_value",
        broken="contact_count < minimum_contacts"
        " or (stage >= negotiation and contact_count < negotiation_contacts)",
        says=lambda deal: f"This deal has {_contacts(deal)} at {deal.word('stage')}: who else decides?",
        seen=lambda deal: str(deal.count("contact_count")),
        fixes=edits(),
        needs=_CONTACTS,
    ),
    Rule(
        name="economic_buyer_missing",
        summary="A large deal in Commit or Negotiation without an economic buyer.",
        severity=Severity.HIGH,
        applies="(category == 'Commit' or stage >= negotiation) and value >= from_value",
        broken="buyer_count == 0",
        says=_says_no_buyer,
        seen=lambda _: "0",
        fixes=edits(),
        needs=_CONTACTS,
    ),
    Rule(
        name="category_stage_mismatch",
        summary="Commit before Negotiation, or a late stage that is Omitted or Pipeline.",
        severity=Severity.MEDIUM,
        high_when="category == 'Commit'",
        applies="category == 'Commit' or stage >= negotiation",
        broken="(category == 'Commit' and stage < negotiation)"
        " or (category in ['Omitted', 'Pipeline'] and stage >= negotiation)",
        says=_says_mismatch,
        seen=lambda deal: f"{_category(deal)} in {deal.word('stage')}",
        fixes=edits("ForecastCategoryName", "StageName"),
        needs=_CATEGORY,
        needs_stage="negotiation",
    ),
    Rule(
        name="omitted_open",
        summary="Open and left out of the forecast for a long time.",
        severity=Severity.LOW,
        broken="category == 'Omitted' and category_since + after_days <= today",
        says=lambda deal: (
            f"Omitted for {counted(deal.days_since('category_since'), 'day')}: still alive, or closed lost?"
        ),
        seen=lambda deal: counted(deal.days_since("category_since"), "day"),
        fixes=edits("ForecastCategoryName", "StageName"),
        needs=_CATEGORY,
    ),
    Rule(
        name="qualification_incomplete",
        summary="Too few of the qualification fields are filled for the stage.",
        severity=Severity.MEDIUM,
        deals=_FROM_PROPOSAL,
        needs_stage="proposal",
        broken="filled_fields < proposal_fields"
        " or (stage >= negotiation and filled_fields < negotiation_fields)",
        says=lambda deal: (
            f"{_filled(deal)} qualification fields are filled, and it is in {deal.word('stage')}."
        ),
        seen=_filled,
        fixes=_edits_qualification,
        needs=_needs_qualification,
    ),
    Rule(
        name="competitor_missing",
        summary="No competitor is named at Proposal or later.",
        severity=Severity.LOW,
        deals=_FROM_PROPOSAL,
        needs_stage="proposal",
        broken="competitor is None",
        says=lambda _: "No competitor is named: whom are you up against?",
        seen=lambda _: "empty",
        fixes=lambda meaning: (_competitor_field(meaning),),
        needs=lambda meaning: (fields(_competitor_field(meaning)),),
    ),
    Rule(
        name="loss_reason_missing",
        summary="Lost, and nobody said why.",
        severity=Severity.MEDIUM,
        deals="is_lost",
        applies="closed_on + after_days <= today",
        broken="loss_reason is None",
        says=_says_lost,
        seen=lambda _: "empty",
        fixes=lambda meaning: (_loss_field(meaning),),
        needs=lambda meaning: (fields(_loss_field(meaning)),),
    ),
)
