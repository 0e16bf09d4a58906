"""The findings of a generation beside those of the one before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.schema import CreateTable, DropTable

from pipeline.findings import Finding, HygieneReport
from storage.finding_lives import Deals, SomeDeals, TheseDeals
from storage.nudge_tables import finding_life
from storage.tables import FOREVER, finding, opportunity_key

ROWS_A_CHUNK = 1_000

_incoming = Table(
    "hygiene_incoming",
    MetaData(),
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("first_seen", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("seen", Text),
    Column("nudges", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)
"""The findings of the new generation while they are compared with the live ones."""


@dataclass(frozen=True)
class StoredFinding:
    """What a measuring keeps of a finding beside its deal and rule."""

    first_seen: int
    nudges: bool
    """As decided over all deals: a rule that is a problem of the process nudges nobody."""


def first_seen_days(
    connection: Connection, numbers: Sequence[int], generation: int, day: int
) -> Mapping[tuple[int, str], int]:
    """Since when some deals have had their findings, by number and rule: in the generation before, or in
    this one where it was measured already, say on the day before.

    What was gone on an earlier day than the `day` that is measured begins anew when it comes back.
    """
    first_seen = func.min(finding.c.first_seen)
    was_gone = exists().where(
        finding_life.c.opportunity == finding.c.opportunity,
        finding_life.c.rule == finding.c.rule,
        finding_life.c.opened_day == finding.c.first_seen,
        finding_life.c.closed_day < day,
    )
    rows = connection.execute(
        select(finding.c.opportunity, finding.c.rule, first_seen)
        .where(
            finding.c.opportunity.in_(numbers),
            finding.c.gen_from <= generation,
            or_(finding.c.gen_to > generation, and_(finding.c.gen_to == generation, ~was_gone)),
        )
        .group_by(finding.c.opportunity, finding.c.rule)
    )
    return {(number, rule): day for number, rule, day in rows}


def findings_to_store(
    connection: Connection, report: HygieneReport, steps: Sequence[Deals]
) -> Mapping[Deals, Sequence[dict[str, Any]]]:
    """The rows of a report by the step that its deals belong to; made before anybody has to wait for them."""
    width = steps[0].last - steps[0].first + 1 if steps else 1
    by_step: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for start in range(0, len(report.findings), ROWS_A_CHUNK):
        for row in _rows(connection, report.findings[start : start + ROWS_A_CHUNK]):
            by_step[row["opportunity"] // width].append(row)
    return {deals: by_step[deals.first // width] for deals in steps}


def store_findings(
    connection: Connection, deals: SomeDeals, rows: Sequence[dict[str, Any]], generation: int
) -> None:
    """Write rows as the findings of some deals in a generation; what has not changed is left as it stands.

    Readers of earlier generations see what they saw before. Storing a generation anew replaces it.
    """
    connection.execute(DropTable(_incoming, if_exists=True))
    connection.execute(CreateTable(_incoming))
    if rows:
        connection.execute(insert(_incoming), rows)
    _take_back(connection, deals, generation)
    _end_what_is_gone(connection, deals, generation)
    _add_what_is_new(connection, generation)
    connection.execute(DropTable(_incoming))


def store_findings_of(
    connection: Connection, deals: TheseDeals, findings: Sequence[Finding], generation: int
) -> None:
    """Put the findings of some deals in the place of those that readers see, after the deals changed."""
    store_findings(connection, deals, _rows(connection, findings), generation)


def _rows(connection: Connection, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    ids = {one.opportunity_id for one in findings}
    numbers: dict[str, int] = {
        crm_id: number
        for number, crm_id in connection.execute(
            select(opportunity_key.c.no, opportunity_key.c.crm_id).where(opportunity_key.c.crm_id.in_(ids))
        )
    }
    return [
        {
            "opportunity": numbers[one.opportunity_id],
            "rule": one.rule,
            "first_seen": one.since.toordinal(),
            "severity": one.severity.value,
            "audience": one.audience.value,
            "seen": one.seen,
            "nudges": one.nudges,
        }
        for one in findings
    ]


def _take_back(connection: Connection, deals: SomeDeals, generation: int) -> None:
    """Undo an earlier storing of the same generation."""
    of_deals = deals.rows(finding)
    connection.execute(delete(finding).where(of_deals, finding.c.gen_from == generation))
    connection.execute(update(finding).where(of_deals, finding.c.gen_to == generation).values(gen_to=FOREVER))


def _end_what_is_gone(connection: Connection, deals: SomeDeals, generation: int) -> None:
    unchanged = exists().where(
        _same_key(),
        _incoming.c.first_seen == finding.c.first_seen,
        _incoming.c.severity == finding.c.severity,
        _incoming.c.audience == finding.c.audience,
        _incoming.c.seen.is_not_distinct_from(finding.c.seen),
        _incoming.c.nudges == finding.c.nudges,
    )
    connection.execute(
        update(finding)
        .where(deals.rows(finding), finding.c.gen_to == FOREVER, ~unchanged)
        .values(gen_to=generation)
    )


def _add_what_is_new(connection: Connection, generation: int) -> None:
    stands = exists().where(_same_key(), finding.c.gen_to == FOREVER)
    columns = [column.name for column in _incoming.c]
    new = select(*_incoming.c, literal(generation, Integer), literal(FOREVER, Integer)).where(~stands)
    connection.execute(insert(finding).from_select([*columns, "gen_from", "gen_to"], new))


def _same_key() -> ColumnElement[bool]:
    return and_(_incoming.c.opportunity == finding.c.opportunity, _incoming.c.rule == finding.c.rule)
