"""Kinds of names and constants: what compares with what, and what an unknown field must be."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NoReturn

from pipeline.errors import ExpressionError
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
from pipeline.nearest import did_you_mean
from pipeline.records import Category, parse_category

CATEGORY_LABELS = ("Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed")
UNORDERED = frozenset({Kind.TEXT, Kind.FLAG})


def check(expression: Expression, vocabulary: Vocabulary) -> Expression:
    """The same expression with the kind of every operand set and every constant of that kind.

    Texts that are compared with days and categories become days and categories, whole numbers become
    decimals. Raises `ExpressionError`, which names the character and the nearest right name, for unknown
    names, stages and categories and for comparisons that make no sense.
    """
    return _Checker(vocabulary).condition(expression)


def infer_kinds(expression: Expression, known: Mapping[str, Kind]) -> dict[str, Kind]:
    """What the names outside of `known` must be, going by what they are compared with.

    Compared with a number: a number; with a day or a text such as '2026-09-30': a day; with True or
    False, or alone: a flag; with a text, stage or category: a text. A name of which nothing can be told is
    left out.
    Raises `ExpressionError` where a name is used as two kinds.
    """
    inferred: dict[str, Kind] = {}
    found = True
    while found:
        found = False
        for name, kind in _hints(expression, {**known, **inferred}):
            earlier = inferred.get(name.path)
            if earlier is None:
                inferred[name.path] = kind
                found = True
            elif earlier is not kind:
                raise ExpressionError(
                    f"at character {name.position}: {name.path} is used as a {earlier} and as a {kind}"
                )
    return inferred


def _hints(expression: Expression, known: Mapping[str, Kind]) -> Iterator[tuple[Name, Kind]]:
    """Names whose kind follows from what stands beside them."""
    for node in expression.walk():
        match node:
            case Compare(left=left, right=right):
                yield from _hints_of_pair(left, right, known)
            case Membership(operand=operand, choices=tuple() as choices):
                for choice in choices:
                    yield from _hints_of_pair(operand, choice, known)
            case Arithmetic():
                yield from _hints_of_sum(node, _kind_told(node, known), known)


def _hints_of_pair(left: Operand, right: Operand, known: Mapping[str, Kind]) -> Iterator[tuple[Name, Kind]]:
    for one, other in ((left, right), (right, left)):
        kind = _kind_told(other, known)
        if kind is None:
            continue
        if isinstance(one, Name) and one.path not in known:
            yield one, Kind.TEXT if kind in (Kind.STAGE, Kind.CATEGORY) else kind
        elif isinstance(one, Arithmetic):
            yield from _hints_of_sum(one, kind, known)


def _hints_of_sum(
    node: Arithmetic, result: Kind | None, known: Mapping[str, Kind]
) -> Iterator[tuple[Name, Kind]]:
    """In `today - X > 30` X is a day, in `today + X` a number, in `X - 3 < today` a day."""
    left, right = _kind_told(node.left, known), _kind_told(node.right, known)
    if isinstance(node.left, Name) and left is None:
        if right is Kind.DAY:
            yield node.left, Kind.DAY if node.operator == "-" else Kind.NUMBER
        elif right is Kind.NUMBER and result is not None:
            yield node.left, result
    if isinstance(node.right, Name) and right is None:
        if left is Kind.NUMBER and result is not None:
            yield node.right, result
        elif left is Kind.DAY and result is not None:
            yield node.right, Kind.NUMBER if result is Kind.DAY else Kind.DAY


def _kind_told(operand: Operand, known: Mapping[str, Kind]) -> Kind | None:
    match operand:
        case Name(path):
            return known.get(path)
        case Constant(value):
            return _constant_kind(value)
        case Arithmetic(operator, left_operand, right_operand):
            left, right = _kind_told(left_operand, known), _kind_told(right_operand, known)
            if left is Kind.DAY and right is Kind.DAY:
                return Kind.NUMBER if operator == "-" else None
            if left is Kind.DAY and right is Kind.NUMBER:
                return Kind.DAY
            if left is Kind.NUMBER and right is Kind.DAY and operator == "+":
                return Kind.DAY
            return Kind.NUMBER if left is Kind.NUMBER and right is Kind.NUMBER else None


def _constant_kind(value: object) -> Kind | None:
    match value:
        case None:
            return None
        case bool():
            return Kind.FLAG
        case Category():
            return Kind.CATEGORY
        case date():
            return Kind.DAY
        case str():
            return Kind.TEXT if _day(value) is None else Kind.DAY
        case _:
            return Kind.NUMBER


def _day(text: str) -> date | None:
    """Only the long form, so that a number such as 20260930 stays what it is."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _refuse(position: int, says: str) -> NoReturn:
    raise ExpressionError(f"at character {position}: {says}")


class _Checker:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def condition(self, expression: Expression) -> Expression:
        match expression:
            case And(conditions):
                return And(tuple(self.condition(condition) for condition in conditions))
            case Or(conditions):
                return Or(tuple(self.condition(condition) for condition in conditions))
            case Not(condition):
                return Not(self.condition(condition))
            case Compare():
                return self._compare(expression)
            case Membership():
                return self._membership(expression)
            case IsEmpty():
                return replace(expression, operand=self._alone(expression.operand))

    def _compare(self, node: Compare) -> Compare | IsEmpty:
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, Constant) and one.value is None:
                if node.operator not in ("==", "!="):
                    _refuse(
                        one.position, f"nothing is {node.operator} empty; write `is None` or `is not None`"
                    )
                return IsEmpty(self._alone(other), node.operator == "!=", node.position)
        left, right = self._pair(node.left, node.right)
        if node.operator not in ("==", "!=") and left.kind in UNORDERED:
            _refuse(node.position, f"a {left.kind} has no order; compare it with == or !=")
        return replace(node, left=left, right=right)

    def _membership(self, node: Membership) -> Membership:
        if isinstance(node.choices, Name):
            _refuse(node.choices.position, "after `in` a list is expected: segment in ['ENT', 'MM']")
        operand = self._alone(node.operand)
        choices = tuple(self._choice(operand, choice) for choice in node.choices)
        return replace(node, operand=operand, choices=choices)

    def _choice(self, operand: Operand, choice: Constant) -> Constant:
        return choice if choice.value is None else self._constant_as(choice, operand)

    def _pair(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Both operands of one kind; a constant takes the other's."""
        if isinstance(left, Constant) and not isinstance(right, Constant):
            right = self._alone(right)
            return self._constant_as(left, right), right
        left = self._alone(left)
        if isinstance(right, Constant):
            return left, self._constant_as(right, left)
        right = self._alone(right)
        if left.kind is not right.kind:
            _refuse(right.position, f"a {right.kind} cannot be compared with a {left.kind}")
        return left, right

    def _alone(self, operand: Operand) -> Operand:
        """An operand whose kind is its own."""
        match operand:
            case Name():
                return replace(operand, kind=self._kind_of(operand))
            case Constant(value):
                kind = _constant_kind(value)
                return operand if kind is None else _with_kind(operand, kind)
            case Arithmetic():
                return self._sum(operand)

    def _kind_of(self, name: Name) -> Kind:
        kind = self._vocabulary.kinds.get(name.path)
        if kind is None:
            suggestion = did_you_mean(name.path, self._vocabulary.kinds)
            _refuse(name.position, f"nothing is called {name.path}{suggestion}")
        return kind

    def _sum(self, node: Arithmetic) -> Arithmetic:
        left, right = self._alone(node.left), self._alone(node.right)
        kind = _kind_told(node, self._vocabulary.kinds)
        if kind is None:
            _refuse(
                node.position,
                "a sum is of numbers, of a day and a number of days, or the difference of two days",
            )
        return replace(node, left=left, right=right, kind=kind)

    def _constant_as(self, constant: Constant, other: Operand) -> Constant:
        value, kind = constant.value, other.kind
        if kind is None:
            _refuse(constant.position, "a value cannot be compared with nothing")
        told = _constant_kind(value)
        if kind is Kind.STAGE and isinstance(value, str):
            if self._vocabulary.stages and value not in self._vocabulary.stages:
                _refuse(
                    constant.position,
                    f"the CRM has no stage {value!r}{did_you_mean(value, self._vocabulary.stages)}",
                )
            return replace(constant, kind=kind)
        if kind is Kind.CATEGORY and isinstance(value, str):
            category = parse_category(value)
            if category is None:
                suggestion = (
                    did_you_mean(value, CATEGORY_LABELS) or f"; expected one of {', '.join(CATEGORY_LABELS)}"
                )
                _refuse(constant.position, f"there is no forecast category {value!r}{suggestion}")
            return replace(constant, value=category, kind=kind)
        if kind is Kind.TEXT and isinstance(value, str):
            return replace(constant, kind=kind)
        if told is not kind:
            says = "expected a day such as '2026-09-30'" if kind is Kind.DAY else f"expected a {kind}"
            _refuse(constant.position, f"{_subject(other)} is a {kind}: {says}, not {_shown(value)}")
        return _with_kind(constant, kind)


def _with_kind(constant: Constant, kind: Kind) -> Constant:
    """The constant in the form that its kind has: days as dates, numbers as decimals."""
    value = constant.value
    if kind is Kind.DAY and isinstance(value, str):
        value = _day(value)
    elif kind is Kind.NUMBER and isinstance(value, int):
        value = Decimal(value)
    return replace(constant, value=value, kind=kind)


def _subject(operand: Operand) -> str:
    return operand.path if isinstance(operand, Name) else "the other side"


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str | bool) else str(value)
