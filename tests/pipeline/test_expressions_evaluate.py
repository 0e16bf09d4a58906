"""What an expression says of one opportunity, and that it always says something."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

STAGES = ["Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won"]
VOCABULARY = Vocabulary.of({"Mutual_Plan__c": Kind.TEXT, "Confidential__c": Kind.FLAG}, STAGES)
DEAL: dict[str, FactValue] = {
    "stage": "Proposal",
    "category": Category.COMMIT,
    "segment": "ENT",
    "value": Decimal("50000.10"),
    "amount": None,
    "close_date": date(2026, 9, 30),
    "today": date(2026, 10, 2),
    "next_step": None,
    "Confidential__c": True,
}


def holds(text: str, **facts: FactValue) -> bool:
    return evaluate(check(parse(text), VOCABULARY), {**DEAL, **facts}, VOCABULARY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment == 'ENT' and stage >= 'Proposal' and Mutual_Plan__c is None", True),
        ("stage > 'Proposal' or stage < 'Proposal'", False),
        ("stage < 'Closed Won'", True),
        ("category >= 'Most Likely' and category < 'Closed'", True),
        ("value == 50000.1", True),
        ("value > 50000.1", False),
        ("close_date < today - 1", True),
        ("close_date < today - 2", False),
        ("close_date + 2 == today", True),
        ("today - close_date == 2", True),
        ("close_date == '2026-09-30' and close_date == date(2026, 9, 30)", True),
        ("Confidential__c", True),
        ("not Confidential__c", False),
        ("segment in ['MM', 'ENT']", True),
        ("segment not in ['MM', 'ENT']", False),
        ("segment in []", False),
        ("segment == 'ent'", False),
    ],
)
def test_a_deal_worked_out_by_hand(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount == 5", False),
        ("amount != 5", True),
        ("not amount == 5", True),
        ("amount < 5", False),
        ("amount >= 5", False),
        ("not amount < 5", True),
        ("amount in [5]", False),
        ("amount not in [5]", True),
        ("amount + 1 == amount", True),  # both empty
        ("amount + 1 != amount", False),
        ("amount + 1 <= amount", False),
        ("next_step in ['', 'x']", True),
        ("next_step not in [None]", False),
        ("amount is None and next_step is None and value is not None", True),
        ("Mutual_Plan__c is None", True),  # absent from the facts
        ("amount + 3 is None", True),
    ],
)
def test_empty_values_make_every_condition_true_or_false(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_stage_that_the_crm_does_not_list_has_no_place_in_the_order() -> None:
    assert not holds("stage >= 'Prospecting'", stage="Old stage")
    assert not holds("stage <= 'Closed Won'", stage="Old stage")
    assert holds("stage != 'Proposal'", stage="Old stage")


def test_days_take_whole_days_toward_zero() -> None:
    assert holds("close_date + value == today", value=Decimal("2.9999"))
    assert holds("today + value == close_date", value=Decimal("-2.9999"))


def test_sums_beyond_the_calendar_still_compare() -> None:
    assert holds("close_date + 90000000 > today")
    assert holds("close_date - 90000000 < today")


def test_values_of_another_kind_are_empty() -> None:
    assert holds("value is None", value="50000")
    assert holds("value is None", value=True)
    assert holds("value is None", value=Decimal("NaN"))
    assert holds("value is None", value=Decimal("1E+999999"))
    assert holds("close_date is None", close_date="2026-09-30")
    assert holds("category is None", category="Commit")


FIELDS = {
    Kind.TEXT: ["region", "Text__c"],
    Kind.NUMBER: ["value", "Number__c"],
    Kind.DAY: ["today", "Day__c"],
    Kind.FLAG: ["is_won", "Flag__c"],
    Kind.STAGE: ["stage"],
    Kind.CATEGORY: ["category"],
}
EVERYTHING = Vocabulary.of(
    {"Text__c": Kind.TEXT, "Number__c": Kind.NUMBER, "Day__c": Kind.DAY, "Flag__c": Kind.FLAG}, STAGES
)
CONSTANTS: dict[Kind, st.SearchStrategy[Constant]] = {
    Kind.TEXT: st.builds(Constant, st.sampled_from(["EMEA", "ENT", "2026-09-30"])),
    Kind.NUMBER: st.builds(Constant, st.integers(-1000, 1000) | st.decimals(-1000, 1000, places=4)),
    Kind.DAY: st.builds(Constant, st.dates() | st.dates().map(date.isoformat)),
    Kind.FLAG: st.builds(Constant, st.booleans()),
    Kind.STAGE: st.builds(Constant, st.sampled_from(STAGES)),
    Kind.CATEGORY: st.builds(Constant, st.sampled_from(["Commit", "BestCase", "Omitted"])),
}


def operands(kind: Kind, depth: int = 2) -> st.SearchStrategy[Operand]:
    names: st.SearchStrategy[Operand] = st.builds(Name, st.sampled_from(FIELDS[kind]))
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
    return (
        st.builds(Compare, operators, operands(kind), operands(kind) | CONSTANTS[kind])
        | st.builds(
            Membership, operands(kind), st.lists(CONSTANTS[kind], max_size=3).map(tuple), st.booleans()
        )
        | st.builds(IsEmpty, operands(kind), st.booleans())
    )


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from(list(Kind)).flatmap(comparisons),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
ANY_VALUE = (
    st.none()
    | st.text("aé ", max_size=5)
    | st.sampled_from(STAGES)
    | st.integers()
    | st.decimals()
    | st.fractions()
    | st.dates()
    | st.datetimes()
    | st.booleans()
    | st.sampled_from(Category)
)
ANY_FACTS: st.SearchStrategy[dict[str, FactValue]] = st.dictionaries(
    st.sampled_from(sorted(EVERYTHING.kinds)), ANY_VALUE
)


@given(EXPRESSIONS, ANY_FACTS)
def test_every_checked_expression_answers_for_any_facts(
    expression: Expression, facts: dict[str, FactValue]
) -> None:
    checked = check(expression, EVERYTHING)
    answer = evaluate(checked, facts, EVERYTHING)
    assert isinstance(answer, bool)
    assert evaluate(check(Not(expression), EVERYTHING), facts, EVERYTHING) is not answer


@given(EXPRESSIONS)
def test_checking_twice_changes_nothing(expression: Expression) -> None:
    checked = check(expression, EVERYTHING)
    assert check(checked, EVERYTHING) == checked


@given(st.dates(), st.integers(-400, 400))
def test_days_add_as_the_calendar_does(day: date, days: int) -> None:
    try:
        later = day + timedelta(days=days)
    except OverflowError:
        return
    checked = check(parse("close_date + value == today"), VOCABULARY)
    facts: dict[str, FactValue] = {"close_date": day, "value": Fraction(days), "today": later}
    assert evaluate(checked, facts, VOCABULARY)
    assert evaluate(checked, {**facts, "today": datetime(later.year, later.month, later.day, 23)}, VOCABULARY)
