"""The life of each finding: kept by comparing what is stored with what was open before.

Whoever stores findings (a measuring of all deals, a fix of one) calls `keep_lives` afterwards; nothing else
opens or closes a life.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from pipeline.company import Company
from pipeline.findings import HygieneReport
from storage.current_deals import is_seen
from storage.database import Engine, reading, writing_a_part
from storage.nudge_tables import finding_life
from storage.tables import FOREVER, finding, opportunity, opportunity_key

DEALS_A_STEP = 20_000
"""So many deals are gone through in one write transaction."""


class HowClosed(StrEnum):
    FIXED_IN_CHAT = "fixed_in_chat"
    FIXED_IN_CRM = "fixed_in_crm"
    ACKNOWLEDGED = "acknowledged"
    RULE_CHANGED = "rule_changed"


class SomeDeals(Protocol):
    """Some deals, as part of a statement."""

    def rows(self, table: Table) -> ColumnElement[bool]:
        """That a row of a table is one of theirs."""


@dataclass(frozen=True)
class TheseDeals:
    """Deals by our own numbers, a thousand or so at most."""

    numbers: Sequence[int]

    def rows(self, table: Table) -> ColumnElement[bool]:
        return table.c.opportunity.in_(self.numbers)


@dataclass(frozen=True)
class Deals:
    """Deals whose numbers follow each other."""

    first: int
    last: int

    def rows(self, table: Table) -> ColumnElement[bool]:
        return table.c.opportunity.between(self.first, self.last)


def keep_all_lives(engine: Engine, asked: Collection[str], day: date) -> None:
    """After a measuring of all deals. `asked`: the rules that ran; what another one had found is closed as
    changed. In steps, so that nobody waits long for the database."""
    for deals in steps_through_deals(engine):
        with writing_a_part(engine) as connection:
            keep_lives(connection, deals, asked, day, HowClosed.FIXED_IN_CRM)


def keep_lives(
    connection: Connection, deals: SomeDeals, asked: Collection[str], day: date, how: HowClosed
) -> None:
    """Open, close and re-assign the lives of some deals; `how`: what a closing is put down to."""
    _reopen(connection, deals)
    _open(connection, deals)
    is_gone = ~_is_live()
    is_open = finding_life.c.closed_day.is_(None)
    closing = update(finding_life).where(deals.rows(finding_life), is_open, is_gone)
    ended = {"closed_day": day.toordinal()}
    connection.execute(
        closing.where(finding_life.c.rule.not_in(asked)).values(how=HowClosed.RULE_CHANGED.value, **ended)
    )
    connection.execute(closing.values(how=how.value, **ended))
    owner = _owner_of(finding_life.c.opportunity)
    connection.execute(
        update(finding_life)
        .where(deals.rows(finding_life), is_open, finding_life.c.owner.is_distinct_from(owner))
        .values(owner=owner)
    )


def rules_that_ran(company: Company, report: HygieneReport) -> frozenset[str]:
    """The rules that are switched on and could be asked."""
    rules = company.hygiene.rules
    built_in = {name for name in type(rules).model_fields if getattr(rules, name).enabled}
    unasked = {notice.rule for notice in report.notices if notice.unasked_because is not None}
    return frozenset(built_in | {rule.name for rule in company.hygiene.custom}) - unasked


def steps_through_deals(engine: Engine) -> Iterator[Deals]:
    """All deals, so many at a time as one write transaction has time for."""
    with reading(engine) as connection:
        last: int = connection.scalar(select(func.max(opportunity_key.c.no))) or 0
    for start in range(0, last + 1, DEALS_A_STEP):
        yield Deals(start, start + DEALS_A_STEP - 1)


def _is_live() -> ColumnElement[bool]:
    """The finding of a life stands."""
    return exists().where(
        finding.c.opportunity == finding_life.c.opportunity,
        finding.c.rule == finding_life.c.rule,
        finding.c.gen_to == FOREVER,
    )


def _reopen(connection: Connection, deals: SomeDeals) -> None:
    """What was closed and came back on the same day goes on as if it had never been gone."""
    same = exists().where(
        finding.c.opportunity == finding_life.c.opportunity,
        finding.c.rule == finding_life.c.rule,
        finding.c.first_seen == finding_life.c.opened_day,
        finding.c.gen_to == FOREVER,
    )
    connection.execute(
        update(finding_life)
        .where(deals.rows(finding_life), finding_life.c.closed_day.is_not(None), same)
        .values(closed_day=None, how=None)
    )


def _open(connection: Connection, deals: SomeDeals) -> None:
    known = finding_life.alias("known")
    has_life = exists().where(
        known.c.opportunity == finding.c.opportunity,
        known.c.rule == finding.c.rule,
        known.c.closed_day.is_(None),
    )
    columns: Sequence[ColumnElement[Any]] = (
        finding.c.opportunity,
        finding.c.rule,
        finding.c.first_seen,
        _owner_of(finding.c.opportunity),
        finding.c.severity,
        finding.c.nudges,
        literal(None, Integer),
        literal(None, Text),
    )
    names = ["opportunity", "rule", "opened_day", "owner", "severity", "nudges", "closed_day", "how"]
    new = select(*columns).where(deals.rows(finding), finding.c.gen_to == FOREVER, ~has_life)
    connection.execute(insert(finding_life).from_select(names, new))


def _owner_of(number: ColumnElement[Any]) -> ColumnElement[Any]:
    record = opportunity.alias("record")
    return select(record.c.owner_id).where(record.c.no == number, is_seen(record)).scalar_subquery()
