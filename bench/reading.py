"""How long it takes to measure, against a bare scan of the same table, and to read what was measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from statistics import median

from sqlalchemy import Connection, Engine, func, select

from pipeline.company import Company
from pipeline.matrix import Dimension
from pipeline.sums import SliceValues, roll_up
from storage.apm import dimensions_of, read_apm, read_slices
from storage.database import reading
from storage.hygiene import ask_hygiene
from storage.hygiene_reading import read_hygiene
from storage.hygiene_scan import scan_deals
from storage.hygiene_twins import find_twins
from storage.measuring import measure, measuring_point
from storage.mirror import pulled_state
from storage.scales import read_scales
from storage.tables import opportunity_version

REPEATS = 3
READS = 200


@dataclass(frozen=True)
class ReadingFigures:
    """Seconds; the best of three, `read_apm` the median of two hundred."""

    bare_scan: float
    measure_now: float
    """All tables of today, rolled up."""
    measure_now_and_a_year_ago: float
    read_apm: float
    hygiene_scan: float
    """The one statement that asks every rule of every deal."""
    hygiene_report: float
    """The scan, the limits learnt, and all findings in words."""
    findings: int


def measure_reading(engine: Engine, company: Company, as_of: date) -> ReadingFigures:
    """Time every kind of question on a database that a pull has filled on `as_of`."""
    findings = len(read_hygiene(engine, company, as_of=as_of).findings)
    with reading(engine) as connection:
        calendar = read_scales(connection, company.definitions).calendar
        year_ago = calendar.prior_as_of(as_of)
        days = [as_of] if year_ago is None else [as_of, year_ago]
        return ReadingFigures(
            bare_scan=_best(lambda: _scan_bare(connection)),
            measure_now=_best(lambda: _measure(connection, company, [as_of])),
            measure_now_and_a_year_ago=_best(lambda: _measure(connection, company, days)),
            read_apm=median(
                _seconds(lambda: read_apm(engine, company, as_of=as_of, dimension=Dimension.REGION))
                for _ in range(READS)
            ),
            hygiene_scan=_scan_hygiene(connection, company, as_of),
            hygiene_report=_best(lambda: read_hygiene(engine, company, as_of=as_of)),
            findings=findings,
        )


def _scan_bare(connection: Connection) -> None:
    connection.execute(select(func.count(), func.sum(opportunity_version.c.value))).all()


def _measure(connection: Connection, company: Company, days: list[date]) -> None:
    state = pulled_state(connection)
    scales = read_scales(connection, company.definitions)
    slices = read_slices(connection)
    for day in days:
        point = measuring_point(scales.calendar, scales.calendar.period_of(day), day)
        sums = measure(connection, state.generation, point, company.definitions.metrics, scales)
        roll_up(sums, slices, scales.units_of, lambda _: "", is_total=True)
        for dimension in dimensions_of(company):
            roll_up(sums, slices, scales.units_of, partial(_value_in, dimension))


def _value_in(dimension: Dimension, values: SliceValues) -> str:
    return values.of(dimension)


def _scan_hygiene(connection: Connection, company: Company, as_of: date) -> float:
    state = pulled_state(connection)
    scales = read_scales(connection, company.definitions)
    question = ask_hygiene(
        connection,
        as_of=as_of,
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
        measures_limits=False,
    )
    find_twins(connection, question)
    return _best(lambda: sum(1 for _ in scan_deals(connection, question)))


def _best(question: Callable[[], object]) -> float:
    return min(_seconds(question) for _ in range(REPEATS))


def _seconds(question: Callable[[], object]) -> float:
    begun = time.perf_counter()
    question()
    return time.perf_counter() - begun
