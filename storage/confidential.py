"""Which deals are confidential: counted everywhere, named only to their owner's management chain."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from pipeline.crm_records import FieldKind, FieldValue
from pipeline.expressions.checking import check
from pipeline.expressions.evaluation import FactValue, evaluate
from pipeline.expressions.grammar import parse
from pipeline.expressions.tree import Kind
from pipeline.expressions.vocabulary import Vocabulary
from pipeline.money import SCALE

_KINDS: Mapping[FieldKind, Kind] = {
    FieldKind.TEXT: Kind.TEXT,
    FieldKind.NUMBER: Kind.NUMBER,
    FieldKind.DAY: Kind.DAY,
    FieldKind.FLAG: Kind.FLAG,
}


def field_fact(value: FieldValue, kind: FieldKind) -> FactValue:
    """A stored field value as expressions know it."""
    if value is None or kind is FieldKind.TEXT:
        return value
    if not isinstance(value, int):
        return None
    if kind is FieldKind.NUMBER:
        return Fraction(value, SCALE)
    if kind is FieldKind.DAY:
        return date.fromordinal(value)
    return bool(value)


class Confidentiality:
    """The configured expression, checked once and asked of every deal."""

    def __init__(self, expression: str | None, fields: Mapping[str, FieldKind], stages: list[str]) -> None:
        self._fields = fields
        self._vocabulary = Vocabulary.of({name: _KINDS[kind] for name, kind in fields.items()}, stages)
        self._expression = None if expression is None else check(parse(expression), self._vocabulary)

    def covers(self, facts: Mapping[str, FactValue], fields: Mapping[str, FieldValue]) -> bool:
        """Whether a deal is confidential, from its standard facts and its further fields."""
        if self._expression is None:
            return False
        known = {name: field_fact(value, self._fields[name]) for name, value in fields.items()}
        return evaluate(self._expression, {**known, **facts}, self._vocabulary)
