"""Values of fields, as they are kept and as they are written: ids, moments, days."""

import itertools
import string
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

Json = dict[str, Any]
Value = str | bool | float | date | datetime | None
Row = dict[str, Value]

_CHECK = string.ascii_uppercase + "012345"


def long_id(text: str) -> str:
    """The id of 18 characters, which is safe where case is lost, of one of 15."""
    if len(text) != 15:
        return text
    blocks = (text[i : i + 5] for i in (0, 5, 10))
    return text + "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(block) if letter.isupper())] for block in blocks
    )


def ids(prefix: str) -> Iterator[str]:
    return (long_id(f"{prefix}5f{number:010d}") for number in itertools.count(1))


def write_json(value: Value) -> Any:
    """As REST writes it: moments end in `+0000`."""
    if isinstance(value, datetime):
        return _moment(value) + "+0000"
    return value.isoformat() if isinstance(value, date) else value


def write_csv(value: Value) -> str:
    """As Bulk API 2.0 writes it: moments end in `Z`, nothing is an empty cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value) + "Z"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}"


def read_moment(text: str) -> datetime:
    """Of `2026-09-14T08:00:00Z`, with or without milliseconds, with `Z` or an offset. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment.astimezone(UTC)


def moment_of(clock: Callable[[], float]) -> datetime:
    """Now, in the milliseconds that Salesforce keeps."""
    now = datetime.fromtimestamp(clock(), UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
