"""Reading the APM: stored tables where there are some, else measured for the question."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from pipeline.assembly import Measures, SpendLine, assemble
from pipeline.calendar import Period
from pipeline.company import Company
from pipeline.learning import Learnt
from pipeline.matrix import Caveats, Dimension, ForecastCall, Matrix
from pipeline.money import SCALE, RateTable, convert, to_decimal
from pipeline.sums import SliceValues, is_renewal
from pipeline.targets import TargetBook
from storage.base import Base, read_base, store_base
from storage.base_measuring import BaseMeasuring, prior_of
from storage.bulk import insert_rows
from storage.caveats import read_caveats
from storage.database import reading, writing
from storage.hygiene import untrusted_opportunities
from storage.learning import read_learnt
from storage.matrix_text import matrix_from_text, matrix_to_text
from storage.measured_days import DayMemory, Ground, memory_of
from storage.measuring import measuring_point
from storage.mirror import MirrorState, pulled_state
from storage.refreshes import last_refresh
from storage.scales import STATIC_RATES_NOTICE, Scales, read_scales
from storage.tables import apm_table, forecast_call, person, slice_table, spend

CONFIGURATION_CHANGED = (
    "The configuration has changed since the last pull. Run `council pull` to bring every figure up to date."
)
VIEWS = ("now", "untrusted", "prior", "prior_full")
"""The points of view of `Measures`."""
MEASURING_ATTEMPTS = 5
NO_DEAL_TYPES = "Nothing is configured as a renewal, so every deal counts in the five columns."


def read_apm(
    engine: Engine,
    company: Company,
    *,
    as_of: date,
    dimension: Dimension,
    by: Dimension | None = None,
    owners: Collection[str] | None = None,
) -> Matrix:
    """The table of a dimension, or of a pair, at the end of a day.

    With `owners` (CRM user ids) only their deals are measured; targets belong to the whole company, so
    such a table has none.

    Raises `NothingPulled` before the first pull and `PeriodMissing` for a day outside the calendar.
    """
    with reading(engine) as connection:
        state = pulled_state(connection)
        if owners is None and state.definitions_hash == definitions_hash(company):
            stored = _stored(connection, state.generation, as_of, dimension, by)
            if stored is not None:
                return stored
            moved = _measured_already(connection, company, state, as_of, memory_of(engine))
            if moved is not None:
                return moved.table(as_of, dimension, by)
        measuring = Measuring(connection, company, state, owners, memory_of(engine))
        return measuring.table(as_of, dimension, by)


def read_values(engine: Engine, dimension: Dimension) -> tuple[str, ...]:
    """All values that a dimension has had, in alphabetical order."""
    column = slice_table.c[dimension.value]
    with reading(engine) as connection:
        return tuple(connection.execute(select(column).distinct().order_by(column)).scalars())


def definitions_hash(company: Company) -> str:
    """A digest of everything in the configuration that figures depend on."""
    parts = (company.definitions.model_dump_json(), company.hygiene.model_dump_json())
    text = "\n".join((*parts, company.council.confidential or ""))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def store_tables(engine: Engine, company: Company, as_of: date) -> None:
    """Measure a day's single tables and keep them, so that answers only have to read.

    Where deals are refreshed while it measures, it measures again. Should that never end, nothing is
    kept, and answers measure for themselves.
    """
    for _ in range(MEASURING_ATTEMPTS):
        with reading(engine) as connection:
            state = pulled_state(connection)
            seen = last_refresh(connection)
            measuring = Measuring(connection, company, state)
            tables = [measuring.table(as_of, dimension, None) for dimension in dimensions_of(company)]
            measures = measuring.measures(as_of)
        with writing(engine) as connection:
            forget_tables(connection, state.generation)
            if last_refresh(connection) == seen:
                keep_tables(connection, state.generation, as_of, tables)
                base = {view: getattr(measures, view) for view in VIEWS}
                store_base(connection, state.generation, as_of.toordinal(), base, measures.learnt)
                return


def renew_tables(engine: Engine, company: Company) -> None:
    """Put the day's tables together anew from its sums, after a fix has moved those and dropped the tables.

    It takes too long for the transaction of a fix. Until it is done, and where another fix comes in between,
    answers put their own table together from the same sums.
    """
    with reading(engine) as connection:
        state = pulled_state(connection)
        as_of = date.fromordinal(state.measured_day or 1)
        seen = last_refresh(connection)
        measuring = _measured_already(connection, company, state, as_of)
        if measuring is None:
            return
        tables = [measuring.table(as_of, dimension, None) for dimension in dimensions_of(company)]
    with writing(engine) as connection:
        if pulled_state(connection) == state and last_refresh(connection) == seen:
            forget_tables(connection, state.generation)
            keep_tables(connection, state.generation, as_of, tables)


def _measured_already(
    connection: Connection,
    company: Company,
    state: MirrorState,
    as_of: date,
    memory: DayMemory | None = None,
) -> "Measuring | None":
    """What puts tables of a day together from its kept sums; `None` where there are none."""
    kept = read_base(connection, state.generation, as_of.toordinal())
    if kept is None:
        return None
    measuring = Measuring(connection, company, state, memory=memory)
    measuring.take_base(as_of, *kept)
    return measuring


def forget_tables(connection: Connection, generation: int) -> None:
    connection.execute(apm_table.delete().where(apm_table.c.generation == generation))


def keep_tables(connection: Connection, generation: int, as_of: date, tables: Sequence[Matrix]) -> None:
    rows = [
        (generation, as_of.toordinal(), table.dimension.value, "", matrix_to_text(table)) for table in tables
    ]
    insert_rows(connection, apm_table, rows)


def is_measured(engine: Engine, day: date) -> bool:
    """Whether the tables of a day are kept for the generation that readers see. Raises `NothingPulled`."""
    with reading(engine) as connection:
        generation = pulled_state(connection).generation
        kept = select(apm_table.c.generation).where(
            apm_table.c.generation == generation, apm_table.c.as_of == day.toordinal()
        )
        return connection.execute(kept.limit(1)).first() is not None


def measure_tables(engine: Engine, company: Company, as_of: date) -> list[Matrix]:
    """Every single table of a company at the end of a day. Raises like `read_apm`."""
    with reading(engine) as connection:
        measuring = Measuring(connection, company, pulled_state(connection))
        return [measuring.table(as_of, dimension, None) for dimension in dimensions_of(company)]


def dimensions_of(company: Company) -> tuple[Dimension, ...]:
    """The dimensions of a company; the lever only where it is configured."""
    has_lever = bool(company.definitions.dimensions.lever)
    return tuple(dimension for dimension in Dimension if dimension is not Dimension.LEVER or has_lever)


def read_slices(connection: Connection) -> dict[int, SliceValues]:
    return {
        row.no: SliceValues(row.region, row.segment, row.source, row.product, row.lever, row.deal_type)
        for row in connection.execute(select(slice_table))
    }


class Measuring:
    """Measures tables of one generation; what several tables share is measured once per day.

    What a `memory` holds is not measured. It may only be handed over for a transaction that does not write.
    """

    def __init__(
        self,
        connection: Connection,
        company: Company,
        state: MirrorState,
        owners: Collection[str] | None = None,
        memory: DayMemory | None = None,
    ) -> None:
        self._connection = connection
        self._company = company
        self._state = state
        scales = read_scales(connection, company.definitions)
        self._scales = scales if owners is None else replace(scales, targets=TargetBook((), {}))
        self._owners = None if owners is None else _numbers_of(connection, owners)
        self._slices = read_slices(connection)
        self._memory = memory or DayMemory()
        self._last_refresh = last_refresh(connection)
        self._measures: dict[date, Measures] = {}

    def table(self, as_of: date, dimension: Dimension, by: Dimension | None) -> Matrix:
        definitions = self._company.definitions
        scales = self._scales
        return assemble(self.measures(as_of), definitions, scales.calendar, scales.targets, dimension, by)

    def measures(self, as_of: date) -> Measures:
        """Everything that the tables of a day are put together from."""
        if as_of not in self._measures:
            self._measures[as_of] = self._complete(as_of, self._base(as_of), self._learnt(as_of))
        return self._measures[as_of]

    def take_base(self, as_of: date, base: Base, learnt: Learnt) -> None:
        """Let the tables of a day be put together from sums that are known already."""
        self._measures[as_of] = self._complete(as_of, base, learnt)

    def _base(self, as_of: date) -> Base:
        measuring = BaseMeasuring(
            self._connection,
            self._state.generation,
            as_of,
            self._company.definitions.metrics,
            self._scales,
            self._owners,
        )
        sums = self._memory.sums.of(replace(self._ground(as_of), owners=self._owners), measuring.all_deals)
        untrusted = untrusted_deals(self._connection, self._company, self._state, self._scales, as_of)
        return {**sums, "untrusted": measuring.among(untrusted)}

    def _learnt(self, as_of: date) -> Learnt:
        ground = self._ground(as_of)

        def measure() -> Learnt:
            return read_learnt(
                self._connection,
                self._state.generation,
                as_of,
                self._scales,
                self._company.definitions.colours,
                sorted(ground.renewal_slices),
            )

        return self._memory.learnt.of(ground, measure)

    def _caveats(self, as_of: date) -> Caveats:
        calendar = self._scales.calendar
        now = measuring_point(calendar, calendar.period_of(as_of), as_of)

        def measure() -> Caveats:
            return read_caveats(self._connection, self._state.generation, now, self._company, self._scales)

        return replace(self._memory.caveats.of(self._ground(as_of), measure), notices=self._notices())

    def _ground(self, as_of: date) -> Ground:
        return Ground(
            generation=self._state.generation,
            last_refresh=self._last_refresh,
            as_of=as_of,
            definitions_hash=definitions_hash(self._company),
            calendar=self._scales.calendar,
            rates=self._scales.rates,
            currencies=self._scales.currencies,
            renewal_slices=frozenset(no for no, values in self._slices.items() if is_renewal(values)),
        )

    def _complete(self, as_of: date, base: Base, learnt: Learnt) -> Measures:
        calendar = self._scales.calendar
        period = calendar.period_of(as_of)
        return Measures(
            as_of=as_of,
            prior_as_of=prior_of(calendar, as_of)[1],
            **{view: base.get(view, ()) for view in VIEWS},
            slices=self._slices,
            units_of=self._scales.units_of,
            learnt=learnt,
            caveats=self._caveats(as_of),
            pulled_at=_iso(self._state.pulled_at),
            spend=read_spend(self._connection, period.label),
            call=read_call(self._connection, period, self._scales.rates),
        )

    def _notices(self) -> tuple[str, ...]:
        definitions = self._company.definitions
        notices = [problem.says for problem in self._scales.target_problems]
        if not definitions.dimensions.deal_type:
            notices.append(NO_DEAL_TYPES)
        if self._scales.rates.static and self._scales.rates.mode != definitions.money.rate_mode:
            notices.append(STATIC_RATES_NOTICE)
        if self._state.definitions_hash != definitions_hash(self._company):
            notices.append(CONFIGURATION_CHANGED)
        return tuple(notices)


def untrusted_deals(
    connection: Connection, company: Company, state: MirrorState, scales: Scales, as_of: date
) -> Select[Any]:
    """Numbers of the deals whose records nobody can believe, as a statement to join with."""
    return untrusted_opportunities(
        connection,
        as_of=as_of,
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
    )


def read_spend(connection: Connection, period_label: str) -> dict[str, SpendLine]:
    """What levers and sources cost in a period, by name; in the corporate currency."""
    rows = connection.execute(select(spend).where(spend.c.period == period_label))
    return {row.lever_or_source: SpendLine(Fraction(row.amount, SCALE), row.heads) for row in rows}


def read_call(connection: Connection, period: Period, rates: RateTable) -> ForecastCall | None:
    """What the manager at the top says a period will bring, in the corporate currency as a target would be.

    `None` where nobody says anything, or in a currency without a rate.
    """
    row = connection.execute(
        select(forecast_call, person.c.name)
        .outerjoin(person, person.c.crm_id == forecast_call.c.owner_id)
        .where(forecast_call.c.period == period.label)
    ).one_or_none()
    units = None if row is None else rates.target_rate_on(row.currency, period.start)
    if row is None or units is None:
        return None
    return ForecastCall(to_decimal(convert(row.amount, units)), row.name)


def _numbers_of(connection: Connection, owners: Collection[str]) -> frozenset[int]:
    return frozenset(connection.execute(select(person.c.no).where(person.c.crm_id.in_(owners))).scalars())


def _stored(
    connection: Connection, generation: int, as_of: date, dimension: Dimension, by: Dimension | None
) -> Matrix | None:
    columns = apm_table.c
    text = connection.execute(
        select(columns.matrix).where(
            columns.generation == generation,
            columns.as_of == as_of.toordinal(),
            columns.dimension == dimension.value,
            columns.by == ("" if by is None else by.value),
        )
    ).scalar()
    return None if text is None else matrix_from_text(text)


def _iso(moment: int | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()
