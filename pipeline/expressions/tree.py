"""The tree of an expression: six conditions over three operands, and what each means.

A condition is either true or false, never anything between. Operands can be *empty* (`None`: the CRM
holds nothing, or the operand is worked out from something empty). How conditions treat empty operands:

| condition                | one operand empty | both empty |
|--------------------------|-------------------|------------|
| `==`                     | false             | true       |
| `!=`                     | true              | false      |
| `<`, `<=`, `>`, `>=`     | false             | false      |
| `in` (some `==` is true) | true only if the list holds an empty constant, for an empty operand  |
| `not in`                 | the opposite of `in`                                                 |
| `is None`                | whether its one operand is empty                                     |

So `==` and `!=` are SQL's IS NOT DISTINCT FROM and IS DISTINCT FROM, an ordering comparison is
COALESCE(a < b, FALSE), and `and`, `or`, `not` are those of two-valued logic. Empty text is no value:
`''` in an expression means empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pipeline.records import Category

ConstantValue = str | int | Decimal | date | bool | Category | None
"""A constant. Text stands for a stage, a category or a day where it is compared with one; `check` then
puts in the category or the day. Whole numbers are `int` before `check` and `Decimal` after it."""


class Kind(StrEnum):
    """What an operand is. Only operands of one kind compare with each other."""

    TEXT = "text"
    """Compared exactly, case included; has no order."""
    NUMBER = "number"
    """Exact; money in currency units; spans of days in days."""
    DAY = "day"
    FLAG = "flag"
    """True or false; has no order."""
    STAGE = "stage"
    """Equal by name, ordered as the CRM orders its stages."""
    CATEGORY = "category"
    """Ordered Omitted, Pipeline, Best Case, Most Likely, Commit, Closed."""


@dataclass(frozen=True)
class Node:
    """Any part of an expression."""

    def parts(self) -> tuple["Node", ...]:
        """The nodes right below this one."""
        return ()

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for part in self.parts():
            yield from part.walk()

    def names(self) -> frozenset[str]:
        """Every name that the expression reads, dotted where it goes over a relation."""
        return frozenset(node.path for node in self.walk() if isinstance(node, Name))


@dataclass(frozen=True)
class Name(Node):
    """A fact about the opportunity, a field by API name (`Account.Industry`), or a parameter."""

    path: str
    position: int = field(default=1, compare=False)
    """Where it starts in the text, in characters from 1."""
    kind: Kind | None = None
    """Set by `check`."""


@dataclass(frozen=True)
class Constant(Node):
    value: ConstantValue
    position: int = field(default=1, compare=False)
    kind: Kind | None = None
    """Set by `check`; `None` stays where the value is empty."""


@dataclass(frozen=True)
class Arithmetic(Node):
    """`left + right` or `left - right`; empty where an operand is empty.

    number ± number is a number; day ± number is the day that many days later or earlier, the number
    without its decimals (toward zero); number + day likewise; day − day is a number of days.
    """

    operator: Literal["+", "-"]
    left: "Operand"
    right: "Operand"
    position: int = field(default=1, compare=False)
    kind: Kind | None = None
    """NUMBER or DAY, set by `check`."""

    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)


Operand = Name | Constant | Arithmetic

EqualityOperator = Literal["==", "!="]
OrderOperator = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True)
class Compare(Node):
    """Two operands of one kind. Texts and flags only with `==` and `!=`.

    `a == b`: both hold the same value, or both are empty; `a != b`: the opposite. An ordering
    comparison with an empty operand, or with a stage that the CRM does not list, is false. A bare flag
    `f` is `f == True`.
    """

    operator: EqualityOperator | OrderOperator
    left: Operand
    right: Operand
    position: int = field(default=1, compare=False)

    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Membership(Node):
    """`operand in choices`: some choice `==` the operand; with `negated` the opposite."""

    operand: Operand
    choices: tuple[Constant, ...] | Name
    """A name is a parameter that `bind` replaces by its constants; after `check` there is none."""
    negated: bool = False
    position: int = field(default=1, compare=False)

    def parts(self) -> tuple[Node, ...]:
        return (
            (self.operand, self.choices) if isinstance(self.choices, Name) else (self.operand, *self.choices)
        )


@dataclass(frozen=True)
class IsEmpty(Node):
    """`operand is None`; with `negated`, `is not None`. `== None` and `== ''` are the same."""

    operand: Operand
    negated: bool = False
    position: int = field(default=1, compare=False)

    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Not(Node):
    condition: "Expression"

    def parts(self) -> tuple[Node, ...]:
        return (self.condition,)


@dataclass(frozen=True)
class And(Node):
    """All of two or more conditions."""

    conditions: tuple["Expression", ...]

    def parts(self) -> tuple[Node, ...]:
        return self.conditions


@dataclass(frozen=True)
class Or(Node):
    """At least one of two or more conditions."""

    conditions: tuple["Expression", ...]

    def parts(self) -> tuple[Node, ...]:
        return self.conditions


Expression = And | Or | Not | Compare | Membership | IsEmpty
"""A condition: what `parse` returns and `evaluate` decides."""
