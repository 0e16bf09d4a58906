"""Refreshing one deal from the CRM without waiting for a pull: a fix counts at once.

The deal is rebuilt from everything that the CRM holds of it, as a pull would (`storage.rebuilding`), in
the generation that readers see and in one short transaction. Stored tables move by what the deal added
before and adds now; its findings are judged anew, and those of its account, which can be its duplicates,
and the scores of the people and regions concerned move with them.
What is learnt from many deals waits for the next measuring: the paces of past quarters, which rule is a
problem of the process, and how long is too long, so that a won deal moves the findings of `stuck_in_stage`
and `too_old` on other deals only then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Integer, cast, func, select

from pipeline.company import Company
from pipeline.crm_records import DealEvidence, RoleRecord, StageRecord, UserRecord
from pipeline.findings import HygieneReport
from pipeline.records import Category
from pipeline.sums import add_sums
from storage.apm import VIEWS, Measuring, dimensions_of, forget_tables, keep_tables, store_tables
from storage.base import read_base, replace_sums
from storage.database import reading
from storage.deal_rows import number_of, write_deal
from storage.digests import renew_findings
from storage.finding_lives import HowClosed, keep_lives_of, rules_that_ran
from storage.hygiene import ask_hygiene, judge_opportunities
from storage.hygiene_columns import HygieneQuestion
from storage.hygiene_findings import store_findings_of
from storage.hygiene_limits import Limits
from storage.hygiene_reading import store_hygiene
from storage.mirror import MirrorState, move_measured_day, pulled_state
from storage.rebuilding import MergeRequest, Rebuilding
from storage.refreshes import note_refresh
from storage.registries import lock_numbering
from storage.scales import read_calendar, read_scales
from storage.score_moves import ScoreMove
from storage.staging import Reference
from storage.tables import (
    FOREVER,
    finding,
    opportunity,
    opportunity_key,
    person,
    role,
    stage,
)


@dataclass(frozen=True)
class RefreshGround:
    """What a refresh needs and takes long to read, so that the write transaction stays short."""

    company: Company
    limits: Limits
    """How long is too long, as the won deals show it."""


def prepare_refresh(engine: Engine, company: Company, now: datetime) -> RefreshGround:
    """Before the write transaction. A day that began without a pull is measured first.

    Raises `NothingPulled` before the first pull.
    """
    with reading(engine) as connection:
        state = pulled_state(connection)
        today = read_calendar(connection, company.definitions).day_of(int(now.timestamp()))
    if state.measured_day is None or state.measured_day < today.toordinal():
        store_tables(engine, company, today)
        store_hygiene(engine, company, today)
        move_measured_day(engine, today)
    with reading(engine) as connection:
        question = _question(connection, company, pulled_state(connection), today)
        return RefreshGround(company, question.limits)


def refresh_deal(connection: Connection, ground: RefreshGround, deal: DealEvidence, now: datetime) -> bool:
    """Bring one deal up to date for all readers. False where the mirror does not know it, or its stage."""
    lock_numbering(connection)
    state = pulled_state(connection)
    as_of = date.fromordinal(state.measured_day or 0)
    number = number_of(connection, deal.opportunity.id)
    if number is None or state.measured_day is None:
        return False
    deal = _as_pulled(deal, state)
    before = Measuring(connection, ground.company, state).base(as_of, only=number)
    partners = _of_same_account(connection, state.generation, number)
    scores = ScoreMove(connection, ground.company, state, as_of)
    scores.remember(partners)
    moment = max(int(now.timestamp()), 1 + _last_seen(connection, number))
    request = _request(connection, ground.company, state, moment)
    tracked = state.tracked | {change.field for change in deal.changes}
    rebuilding = Rebuilding(connection, request, tracked)
    if not write_deal(connection, rebuilding, state.generation, number, deal):
        return False
    _move_tables(connection, ground.company, state, as_of, number, before)
    partners |= _of_same_account(connection, state.generation, number)
    scores.remember(partners)
    _judge(connection, ground, state, as_of, sorted(partners))
    scores.apply()
    note_refresh(connection, deal.opportunity.id, request.now)
    return True


def _last_seen(connection: Connection, number: int) -> int:
    """When the deal was last seen: what is seen now has to come after it, be it in the same second."""
    seen = select(opportunity.c.observed_at).where(
        opportunity.c.no == number, opportunity.c.gen_to == FOREVER
    )
    return connection.execute(seen).scalar() or 0


def _as_pulled(deal: DealEvidence, state: MirrorState) -> DealEvidence:
    """Without the fields that only a form asked for: the next pull then finds nothing changed."""
    fields = {name: value for name, value in deal.opportunity.fields.items() if name in state.fields}
    return replace(deal, opportunity=deal.opportunity._replace(fields=fields))


def _request(connection: Connection, company: Company, state: MirrorState, now: int) -> MergeRequest:
    return MergeRequest(
        company=company,
        calendar=read_calendar(connection, company.definitions),
        reference=_reference(connection),
        capabilities=state.capabilities,
        fields=state.fields,
        now=now,
        generation=state.generation,
    )


def _reference(connection: Connection) -> Reference:
    """The small tables of the last pull, as far as a deal is built of them."""
    stages = connection.execute(select(stage).order_by(stage.c.sort_order, stage.c.no))
    return Reference(
        stages=[
            StageRecord(row.name, row.sort_order, row.is_closed, row.is_won, Category(row.category))
            for row in stages
        ],
        users=[
            UserRecord(
                row.crm_id,
                row.name,
                row.email,
                row.is_active,
                row.role_id,
                row.manager_id,
                row.timezone,
                row.is_integration,
                row.fields,
            )
            for row in connection.execute(select(person))
        ],
        roles=[RoleRecord(row.crm_id, row.name, row.parent_id) for row in connection.execute(select(role))],
    )


# --- Tables ---------------------------------------------------------------------------------------


def _move_tables(
    connection: Connection,
    company: Company,
    state: MirrorState,
    as_of: date,
    number: int,
    before: dict[str, Any],
) -> None:
    """Subtract what the deal added to the day's sums, add what it adds now, and put the tables together."""
    kept = read_base(connection, state.generation, as_of.toordinal())
    if kept is None:
        forget_tables(connection, state.generation)
        return
    base, learnt = kept
    measuring = Measuring(connection, company, state)
    after = measuring.base(as_of, only=number)
    moved = {}
    for view in VIEWS:
        sums = base.get(view, ())
        moved[view] = add_sums(add_sums(sums, before[view], sign=-1), after[view])
        replace_sums(connection, state.generation, as_of.toordinal(), view, sums, moved[view])
    measuring.take_base(as_of, moved, learnt)
    tables = [measuring.table(as_of, dimension, None) for dimension in dimensions_of(company)]
    forget_tables(connection, state.generation)
    keep_tables(connection, state.generation, as_of, tables)


# --- Findings -------------------------------------------------------------------------------------


def _judge(
    connection: Connection, ground: RefreshGround, state: MirrorState, as_of: date, numbers: Sequence[int]
) -> None:
    question = _question(connection, ground.company, state, as_of, ground.limits)
    keys = select(opportunity_key.c.no, opportunity_key.c.crm_id).where(opportunity_key.c.no.in_(numbers))
    ids: dict[int, str] = {row.no: row.crm_id for row in connection.execute(keys)}
    silenced = _silenced(connection, question)
    asked = rules_that_ran(ground.company, HygieneReport(as_of, (), (), tuple(question.plan.notices)))
    for number, found in judge_opportunities(connection, question, numbers, silenced).items():
        store_findings_of(connection, ids[number], found, state.generation)
        keep_lives_of(connection, ids[number], asked, as_of, HowClosed.FIXED_IN_CHAT)
        renew_findings(connection, number, found)


def _silenced(connection: Connection, question: HygieneQuestion) -> frozenset[str]:
    """Rules that the last measuring took for a problem of the process: they nudge nobody."""
    nudging = {rule.name for rule in question.plan.rules if rule.nudges}
    generation = question.generation
    asks = func.max(cast(finding.c.nudges, Integer))
    rows = connection.execute(
        select(finding.c.rule)
        .where(finding.c.rule.in_(nudging), finding.c.gen_from <= generation, finding.c.gen_to > generation)
        .group_by(finding.c.rule)
        .having(asks == 0)
    )
    return frozenset(rows.scalars())


def _question(
    connection: Connection,
    company: Company,
    state: MirrorState,
    as_of: date,
    limits: Limits | None = None,
) -> HygieneQuestion:
    scales = read_scales(connection, company.definitions)
    return ask_hygiene(
        connection,
        as_of=as_of,
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
        limits=limits,
    )


def _of_same_account(connection: Connection, generation: int, number: int) -> set[int]:
    """The deal and the others of its account: each can be the other's duplicate."""
    own = select(opportunity.c.account_id).where(
        opportunity.c.no == number, opportunity.c.gen_from <= generation, opportunity.c.gen_to > generation
    )
    account_id = connection.execute(own).scalar()
    if account_id is None:
        return {number}
    others = select(opportunity.c.no).where(
        opportunity.c.account_id == account_id,
        opportunity.c.gen_from <= generation,
        opportunity.c.gen_to > generation,
        opportunity.c.is_deleted.is_(False),
    )
    return {number, *connection.execute(others).scalars()}
