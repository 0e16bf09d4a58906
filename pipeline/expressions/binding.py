"""Constants in the place of named parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.errors import ExpressionError
from pipeline.expressions.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    ConstantValue,
    Expression,
    IsEmpty,
    Membership,
    Name,
    Not,
    Operand,
    Or,
)

Bound = ConstantValue | Sequence[ConstantValue]
"""What a parameter stands for: a constant, or (only after `in`) a list of them."""


def bind(expression: Expression, values: Mapping[str, Bound]) -> Expression:
    """The expression with every name that `values` holds replaced by its constant.

    Raises `ExpressionError` where a list stands where one value belongs, or the other way round.
    """
    match expression:
        case And(conditions):
            return And(tuple(bind(condition, values) for condition in conditions))
        case Or(conditions):
            return Or(tuple(bind(condition, values) for condition in conditions))
        case Not(condition):
            return Not(bind(condition, values))
        case Compare():
            return replace(
                expression,
                left=_bound_operand(expression.left, values),
                right=_bound_operand(expression.right, values),
            )
        case Membership():
            return replace(
                expression,
                operand=_bound_operand(expression.operand, values),
                choices=_bound_choices(expression.choices, values),
            )
        case IsEmpty():
            return replace(expression, operand=_bound_operand(expression.operand, values))


def _bound_operand(operand: Operand, values: Mapping[str, Bound]) -> Operand:
    match operand:
        case Name(path, position) if path in values:
            value = values[path]
            if isinstance(value, Sequence) and not isinstance(value, str):
                raise ExpressionError(f"at character {position}: {path} is a list; write `in {path}`")
            return Constant(value, position)
        case Arithmetic():
            return replace(
                operand,
                left=_bound_operand(operand.left, values),
                right=_bound_operand(operand.right, values),
            )
        case _:
            return operand


def _bound_choices(
    choices: tuple[Constant, ...] | Name, values: Mapping[str, Bound]
) -> tuple[Constant, ...] | Name:
    if not isinstance(choices, Name) or choices.path not in values:
        return choices
    value = values[choices.path]
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ExpressionError(f"at character {choices.position}: {choices.path} is one value; write `==`")
    return tuple(Constant(item, choices.position) for item in value)
