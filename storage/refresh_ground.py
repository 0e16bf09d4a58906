"""What bringing deals up to date needs of more than the deals: read once, before the write transactions."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Integer, cast, func, select

from pipeline.company import Company
from pipeline.crm_records import RoleRecord, StageRecord, UserRecord
from pipeline.errors import CouncilError
from pipeline.records import Category
from storage.apm import store_tables
from storage.database import reading
from storage.hygiene import ask_hygiene
from storage.hygiene_columns import HygieneQuestion
from storage.hygiene_people import Staff, read_staff
from storage.hygiene_reading import store_hygiene
from storage.mirror import MirrorState, move_measured_day, pulled_state
from storage.rebuilding import MergeRequest
from storage.scales import Scales, read_calendar, read_scales
from storage.staging import Reference
from storage.tables import finding, person, role, stage


@dataclass(frozen=True)
class RefreshGround:
    """What a refresh needs of more than its deals, read before its transaction so that this stays short.

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

    def request(self, now: int) -> MergeRequest:
        """To rebuild deals in the generation that readers see."""
        return MergeRequest(
            company=self.company,
            calendar=self.scales.calendar,
            reference=self.reference,
            capabilities=self.state.capabilities,
            fields=self.state.fields,
            now=now,
            generation=self.state.generation,
        )


class GroundMoved(CouncilError):
    """A pull has switched readers over since the ground was prepared."""

    def __init__(self) -> None:
        super().__init__(
            "New figures from the CRM came in at the same moment, so this counts a little later. "
            "See /hygiene."
        )


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
    return read_ground(engine, company)


def read_ground(engine: Engine, company: Company) -> RefreshGround:
    """Of the measured day. Raises `NothingPulled` before the first pull."""
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
    reference, staff = read_reference(connection), read_staff(connection)
    return RefreshGround(company, state, question, scales, reference, staff, _silenced(connection, question))


def read_reference(connection: Connection) -> Reference:
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
