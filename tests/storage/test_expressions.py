"""Conditions compiled to SQL are true of exactly the rows for which `evaluate` is."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    literal_column,
    select,
)

from pipeline.expressions import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    FactValue,
    IsEmpty,
    Kind,
    Membership,
    Name,
    Not,
    Operand,
    Or,
    Vocabulary,
    check,
    evaluate,
    parse,
)
from pipeline.records import Category
from storage.expressions import ExpressionCompiler
from tests.examples import examples

STAGES = {"Prospecting": 30, "Proposal": 10, "Negotiation": 20, "Closed Won": 5}
"""In the CRM's order, which is not that of our numbers."""
NAMES = {
    Kind.TEXT: ["region", "Text__c"],
    Kind.NUMBER: ["value", "Number__c"],
    Kind.DAY: ["close_date", "Day__c"],
    Kind.FLAG: ["is_won", "Flag__c"],
    Kind.STAGE: ["stage"],
    Kind.CATEGORY: ["category"],
}
VOCABULARY = Vocabulary.of(
    {"Text__c": Kind.TEXT, "Number__c": Kind.NUMBER, "Day__c": Kind.DAY, "Flag__c": Kind.FLAG}, list(STAGES)
)
facts_table = Table(
    "facts",
    MetaData(),
    Column("no", Integer, primary_key=True),
    *(Column(name, Text) for name in NAMES[Kind.TEXT]),
    *(Column(name, BigInteger) for name in NAMES[Kind.NUMBER]),
    *(Column(name, Integer) for name in NAMES[Kind.DAY]),
    *(Column(name, Boolean) for name in NAMES[Kind.FLAG]),
    Column("stage", Integer),
    Column("category", Integer),
)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.sampled_from(["EMEA", "ENT", "Proposal"]),
    Kind.NUMBER: st.integers(-30_000, 30_000).map(lambda scaled: Fraction(scaled, 10_000)),
    Kind.DAY: st.dates(date(2026, 5, 8), date(2026, 5, 14)),
    Kind.FLAG: st.booleans(),
    Kind.STAGE: st.sampled_from(list(STAGES)),
    Kind.CATEGORY: st.sampled_from(list(Category)),
}
CONSTANTS: dict[Kind, st.SearchStrategy[Constant]] = {
    **{kind: values.map(Constant) for kind, values in VALUES.items() if kind is not Kind.NUMBER},
    Kind.NUMBER: st.builds(Constant, st.integers(-3, 3) | st.decimals(-3, 3, places=4)),
}
ROWS = st.fixed_dictionaries(
    {name: st.none() | VALUES[kind] for kind, names in NAMES.items() for name in names}
)


def operands(kind: Kind, depth: int = 2) -> st.SearchStrategy[Operand]:
    names: st.SearchStrategy[Operand] = st.builds(Name, st.sampled_from(NAMES[kind]))
    if depth == 0 or kind not in (Kind.NUMBER, Kind.DAY):
        return names
    number, day = operands(Kind.NUMBER, depth - 1), operands(Kind.DAY, depth - 1)
    signs = st.sampled_from(["+", "-"])
    if kind is Kind.DAY:
        return names | st.builds(Arithmetic, signs, day, number | CONSTANTS[Kind.NUMBER])
    return (
        names
        | st.builds(Arithmetic, signs, number, number | CONSTANTS[Kind.NUMBER])
        | st.builds(Arithmetic, st.just("-"), day, day)
    )


def comparisons(kind: Kind) -> st.SearchStrategy[Expression]:
    ordered = kind not in (Kind.TEXT, Kind.FLAG)
    operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">="] if ordered else ["==", "!="])
    constants = CONSTANTS[kind]
    choices = st.lists(constants | st.just(Constant(None)), max_size=3).map(tuple)
    return (
        st.builds(Compare, operators, operands(kind), operands(kind) | constants)
        | st.builds(Compare, operators, constants, operands(kind))
        | st.builds(Membership, operands(kind), choices, st.booleans())
        | st.builds(IsEmpty, operands(kind), st.booleans())
    )


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from(list(Kind)).flatmap(comparisons),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    facts_table.create(engine)
    yield engine
    engine.dispose()


def stored(value: FactValue, name: str) -> object:
    if name == "stage":
        return None if value is None else STAGES[str(value)]
    if isinstance(value, date):
        return value.toordinal()
    return int(value * 10_000) if isinstance(value, Fraction) else value


def column_of(name: Name) -> ColumnElement[Any]:
    return facts_table.c[name.path]


def holds_in_sql(engine: Engine, expression: Expression, facts: dict[str, FactValue]) -> bool:
    condition = ExpressionCompiler(column_of, STAGES).compile(expression)
    with engine.connect() as connection:
        row = {name: stored(value, name) for name, value in facts.items()}
        connection.execute(insert(facts_table), {"no": 1, **row})
        return connection.scalar(select(literal_column("1")).select_from(facts_table).where(condition)) == 1


@settings(max_examples=examples(400), deadline=None)
@given(expression=EXPRESSIONS, facts=ROWS)
def test_sql_says_what_python_says(
    engine: Engine, expression: Expression, facts: dict[str, FactValue]
) -> None:
    checked = check(expression, VOCABULARY)
    assert holds_in_sql(engine, checked, facts) is evaluate(checked, facts, VOCABULARY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stage >= 'Proposal'", True),
        ("not stage >= 'Negotiation'", True),
        ("value > 2.5", True),
        ("not value > 2.5", False),
        ("Number__c > 0", False),
        ("not Number__c > 0", True),
        ("Number__c != 3", True),
        ("close_date + value == '2026-05-12'", True),  # two whole days of 2.75
        ("close_date - date(2026, 5, 1) == 9", True),
        ("category in ['Commit', 'Best Case']", True),
        ("region not in ['AMER']", True),
        ("is_won", False),
        ("not is_won", True),
    ],
)
def test_examples_hold_in_both(engine: Engine, text: str, expected: bool) -> None:
    facts: dict[str, FactValue] = {
        "stage": "Proposal",
        "value": Fraction(11, 4),
        "Number__c": None,
        "close_date": date(2026, 5, 10),
        "category": Category.COMMIT,
        "region": "EMEA",
        "is_won": None,
    }
    checked = check(parse(text), VOCABULARY)
    assert evaluate(checked, facts, VOCABULARY) is expected
    assert holds_in_sql(engine, checked, facts) is expected


def test_number_finer_than_any_stored_one_is_refused() -> None:
    too_fine = Compare(">", Name("value", kind=Kind.NUMBER), Constant(Decimal("0.00001"), kind=Kind.NUMBER))
    with pytest.raises(ValueError, match="more than the four decimals"):
        ExpressionCompiler(column_of, STAGES).compile(too_fine)
