"""The weekly council: the post of one week, from its figures and those of a week before."""

from datetime import date, timedelta

from messages.council import CouncilPost, compose_council
from messages.heatmap import compose_heatmap
from pipeline.company import Company
from pipeline.errors import PeriodMissing
from pipeline.matrix import Matrix
from storage.apm import read_apm
from storage.database import Engine

WEEK = timedelta(days=7)


def compose_weekly_post(engine: Engine, company: Company, *, as_of: date) -> CouncilPost:
    """The summary and its threads, of the table that the council leads with. Raises `CouncilError`.

    Colours are compared with a week before inside the same quarter: across its first day a cell stands
    against another target, and a new colour says nothing.
    """
    matrix = _read(engine, company, as_of)
    return compose_council(matrix, _week_before(engine, company, matrix), compose_heatmap(matrix))


def _week_before(engine: Engine, company: Company, matrix: Matrix) -> Matrix | None:
    day = matrix.as_of - WEEK
    if day < matrix.period.start:
        return None
    try:
        return _read(engine, company, day)
    except PeriodMissing:
        return None


def _read(engine: Engine, company: Company, day: date) -> Matrix:
    return read_apm(engine, company, as_of=day, dimension=company.council.leading_dimension)
