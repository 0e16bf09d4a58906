"""Conditions of `pipeline.expressions` as SQL, true of exactly the rows for which `evaluate` is.

How the kinds stand in SQL: a number is an integer in ten-thousandths, a day its ordinal, a stage its
number, a category its rank, a flag a condition, text is text; empty is NULL.

A condition inside AND and OR may also come out as NULL, which counts as false there; only below NOT is
it made false, since NOT NULL would be NULL again. That keeps the SQL short, and indexes usable.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    true,
)

from pipeline.expressions import (
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
    Vocabulary,
    evaluate,
)
from pipeline.money import SCALE
from pipeline.records import Category

ColumnOf = Callable[[Name], ColumnElement[Any]]
"""A checked name -> its column, in the form that its kind has in SQL."""


class ExpressionCompiler:
    """Compiles checked conditions over the columns of one query.

    `stages`: the CRM's stages in its order, name to number. Raises `ValueError` for a number with more
    than four decimals, which no stored number could equal.
    """

    def __init__(self, column_of: ColumnOf, stages: Mapping[str, int]) -> None:
        self._column_of = column_of
        self._stages = stages
        self._vocabulary = Vocabulary({}, tuple(stages))

    def compile(self, expression: Expression) -> ColumnElement[bool]:
        """A condition that is true where the expression is, and false or NULL elsewhere."""
        if not expression.names():
            return true() if evaluate(expression, {}, self._vocabulary) else false()
        match expression:
            case And(conditions):
                compiled = and_(*(self.compile(condition) for condition in conditions))
            case Or(conditions):
                compiled = or_(*(self.compile(condition) for condition in conditions))
            case Not(condition):
                compiled = not_(func.coalesce(self.compile(condition), false()))
            case Compare():
                compiled = self._compare(expression)
            case Membership():
                compiled = self._membership(expression)
            case IsEmpty(operand, negated):
                column = self._operand(operand)
                compiled = column.is_not(None) if negated else column.is_(None)
        return compiled

    def _compare(self, node: Compare) -> ColumnElement[bool]:
        if node.operator not in ("==", "!="):
            return self._order(node)
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, Constant) and one.value is not None:
                return self._equals_constant(self._operand(other), one, node.operator == "==")
        left, right = self._operand(node.left), self._operand(node.right)
        if node.operator == "==":
            return left.is_not_distinct_from(right)
        return left.is_distinct_from(right)

    def _equals_constant(
        self, column: ColumnElement[Any], constant: Constant, wanted: bool
    ) -> ColumnElement[bool]:
        if constant.kind is Kind.FLAG:
            holds = column if constant.value else not_(column)
            return holds if wanted else not_(func.coalesce(holds, false()))
        if self._value(constant) is None:  # a stage that the CRM does not list equals none that it has
            return false() if wanted else true()
        value = self._constant(constant)
        return column == value if wanted else column.is_distinct_from(value)

    def _order(self, node: Compare) -> ColumnElement[bool]:
        if node.left.kind is Kind.STAGE:
            return self._stage_order(node)
        return _ORDERINGS[node.operator](self._operand(node.left), self._operand(node.right))

    def _stage_order(self, node: Compare) -> ColumnElement[bool]:
        """Against one stage: in the set of the stages that fit, so that no order is looked up per row."""
        match node:
            case Compare(left=Name() as name, right=Constant() as constant):
                fitting = [stage for stage in self._stages if self._stages_compare(stage, constant, node)]
                return self._in_stages(name, fitting)
            case Compare(left=Constant() as constant, right=Name() as name):
                fitting = [stage for stage in self._stages if self._stages_compare(constant, stage, node)]
                return self._in_stages(name, fitting)
            case _:
                return _ORDERINGS[node.operator](self._place(node.left), self._place(node.right))

    def _stages_compare(self, left: Constant | str, right: Constant | str, node: Compare) -> bool:
        sides = [Constant(side, kind=Kind.STAGE) if isinstance(side, str) else side for side in (left, right)]
        return evaluate(Compare(node.operator, sides[0], sides[1]), {}, self._vocabulary)

    def _in_stages(self, name: Name, stages: Sequence[str]) -> ColumnElement[bool]:
        return _is_in(self._column_of(name), [self._stages[stage] for stage in stages])

    def _place(self, operand: Operand) -> ColumnElement[Any]:
        """A stage's place in the CRM's order; NULL where the CRM does not list it."""
        places = {number: place for place, number in enumerate(self._stages.values())}
        return case(places, value=self._operand(operand), else_=null())

    def _membership(self, node: Membership) -> ColumnElement[bool]:
        column = self._operand(node.operand)
        choices = () if isinstance(node.choices, Name) else node.choices
        values = [self._value(choice) for choice in choices if choice.value is not None]
        known = [value for value in values if value is not None]
        holds_empty = any(choice.value is None for choice in choices)
        if node.negated:
            outside = column.not_in(known) if known else true()
            if holds_empty:
                return and_(column.is_not(None), outside)
            return or_(column.is_(None), outside) if known else true()
        inside = _is_in(column, known)
        return or_(column.is_(None), inside) if holds_empty else inside

    def _operand(self, operand: Operand) -> ColumnElement[Any]:
        match operand:
            case Name():
                return self._column_of(operand)
            case Constant():
                return self._constant(operand)
            case Arithmetic():
                return self._sum(operand)

    def _sum(self, node: Arithmetic) -> ColumnElement[Any]:
        sides = []
        for operand in (node.left, node.right):
            side = self._operand(operand)
            if node.kind is Kind.DAY and operand.kind is Kind.NUMBER:
                side = self._whole_days(operand)
            sides.append(side)
        total = sides[0] + sides[1] if node.operator == "+" else sides[0] - sides[1]
        if node.left.kind is Kind.DAY and node.right.kind is Kind.DAY:
            return cast(total, BigInteger) * SCALE
        return total

    def _whole_days(self, operand: Operand) -> ColumnElement[Any]:
        """A number of days without its decimals, toward zero; both databases divide integers so."""
        if isinstance(operand, Constant) and isinstance(operand.value, Decimal):
            return literal(int(operand.value), BigInteger)
        return cast(self._operand(operand), BigInteger).op("/", return_type=BigInteger())(
            literal(SCALE, BigInteger)
        )

    def _constant(self, constant: Constant) -> ColumnElement[Any]:
        value = self._value(constant)
        if value is None:
            return null()
        return literal(value, _SQL_TYPES[constant.kind] if constant.kind else None)

    def _value(self, constant: Constant) -> str | int | bool | None:
        value = constant.value
        if constant.kind is Kind.STAGE:
            return self._stages.get(str(value))
        if constant.kind is Kind.NUMBER and isinstance(value, int | Decimal):
            return _scaled(Decimal(value))
        if isinstance(value, date):
            return value.toordinal()
        return int(value) if isinstance(value, Category | Decimal) else value


_ORDERINGS: Mapping[str, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SQL_TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: Text(),
    Kind.NUMBER: BigInteger(),
    Kind.DAY: Integer(),
    Kind.FLAG: Boolean(),
    Kind.STAGE: Integer(),
    Kind.CATEGORY: Integer(),
}


def _scaled(number: Decimal) -> int:
    scaled = number * SCALE
    if scaled != int(scaled):
        raise ValueError(f"{number} has more than the four decimals that numbers are kept with")
    return int(scaled)


def _is_in(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    return column.in_(values) if values else false()
