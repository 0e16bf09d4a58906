"""Which row of which table a typed value means."""

from collections.abc import Mapping, Sequence

from pipeline.company import Company
from pipeline.errors import UnknownName
from pipeline.matching import match_name
from pipeline.matrix import TOTAL, Dimension, Matrix, Row
from pipeline.nearest import nearest
from storage.apm import read_values
from storage.database import Engine

_WORDS_FOR_THE_TOTAL = ("total", "company")


def offered_dimensions(company: Company) -> tuple[Dimension, ...]:
    """Those that a company can ask for: lever only where it is configured."""
    return tuple(
        dimension
        for dimension in Dimension
        if dimension is not Dimension.LEVER or company.definitions.dimensions.resolvers(dimension)
    )


def check_offered(company: Company, dimension: Dimension) -> None:
    """Raises `UnknownName` for a dimension that is not configured."""
    if dimension not in offered_dimensions(company):
        known = ", ".join(offered_dimensions(company))
        raise UnknownName(
            f"There is no {dimension} configured. Ask for {known}, "
            f"or have an administrator set [dimensions] {dimension}."
        )


def find_value(
    engine: Engine, company: Company, word: str, dimension: Dimension | None = None
) -> tuple[Dimension, str]:
    """The dimension and the right name of a typed value; `TOTAL` stands for the company's total row.

    Without a dimension the value is looked for in all of them. Raises `UnknownName` with the nearest
    right names, or where several are meant.
    """
    return find_among(read_known_values(engine, company), company, word, dimension)


def read_known_values(engine: Engine, company: Company) -> Mapping[Dimension, Sequence[str]]:
    """Every value of every dimension that is offered."""
    return {dimension: read_values(engine, dimension) for dimension in offered_dimensions(company)}


def find_among(
    known: Mapping[Dimension, Sequence[str]], company: Company, word: str, dimension: Dimension | None = None
) -> tuple[Dimension, str]:
    """The same as `find_value`, among values that were read before."""
    if dimension is not None:
        check_offered(company, dimension)
        known = {dimension: known[dimension]}
    if word.casefold() in _WORDS_FOR_THE_TOTAL and not any(word in values for values in known.values()):
        return dimension or company.council.leading_dimension, TOTAL
    if dimension is not None:
        return dimension, match_name(word, known[dimension], dimension.value)
    return _find_anywhere(word, known)


def _find_anywhere(word: str, known: Mapping[Dimension, Sequence[str]]) -> tuple[Dimension, str]:
    values = list(dict.fromkeys(value for named in known.values() for value in named))
    kinds = ", ".join(known)
    try:
        value = match_name(word, values, "value")
    except UnknownName as error:
        dimension = nearest(word, known)
        if dimension is not None:
            raise UnknownName(f"There is no “{word}”. Did you mean {dimension}?") from error
        raise UnknownName(f"{error} Tables are cut by {kinds}.") from error
    holding = [dimension for dimension, named in known.items() if value in named]
    if len(holding) > 1:
        raise UnknownName(f"{value} is a {' and a '.join(holding)}. Name which: “{holding[0]} {value}”.")
    return holding[0], value


def row_of(matrix: Matrix, value: str) -> Row:
    """The row of a known value. Raises `UnknownName` where nothing falls into it."""
    if value == TOTAL:
        return matrix.total
    for row in matrix.rows:
        if row.value == value:
            return row
    raise UnknownName(
        f"{value} has no figures in {matrix.period.label} as of {matrix.as_of}: no deal and no target "
        "that you may see falls into it."
    )
