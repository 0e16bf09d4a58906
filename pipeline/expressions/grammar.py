"""From text to tree: an allow-list over Python's own grammar, with bounds on size and depth."""

import ast
import re
import warnings
from datetime import date
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import NoReturn

from pipeline.errors import ExpressionError
from pipeline.expressions.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    EqualityOperator,
    Expression,
    IsEmpty,
    Membership,
    Name,
    Not,
    Operand,
    Or,
    OrderOperator,
)
from pipeline.expressions.vocabulary import STANDARD_FIELDS
from pipeline.money import LARGEST_AMOUNT

LONGEST = 2_000
"""Characters of an expression."""
DEEPEST = 20
"""Levels of nesting."""
LARGEST = 300
"""Nodes of Python's syntax tree, without the ones that only mark an operator or a context."""
REMEMBERED = 1_000
"""Texts whose trees are kept: the rules are asked with the same ones on each question."""

_ONE_AT_A_TIME = Lock()
"""Python 3.11 counts the depth of a syntax tree for all threads together, and fails where two build one."""

_COMPARISONS: dict[type[ast.cmpop], EqualityOperator | OrderOperator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NUMBER = re.compile(r"(\d+)(\.\d{1,4})?", re.ASCII)
_CURLY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_FOREIGN = (
    (re.compile(r"(?<![=!<>])=(?!=)"), "a comparison is written with two equals signs: stage == 'Proposal'"),
    (re.compile(r"&&|\|\||!(?!=)"), "write and, or, not instead of &&, ||, !"),
)
"""What people bring along from other languages."""
_NO_CONDITION = "expected a condition such as stage >= 'Proposal'"


@lru_cache(REMEMBERED)
def parse(text: str) -> Expression:
    """The tree of an expression.

    Raises `ExpressionError`, which names the character, for everything outside of the grammar and for
    what is longer than 2,000 characters, larger than 300 nodes or nested deeper than 20 levels.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST:,} characters; split it into several rules")
    if not text.strip():
        raise ExpressionError(f"it is empty; {_NO_CONDITION}")
    return _Reader(text).read()


class _Reader:
    """Reads one text; knows it only to tell positions and to see numbers as they were written."""

    def __init__(self, text: str) -> None:
        one_line = re.sub(r"[\r\n\t\f\v]", " ", text)
        self._text = one_line.strip(" ")
        self._indent = len(one_line) - len(one_line.lstrip(" "))

    def read(self) -> Expression:
        root = self._syntax_tree()
        nodes = sum(
            not isinstance(node, ast.expr_context | ast.operator | ast.cmpop) for node in ast.walk(root)
        )
        if nodes > LARGEST:
            raise ExpressionError(
                f"more than {LARGEST} names, values and operators; split it into several rules"
            )
        return self._condition(root, 1)

    def _syntax_tree(self) -> ast.expr:
        try:
            with _ONE_AT_A_TIME, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._text, mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(self._syntax_message(error.offset)) from None
        except (ValueError, MemoryError, RecursionError):
            raise ExpressionError("it cannot be read; write it shorter and with fewer parentheses") from None

    def _syntax_message(self, offset: int | None) -> str:
        if self._text.translate(_CURLY) != self._text:
            return "curly quotes; write straight ones: 'Proposal'"
        for pattern, says in _FOREIGN:
            if found := pattern.search(self._text):
                return f"at character {found.start() + 1 + self._indent}: {says}"
        place = f"at character {offset + self._indent}: " if offset else ""
        return f"{place}this is not of the grammar; {_NO_CONDITION}"

    def _position(self, node: ast.expr) -> int:
        """In characters from 1; `ast` counts UTF-8 bytes."""
        return self._indent + len(self._text.encode()[: node.col_offset].decode()) + 1

    def _refuse(self, node: ast.expr, says: str) -> NoReturn:
        raise ExpressionError(f"at character {self._position(node)}: {says}")

    def _enter(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            self._refuse(node, f"nested deeper than {DEEPEST} levels; split it into several rules")

    def _condition(self, node: ast.expr, depth: int) -> Expression:
        self._enter(node, depth)
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return And(tuple(self._condition(value, depth + 1) for value in values))
            case ast.BoolOp(values=values):
                return Or(tuple(self._condition(value, depth + 1) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self._condition(operand, depth + 1))
            case ast.Compare():
                return self._comparisons(node, depth)
            case ast.Name() | ast.Attribute():
                position = self._position(node)
                return Compare("==", self._name(node), Constant(True, position), position)
            case ast.Call():
                self._refuse(node, f"only date(year, month, day) can be called; {_NO_CONDITION}")
            case _:
                self._refuse(node, _NO_CONDITION)

    def _comparisons(self, node: ast.Compare, depth: int) -> Expression:
        """`0 < value < 10` is `0 < value and value < 10`."""
        sides = [node.left, *node.comparators]
        conditions = tuple(
            self._comparison(left, operator, right, depth)
            for left, operator, right in zip(sides, node.ops, sides[1:], strict=False)
        )
        return conditions[0] if len(conditions) == 1 else And(conditions)

    def _comparison(
        self, left: ast.expr, operator: ast.cmpop, right: ast.expr, depth: int
    ) -> Compare | Membership | IsEmpty:
        position = self._position(left)
        operand = self._operand(left, depth + 1)
        match operator:
            case ast.In() | ast.NotIn():
                return Membership(operand, self._choices(right), isinstance(operator, ast.NotIn), position)
            case ast.Is() | ast.IsNot():
                if not isinstance(right, ast.Constant) or right.value is not None:
                    self._refuse(right, "after `is` only None and not None can stand; compare with ==")
                return IsEmpty(operand, isinstance(operator, ast.IsNot), position)
            case _:
                return Compare(
                    _COMPARISONS[type(operator)], operand, self._operand(right, depth + 1), position
                )

    def _choices(self, node: ast.expr) -> tuple[Constant, ...] | Name:
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return tuple(self._constant(item) for item in items)
            case ast.Name():
                return self._name(node)
            case _:
                self._refuse(node, "after `in` a list is expected: segment in ['ENT', 'MM']")

    def _constant(self, node: ast.expr) -> Constant:
        operand = self._operand(node, 1)
        if not isinstance(operand, Constant):
            self._refuse(node, "a list holds texts, numbers and dates only")
        return operand

    def _operand(self, node: ast.expr, depth: int) -> Operand:
        self._enter(node, depth)
        position = self._position(node)
        match node:
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.Constant():
                return self._literal(node)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as number):
                constant = self._literal(number)
                if isinstance(constant.value, bool) or not isinstance(constant.value, int | Decimal):
                    self._refuse(node, "only a number can be negative")
                return Constant(-constant.value, position)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return Arithmetic(
                    "+", self._operand(left, depth + 1), self._operand(right, depth + 1), position
                )
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                return Arithmetic(
                    "-", self._operand(left, depth + 1), self._operand(right, depth + 1), position
                )
            case ast.BinOp():
                self._refuse(node, "only + and - can be used for sums")
            case ast.Call():
                return Constant(self._date(node), position)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                self._refuse(node, "a condition cannot be compared; join conditions with and, or, not")
            case _:
                self._refuse(node, "expected a field, a text in quotes, a number, a date or None")

    def _name(self, node: ast.expr) -> Name:
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self._refuse(node, "only a field path such as Account.Industry can have dots")
        path = ".".join([inner.id, *reversed(parts)])
        return Name(STANDARD_FIELDS.get(path, path), self._position(node))

    def _literal(self, node: ast.Constant) -> Constant:
        position = self._position(node)
        match node.value:
            case bool() | None:
                return Constant(node.value, position)
            case str():
                return Constant(node.value or None, position)
            case int() | float():
                return Constant(self._number(node), position)
            case _:
                self._refuse(node, "expected a text in quotes, a number, a date, True, False or None")

    def _number(self, node: ast.Constant) -> int | Decimal:
        """As written: what Python would make a float stays the decimal number that it is."""
        written = (ast.get_source_segment(self._text, node) or "").replace("_", "")
        if not _NUMBER.fullmatch(written):
            self._refuse(node, "write numbers as 50000 or 0.25, with at most four decimals")
        number = Decimal(written)
        if number >= LARGEST_AMOUNT:
            self._refuse(node, f"expected a number below {LARGEST_AMOUNT:,}")
        return number if "." in written else int(number)

    def _date(self, node: ast.Call) -> date:
        match node:
            case ast.Call(
                func=ast.Name(id="date"),
                args=[ast.Constant(int() as year), ast.Constant(int() as month), ast.Constant(int() as day)],
                keywords=[],
            ):
                try:
                    return date(year, month, day)
                except (ValueError, OverflowError):
                    self._refuse(node, "there is no such day; write date(2026, 9, 30) or '2026-09-30'")
            case _:
                self._refuse(node, "only date(year, month, day) can be called")
