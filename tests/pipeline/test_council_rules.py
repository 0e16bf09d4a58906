"""Who answers for a cell, on which day the council meets, and what was restated."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.access import Member, Role
from pipeline.cell_gaps import CellCase, cells_to_speak_about, first_of_each_row
from pipeline.cell_names import CellName
from pipeline.cell_owners import NOBODY, Reach, find_owner, functions_without_cells, who_answers
from pipeline.council_days import is_before_council, last_council, next_council
from pipeline.definitions import CellOwnerDefinition
from pipeline.matrix import Dimension, Metric
from pipeline.preparation import choose_cells
from pipeline.restating import Restatement, restatements
from pipeline.working_days import WorkingDays
from tests.messages.matrix_examples import many_rows, matrix

CELL = CellName(Dimension.REGION, "EMEA", Metric.COVERAGE)
ROW = CellOwnerDefinition(
    function="sales", dimension=Dimension.REGION, value="EMEA", person="row", deputy="deputy"
)
COLUMN = CellOwnerDefinition(function="marketing", metric=Metric.COVERAGE, person="column")
TABLE = CellOwnerDefinition(function="product", dimension=Dimension.REGION, person="table")
PLAIN = WorkingDays()
MONDAY = date(2026, 11, 23)


def reach(*names: str) -> Reach:
    known = {name: Member(name, name, frozenset({Role.COUNCIL})) for name in names}
    return known.get


def test_the_most_specific_owner_answers_whatever_the_order() -> None:
    for owners in ((TABLE, COLUMN, ROW), (ROW, COLUMN, TABLE)):
        assert find_owner(CELL, owners) is ROW
    assert find_owner(CELL, (TABLE, COLUMN)) is COLUMN
    assert find_owner(replace(CELL, metric=Metric.FORECAST), (TABLE, COLUMN)) is TABLE


def test_the_deputy_and_then_operations_answer_for_somebody_away() -> None:
    for present, expected in ((("row",), "row"), (("deputy", "ops"), "deputy"), (("ops",), "ops")):
        answering = who_answers(CELL, (ROW,), ("ops",), reach(*present))
        assert answering is not None
        assert answering.member.id == expected
        assert answering.instead_of == (None if expected == "row" else "row")


def test_nobody_reachable_is_said_and_a_cell_without_owner_goes_to_operations() -> None:
    assert who_answers(CELL, (ROW,), ("ops",), reach()) is None
    answering = who_answers(CELL, (), ("ops",), reach("ops"))
    assert answering is not None
    assert answering.instead_of == NOBODY


def test_functions_that_own_no_cell_are_named() -> None:
    assert [one.value for one in functions_without_cells((ROW, COLUMN), (CELL,))] == [
        "product",
        "marketing",
        "operations",
    ]


def test_a_council_on_a_holiday_moves_and_so_does_its_preparation() -> None:
    closed = WorkingDays(further=frozenset({MONDAY}))
    assert next_council("monday", PLAIN, MONDAY - timedelta(days=3)) == MONDAY
    assert next_council("monday", closed, MONDAY - timedelta(days=3)) == date(2026, 11, 24)
    assert last_council("monday", closed, MONDAY) == date(2026, 11, 16)
    assert is_before_council("monday", closed, date(2026, 11, 20))
    assert not is_before_council("monday", closed, MONDAY)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sets(st.integers(-10, 10)))
def test_between_the_last_council_and_the_next_there_is_none(day: date, offsets: set[int]) -> None:
    days = WorkingDays(further=frozenset(day + timedelta(days=offset) for offset in offsets))
    last, following = last_council("friday", days, day), next_council("friday", days, day + timedelta(days=1))
    assert last <= day < following
    assert days.is_working(last)
    assert days.is_working(following)
    assert last_council("friday", days, following - timedelta(days=1)) == last


def test_at_most_three_cells_are_chosen_the_worst_of_each_row_first() -> None:
    cases = cells_to_speak_about([many_rows(32)])
    chosen = choose_cells(cases)
    assert len(chosen) == 3
    assert len({case.row.value for case in chosen}) == 3
    assert len(first_of_each_row(cases)) == len(cases)


def test_a_gap_in_deals_is_enough_to_close_it() -> None:
    table = matrix()
    row = table.rows[0]
    case = CellCase(table, row, Metric.COVERAGE)
    cell, pipeline = row.cells[Metric.COVERAGE], row.cells[Metric.OPEN_PIPELINE]
    assert case.deals_to_green is not None
    assert cell.gap is not None
    assert isinstance(pipeline.figure, Decimal)
    size = pipeline.figure / pipeline.deals
    assert (case.deals_to_green - 1) * size < cell.gap <= case.deals_to_green * size


def test_a_restated_figure_is_found_to_the_cent_and_the_rest_is_not() -> None:
    seen = matrix()
    row = seen.rows[0]
    cell = row.cells[Metric.FORECAST]
    assert isinstance(cell.figure, Decimal)
    assert restatements(seen, seen) == ()
    for more, differs in ((Decimal("0.001"), False), (Decimal("0.01"), True)):
        moved = replace(cell, figure=cell.figure + more)
        now = replace(seen, rows=(replace(row, cells={**row.cells, Metric.FORECAST: moved}), *seen.rows[1:]))
        expected = Restatement("EMEA", Metric.FORECAST, cell.figure, moved.figure, cell.status, cell.status)
        assert restatements(seen, now) == ((expected,) if differs else ())
