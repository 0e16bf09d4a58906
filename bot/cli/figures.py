"""`council apm` and `council why`: the matrix, one of its rows, and one of its cells."""

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.app import Council
from bot.cli.invocation import AsOf, Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.operator import OPERATOR
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.csv_tables import matrix_csv
from bot.output.matrix_json import matrix_json, why_json
from handlers.grammar import ShowMatrix, ShowWhy, read_apm_words, read_why
from handlers.today import read_today
from handlers.values import check_offered, find_value, row_of
from messages.apm import compose_matrix, compose_row, compose_why
from messages.deals_sheet import deals_csv
from pipeline.matrix import TOTAL, Dimension, Matrix
from pipeline.restating import Restatement
from pipeline.visible_deals import visible_deals
from storage.apm import read_apm as read_matrix
from storage.council_week import restated_of_day
from storage.database import reading
from storage.deals import read_deals
from storage.freshness import read_staleness


def show_apm(
    *words: str, as_of: AsOf = None, format: OutputFormat = Format.TABLE, invocation: Called
) -> None:
    """The matrix: a table, or one of its rows.

    Parameters
    ----------
    words
        DIMENSION [VALUE] [by DIMENSION]: region; region EMEA; region "North America" by product.
    """
    wanted = read_apm_words(words)
    with opened(invocation) as council:
        if isinstance(wanted, ShowWhy):
            _show_cell(council, wanted, as_of, format)
        else:
            _show_table(council, wanted, as_of, format)


def show_why(
    *words: str, as_of: AsOf = None, format: OutputFormat = Format.TABLE, invocation: Called
) -> None:
    """Why a cell has its colour, and the deals that make it.

    Parameters
    ----------
    words
        [DIMENSION] VALUE METRIC: EMEA coverage; region "North America" closed won; total forecast.
    """
    wanted = read_why(words)
    with opened(invocation) as council:
        _show_cell(council, wanted, as_of, format)


def _show_table(council: Council, wanted: ShowMatrix, as_of: date | None, format: Format) -> None:
    engine, company = council.engine, council.company
    day = as_of or wanted.as_of or read_today(engine)
    dimension, value = wanted.dimension or company.council.leading_dimension, None
    if wanted.value is not None:
        dimension, value = find_value(engine, company, wanted.value, wanted.dimension)
    for named in (dimension, *([wanted.by] if wanted.by else [])):
        check_offered(company, named)
    matrix = _matrix(council, day, dimension, wanted.by)
    if format is Format.TABLE:
        restated = _restated(council, wanted, as_of or wanted.as_of, dimension)
        if value is None:
            print_cards(compose_matrix(matrix, restated=restated))
        else:
            print_cards(compose_row(matrix, row_of(matrix, value), restated=restated))
        return
    shown = matrix if value is None else _with_row(matrix, value)
    if format is Format.JSON:
        print_json(matrix_json(shown))
    else:
        print_text(matrix_csv(shown))


def _matrix(council: Council, day: date, dimension: Dimension, by: Dimension | None) -> Matrix:
    matrix = read_matrix(council.engine, council.company, as_of=day, dimension=dimension, by=by)
    with reading(council.engine) as connection:
        stale = read_staleness(connection, council.company, as_of=day, now=datetime.now(UTC))
    return replace(matrix, stale=stale)


def _restated(
    council: Council, wanted: ShowMatrix, day: date | None, dimension: Dimension
) -> tuple[Restatement, ...]:
    """What a council saw otherwise of the day that is asked for."""
    if day is None or wanted.by is not None:
        return ()
    return restated_of_day(council.engine, council.company, as_of=day, dimension=dimension)


def _with_row(matrix: Matrix, value: str) -> Matrix:
    """That row alone; the total stays, and is no row of its own."""
    return replace(matrix, rows=() if value == TOTAL else (row_of(matrix, value),))


def _show_cell(council: Council, wanted: ShowWhy, as_of: date | None, format: Format) -> None:
    engine, company = council.engine, council.company
    day = as_of or wanted.as_of or read_today(engine)
    dimension, value = find_value(engine, company, wanted.value, wanted.dimension)
    matrix = _matrix(council, day, dimension, None)
    row = row_of(matrix, value)
    found = read_deals(engine, company, as_of=day, dimension=dimension, value=value, metric=wanted.metric)
    deals = visible_deals(OPERATOR, found)
    if format is Format.TABLE:
        print_cards(compose_why(matrix, row, wanted.metric, deals))
    elif format is Format.JSON:
        print_json(why_json(matrix, row, wanted.metric, deals))
    else:
        print_text(deals_csv(deals))
