"""`/apm`: a table, one of its rows, and why a cell has its colour."""

from datetime import date

from handlers.asking import Asked, Clicked
from handlers.capability import Capability, Words
from handlers.grammar import ShowMatrix, ShowWhy, read_apm_words, read_dimension, read_metric
from handlers.today import read_today
from handlers.values import check_offered, find_value, row_of
from handlers.visible import sees_deals, visible_deals, visible_matrix
from handlers.words import old_button
from messages.apm import SHOW_WHY, compose_matrix, compose_row, compose_why
from messages.reply import Reply
from pipeline.access import FiguresScope, TeamOnly, figures_scope
from pipeline.company import Company
from pipeline.matrix import Dimension, Matrix
from storage.apm import read_apm
from storage.database import Engine
from storage.deals import read_deals


def answer_apm(asked: Asked, words: Words) -> Reply:
    wanted = read_apm_words(words)
    return show_why(asked, wanted) if isinstance(wanted, ShowWhy) else show_matrix(asked, wanted)


def answer_why_button(asked: Asked, clicked: Clicked) -> Reply:
    return show_why(asked, read_why_button(clicked.argument))


def read_why_button(argument: str) -> ShowWhy:
    """`region/EMEA/coverage`; a value may hold a slash. Raises `CommandNotUnderstood` or `UnknownName`."""
    if argument.count("/") < 2:
        raise old_button()
    dimension, rest = argument.split("/", 1)
    value, metric = rest.rsplit("/", 1)
    return ShowWhy(value, read_metric(metric), read_dimension(dimension))


CAPABILITY = Capability(typed={"apm": answer_apm}, clicks={SHOW_WHY: answer_why_button})


def show_matrix(asked: Asked, wanted: ShowMatrix) -> Reply:
    """The table, or the row where a value is named. Raises `CouncilError`."""
    engine, company = asked.engine, asked.company
    scope = figures_scope(asked.member)
    dimension, value = _named(engine, company, wanted)
    as_of = wanted.as_of or read_today(engine)
    matrix = _matrix(engine, company, scope, as_of, dimension, wanted.by)
    card = compose_matrix(matrix) if value is None else compose_row(matrix, row_of(matrix, value))
    return Reply((card,))


def show_why(asked: Asked, wanted: ShowWhy) -> Reply:
    """One cell with the sentence that explains it and, for those who may see them, its deals."""
    engine, company, member = asked.engine, asked.company, asked.member
    scope = figures_scope(member)
    dimension, value = find_value(engine, company, wanted.value, wanted.dimension)
    as_of = wanted.as_of or read_today(engine)
    matrix = _matrix(engine, company, scope, as_of, dimension, None)
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
    engine: Engine,
    company: Company,
    scope: FiguresScope,
    as_of: date,
    dimension: Dimension,
    by: Dimension | None,
) -> Matrix:
    owners = scope.owner_ids if isinstance(scope, TeamOnly) else None
    matrix = read_apm(engine, company, as_of=as_of, dimension=dimension, by=by, owners=owners)
    return visible_matrix(matrix, scope)
