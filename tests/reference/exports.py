"""A folder of exports as it stood at one pull."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

Row = Mapping[str, str]


@dataclass(frozen=True)
class Export:
    """All tables by name, and the moment at which they were read."""

    now: datetime
    tables: Mapping[str, tuple[Row, ...]]

    def rows(self, table: str) -> tuple[Row, ...]:
        return self.tables.get(table, ())

    def has(self, table: str) -> bool:
        return table in self.tables

    def by_id(self, table: str) -> dict[str, Row]:
        return {row["Id"]: row for row in self.rows(table)}

    def of_opportunity(self, table: str, opportunity_id: str) -> list[Row]:
        return [row for row in self.rows(table) if row["OpportunityId"] == opportunity_id]


def read_export(folder: Path, now: datetime) -> Export:
    tables = {}
    for file in folder.glob("*.csv"):
        with file.open(newline="", encoding="utf-8-sig") as lines:
            tables[file.stem] = tuple(csv.DictReader(lines))
    return Export(now, tables)


def amount(text: str | None) -> Fraction | None:
    return Fraction(text) if text else None


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def moment(text: str) -> datetime:
    """`2026-01-31T23:30:00.000+0000` or `2026-01-31T23:30:00Z`."""
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def local_day(text: str, zone: ZoneInfo) -> date:
    return moment(text).astimezone(zone).date()


def flag(text: str | None) -> bool:
    return (text or "").lower() == "true"
