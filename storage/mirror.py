"""The mirror of the CRM as a whole: which generation readers see, and how a pull becomes one."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Table,
    and_,
    literal_column,
    select,
    text,
    tuple_,
)

from pipeline.crm_records import Capabilities, FieldKind
from pipeline.errors import CouncilError, PullRefused
from storage.base import forget_base
from storage.database import reading, writing, writing_a_part
from storage.deals_to_read import forget_deals_to_read
from storage.field_history import follow_fields
from storage.finding_lives import steps_through_deals
from storage.pull_progress import forget_progress
from storage.refreshes import last_refresh
from storage.registries import lock_numbering, replace_people, replace_stages
from storage.staging import Reference, is_staged
from storage.tables import (
    FOREVER,
    Mirror,
    apm_table,
    finding,
    fiscal_period,
    forecast_call,
    opportunity,
    opportunity_version,
    rate,
    role,
    spend,
    target,
)

mirror = Mirror.__table__  # type: ignore[attr-defined]
_FOREVER = literal_column(str(FOREVER), Integer)
"""Written out: only then do databases see that the index of ended rows will do."""
ROWS_A_DELETION = 10_000
"""Rows a transaction: it stays within a few hundred milliseconds."""
_PULL_LOCK = 7_231_905_417
"""Key of the PostgreSQL advisory lock under which a pull runs."""


class NothingPulled(CouncilError):
    """A question about figures before the first pull."""


@dataclass(frozen=True)
class MirrorState:
    """What readers see."""

    generation: int
    first_pull_day: int | None
    pulled_at: int | None
    measured_day: int | None
    definitions_hash: str
    corporate_currency: str
    source: str
    capabilities: Capabilities
    notices: tuple[str, ...]
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    """The further fields that the last pull brought."""
    tracked: frozenset[str] = frozenset()
    """The fields whose changes the CRM keeps, as the last pull saw them."""
    mark: str | None = None
    """What the CRM takes to tell what changed since the last pull."""
    mark_ground: str = ""
    """A digest of what the mirror is built by."""


EMPTY = MirrorState(0, None, None, None, "", "", "", Capabilities(frozenset(), frozenset()), ())


def read_mirror(engine: Engine) -> MirrorState:
    """The state of the mirror; generation 0 before the first pull."""
    with reading(engine) as connection:
        return mirror_state(connection)


def mirror_state(connection: Connection) -> MirrorState:
    row = connection.execute(select(mirror)).one_or_none()
    if row is None:
        return EMPTY
    known = json.loads(row.capabilities)
    return MirrorState(
        generation=row.generation,
        first_pull_day=row.first_pull_day,
        pulled_at=row.pulled_at,
        measured_day=row.measured_day,
        definitions_hash=row.definitions_hash,
        corporate_currency=row.corporate_currency,
        source=row.source,
        capabilities=Capabilities(
            frozenset(known.get("tables", ())), frozenset(known.get("opportunity_fields", ()))
        ),
        notices=tuple(known.get("notices", ())),
        fields={name: FieldKind(kind) for name, kind in known.get("fields", {}).items()},
        tracked=frozenset(known.get("tracked", ())),
        mark=row.mark,
        mark_ground=row.mark_ground,
    )


def pulled_state(connection: Connection) -> MirrorState:
    """The state of the mirror. Raises `NothingPulled` before the first pull."""
    state = mirror_state(connection)
    if state.generation == 0:
        raise NothingPulled("There are no figures yet: run `council pull` first.")
    return state


@dataclass(frozen=True)
class Switch:
    """What readers see from a completed pull on."""

    generation: int
    now: int
    today: int
    definitions_hash: str
    corporate_currency: str
    source: str
    capabilities: Capabilities
    notices: Sequence[str]
    reference: Reference
    fields: Mapping[str, FieldKind]
    """The further fields that the pull brought."""
    tracked: Collection[str] = ()
    """The fields whose changes the CRM keeps."""
    mark: str | None = None
    """The CRM's, of before the pull."""
    mark_ground: str = ""


def begin_mirror(engine: Engine, today: date) -> None:
    """Before the first pull completes, the day from which everything will be exact."""
    with writing(engine) as connection:
        state = mirror_state(connection)
        if state.generation == 0:
            connection.execute(mirror.delete())
            connection.execute(
                mirror.insert().values(
                    id=1,
                    generation=0,
                    first_pull_day=today.toordinal(),
                    definitions_hash="",
                    corporate_currency="",
                    source="",
                    capabilities="{}",
                )
            )


def switch_over(engine: Engine, to: Switch, refreshed_until: int) -> bool:
    """Move all readers to the next generation, in one short transaction.

    False, and nothing has moved, where a deal was refreshed after number `refreshed_until`: what people
    fixed since has to be in the next generation first.
    """
    with writing(engine) as connection:
        lock_numbering(connection)
        if last_refresh(connection) != refreshed_until:
            return False
        replace_reference(connection, to.reference)
        forget_progress(connection)
        forget_deals_to_read(connection)
        follow_fields(connection, to.fields.keys(), to.today)
        connection.execute(
            mirror.update().values(
                generation=to.generation,
                pulled_at=to.now,
                measured_day=to.today,
                definitions_hash=to.definitions_hash,
                corporate_currency=to.corporate_currency,
                source=to.source,
                mark=to.mark,
                mark_ground=to.mark_ground,
                capabilities=json.dumps(
                    {
                        "tables": sorted(to.capabilities.tables),
                        "opportunity_fields": sorted(to.capabilities.opportunity_fields),
                        "notices": list(to.notices),
                        "fields": dict(to.fields),
                        "tracked": sorted(to.tracked),
                    }
                ),
            )
        )
    return True


def move_mark(engine: Engine, mark: str, now: int) -> None:
    """After everything that changed up to a mark is in the mirror: it is as of `now`, and so are its tables,
    which are to be put together again."""
    with writing(engine) as connection:
        connection.execute(mirror.update().values(mark=mark, pulled_at=now))
        connection.execute(
            apm_table.delete().where(apm_table.c.generation == mirror_state(connection).generation)
        )


def forget_mark(engine: Engine) -> None:
    """Let the next pull read everything."""
    with writing(engine) as connection:
        connection.execute(mirror.update().values(mark=None))


def move_measured_day(engine: Engine, today: date) -> None:
    """Answer for a new day without a pull: its figures are those of the records as they were last."""
    with writing(engine) as connection:
        connection.execute(mirror.update().values(measured_day=today.toordinal()))


def forget_unfinished(engine: Engine, generation: int) -> None:
    """Undo what a merge that died wrote beside the generation that readers see.

    It reads all of the tables, so only where a pull did not come to its end.
    """
    if not is_staged(engine):
        return
    for table in (opportunity, opportunity_version, finding):
        with writing(engine) as connection:
            connection.execute(table.delete().where(table.c.gen_from > generation))
            connection.execute(
                table.update()
                .where(table.c.gen_to > generation, table.c.gen_to < FOREVER)
                .values(gen_to=FOREVER)
            )
    with writing(engine) as connection:
        connection.execute(apm_table.delete().where(apm_table.c.generation > generation))


def forget_past(engine: Engine, generation: int) -> None:
    """Remove rows that ended with earlier generations: no reader comes back for them."""
    for table in (opportunity, opportunity_version):  # an index finds their ended rows
        while _delete_some(engine, table, _has_ended(table, generation)):
            pass
    for deals in steps_through_deals(engine):
        with writing_a_part(engine) as connection:
            connection.execute(finding.delete().where(deals.rows(finding), _has_ended(finding, generation)))
    with writing(engine) as connection:
        connection.execute(apm_table.delete().where(apm_table.c.generation < generation))
        forget_base(connection, generation)


def _has_ended(table: Table, generation: int) -> ColumnElement[bool]:
    return and_(table.c.gen_to <= generation, table.c.gen_to < _FOREVER)


def _delete_some(engine: Engine, table: Table, rows: ColumnElement[bool]) -> bool:
    """Whether there may be more."""
    key = list(table.primary_key.columns)
    some = select(*key).where(rows).limit(ROWS_A_DELETION)
    with writing_a_part(engine) as connection:
        deleted = connection.execute(table.delete().where(tuple_(*key).in_(some)))
    return deleted.rowcount == ROWS_A_DELETION


@contextmanager
def pull_lock(engine: Engine) -> Iterator[None]:
    """One pull at a time; the lock goes with the process that holds it.

    Raises `PullRefused` where another pull is running.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            held = connection.execute(text(f"SELECT pg_try_advisory_lock({_PULL_LOCK})")).scalar()
            connection.commit()
            if not held:
                raise _already_running()
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({_PULL_LOCK})"))
                connection.commit()
    elif engine.url.database in (None, "", ":memory:"):
        yield
    else:
        with _file_lock(Path(f"{engine.url.database}.pull.lock")):
            yield


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _already_running() from error
        yield


def _already_running() -> PullRefused:
    return PullRefused(
        "Another pull is running on this database. Wait until it has finished, then try again."
    )


def replace_reference(connection: Connection, reference: Reference) -> None:
    """Put the small tables of a pull in the place of those of the one before."""
    replace_stages(connection, reference.stages)
    replace_people(connection, reference.users)
    rows = {
        role: [record._asdict() | {"crm_id": record.id} for record in reference.roles],
        fiscal_period: [record._asdict() for record in reference.periods],
        target: [record._asdict() for record in reference.targets],
        spend: [record._asdict() for record in reference.spend],
        forecast_call: [record._asdict() for record in reference.calls],
        rate: [record._asdict() for record in reference.rates],
    }
    for table, records in rows.items():
        connection.execute(table.delete())
        if records:
            names = {column.name for column in table.columns}
            connection.execute(
                table.insert(), [{k: v for k, v in record.items() if k in names} for record in records]
            )
