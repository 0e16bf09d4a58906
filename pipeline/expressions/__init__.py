"""The language of `when` and `confidential`: a condition over one opportunity.

`parse` turns text into a small tree, `bind` puts constants in the place of named parameters, `check`
gives every name its kind and refuses what makes no sense, `evaluate` decides the condition for one
opportunity. The same tree compiles to SQL in the storage. What each part means stands at its class in
`tree`; for people it stands in `docs/configuration.md`.
"""

from pipeline.expressions.binding import bind
from pipeline.expressions.checking import check, infer_kinds
from pipeline.expressions.evaluation import FactValue, evaluate
from pipeline.expressions.grammar import parse
from pipeline.expressions.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    ConstantValue,
    Expression,
    IsEmpty,
    Kind,
    Membership,
    Name,
    Node,
    Not,
    Operand,
    Or,
)
from pipeline.expressions.vocabulary import FACTS, STANDARD_FIELDS, Fact, Vocabulary

__all__ = [
    "FACTS",
    "STANDARD_FIELDS",
    "And",
    "Arithmetic",
    "Compare",
    "Constant",
    "ConstantValue",
    "Expression",
    "Fact",
    "FactValue",
    "IsEmpty",
    "Kind",
    "Membership",
    "Name",
    "Node",
    "Not",
    "Operand",
    "Or",
    "Vocabulary",
    "bind",
    "check",
    "evaluate",
    "infer_kinds",
    "parse",
]
