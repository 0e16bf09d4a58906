"""Pulls of a large Salesforce from the local server, beside what they cost at least.

`python -m bench.salesforce FOLDER`, where FOLDER is one that `bench.generate` wrote. Its opportunities,
history and accounts are served in bulk, page by page as they lie there; what comes of it lies in
`FOLDER/salesforce`.

The limits, for 1,000,000 opportunities with 5,000,000 history rows on two cores, one of which serves:

- memory: well under 1 GB, whatever the number of rows;
- first load: at most a third more than the same load from files;
- a pull of 1,000 changed deals, up to the figures that show them: a few seconds.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.bare import BareImport, import_bare
from bench.pulling import PullFigures, measure_pull
from bot.settings import Settings, load_settings
from bot.settings.fields import field_kinds
from crm.files.beside import TablesBeside
from crm.salesforce.crm import SalesforceCrm
from crm.salesforce.organisation import organisation_of
from tests.salesforce.oauth import App
from tests.salesforce.org import Org
from tests.salesforce.schema import Field, Type
from tests.salesforce.server import LocalSalesforce, serve
from tests.salesforce.values import Row, Value, read_moment

NOW = datetime(2026, 9, 15, 20, tzinfo=UTC)
"""On the day that `bench.generate` writes for."""
CHANGED = 1_000
ROWS_A_PAGE = 50_000
_LATER = timedelta(minutes=15)
_IN_BULK = ("Opportunity", "OpportunityHistory", "Account")
_AS_ROWS = ("OpportunityStage", "UserRole", "User", "CurrencyType", "DatedConversionRate")
_THEIR_NAMES = {"ForecastCategoryName": "ForecastCategory"}
"""Columns in which an export holds what the API has under another name."""
_INTEGRATION_USER = "council@bench.example"
_CONFIGURATION = """\
[crm]
kind = "salesforce"
[crm.salesforce]
host = "{url}"
client_id = "council-app"
[crm.files]
folder = "{folder}"
"""


@dataclass(frozen=True)
class Figures:
    """Everything one run measures."""

    bare: BareImport
    parsing_seconds: float
    """Of the rows of the same tables with Python's own csv reader, and nothing done with them."""
    first: PullFigures
    changes: PullFigures
    changes_calls: int
    """Of the API, in the pull of what changed."""


def run_benchmark(folder: Path, now: datetime, changed: int = CHANGED) -> Figures:
    """All of it, in order; takes some minutes for a million opportunities."""
    results = folder / "salesforce"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    bare = import_bare(folder, results / "bare.db")
    parsing = _parse(folder)
    with serving(folder, results, now) as (served, clock):
        config = results / "council.toml"
        _write_configuration(config, folder, served.login_url)
        first = _pull_in_child(config, results / "council.db", now)
        later = now + _LATER
        clock[0] = later.timestamp() - 60
        change_deals(served.org, folder, changed)
        clock[0] = later.timestamp()
        calls = len(served.calls)
        changes = _pull_in_child(config, results / "council.db", later)
        return Figures(bare, parsing, first, changes, len(served.calls) - calls)


def _parse(folder: Path) -> float:
    begun = time.perf_counter()
    for name in _IN_BULK:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for _ in csv.reader(file):
                pass
    return time.perf_counter() - begun


# --- Serving --------------------------------------------------------------------------------------


@contextmanager
def serving(folder: Path, results: Path, now: datetime) -> Iterator[tuple[LocalSalesforce, list[float]]]:
    """The exports behind the API, and the clock by which they are stamped."""
    clock = [now.timestamp()]
    org = _organisation(folder, lambda: clock[0])
    with serve(org, App(runs_as=_INTEGRATION_USER, approved={_INTEGRATION_USER})) as served:
        for name in _IN_BULK:
            served.jobs.prepared[name] = _pages(folder / f"{name}.csv", results / "pages")
        served.calls_allowed = 1_000_000
        yield served, clock


def _organisation(folder: Path, clock: Any) -> Org:
    org = Org(clock)
    org.objects["Opportunity"].add(Field("ACV__c", Type.CURRENCY), Field("Region__c"), Field("Segment__c"))
    for name in _AS_ROWS:
        for row in _typed_rows(org, name, folder / f"{name}.csv"):
            org.insert_row(name, row)
    for row in org.rows("CurrencyType"):
        org.update("CurrencyType", str(row["Id"]), IsCorporate=row["IsoCode"] == "USD")
    org.insert("User", Name="Council", Username=_INTEGRATION_USER, UserType="Standard", IsActive=True)
    return org


def _typed_rows(org: Org, name: str, file: Path) -> Iterator[Row]:
    fields = org.objects[name].fields
    with file.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            named = {_THEIR_NAMES.get(header, header): text for header, text in row.items()}
            yield {header: _value(fields[header], text) for header, text in named.items() if header in fields}


def _value(field: Field, text: str) -> Value:
    if not text:
        return None
    match field.type:
        case Type.BOOLEAN:
            return text == "true"
        case Type.DATE:
            return date.fromisoformat(text)
        case Type.DATETIME:
            return read_moment(text)
        case Type.CURRENCY | Type.DOUBLE | Type.INT:
            return float(text)
    return text


def _pages(file: Path, folder: Path) -> Sequence[Path]:
    """The rows of an export as pages of a bulk result, each with the header."""
    folder.mkdir(exist_ok=True)
    pages: list[Path] = []
    with file.open(encoding="utf-8", newline="") as source:
        header = ",".join(_THEIR_NAMES.get(name, name) for name in source.readline().strip().split(","))
        while lines := [line for _, line in zip(range(ROWS_A_PAGE), source, strict=False)]:
            page = folder / f"{file.stem}-{len(pages)}.csv"
            page.write_text(f"{header}\n{''.join(lines)}", encoding="utf-8")
            pages.append(page)
    return pages


def change_deals(org: Org, folder: Path, count: int) -> None:
    """Gives so many deals, spread over all, another value now; with their history they become rows."""
    with (folder / "Opportunity.csv").open(encoding="utf-8") as source:
        every = max(1, (sum(1 for _ in source) - 1) // count)
    chosen: dict[str, Row] = {}
    for place, row in enumerate(_typed_rows(org, "Opportunity", folder / "Opportunity.csv")):
        if place % every == 0 and len(chosen) < count:
            chosen[str(row["Id"])] = row
    with (folder / "OpportunityHistory.csv").open(encoding="utf-8", newline="") as source:
        fields = org.objects["OpportunityHistory"].fields
        for texts in csv.DictReader(source):
            if texts["OpportunityId"] in chosen:
                history = {name: _value(fields[name], text) for name, text in texts.items()}
                org.insert_row("OpportunityHistory", history)
    for row in chosen.values():
        stamp = datetime.fromtimestamp(org.clock(), UTC)
        org.insert_row(
            "Opportunity", row | {"ACV__c": 123_456.0, "LastModifiedDate": stamp, "SystemModstamp": stamp}
        )


# --- Pulling --------------------------------------------------------------------------------------


def _write_configuration(config: Path, folder: Path, url: str) -> None:
    ours = (folder / "council.toml").read_text(encoding="utf-8").partition("[storage]")
    head = _CONFIGURATION.format(url=url, folder=folder.resolve().as_posix())
    config.write_text(head + ours[1] + ours[2], encoding="utf-8")


def _pull_in_child(config: Path, database: Path, now: datetime) -> PullFigures:
    command = [sys.executable, "-m", "bench.salesforce", "--pull", *map(str, (config, database))]
    done = subprocess.run([*command, "--now", now.isoformat()], check=True, stdout=subprocess.PIPE, text=True)
    return PullFigures(**json.loads(done.stdout))


def _pull_here(config: Path, database: Path, now: datetime) -> None:
    settings = load_settings(config, _SECRETS)
    figures = measure_pull(settings, _crm(settings), database, now)
    print(json.dumps(asdict(figures)))


_SECRETS: Mapping[str, str] = {"COUNCIL_CRM__SALESFORCE__CLIENT_SECRET": "council-secret"}


def _crm(settings: Settings) -> SalesforceCrm:
    """In bulk whatever the size: the server counts rows, and these lie in pages."""
    return SalesforceCrm(
        organisation_of(settings.crm.salesforce, settings.home),
        settings.calendar,
        TablesBeside(settings.crm.files, settings.home),
        field_kinds(settings),
        bulk_from=0,
    )


def print_figures(figures: Figures) -> None:
    bare, first, changes = figures.bare, figures.first, figures.changes
    print(f"{bare.tool}: {bare.rows:,} rows in {bare.seconds:.1f} s")
    print(f"parsing the rows with csv.reader: {figures.parsing_seconds:.1f} s")
    print(
        f"first load: {first.rows:,} rows in {first.load_seconds:.1f} s "
        f"(staging {first.staging_seconds:.1f}, merging {first.merging_seconds:.1f}), "
        f"peak {first.peak_megabytes} MB"
    )
    print(f"first load / bare import: {first.load_seconds / bare.seconds:.1f}")
    print(f"staging / parsing: {first.staging_seconds / figures.parsing_seconds:.1f}")
    print(
        f"{changes.changed:,} changed deals: {changes.seconds:.2f} s up to the figures, "
        f"{figures.changes_calls} calls, peak {changes.peak_megabytes} MB, "
        f"{changes.seconds / bare.seconds:.2f} x the bare import"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Pull a large Salesforce from the local server.")
    parser.add_argument("folder", type=Path, nargs="?", help="a folder that bench.generate wrote")
    parser.add_argument("--now", type=datetime.fromisoformat, default=NOW, help="moment of the first pull")
    parser.add_argument("--pull", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pull:
        config, database = arguments.pull
        _pull_here(config, database, arguments.now)
    elif arguments.folder is None:
        parser.error("expected a folder that bench.generate wrote")
    else:
        print_figures(run_benchmark(arguments.folder, arguments.now))


if __name__ == "__main__":
    main()
