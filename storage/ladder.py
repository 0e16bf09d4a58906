"""How far up the ladder each finding is that its owner was asked about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, select

from pipeline.findings import Finding
from storage.nudge_tables import asked_finding, escalation, finding_life
from storage.tables import opportunity_key


@dataclass(frozen=True)
class Rung:
    """Of one open finding that nobody above has been told of."""

    owner_id: str
    first_asked: date
    warned: date | None


def read_rungs(connection: Connection) -> Mapping[tuple[str, str], Rung]:
    """By opportunity id and rule."""
    asked, life = asked_finding, finding_life
    same = and_(
        asked.c.opportunity == life.c.opportunity,
        asked.c.rule == life.c.rule,
        asked.c.opened_day == life.c.opened_day,
    )
    climbed = and_(
        escalation.c.opportunity == life.c.opportunity,
        escalation.c.rule == life.c.rule,
        escalation.c.opened_day == life.c.opened_day,
    )
    rows = connection.execute(
        select(
            opportunity_key.c.crm_id, life.c.rule, life.c.owner, asked.c.first_day, escalation.c.warned_day
        )
        .select_from(life)
        .join(asked, same)
        .join(opportunity_key, opportunity_key.c.no == life.c.opportunity)
        .outerjoin(escalation, climbed)
        .where(
            life.c.closed_day.is_(None),
            life.c.nudges,
            life.c.owner.is_not(None),
            escalation.c.told_day.is_(None),
        )
    )
    return {
        (row.crm_id, row.rule): Rung(
            row.owner,
            date.fromordinal(row.first_day),
            None if row.warned_day is None else date.fromordinal(row.warned_day),
        )
        for row in rows
    }


def record_warned(connection: Connection, findings: Iterable[Finding], day: date) -> None:
    """In the transaction of the warning."""
    for one in findings:
        connection.execute(
            escalation.insert().values(
                opportunity=_number(connection, one),
                rule=one.rule,
                opened_day=one.since.toordinal(),
                warned_day=day.toordinal(),
            )
        )


def record_told(connection: Connection, findings: Iterable[Finding], day: date) -> None:
    """In the transaction of the message to the manager."""
    for one in findings:
        connection.execute(
            escalation.update()
            .where(
                escalation.c.opportunity == _number(connection, one),
                escalation.c.rule == one.rule,
                escalation.c.opened_day == one.since.toordinal(),
            )
            .values(told_day=day.toordinal())
        )


def _number(connection: Connection, one: Finding) -> int:
    number: int = connection.execute(
        select(opportunity_key.c.no).where(opportunity_key.c.crm_id == one.opportunity_id)
    ).scalar_one()
    return number
