"""Reading what a council's post is made of: the edition, the week before, and what people said."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from pipeline.company import Company
from pipeline.council_days import last_council
from pipeline.editions import CouncilWeek, Edition
from pipeline.errors import PeriodMissing
from pipeline.matrix import Dimension, Matrix
from pipeline.restating import Restatement, restatements
from storage.apm import read_apm
from storage.cell_words import read_contexts, read_requests
from storage.database import reading
from storage.editions import measure_edition, read_edition, read_edition_of, read_last_edition

_WEEK = timedelta(days=7)
_LONGEST_WEEK = timedelta(days=10)
"""A council that a holiday moved is up to three days further from the next."""


def read_council_week(engine: Engine, company: Company, edition: Edition) -> CouncilWeek:
    """The week of an edition, frozen or provisional. Raises `CouncilError`."""
    with reading(engine) as connection:
        before = _edition_before(connection, company, edition)
        contexts = read_contexts(connection, edition.day)
        asked = read_requests(connection, edition.day)
    return CouncilWeek(
        edition=edition,
        last_week=_last_week(engine, company, edition, before),
        restated=() if before is None else restated_since(engine, company, before),
        restated_of=None if before is None else before.as_of,
        contexts=contexts,
        asked=asked,
    )


def read_or_measure(engine: Engine, company: Company, *, day: date, now: datetime) -> Edition:
    """The frozen edition of a council's day; where there is none yet, as it would be frozen now."""
    with reading(engine) as connection:
        frozen = read_edition(connection, day)
    if frozen is not None:
        return frozen
    return measure_edition(engine, company, day=day, as_of=day - timedelta(days=1), now=now)


def restated_since(
    engine: Engine, company: Company, edition: Edition, dimension: Dimension | None = None
) -> tuple[Restatement, ...]:
    """What today's records say otherwise about the day of an edition, in its leading table or another."""
    seen = edition.tables.get(dimension or company.council.leading_dimension)
    if seen is None:
        return ()
    return restatements(seen, read_apm(engine, company, as_of=edition.as_of, dimension=seen.dimension))


def restated_of_day(
    engine: Engine, company: Company, *, as_of: date, dimension: Dimension
) -> tuple[Restatement, ...]:
    """The same for a day by itself; nothing where no council saw its figures."""
    with reading(engine) as connection:
        edition = read_edition_of(connection, as_of)
    return () if edition is None else restated_since(engine, company, edition, dimension)


def _edition_before(connection: Connection, company: Company, edition: Edition) -> Edition | None:
    """Of the council before, be it some weeks ago because nobody worked in between."""
    yesterday = edition.day - timedelta(days=1)
    before = read_last_edition(connection, yesterday)
    if before is None:
        return None
    council = last_council(company.council.weekday, company.working_days, yesterday)
    return before if before.day >= min(council, edition.day - _LONGEST_WEEK) else None


def _last_week(
    engine: Engine, company: Company, edition: Edition, before: Edition | None
) -> Mapping[Dimension, Matrix]:
    if before is not None and edition.day - before.day <= _LONGEST_WEEK:
        return {
            dimension: table
            for dimension, table in before.tables.items()
            if dimension in edition.tables and table.period.label == edition.tables[dimension].period.label
        }
    leading = edition.tables[company.council.leading_dimension]
    day = edition.as_of - _WEEK
    if day < leading.period.start:
        return {}
    try:
        return {leading.dimension: read_apm(engine, company, as_of=day, dimension=leading.dimension)}
    except PeriodMissing:
        return {}
