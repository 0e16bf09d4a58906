"""What was asked before, what people put off, and how the deals stand: for deciding whom to ask today."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from pipeline.digests import Digest, FixedDeal
from pipeline.findings import Finding
from pipeline.matrix import Dimension
from pipeline.nudging import AskedBefore, DealFacts, Memory
from pipeline.records import Category
from storage.current_deals import is_seen
from storage.nudge_tables import asked_finding, finding_life, pause, snooze
from storage.tables import FOREVER, opportunity, opportunity_key, opportunity_version, slice_table

IDS_A_STEP = 500


@dataclass(frozen=True)
class Leave:
    """When somebody is away; both days included."""

    since: date
    until: date


def read_memory(connection: Connection, deal_ids: Collection[str]) -> Memory:
    """What was asked and put off about some deals."""
    asked: dict[tuple[str, str], AskedBefore] = {}
    snoozed: dict[tuple[str, str], date] = {}
    for ids in _steps(deal_ids):
        for row in connection.execute(
            select(asked_finding, opportunity_key.c.crm_id)
            .join(opportunity_key, opportunity_key.c.no == asked_finding.c.opportunity)
            .join(finding_life, _is_life_of_asked())
            .where(opportunity_key.c.crm_id.in_(ids), finding_life.c.closed_day.is_(None))
        ):
            asked[row.crm_id, row.rule] = AskedBefore(row.times, date.fromordinal(row.last_day))
        for row in connection.execute(
            select(snooze.c.rule, snooze.c.until_day, opportunity_key.c.crm_id)
            .join(opportunity_key, opportunity_key.c.no == snooze.c.opportunity)
            .where(opportunity_key.c.crm_id.in_(ids))
        ):
            snoozed[row.crm_id, row.rule] = date.fromordinal(row.until_day)
    return Memory(asked, snoozed)


def read_deal_facts(
    connection: Connection, deal_ids: Collection[str], dimension: Dimension, red_rows: Collection[str]
) -> Mapping[str, DealFacts]:
    """How some deals stand now. `red_rows`: values of the dimension whose row is red."""
    facts: dict[str, DealFacts] = {}
    now = opportunity_version.alias("now")
    before = opportunity_version.alias("before")
    owner_since = (
        select(func.max(before.c.valid_to))
        .where(
            before.c.opportunity == now.c.opportunity,
            before.c.part == 0,
            is_seen(before),
            before.c.owner.is_distinct_from(now.c.owner),
        )
        .scalar_subquery()
    )
    row_of = slice_table.c[dimension.value]
    for ids in _steps(deal_ids):
        for row in connection.execute(
            select(
                opportunity_key.c.crm_id,
                now.c.category,
                now.c.close_day,
                owner_since.label("owner_since"),
                row_of.label("row"),
            )
            .join(opportunity_key, opportunity_key.c.no == now.c.opportunity)
            .join(slice_table, slice_table.c.no == now.c.slice)
            .where(
                opportunity_key.c.crm_id.in_(ids),
                now.c.part == 0,
                now.c.valid_to == FOREVER,
                is_seen(now),
            )
        ):
            facts[row.crm_id] = DealFacts(
                Category(row.category),
                _day(row.close_day),
                _day(row.owner_since),
                row.row if row.row in red_rows else "",
            )
    return facts


def record_asked(connection: Connection, findings: Iterable[Finding], day: date) -> None:
    """Count one more question about each, in the transaction of the message that asks."""
    chosen = list(findings)
    ids = {one.opportunity_id for one in chosen}
    numbers: dict[str, int] = {}
    for step in _steps(ids):
        rows = connection.execute(select(opportunity_key).where(opportunity_key.c.crm_id.in_(step)))
        numbers.update({row.crm_id: row.no for row in rows})
    for one in chosen:
        same = and_(
            asked_finding.c.opportunity == numbers[one.opportunity_id],
            asked_finding.c.rule == one.rule,
            asked_finding.c.opened_day == one.since.toordinal(),
        )
        again = connection.execute(
            asked_finding.update()
            .where(same)
            .values(times=asked_finding.c.times + 1, last_day=day.toordinal())
        )
        if again.rowcount == 0:
            connection.execute(
                asked_finding.insert().values(
                    opportunity=numbers[one.opportunity_id],
                    rule=one.rule,
                    opened_day=one.since.toordinal(),
                    times=1,
                    first_day=day.toordinal(),
                    last_day=day.toordinal(),
                )
            )


def read_leaves(connection: Connection) -> Mapping[str, Leave]:
    """The latest leave of each person who ever had one."""
    return {
        row.person: Leave(date.fromordinal(row.since_day), date.fromordinal(row.until_day))
        for row in connection.execute(select(pause))
    }


def fixed_since(connection: Connection, last: Digest) -> tuple[FixedDeal, ...]:
    """What the person of a digest was asked about and has put in order since it was sent."""
    said = {(one.opportunity_id, rule) for one in last.fixed for rule in one.rules}
    rows = connection.execute(
        select(opportunity.c.crm_id, opportunity.c.name, finding_life.c.rule)
        .join(opportunity, opportunity.c.no == finding_life.c.opportunity)
        .join(asked_finding, _is_life_of_asked())
        .where(
            finding_life.c.owner == last.person.id,
            finding_life.c.closed_day >= last.day.toordinal(),
            or_(finding_life.c.how == "fixed_in_chat", finding_life.c.how == "fixed_in_crm"),
            is_seen(opportunity),
        )
        .order_by(finding_life.c.closed_day, opportunity.c.crm_id, finding_life.c.rule)
    )
    gathered: dict[str, FixedDeal] = {}
    for crm_id, name, rule in rows:
        if (crm_id, rule) not in said:
            rules = gathered[crm_id].rules if crm_id in gathered else ()
            gathered[crm_id] = FixedDeal(crm_id, name, (*rules, rule))
    return tuple(gathered.values())


def _is_life_of_asked() -> ColumnElement[bool]:
    return and_(
        finding_life.c.opportunity == asked_finding.c.opportunity,
        finding_life.c.rule == asked_finding.c.rule,
        finding_life.c.opened_day == asked_finding.c.opened_day,
    )


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _steps(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_A_STEP):
        yield ordered[start : start + IDS_A_STEP]
