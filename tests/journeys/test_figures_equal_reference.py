"""The figures that people read, against a second reckoning of the same exports."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from bot.app import Council
from pipeline.errors import PullRefused
from pipeline.matrix import UNASSIGNED, Cell, Dimension, Matrix, Metric, Row, Status
from pipeline.waterfall import Waterfall
from storage.apm import read_apm, read_values
from storage.bridge import read_waterfall
from tests.examples import examples
from tests.journeys.exported import Exported
from tests.journeys.invented import Invented, companies
from tests.reference import bridge, figures
from tests.reference.deals import Company
from tests.reference.exports import read_export
from tests.reference.quarters import Quarter

DIMENSIONS = (Dimension.REGION, Dimension.SEGMENT, Dimension.SOURCE, Dimension.PRODUCT)
CUTS: tuple[tuple[Dimension, ...], ...] = (
    *((dimension,) for dimension in DIMENSIONS),
    *permutations(DIMENSIONS, 2),
)
TOLERANCE = Fraction(1, 10**9)
"""Decimals of full precision are not the fractions themselves."""

ONE_BY_ONE = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second: shrinking, an hour
)
QUICK = settings(ONE_BY_ONE, max_examples=examples(20))
THOROUGH = settings(ONE_BY_ONE, max_examples=examples(150))


@contextmanager
def pulled(invented: Invented) -> Iterator[tuple[Council, Company]]:
    """All exports pulled one after the other, and the reference over the same files."""
    with tempfile.TemporaryDirectory() as home:
        exported = Exported(Path(home), invented.configuration)
        exports = []
        try:
            for now, tables in invented.exports:
                exported.write(tables)
                exports.append(read_export(exported.folder, now))
                try:
                    report = exported.pull(now)
                except PullRefused:
                    reject()  # too few deals for one of them to be absent
                assert all(kind.startswith("no ") for kind in report.problem_counts), report.problems
            yield exported.council, Company(exports, invented.terms)
        finally:
            exported.close()


def check_matrix(council: Council, company: Company, as_of: date, cut: Sequence[Dimension]) -> None:
    by = cut[1] if len(cut) > 1 else None
    matrix = read_apm(council.engine, council.company, as_of=as_of, dimension=cut[0], by=by)
    table = figures.Table(company, as_of, [dimension.value for dimension in cut])
    context = f"{as_of} {'+'.join(cut)}"
    assert (matrix.period.start, matrix.period.end) == (table.quarter.start, table.quarter.end), (
        f"{context} period"
    )
    assert matrix.period.label == table.quarter.label
    assert matrix.period.day == table.quarter.day_of(as_of)
    assert matrix.prior_as_of == table.prior_as_of, f"{context} prior {matrix.prior_as_of}"
    check_row(matrix.total, table.row(figures.TOTAL), f"{context} TOTAL")
    rows = dict(rows_of(matrix))
    for place, row in rows.items():
        check_row(row, table.row(place), f"{context} {place}")
    for place in table.places() - {figures.TOTAL} - set(rows):
        hidden = table.row(place)
        assert not any(cell.figure for cell in hidden.cells.values()), f"{context} lacks {place}"
        assert not any(hidden.rolling.values()), f"{context} lacks {place}"
    check_caveats(matrix, table.caveats(), context)


def rows_of(matrix: Matrix) -> Iterator[tuple[figures.Slice, Row]]:
    for row in matrix.rows:
        yield (row.value,), row
        for inner in row.rows:
            yield (row.value, inner.value), inner


def check_row(row: Row, expected: figures.Row, context: str) -> None:
    same(row.target, expected.target, f"{context} target")
    same(row.remaining, expected.remaining, f"{context} remaining")
    same(row.attainment, expected.attainment, f"{context} attainment")
    same(row.forecast_best_case, expected.forecast_best_case, f"{context} best case")
    same_amounts(row.open_pipeline_rolling_4q, expected.rolling, f"{context} rolling")
    same(row.coverage_next, expected.coverage_next, f"{context} coverage next")
    same_amounts(
        {metric.value: amount for metric, amount in row.prior_full_quarter.items()},
        expected.prior_full_quarter,
        f"{context} prior full quarter",
    )
    assert row.state.value == expected.state, f"{context} state {row.state}, expected {expected.state}"
    for metric, cell in row.cells.items():
        check_cell(cell, expected.cells[metric.value], f"{context} {metric}")
    assert row.status.value == expected.status, f"{context} status: {row.why}"


def check_cell(cell: Cell, expected: figures.Cell, context: str) -> None:
    same(cell.figure, expected.figure, f"{context} figure")
    same(cell.prior, expected.prior, f"{context} prior")
    same(cell.yoy, expected.yoy, f"{context} yoy")
    same(cell.target, expected.target, f"{context} target")
    if expected.status not in (Status.GREY, Status.GREEN) or cell.status is not Status(expected.status):
        same(cell.measure, expected.measure, f"{context} measure ({cell.why})")
        same(cell.required, expected.required, f"{context} required ({cell.why})")
    assert cell.status.value == expected.status, f"{context} status ({cell.why})"
    same(cell.gap, expected.gap, f"{context} gap ({cell.why})")


def check_caveats(matrix: Matrix, expected: figures.Caveats, context: str) -> None:
    caveats = matrix.caveats
    unconverted = {deal.opportunity_id for deal in caveats.unconverted}
    assert unconverted == expected.unconverted, f"{context} unconverted {unconverted ^ expected.unconverted}"
    overdue = set(caveats.overdue_prior_ids)
    assert overdue == expected.overdue_ids, f"{context} overdue {overdue ^ expected.overdue_ids}"
    same(caveats.overdue_prior_amount, expected.overdue_amount, f"{context} overdue")
    check_unassigned(matrix, context)


def check_unassigned(matrix: Matrix, context: str) -> None:
    amounts = {row.value: Fraction(row.cells[Metric.OPEN_PIPELINE].figure or 0) for row in matrix.rows}
    whole = sum(amounts.values(), Fraction(0))
    share = amounts.get(UNASSIGNED, Fraction(0)) / whole if abs(whole) > TOLERANCE else None
    if share is not None:
        same(matrix.caveats.unassigned_share, share, f"{context} unassigned")


def same(figure: Decimal | Fraction | None, expected: Fraction | None, context: str) -> None:
    if figure is None or expected is None:
        assert figure is None, f"{context}: {figure} where nothing was expected"
        assert expected is None, f"{context}: nothing where {float(expected or 0)} was expected"
        return
    difference = abs(Fraction(figure) - expected)
    assert difference <= TOLERANCE * (1 + abs(expected)), f"{context}: {figure}, expected {float(expected)}"


def same_amounts(amounts: Mapping[str, Decimal], expected: Mapping[str, Fraction], context: str) -> None:
    assert amounts.keys() == expected.keys(), context
    for name, amount in amounts.items():
        same(amount, expected[name], f"{context} {name}")


def check_waterfall(council: Council, company: Company, start: date, end: date, quarter: Quarter) -> None:
    shown = read_waterfall(
        council.engine, council.company, from_date=start, to_date=end, period_label=quarter.label
    )
    for term, expected in bridge.waterfall(company, start, end, quarter).items():
        same(getattr(shown, term), expected, f"{start} to {end}, {quarter.label}, {term}")
    check_slices(council, shown)


def check_slices(council: Council, whole: Waterfall) -> None:
    """The slices of every dimension add up to the whole; what moves between them cancels out."""
    for dimension in DIMENSIONS:
        slices = [
            read_waterfall(
                council.engine,
                council.company,
                from_date=whole.from_date,
                to_date=whole.to_date,
                period_label=whole.period_label,
                dimension=dimension,
                value=value,
            )
            for value in read_values(council.engine, dimension)
        ]
        context = f"{whole.from_date} to {whole.to_date}, {whole.period_label}, {dimension}"
        for term in ("start", "end", "reclassified"):
            same(sum((getattr(one, term) for one in slices), Fraction(0)), getattr(whole, term), context)


def check_some(invented: Invented, data: st.DataObject) -> None:
    """A few tables and one waterfall: the suite has to be quick."""
    days = data.draw(st.lists(st.sampled_from(invented.days), min_size=2, max_size=2, unique=True))
    check(invented, days, data.draw(st.lists(st.sampled_from(CUTS), min_size=2, max_size=2, unique=True)))


def check_many(invented: Invented, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.sampled_from(CUTS), min_size=4, max_size=4, unique=True))
    check(invented, invented.days, cuts)


def check(invented: Invented, days: Sequence[date], cuts: Sequence[tuple[Dimension, ...]]) -> None:
    year = invented.terms.year
    with pulled(invented) as (council, company):
        for as_of in days:
            for cut in cuts:
                check_matrix(council, company, as_of, cut)
        for start, end in (sorted(pair) for pair in pairwise(days)):
            for quarter in {year.quarter_of(start), year.quarter_of(end)}:
                check_waterfall(council, company, start, end, quarter)


@QUICK
@given(companies(), st.data())
def test_one_pull_gives_the_figures_of_the_definitions(invented: Invented, data: st.DataObject) -> None:
    check_some(invented, data)


@QUICK
@given(companies(pulls=3), st.data())
def test_later_pulls_keep_what_was_seen(invented: Invented, data: st.DataObject) -> None:
    check_some(invented, data)


@pytest.mark.slow
@THOROUGH
@given(companies(), st.data())
def test_one_pull_gives_the_figures_of_many_companies(invented: Invented, data: st.DataObject) -> None:
    check_many(invented, data)


@pytest.mark.slow
@THOROUGH
@given(companies(pulls=3), st.data())
def test_later_pulls_of_many_companies(invented: Invented, data: st.DataObject) -> None:
    check_many(invented, data)
