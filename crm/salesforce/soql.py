"""Queries as text: what is selected, and of which rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from urllib.parse import quote

LONGEST_QUERY = 100_000
"""Characters of a query that Salesforce reads."""
LONGEST_ADDRESS = 16_000
"""Bytes of an address: Salesforce reads 16,384 of them, some of which are the host's and the path's."""

_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True)
class Select:
    """A query of one object."""

    sobject: str
    fields: tuple[str, ...]
    """API names and dotted paths."""
    where: tuple[str, ...] = ()
    """Conditions, all of which must hold."""
    order: str = ""
    """Field by which the rows come."""
    include_deleted: bool = False
    """Rows in the recycle bin too, for which the query goes another way."""

    @property
    def text(self) -> str:
        where = " AND ".join(f"({condition})" for condition in self.where)
        return (
            f"SELECT {', '.join(self.fields)} FROM {self.sobject}"
            + (f" WHERE {where}" if where else "")
            + (f" ORDER BY {self.order}" if self.order else "")
        )

    def also(self, *conditions: str) -> "Select":
        return replace(self, where=(*self.where, *conditions))

    def ordered_by(self, field: str) -> "Select":
        return replace(self, order=field)

    def of_each(self, field: str, ids: Sequence[str]) -> Iterator["Select"]:
        """The same for the rows that one of the ids stands in, in as many queries as an address holds."""
        start = 0
        while start < len(ids):
            end = start + self._room(field, len(ids[start]))
            yield self.also(f"{field} IN ({', '.join(map(quoted, ids[start:end]))})")
            start = end

    def _room(self, field: str, length: int) -> int:
        """How many ids have room, at least one."""
        base = self.also(f"{field} IN ()").text
        by_address = (LONGEST_ADDRESS - len(quote(base, safe=""))) // len(
            quote(f"'{'0' * length}', ", safe="")
        )
        by_query = (LONGEST_QUERY - len(base)) // (length + 4)
        return max(1, min(by_address, by_query))


def quoted(text: str) -> str:
    """A text as a literal; nothing that stands in it can end it."""
    return f"'{text.translate(_ESCAPED)}'"


def moment(seconds: float) -> str:
    """A moment as a literal, in whole seconds; without quotes, as SOQL wants it."""
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(ordinal: int) -> str:
    """A day as a literal."""
    return date.fromordinal(ordinal).isoformat()
