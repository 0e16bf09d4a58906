"""Which rows a query means: its fields and values checked against the objects, then row by row."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

from tests.salesforce.errors import Refused
from tests.salesforce.schema import NUMBERS, Field, SObject, Type
from tests.salesforce.soql import Column, Comparison, Condition, Joined, Literal, Negated, Query, malformed
from tests.salesforce.values import Row, Value, long_id, read_moment

Test = Callable[[Row], bool]

_ID = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")


class Source(Protocol):
    """Where the rows are."""

    def visible(self, name: str) -> SObject | None:
        """The object as the account sees it: without what is hidden from it."""

    def rows(self, name: str) -> Iterator[Row]:
        """Also of deleted records."""

    def row(self, name: str, row_id: str) -> Row | None:
        """Also of a deleted record."""

    def today(self) -> date:
        """In the organisation's time zone."""


@dataclass(frozen=True)
class Selected:
    """A column with the way to its value: links to follow, then a field."""

    path: str
    """As describe spells it."""
    over: tuple[Field, ...]
    field: Field


@dataclass(frozen=True)
class Result:
    """The rows that a query means, and the columns that were asked for."""

    sobject: SObject
    columns: tuple[Selected, ...]
    rows: tuple[Row, ...]


def run(source: Source, query: Query, *, include_deleted: bool) -> Result:
    """Raises `Refused` as Salesforce does."""
    found = source.visible(query.sobject)
    if found is None:
        raise _no_such_object(query)
    finder = _Finder(source, query, found)
    columns = tuple(finder.select(column) for column in query.columns)
    names = [selected.path for selected in columns]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Refused(400, "INVALID_FIELD", f"duplicate field selected: {twice}")
    test = finder.test(query.where) if query.where else None
    rows = [
        row
        for row in source.rows(found.name)
        if (include_deleted or not row.get("IsDeleted")) and (test is None or test(row))
    ]
    for order in reversed(query.order):
        value_of = finder.getter(finder.select(Column(order.path, order.column)))
        _sort(rows, value_of, is_descending=order.is_descending, are_empty_last=order.are_empty_last)
    end = None if query.limit is None else query.offset + query.limit
    return Result(found, columns, tuple(rows[query.offset : end]))


def values_of(source: Source, row: Row, over: tuple[Field, ...]) -> Row | None:
    """The record at the end of the links."""
    at: Row | None = row
    for link in over:
        target = at.get(link.name) if at is not None else None
        at = source.row(link.refers_to or "", target) if isinstance(target, str) else None
    return at


def _sort(
    rows: list[Row], value_of: Callable[[Row], Value], *, is_descending: bool, are_empty_last: bool
) -> None:
    empty = [row for row in rows if value_of(row) is None]
    filled = [row for row in rows if value_of(row) is not None]
    filled.sort(key=lambda row: _comparable(value_of(row)), reverse=is_descending)
    rows[:] = [*filled, *empty] if are_empty_last else [*empty, *filled]


def _comparable(value: Value) -> Any:
    return value.lower() if isinstance(value, str) else value


def _no_such_object(query: Query) -> Refused:
    return Refused(
        400,
        "INVALID_TYPE",
        f"sObject type '{query.sobject}' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for "
        "the appropriate names.",
    )


class _Finder:
    """Knows the object of one query."""

    def __init__(self, source: Source, query: Query, sobject: SObject) -> None:
        self._source = source
        self._query = query
        self._sobject = sobject

    def select(self, column: Column) -> Selected:
        *relations, name = column.path.split(".")
        at, over = self._sobject, list[Field]()
        for relation in relations:
            link = at.over(relation)
            target = self._source.visible(link.refers_to or "") if link is not None else None
            if link is None or target is None:
                raise self._refuse(
                    column.column,
                    f"Didn't understand relationship '{relation}' in field path. If you are attempting to "
                    "use a custom relationship, be sure to append the '__r' after the custom relationship "
                    "name. Please reference your WSDL or the describe call for the appropriate names.",
                )
            at, over = target, [*over, link]
        field = at.field(name)
        if field is None:
            raise self._refuse(
                column.column,
                f"No such column '{name}' on entity '{at.name}'. If you are attempting to use a custom "
                "field, be sure to append the '__c' after the custom field name. Please reference your WSDL "
                "or the describe call for the appropriate names.",
            )
        path = ".".join((*(link.relation or "" for link in over), field.name))
        return Selected(path, tuple(over), field)

    def _refuse(self, column: int, says: str, code: str = "INVALID_FIELD") -> Refused:
        return malformed(self._query.text, column, says, code)

    def getter(self, selected: Selected) -> Callable[[Row], Value]:
        name, over = selected.field.name, selected.over

        def value_of(row: Row) -> Value:
            end = values_of(self._source, row, over)
            return None if end is None else end.get(name)

        return value_of if over else lambda row: row.get(name)

    def test(self, condition: Condition) -> Test:
        match condition:
            case Joined(operator, conditions):
                tests = [self.test(inner) for inner in conditions]
                join = all if operator == "AND" else any
                return lambda row: join(test(row) for test in tests)
            case Negated(inner):
                negated = self.test(inner)
                return lambda row: not negated(row)
            case Comparison():
                return self._compare(condition)

    def _compare(self, comparison: Comparison) -> Test:
        selected = self.select(Column(comparison.path, comparison.column))
        field = selected.field
        if not field.is_filterable:
            raise self._refuse(comparison.column, f"field '{field.name}' can not be filtered in a query call")
        value_of = self.getter(selected)
        if isinstance(comparison.values, Query):
            return _is_in(value_of, self._subquery(comparison.values), comparison.operator)
        if comparison.operator in {"IN", "NOT IN"}:
            wanted = {self._value(field, literal, comparison.column) for literal in comparison.values}
            return _is_in(value_of, wanted, comparison.operator)
        [literal] = comparison.values
        if comparison.operator == "LIKE":
            return _is_like(value_of, literal.text)
        if field.type in {Type.DATE, Type.DATETIME} and not literal.is_quoted:
            span = _span(literal.text, self._source.today())
            if span is not None:
                return _is_within(value_of, span, comparison.operator, is_moment=field.type is Type.DATETIME)
        return _is(value_of, self._value(field, literal, comparison.column), comparison.operator)

    def _subquery(self, query: Query) -> set[Value]:
        result = run(self._source, query, include_deleted=False)
        [column] = result.columns
        value_of = self.getter(column)
        return {_comparable(value_of(row)) for row in result.rows} - {None}

    def _value(self, field: Field, literal: Literal, column: int) -> Value:
        text = literal.text
        if not literal.is_quoted and text.lower() == "null":
            return None
        is_text = field.type not in NUMBERS | {Type.BOOLEAN, Type.DATE, Type.DATETIME}
        if is_text != literal.is_quoted:
            should = "should be enclosed in quotes" if is_text else "should not be enclosed in quotes"
            kind = "dateTime" if field.type is Type.DATETIME else field.type.value
            raise self._refuse(
                column,
                f"value of filter criterion for field '{field.name}' must be of type {kind} and {should}",
            )
        if field.type in {Type.ID, Type.REFERENCE} and not _ID.fullmatch(text):
            raise self._refuse(column, f"invalid ID field: {text}", "INVALID_QUERY_FILTER_OPERATOR")
        try:
            return _read(field, text)
        except ValueError:
            raise self._refuse(
                column,
                f"value of filter criterion for field '{field.name}' must be of type {field.type.value}",
            ) from None


def _read(field: Field, text: str) -> Value:
    match field.type:
        case Type.BOOLEAN:
            if text.lower() not in {"true", "false"}:
                raise ValueError(text)
            return text.lower() == "true"
        case Type.DATE:
            return date.fromisoformat(text)
        case Type.DATETIME:
            if "T" not in text:
                raise ValueError(text)
            return read_moment(text)
        case Type.ID | Type.REFERENCE:
            return long_id(text).lower()
        case numeric if numeric in NUMBERS:
            return float(text)
    return text.lower()


def _is_in(value_of: Callable[[Row], Value], wanted: set[Value], operator: str) -> Test:
    if operator == "IN":
        return lambda row: _comparable(value_of(row)) in wanted
    return lambda row: _comparable(value_of(row)) not in wanted


def _is(value_of: Callable[[Row], Value], wanted: Value, operator: str) -> Test:
    """Nothing equals nothing, and is neither more nor less than anything."""
    match operator:
        case "=":
            return lambda row: bool(_comparable(value_of(row)) == wanted)
        case "!=":
            return lambda row: bool(_comparable(value_of(row)) != wanted)
    holds = _ORDERED[operator]

    def test(row: Row) -> bool:
        value = _comparable(value_of(row))
        return value is not None and wanted is not None and holds(value, wanted)

    return test


_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
}


def _is_like(value_of: Callable[[Row], Value], pattern: str) -> Test:
    parts = {"%": ".*", "_": "."}
    regex = re.compile("".join(parts.get(letter, re.escape(letter)) for letter in pattern), re.I | re.S)
    return lambda row: regex.fullmatch(str(value_of(row) or "")) is not None


def _is_within(
    value_of: Callable[[Row], Value], span: tuple[date, date], operator: str, *, is_moment: bool
) -> Test:
    """A date literal is a span of days: more than it starts after its end."""
    first, after = (_midnight(day) if is_moment else day for day in span)
    outside: Mapping[str, Callable[[Any], bool]] = {
        "=": lambda value: first <= value < after,
        "!=": lambda value: not first <= value < after,
        "<": lambda value: value < first,
        "<=": lambda value: value < after,
        ">": lambda value: value >= after,
        ">=": lambda value: value >= first,
    }
    holds = outside[operator]

    def test(row: Row) -> bool:
        value = value_of(row)
        return value is not None and holds(value)

    return test


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _span(literal: str, today: date) -> tuple[date, date] | None:
    """The first day and the one after the last; `None` where it is no date literal."""
    one = timedelta(days=1)
    word, _, number = literal.upper().partition(":")
    if number.isdecimal():
        days = timedelta(days=int(number))
        relative = {
            "LAST_N_DAYS": (today - days, today + one),
            "NEXT_N_DAYS": (today + one, today + days + one),
            "N_DAYS_AGO": (today - days, today - days + one),
        }
        return relative.get(word)
    year = date(today.year, 1, 1)
    fixed = {
        "TODAY": (today, today + one),
        "YESTERDAY": (today - one, today),
        "TOMORROW": (today + one, today + 2 * one),
        "THIS_YEAR": (year, date(today.year + 1, 1, 1)),
        "LAST_YEAR": (date(today.year - 1, 1, 1), year),
        "NEXT_YEAR": (date(today.year + 1, 1, 1), date(today.year + 2, 1, 1)),
    }
    return fixed.get(word)
