"""A small, strict SOQL: what a query says, or where it goes wrong, in Salesforce's words."""

import re
from dataclasses import dataclass
from typing import NoReturn

from tests.salesforce.errors import Refused

LONGEST = 100_000
"""Characters of a query."""


@dataclass(frozen=True)
class Literal:
    """A value as it is written; `text` has lost its quotes."""

    text: str
    is_quoted: bool


@dataclass(frozen=True)
class Comparison:
    path: str
    operator: str
    """=, !=, <, <=, >, >=, LIKE, IN, NOT IN"""
    values: "tuple[Literal, ...] | Query"
    """A query is a semi-join."""
    column: int


@dataclass(frozen=True)
class Negated:
    condition: "Condition"


@dataclass(frozen=True)
class Joined:
    operator: str
    """AND or OR"""
    conditions: "tuple[Condition, ...]"


Condition = Comparison | Negated | Joined


@dataclass(frozen=True)
class Column:
    """A field that is selected, and where it stands in the text."""

    path: str
    column: int


@dataclass(frozen=True)
class Order:
    path: str
    is_descending: bool
    are_empty_last: bool
    column: int


@dataclass(frozen=True)
class Query:
    text: str
    columns: tuple[Column, ...]
    """Empty: COUNT()."""
    sobject: str
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>'(?:[^'\\]|\\.)*')|(?P<symbol><=|>=|!=|<>|[(),=<>])|(?P<word>[\w.:+\-]+)|(?P<bad>\S))"
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_RESERVED = frozenset(
    {"and", "asc", "desc", "excludes", "first", "from", "group", "having", "in", "includes", "last", "like"}
    | {"limit", "not", "null", "nulls", "or", "order", "select", "using", "where", "with"}
)


@dataclass(frozen=True)
class _Token:
    text: str
    column: int
    is_quoted: bool = False

    def means(self, word: str) -> bool:
        return not self.is_quoted and self.text.upper() == word


def parse(text: str) -> Query:
    """Raises `Refused` with MALFORMED_QUERY."""
    if len(text) > LONGEST:
        raise Refused(
            400, "QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100,000 characters."
        )
    reader = _Reader(text)
    query = reader.query()
    if reader.next is not None:
        reader.unexpected()
    return query


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def unexpected(self) -> NoReturn:
        token = self.next
        if token is None:
            raise Refused(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
        raise malformed(self._text, token.column, f"unexpected token: '{token.text}'")

    def _take(self) -> _Token:
        if (token := self.next) is None:
            self.unexpected()
        self._at += 1
        return token

    def _takes(self, *words: str) -> bool:
        """Whether the words come next, which are then done with."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) == len(words) and all(
            token.means(word) for token, word in zip(ahead, words, strict=True)
        ):
            self._at += len(words)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            self.unexpected()

    def _name(self) -> _Token:
        token = self.next
        if token is None or token.is_quoted or token.text.lower() in _RESERVED or not token.text[0].isalpha():
            self.unexpected()
        return self._take()

    def query(self) -> Query:
        self._expect("SELECT")
        columns = self._columns()
        self._expect("FROM")
        sobject = self._name().text
        where = self._any() if self._takes("WHERE") else None
        order = self._order() if self._takes("ORDER", "BY") else ()
        limit = self._number() if self._takes("LIMIT") else None
        offset = self._number() if self._takes("OFFSET") else 0
        return Query(self._text, columns, sobject, where, order, limit, offset)

    def _columns(self) -> tuple[Column, ...]:
        if self._takes("COUNT", "(", ")"):
            return ()
        columns = [self._column()]
        while self._takes(","):
            columns.append(self._column())
        return tuple(columns)

    def _column(self) -> Column:
        token = self._name()
        if (ahead := self.next) is not None and ahead.text == "(":
            raise NotImplementedError(f"this Salesforce knows no {token.text}() in SELECT")
        return Column(token.text, token.column)

    def _number(self) -> int:
        if (token := self.next) is None or not token.text.isdecimal():
            self.unexpected()
        return int(self._take().text)

    def _order(self) -> tuple[Order, ...]:
        orders = [self._one_order()]
        while self._takes(","):
            orders.append(self._one_order())
        return tuple(orders)

    def _one_order(self) -> Order:
        token = self._name()
        is_descending = self._takes("DESC")
        if not is_descending:
            self._takes("ASC")
        are_empty_last = self._takes("NULLS", "LAST")
        if not are_empty_last:
            self._takes("NULLS", "FIRST")
        return Order(token.text, is_descending, are_empty_last, token.column)

    def _any(self) -> Condition:
        """AND and OR side by side need brackets: Salesforce refuses to guess."""
        first = self._one()
        for operator, other in (("AND", "OR"), ("OR", "AND")):
            conditions = [first]
            while self._takes(operator):
                conditions.append(self._one())
            if len(conditions) > 1:
                if (token := self.next) is not None and token.means(other):
                    self.unexpected()
                return Joined(operator, tuple(conditions))
        return first

    def _one(self) -> Condition:
        if self._takes("NOT"):
            return Negated(self._one())
        if self._takes("("):
            inside = self._any()
            self._expect(")")
            return inside
        token = self._name()
        return self._comparison(token)

    def _comparison(self, token: _Token) -> Comparison:
        if self._takes("NOT", "IN"):
            return Comparison(token.text, "NOT IN", self._list(), token.column)
        if self._takes("IN"):
            return Comparison(token.text, "IN", self._list(), token.column)
        for operator in ("=", "!=", "<>", "<=", ">=", "<", ">", "LIKE"):
            if self._takes(operator):
                meant = "!=" if operator == "<>" else operator
                return Comparison(token.text, meant, (self._literal(),), token.column)
        self.unexpected()

    def _list(self) -> tuple[Literal, ...] | Query:
        self._expect("(")
        if (token := self.next) is not None and token.means("SELECT"):
            inner = self.query()
            self._expect(")")
            return inner
        values = [self._literal()]
        while self._takes(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self.next
        if token is None or (not token.is_quoted and not re.match(r"[\w+\-]", token.text)):
            self.unexpected()
        self._take()
        return Literal(token.text, token.is_quoted)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        kind = match.lastgroup or ""
        column = match.start(kind) + 1
        if kind == "bad":
            raise malformed(text, column, f"unexpected token: '{match['bad']}'")
        if kind == "quoted":
            plain = _ESCAPE.sub(lambda m: _ESCAPED.get(m[1].lower(), m[1]), match["quoted"][1:-1])
            found.append(_Token(plain, column, is_quoted=True))
        else:
            found.append(_Token(match[kind], column))
        at = match.end()
    return found


def malformed(text: str, column: int, says: str, code: str = "MALFORMED_QUERY") -> Refused:
    """With the place, as Salesforce draws it: the text around, a caret, row and column."""
    start = max(0, column - 41)
    around = text[start : column + 40].replace("\n", " ")
    caret = " " * (column - 1 - start) + "^"
    return Refused(400, code, f"\n{around}\n{caret}\nERROR at Row:1:Column:{column}\n{says}")
