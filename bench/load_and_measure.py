"""Loads a folder of exports, loads it again, and asks it questions; each beside what it is compared with.

`python -m bench.load_and_measure FOLDER`, where FOLDER is one that `bench.generate` wrote. What comes of
it lies in `FOLDER/measured`, some 3 GB for a million opportunities.

The limits, for 1,000,000 opportunities with 5,000,000 history rows on two cores:

- memory: well under 1 GB, whatever the number of rows;
- first load: 6 to 8 times the bare import of the same rows. The import stores texts; a load parses and
  checks every value, puts the history in order and builds the versions. Not held yet: see README.md;
- measuring a day: 2 to 3 times a bare scan of the versions;
- `/apm` from stored tables: tenths of a millisecond to a few milliseconds.
"""

import argparse
import csv
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.bare import BareImport, import_bare
from bench.fixing import FixingFigures, measure_fixing
from bench.pulling import PullFigures, pull_in_child, settings_over
from bench.reading import ReadingFigures, measure_reading
from bot.app import build_company, build_crm
from storage.database import open_database

OPPORTUNITIES = "Opportunity.csv"
CHANGED = 1_000
NOW = datetime(2026, 9, 15, 20, tzinfo=UTC)
"""On the day that `bench.generate` writes for."""


@dataclass(frozen=True)
class Figures:
    """Everything one run measures."""

    bare: BareImport
    first: PullFigures
    again: PullFigures
    incremental: PullFigures
    reading: ReadingFigures
    fixing: FixingFigures
    database_megabytes: int


def run_benchmark(folder: Path, now: datetime, changed: int = CHANGED) -> Figures:
    """All of it, in order; takes ten to twenty minutes for a million opportunities."""
    config, results = folder / "council.toml", folder / "measured"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    database = results / "council.db"
    bare = import_bare(folder, results / "bare.db")
    first = pull_in_child(config, folder, database, now)
    again = pull_in_child(config, folder, database, now + timedelta(minutes=1))
    changed_exports = write_changed(folder, results / "changed", changed, now)
    incremental = pull_in_child(config, changed_exports, database, now + timedelta(minutes=2))
    settings = settings_over(config, folder)
    engine = open_database(f"sqlite:///{database}")
    as_of = now.astimezone(settings.definitions.calendar.zone).date()
    company, crm = build_company(settings), build_crm(settings, now)
    reading = measure_reading(engine, company, as_of)
    fixing = measure_fixing(engine, company, crm, now + timedelta(minutes=3))
    engine.dispose()
    return Figures(bare, first, again, incremental, reading, fixing, database.stat().st_size // 2**20)


def write_changed(exports: Path, folder: Path, count: int, now: datetime) -> Path:
    """The same exports, but `count` opportunities, spread over the whole file, have another amount."""
    folder.mkdir()
    for file in exports.glob("*.csv"):
        if file.name != OPPORTUNITIES:
            os.link(file, folder / file.name)
    with (exports / OPPORTUNITIES).open(encoding="utf-8") as source:
        every = max(1, sum(1 for _ in source) // count)
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with (
        (exports / OPPORTUNITIES).open(encoding="utf-8", newline="") as source,
        (folder / OPPORTUNITIES).open("w", encoding="utf-8", newline="") as target,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames or ())
        writer.writeheader()
        for place, row in enumerate(rows):
            is_changed = place % every == 0 and place // every < count
            changes = {"ACV__c": "123456", "LastModifiedDate": moment} if is_changed else {}
            writer.writerow(row | changes)
    return folder


def print_figures(figures: Figures) -> None:
    bare, first, reading = figures.bare, figures.first, figures.reading
    print(f"{bare.tool}: {bare.rows:,} rows in {bare.seconds:.1f} s, {bare.rows_per_second:,.0f} rows/s")
    for name, pull in (
        ("first pull", first),
        ("nothing changed", figures.again),
        (f"{figures.incremental.changed:,} changed", figures.incremental),
    ):
        print(
            f"{name}: {pull.rows:,} rows in {pull.seconds:.1f} s "
            f"(staging {pull.staging_seconds:.1f}, merging {pull.merging_seconds:.1f}, "
            f"measuring {pull.measuring_seconds:.1f}), {pull.rows / pull.load_seconds:,.0f} rows/s loaded, "
            f"peak {pull.peak_megabytes} MB, {pull.versions:,} version rows"
        )
    print(f"first load / bare import: {first.load_seconds / bare.seconds:.1f} (limit 8)")
    by_processor = first.load_processor_seconds / bare.processor_seconds
    print(f"the same in processor time: {first.load_processor_seconds:.1f} s, {by_processor:.1f}")
    print(f"database: {figures.database_megabytes:,} MB")
    print(f"bare scan of the versions: {reading.bare_scan:.3f} s")
    for name, seconds in (
        ("all tables of today", reading.measure_now),
        ("all tables of today and a year ago", reading.measure_now_and_a_year_ago),
        ("every hygiene rule of every deal", reading.hygiene_scan),
        (f"the hygiene report, {reading.findings:,} findings in words", reading.hygiene_report),
    ):
        print(f"{name}: {seconds:.3f} s, {seconds / reading.bare_scan:.1f} x the bare scan")
    print(f"read_apm: {reading.read_apm * 1000:.2f} ms")
    fixing = figures.fixing
    print(
        f"a fix: {fixing.prepare:.3f} s of reading, then {fixing.write:.3f} s with the write lock "
        f"({fixing.longest_write:.3f} s at most, {fixing.write_processor:.3f} s of processor)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Load a folder of exports and ask it questions.")
    parser.add_argument("folder", type=Path, help="a folder that bench.generate wrote")
    parser.add_argument("--now", type=datetime.fromisoformat, default=NOW, help="moment of the first pull")
    arguments = parser.parse_args()
    print_figures(run_benchmark(arguments.folder, arguments.now))


if __name__ == "__main__":
    main()
