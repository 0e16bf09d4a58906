"""Refreshing one deal from the CRM without waiting for a pull: a fix counts at once.

The deal is rebuilt from everything that the CRM holds of it, as a pull would (`storage.rebuilding`), in
the generation that readers see and in one short transaction. The sums behind stored tables move by what the
deal added before and adds now, and the tables are put together after the transaction. The deal's findings
are judged anew, and those of its account, which can be its duplicates, and the scores of the people and
regions concerned move with them.
What is learnt from many deals waits for the next measuring: the paces of past quarters, which rule is a
problem of the process, and how long is too long, so that a won deal moves the findings of `stuck_in_stage`
and `too_old` on other deals only then.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, Integer, cast, func, select

from pipeline.company import Company
from pipeline.crm_records import DealEvidence, RoleRecord, StageRecord, UserRecord
from pipeline.errors import CouncilError
from pipeline.findings import HygieneReport
from pipeline.records import Category
from storage.apm import VIEWS, forget_tables, renew_tables, store_tables
from storage.base import Base, has_base, move_sums
from storage.base_measuring import measure_base
from storage.database import reading
from storage.deal_rows import number_of, write_deal
from storage.digests import renew_findings
from storage.finding_lives import HowClosed, keep_lives_of, rules_that_ran
from storage.hygiene import UNTRUSTED_RULES, ask_hygiene, judge_opportunities
from storage.hygiene_columns import HygieneQuestion
from storage.hygiene_findings import store_findings_of
from storage.hygiene_people import Staff, read_staff
from storage.hygiene_reading import store_hygiene
from storage.hygiene_scan import deals_that_break
from storage.mirror import MirrorState, move_measured_day, pulled_state
from storage.rebuilding import MergeRequest, Rebuilding
from storage.refreshes import note_refresh
from storage.registries import lock_numbering
from storage.scales import Scales, read_calendar, read_scales
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

REFRESH_ATTEMPTS = 3

Done = TypeVar("Done")


@dataclass(frozen=True)
class RefreshGround:
    """What a refresh needs of more than its deal, read before the write transaction so that this stays short.

    It holds as long as the mirror's state does: a pull that switches readers over replaces all of it.
    """

    company: Company
    state: MirrorState
    question: HygieneQuestion
    """Of the measured day, with how long is too long, as the won deals show it."""
    scales: Scales
    reference: Reference
    staff: Staff
    silenced: frozenset[str]
    """Rules that the last measuring took for a problem of the process: they nudge nobody."""

    @property
    def as_of(self) -> date:
        return self.question.as_of


class GroundMoved(CouncilError):
    """A pull has switched readers over since the ground was prepared."""

    def __init__(self) -> None:
        super().__init__(
            "New figures from the CRM came in at the same moment, so this counts a little later. "
            "See /hygiene."
        )


def count_at_once(
    engine: Engine, company: Company, now: datetime, act: Callable[[RefreshGround], Done]
) -> Done:
    """Do what ends in `refresh_deal`, in a write transaction of its own, and renew the day's tables after it.

    `act` is done again where a pull came between: its transaction was rolled back then. Raises
    `NothingPulled` before the first pull, `GroundMoved` where pulls never stop, and whatever `act` raises.
    """
    for _ in range(REFRESH_ATTEMPTS):
        with suppress(GroundMoved):
            done = act(prepare_refresh(engine, company, now))
            renew_tables(engine, company)
            return done
    raise GroundMoved()


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
        return _ground(connection, company, pulled_state(connection))


def _ground(connection: Connection, company: Company, state: MirrorState) -> RefreshGround:
    scales = read_scales(connection, company.definitions)
    question = ask_hygiene(
        connection,
        as_of=date.fromordinal(state.measured_day or 1),
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
    )
    reference, staff = _reference(connection), read_staff(connection)
    return RefreshGround(company, state, question, scales, reference, staff, _silenced(connection, question))


def refresh_deal(connection: Connection, ground: RefreshGround, deal: DealEvidence, now: datetime) -> bool:
    """Bring one deal up to date for all readers. False where the mirror does not know it, or its stage.

    Drops the day's stored tables, which `renew_tables` puts together again afterwards. Raises `GroundMoved`.
    """
    lock_numbering(connection)
    state = ground.state
    if pulled_state(connection) != state:
        raise GroundMoved()
    number = number_of(connection, deal.opportunity.id)
    if number is None:
        return False
    deal = _as_pulled(deal, state)
    before = _sums_of(connection, ground, number)
    partners = _of_same_account(connection, state.generation, number)
    scores = ScoreMove(connection, ground.question, ground.staff)
    scores.remember(partners)
    moment = max(int(now.timestamp()), 1 + _last_seen(connection, number))
    tracked = state.tracked | {change.field for change in deal.changes}
    rebuilding = Rebuilding(connection, _request(ground, moment), tracked)
    if not write_deal(connection, rebuilding, state.generation, number, deal):
        return False
    _move_sums(connection, ground, before, _sums_of(connection, ground, number))
    partners |= _of_same_account(connection, state.generation, number)
    scores.remember(partners)
    _judge(connection, ground, sorted(partners))
    scores.apply()
    note_refresh(connection, deal.opportunity.id, moment)
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


def _request(ground: RefreshGround, now: int) -> MergeRequest:
    return MergeRequest(
        company=ground.company,
        calendar=ground.scales.calendar,
        reference=ground.reference,
        capabilities=ground.state.capabilities,
        fields=ground.state.fields,
        now=now,
        generation=ground.state.generation,
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


def _sums_of(connection: Connection, ground: RefreshGround, number: int) -> Base:
    """What the deal adds to the day's sums as it stands."""
    return measure_base(
        connection,
        ground.state.generation,
        ground.as_of,
        ground.company.definitions.metrics,
        ground.scales,
        deals_that_break(ground.question, UNTRUSTED_RULES),
        only=number,
    )


def _move_sums(connection: Connection, ground: RefreshGround, before: Base, after: Base) -> None:
    """Where no sums of the day are kept, nothing has to move: answers measure for themselves."""
    generation, day = ground.state.generation, ground.as_of.toordinal()
    forget_tables(connection, generation)
    if has_base(connection, generation, day):
        for view in VIEWS:
            move_sums(connection, generation, day, view, before[view], after[view])


# --- Findings -------------------------------------------------------------------------------------


def _judge(connection: Connection, ground: RefreshGround, numbers: Sequence[int]) -> None:
    question, generation = ground.question, ground.state.generation
    keys = select(opportunity_key.c.no, opportunity_key.c.crm_id).where(opportunity_key.c.no.in_(numbers))
    ids: dict[int, str] = {row.no: row.crm_id for row in connection.execute(keys)}
    report = HygieneReport(ground.as_of, (), (), tuple(question.plan.notices))
    asked = rules_that_ran(ground.company, report)
    judged = judge_opportunities(connection, question, numbers, ground.silenced, ground.staff)
    for number, found in judged.items():
        store_findings_of(connection, ids[number], found, generation)
        keep_lives_of(connection, ids[number], asked, ground.as_of, HowClosed.FIXED_IN_CHAT)
        renew_findings(connection, number, found)


def _silenced(connection: Connection, question: HygieneQuestion) -> frozenset[str]:
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
