"""The stored findings of some people, without looking at anybody else's deals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from pipeline.company import Company
from pipeline.findings import Finding
from storage.hygiene import ask_hygiene, word_stored
from storage.hygiene_columns import HygieneQuestion
from storage.hygiene_findings import StoredFinding
from storage.mirror import MirrorState, pulled_state
from storage.nudge_tables import finding_life
from storage.scales import read_scales
from storage.tables import FOREVER, finding, opportunity_key

_LEARNT_LIMITS = frozenset({"stuck_in_stage", "too_old"})
"""Rules whose words hold a limit that is learnt of all won deals."""
OWNERS_A_STEP = 200


def findings_of(connection: Connection, company: Company, owners: Collection[str]) -> tuple[Finding, ...]:
    """Open findings of the deals of some owners (CRM user ids) as of the last measuring.

    Raises `NothingPulled` before the first pull.
    """
    state = pulled_state(connection)
    rows: list[Row[Any]] = []
    people = sorted(owners)
    for start in range(0, len(people), OWNERS_A_STEP):
        rows += connection.execute(_stored_of(people[start : start + OWNERS_A_STEP])).all()
    return _worded(connection, company, state, rows)


def findings_on(connection: Connection, company: Company, deal_id: str) -> tuple[Finding, ...]:
    """Open findings of one deal as of the last measuring or fix. Raises `NothingPulled`."""
    statement = _stored().join(opportunity_key, opportunity_key.c.no == finding.c.opportunity)
    rows = connection.execute(statement.where(opportunity_key.c.crm_id == deal_id)).all()
    return _worded(connection, company, pulled_state(connection), rows)


def owners_with_findings(connection: Connection) -> frozenset[str]:
    """CRM user ids of everybody who owns a deal with an open finding of a rule that nudges."""
    owners = connection.execute(
        select(finding_life.c.owner)
        .where(
            finding_life.c.closed_day.is_(None),
            finding_life.c.owner.is_not(None),
            finding_life.c.nudges,
        )
        .distinct()
    ).scalars()
    return frozenset(owner for owner in owners if owner is not None)


def _stored() -> Select[Any]:
    return select(finding.c.opportunity, finding.c.rule, finding.c.first_seen, finding.c.nudges).where(
        finding.c.gen_to == FOREVER
    )


def _stored_of(owners: Sequence[str]) -> Select[Any]:
    same = and_(finding_life.c.opportunity == finding.c.opportunity, finding_life.c.rule == finding.c.rule)
    return (
        _stored()
        .join(finding_life, same)
        .where(finding_life.c.owner.in_(owners), finding_life.c.closed_day.is_(None))
    )


def _worded(
    connection: Connection,
    company: Company,
    state: MirrorState,
    rows: Sequence[Row[Any]],
) -> tuple[Finding, ...]:
    if not rows:
        return ()
    stored: dict[int, dict[str, StoredFinding]] = {}
    for row in rows:
        stored.setdefault(row.opportunity, {})[row.rule] = StoredFinding(row.first_seen, row.nudges)
    question = _question(connection, company, state, stored)
    return tuple(sorted(word_stored(connection, question, stored), key=_worst_first))


def _question(
    connection: Connection,
    company: Company,
    state: MirrorState,
    stored: Mapping[int, Mapping[str, StoredFinding]],
) -> HygieneQuestion:
    scales = read_scales(connection, company.definitions)
    return ask_hygiene(
        connection,
        as_of=date.fromordinal(state.measured_day or 0),
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
        measures_limits=any(_LEARNT_LIMITS & rules.keys() for rules in stored.values()),
    )


def _worst_first(one: Finding) -> tuple[int, bool, object, str, str]:
    return -one.severity.rank, one.value is None, -(one.value or 0), one.opportunity_id, one.rule
