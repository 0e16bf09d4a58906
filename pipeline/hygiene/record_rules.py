"""Rules that sales operations or a manager put right: dimensions, accounts, owners, duplicates, won dates."""

from pipeline.findings import Audience, Severity
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.rule import Meaning, Need, Rule, edits, fields, needs, tables
from pipeline.hygiene.wording import day_month
from pipeline.matrix import UNASSIGNED, Dimension


def _dimension_rule(dimension: Dimension, severity: Severity) -> Rule:
    def fix(meaning: Meaning) -> tuple[str, ...]:
        resolvers = meaning.definitions.dimensions.resolvers(dimension)
        return tuple(resolver.field for resolver in resolvers if resolver.field is not None)

    def need(meaning: Meaning) -> tuple[Need, ...]:
        if meaning.definitions.dimensions.resolvers(dimension):
            return ()
        return (Need("setting", (), f"nothing under [dimensions] says how to find the {dimension}"),)

    return Rule(
        name=f"{dimension}_missing",
        summary=f"A deal that finds no place in the table of {dimension}s.",
        severity=severity,
        audience=Audience.OPERATIONS,
        applies="started + after_days <= today",
        broken=f"{dimension} is None",
        says=lambda _: f"No {dimension} can be found for this deal, so it counts as {UNASSIGNED}.",
        seen=lambda _: UNASSIGNED,
        fixes=fix,
        needs=need,
    )


def _says_twin(deal: DealFacts) -> str:
    return (
        f"It looks like “{deal.word('twin_name')}”: the same account and product family, a similar value "
        "and close date. Is it one deal?"
    )


def _says_won_date(deal: DealFacts) -> str:
    closing = day_month(deal.require_day("close_date"), deal.today)
    if deal.require_day("close_date") > deal.today:
        return f"Won, but with a close date in the future: {closing}."
    marked = day_month(deal.require_day("closed_on"), deal.today)
    return f"Marked won on {marked}, but its close date {closing} lies in an earlier quarter."


def _seen_close_date(deal: DealFacts) -> str:
    return deal.require_day("close_date").isoformat()


RECORD_RULES = (
    _dimension_rule(Dimension.SOURCE, Severity.MEDIUM),
    _dimension_rule(Dimension.SEGMENT, Severity.LOW),
    _dimension_rule(Dimension.REGION, Severity.LOW),
    Rule(
        name="possible_duplicate",
        summary="Another open deal of the same account and product family, of similar value and close date.",
        severity=Severity.MEDIUM,
        audience=Audience.OPERATIONS,
        broken="has_twin",
        says=_says_twin,
        seen=lambda deal: deal.text("twin_name"),
        fixes=edits(),
        needs=needs(fields("AccountId")),
    ),
    Rule(
        name="owner_inactive",
        summary="The owner is no longer active; it goes to the owner's manager.",
        severity=Severity.HIGH,
        audience=Audience.MANAGER,
        broken="owner_is_inactive",
        says=lambda deal: (
            f"{deal.text('owner_name') or 'The owner'} is no longer active: who takes this deal?"
        ),
        seen=lambda deal: deal.text("owner_name"),
        fixes=edits("OwnerId"),
        needs=needs(tables("User")),
    ),
    Rule(
        name="account_missing",
        summary="A deal without an account.",
        severity=Severity.HIGH,
        audience=Audience.OPERATIONS,
        broken="account is None",
        says=lambda _: "This deal has no account.",
        seen=lambda _: "empty",
        fixes=edits("AccountId"),
        needs=needs(fields("AccountId")),
    ),
    Rule(
        name="won_date_anomaly",
        summary="Won with a close date in the future, or in an earlier quarter than when it was marked won.",
        severity=Severity.HIGH,
        audience=Audience.OPERATIONS,
        deals="is_won",
        broken="close_date > today"
        " or (close_quarter < closed_quarter and close_date + late_days < closed_on)",
        says=_says_won_date,
        seen=_seen_close_date,
        fixes=edits("CloseDate"),
        needs=needs(fields("CloseDate")),
    ),
)
