"""Deciding a checked expression for one opportunity, in plain Python."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import ge, gt, le, lt

from pipeline.expressions.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    IsEmpty,
    Kind,
    Membership,
    Name,
    Not,
    Operand,
    Or,
)
from pipeline.expressions.vocabulary import Vocabulary
from pipeline.money import LARGEST_AMOUNT
from pipeline.records import Category

FactValue = str | int | Decimal | Fraction | date | bool | Category | None
"""Text; a number; a `date`; a flag; a stage by name; a category. `None` is empty."""

_ORDERINGS: Mapping[str, Callable[[int | Fraction, int | Fraction], bool]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
MOST_DECIMALS = 100
"""A decimal with more could be as long as memory."""

Reduced = str | int | Fraction | bool | None
"""Values as they are compared: days as ordinals, numbers as fractions, categories as their rank."""


def evaluate(expression: Expression, facts: Mapping[str, FactValue], vocabulary: Vocabulary) -> bool:
    """Whether the condition holds; the meaning of every node stands at its class in `tree`.

    `expression` comes from `check`. A fact that is absent, or not of the kind of its name, is empty, as
    is a number that the storage could not hold; so this never raises, whatever the CRM holds.
    """
    match expression:
        case And(conditions):
            return all(evaluate(condition, facts, vocabulary) for condition in conditions)
        case Or(conditions):
            return any(evaluate(condition, facts, vocabulary) for condition in conditions)
        case Not(condition):
            return not evaluate(condition, facts, vocabulary)
        case Compare():
            return _holds(expression, facts, vocabulary)
        case Membership(operand, choices, negated):
            value = _value(operand, facts)
            constants = () if isinstance(choices, Name) else choices
            return any(value == _value(choice, facts) for choice in constants) is not negated
        case IsEmpty(operand, negated):
            return (_value(operand, facts) is None) is not negated


def _holds(node: Compare, facts: Mapping[str, FactValue], vocabulary: Vocabulary) -> bool:
    left, right = _value(node.left, facts), _value(node.right, facts)
    if node.operator in ("==", "!="):
        return (left == right) is (node.operator == "==")
    if node.left.kind is Kind.STAGE:
        left, right = _order(left, vocabulary), _order(right, vocabulary)
    if not isinstance(left, int | Fraction) or not isinstance(right, int | Fraction):
        return False
    return _ORDERINGS[node.operator](left, right)


def _order(stage: Reduced, vocabulary: Vocabulary) -> int | None:
    return vocabulary.stages.index(stage) if stage in vocabulary.stages else None


def _value(operand: Operand, facts: Mapping[str, FactValue]) -> Reduced:
    match operand:
        case Name(path, _, kind):
            return _reduced(facts.get(path), kind)
        case Constant(value, _, kind):
            return _reduced(value, kind)
        case Arithmetic():
            return _total(operand, facts)


def _total(node: Arithmetic, facts: Mapping[str, FactValue]) -> Reduced:
    left, right = _value(node.left, facts), _value(node.right, facts)
    if not isinstance(left, int | Fraction) or not isinstance(right, int | Fraction):
        return None
    if node.kind is Kind.DAY:
        left, right = int(left), int(right)  # a number of days, toward zero
    total = left + right if node.operator == "+" else left - right
    return Fraction(total) if node.kind is Kind.NUMBER else int(total)


def _reduced(value: FactValue, kind: Kind | None) -> Reduced:
    match kind, value:
        case ((Kind.TEXT | Kind.STAGE), str()):
            return value
        case Kind.FLAG, bool():
            return value
        case Kind.DAY, date():
            return value.toordinal()
        case Kind.CATEGORY, Category():
            return int(value)
        case Kind.NUMBER, (int() | Decimal() | Fraction()) if not isinstance(value, bool):
            return _number(value)
        case _:
            return None


def _number(value: int | Decimal | Fraction) -> Fraction | None:
    if isinstance(value, Decimal) and not _is_writable(value):
        return None
    number = Fraction(value)
    return number if abs(number) < LARGEST_AMOUNT else None


def _is_writable(value: Decimal) -> bool:
    """Neither infinite nor so large or so fine that the exact number would fill the memory."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent > -MOST_DECIMALS and value.adjusted() < MOST_DECIMALS
