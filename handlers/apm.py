"""`/apm`: a table, one of its rows, and why a cell has its colour."""

from dataclasses import replace
from datetime import date

from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from handlers.cells import read_cell
from handlers.grammar import ShowMatrix, ShowWhy, read_apm_words
from handlers.sharing import offer_to_share, share
from handlers.today import read_today
from handlers.values import check_offered, find_value, row_of
from handlers.visible import visible_matrix
from handlers.words import CommandNotUnderstood
from messages.apm import compose_matrix, compose_row, compose_why
from messages.cell_buttons import SHOW_WHY
from messages.reply import Reply
from pipeline.access import FiguresScope, TeamOnly, WholeCompany, figures_scope
from pipeline.company import Company
from pipeline.matrix import Dimension, Matrix
from pipeline.restating import Restatement
from pipeline.visible_deals import sees_deals, visible_deals
from storage.apm import read_apm
from storage.council_week import restated_of_day
from storage.database import Engine, reading
from storage.deals import read_deals
from storage.freshness import read_staleness

SHARE = "share_apm"
"""Command of the button that shows a table to a channel; the argument is what stood behind /apm."""


def answer_apm(asked: Asked, words: Words) -> Reply:
    """A table or a row can be shared with a channel; why a cell has its colour leads to deals, and cannot."""
    wanted = read_apm_words(words)
    if isinstance(wanted, ShowWhy):
        return show_why(asked, wanted)
    return offer_to_share(asked, SHARE, words, show_matrix(asked, wanted))


def answer_share_button(asked: Asked, clicked: Clicked) -> Reply:
    return share(asked, clicked, _answer_shared)


def _answer_shared(asked: Asked, words: Words) -> Reply:
    wanted = read_apm_words(words)
    if isinstance(wanted, ShowWhy):
        raise CommandNotUnderstood("Only tables and their rows are shared: they hold no deals.")
    return show_matrix(asked, wanted)


def answer_why_button(asked: Asked, clicked: Clicked) -> Reply:
    return show_why(asked, read_why_button(clicked.argument))


def read_why_button(argument: str) -> ShowWhy:
    """`region/EMEA/coverage`, with a day behind it or none. Raises `CommandNotUnderstood`, `UnknownName`."""
    cell, day = read_cell(argument)
    return ShowWhy(cell.value, cell.metric, cell.dimension, day)


CAPABILITY = Capability(
    typed={"apm": answer_apm}, clicks={SHOW_WHY: answer_why_button, SHARE: answer_share_button}
)


def show_matrix(asked: Asked, wanted: ShowMatrix) -> Reply:
    """The table, or the row where a value is named. Raises `CouncilError`."""
    engine, company = asked.engine, asked.company
    scope = figures_scope(asked.member)
    dimension, value = _named(engine, company, wanted)
    as_of = wanted.as_of or read_today(engine)
    matrix = _matrix(asked, scope, as_of, dimension, wanted.by)
    restated = _restated(asked, scope, wanted, dimension)
    if value is None:
        return Reply((compose_matrix(matrix, restated=restated),))
    return Reply((compose_row(matrix, row_of(matrix, value), restated=restated),))


def _restated(
    asked: Asked, scope: FiguresScope, wanted: ShowMatrix, dimension: Dimension
) -> tuple[Restatement, ...]:
    """What a council saw otherwise of the day that is asked for, for those who see what it saw."""
    if wanted.as_of is None or wanted.by is not None or not isinstance(scope, WholeCompany):
        return ()
    return restated_of_day(asked.engine, asked.company, as_of=wanted.as_of, dimension=dimension)


def show_why(asked: Asked, wanted: ShowWhy) -> Reply:
    """One cell with the sentence that explains it and, for those who may see them, its deals."""
    engine, company, member = asked.engine, asked.company, asked.member
    scope = figures_scope(member)
    dimension, value = find_value(engine, company, wanted.value, wanted.dimension)
    as_of = wanted.as_of or read_today(engine)
    matrix = _matrix(asked, scope, as_of, dimension, None)
    row = row_of(matrix, value)
    deals = None
    if sees_deals(member) or member.reports:
        found = read_deals(
            engine,
            company,
            as_of=as_of,
            dimension=dimension,
            value=row.value,
            metric=wanted.metric,
            owners=None if sees_deals(member) else member.team,
        )
        deals = visible_deals(member, found)
    return Reply((compose_why(matrix, row, wanted.metric, deals),))


def _named(engine: Engine, company: Company, wanted: ShowMatrix) -> tuple[Dimension, str | None]:
    if wanted.by is not None:
        check_offered(company, wanted.by)
    if wanted.value is not None:
        return find_value(engine, company, wanted.value, wanted.dimension)
    dimension = wanted.dimension or company.council.leading_dimension
    check_offered(company, dimension)
    return dimension, None


def _matrix(
    asked: Asked, scope: FiguresScope, as_of: date, dimension: Dimension, by: Dimension | None
) -> Matrix:
    owners = scope.owner_ids if isinstance(scope, TeamOnly) else None
    matrix = read_apm(asked.engine, asked.company, as_of=as_of, dimension=dimension, by=by, owners=owners)
    with reading(asked.engine) as connection:
        stale = read_staleness(connection, asked.company, as_of=as_of, now=asked.now)
    return visible_matrix(replace(matrix, stale=stale), scope)
