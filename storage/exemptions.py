"""Findings that do not count: waived ones, and those that a manager knows of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, select

from pipeline.hygiene.facts import DealFacts
from storage.nudge_tables import acknowledgement, waiver
from storage.tables import stage


@dataclass(frozen=True)
class _Known:
    """A deal as it was when its manager acknowledged a finding."""

    pushes: int
    stage: str


@dataclass(frozen=True)
class Exemptions:
    """What people have exempted, as of one day: few beside the findings, so all of it is held."""

    waived: frozenset[tuple[int, str]]
    """Number of the deal and rule."""
    acknowledged: Mapping[tuple[int, str], _Known]

    def is_waived(self, number: int, rule: str) -> bool:
        return (number, rule) in self.waived

    def is_acknowledged(self, number: int, rule: str, deal: DealFacts) -> bool:
        """Until the next push or stage change."""
        known = self.acknowledged.get((number, rule))
        if known is None:
            return False
        return deal.values.get("pushes") == known.pushes and deal.values.get("stage") == known.stage


def read_exemptions(connection: Connection, day: date) -> Exemptions:
    rows = connection.execute(
        select(waiver.c.opportunity, waiver.c.rule).where(waiver_holds(day.toordinal()))
    )
    waived = frozenset((row.opportunity, row.rule) for row in rows)
    known = connection.execute(
        select(acknowledgement, stage.c.name.label("stage_name")).join(
            stage, stage.c.no == acknowledgement.c.stage
        )
    )
    return Exemptions(
        waived, {(row.opportunity, row.rule): _Known(row.pushes, row.stage_name) for row in known}
    )


def waiver_holds(day: int) -> ColumnElement[bool]:
    """A waiver ends by itself: there is nothing to be done on its last day."""
    return and_(waiver.c.state == "granted", waiver.c.since_day <= day, waiver.c.until_day >= day)


def counts_against(version: FromClause, rule: str, day: int) -> ColumnElement[bool]:
    """That the deal of a version is neither exempt from a rule nor acknowledged, as part of a statement."""
    waived = select(waiver.c.opportunity).where(waiver.c.rule == rule, waiver_holds(day))
    known = exists().where(
        acknowledgement.c.opportunity == version.c.opportunity,
        acknowledgement.c.rule == rule,
        acknowledgement.c.pushes == version.c.pushes,
        acknowledgement.c.stage == version.c.stage,
    )
    return and_(version.c.opportunity.not_in(waived), ~known)
