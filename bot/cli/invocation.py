"""How a command was called, and the parameters that several commands share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True)
class Invocation:
    """What stands before the command, and the environment."""

    config: Path | None
    """`None`: council.toml in the current folder."""
    environ: Mapping[str, str]


Called = Annotated[Invocation, Parameter(parse=False)]
"""Handed to each command by `command_line`, never typed."""

AsOf = Annotated[
    date | None,
    Parameter(
        name="--as-of",
        help="The day whose end the figures show, as 2026-10-01; default: the day of the last pull.",
    ),
]

OutputFormat = Annotated[Format, Parameter(name="--format", help="How to write the answer.")]


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as it was typed: without a zone it is meant in that of the organisation."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
