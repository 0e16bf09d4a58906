"""How long what has changed in the CRM takes until `/apm` shows it: `python -m bench.changing FOLDER`.

FOLDER is one that `bench.generate` wrote. The first run pulls it into `FOLDER/changing.db`, which takes
minutes for a million opportunities; later ones only change some of the deals once more.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path

from sqlalchemy import Engine, event

from bench.fixing import evidence_of
from bench.load_and_measure import CHANGED, NOW
from bench.pulling import settings_over
from bot.app import build_company
from bot.settings import Settings
from bot.settings.fields import field_kinds
from crm.files.crm import FilesCrm
from crm.records import AccountRecord, Batch, Changes, DealEvidence, OpportunityRecord, PullRequest
from jobs.pull import run_pull
from pipeline.matrix import Dimension
from pipeline.pull_report import PullReport, PullWay
from storage.apm import read_apm
from storage.current_deals import read_standing_ids
from storage.database import open_database, reading
from storage.mirror import read_mirror


@dataclass(frozen=True)
class ChangingFigures:
    """Seconds, of the clock where nothing else is said."""

    changed: int
    seconds: float
    processor: float
    writes: int
    longest_write: float
    """The longest write transaction, from its begin to its commit."""
    apm: float
    """The first table of the APM that is asked for afterwards."""


class TellingCrm(FilesCrm):
    """Exports that can tell what has changed: what they are told to."""

    told: Sequence[DealEvidence] = ()

    def mark(self) -> str | None:
        return "now"

    def changes(self, since: str, request: PullRequest) -> Changes | None:  # noqa: ARG002 - that is told
        batches = takewhile(lambda batch: not _holds(batch, OpportunityRecord), self.pull(request))
        reference = [batch for batch in batches if not _holds(batch, AccountRecord)]
        return Changes(reference, iter(()), iter([self.told]), "later")


def measure_changing(folder: Path, count: int) -> ChangingFigures:
    """Give some deals, spread over all, another amount and close date."""
    settings = settings_over(folder / "council.toml", folder)
    engine = open_database(f"sqlite:///{folder / 'changing.db'}")
    crm = TellingCrm(settings.crm.files, settings.home)
    if read_mirror(engine).generation == 0:
        _pull(engine, crm, settings, 0)
    later = (read_mirror(engine).pulled_at or 0) - int(NOW.timestamp()) + 60
    crm.told = [_changed(deal, later) for deal in _some_deals(engine, crm, settings, count)]
    writes = _timed_writes(engine)
    begun, processor_begun = time.perf_counter(), time.process_time()
    report = _pull(engine, crm, settings, later)
    ended, processor_ended = time.perf_counter(), time.process_time()
    as_of = NOW.astimezone(settings.definitions.calendar.zone).date()
    read_apm(engine, build_company(settings), as_of=as_of, dimension=Dimension.REGION)
    shown = time.perf_counter() - ended
    engine.dispose()
    if report.way is not PullWay.CHANGES:
        raise RuntimeError("everything was pulled")
    seconds, processor = ended - begun, processor_ended - processor_begun
    return ChangingFigures(report.changed, seconds, processor, len(writes), max(writes), shown)


def _pull(engine: Engine, crm: FilesCrm, settings: Settings, later: int) -> PullReport:
    return run_pull(
        engine,
        crm,
        build_company(settings),
        fields=field_kinds(settings),
        now=NOW + timedelta(seconds=later),
        progress=lambda _: None,
    )


def _some_deals(engine: Engine, crm: FilesCrm, settings: Settings, count: int) -> Sequence[DealEvidence]:
    with reading(engine) as connection:
        ids = sorted(read_standing_ids(connection))
    wanted = frozenset(ids[:: max(1, len(ids) // count)][:count])
    return evidence_of(engine, build_company(settings), crm, NOW, wanted)


def _changed(deal: DealEvidence, later: int) -> DealEvidence:
    """Again another, the next time."""
    record = deal.opportunity
    day = date(2026, 10, 1).toordinal() + later // 60 % 60
    return replace(deal, opportunity=record._replace(amount=later * 10_000, close_day=day))


def _timed_writes(engine: Engine) -> list[float]:
    """How long each write transaction of the engine takes from now on."""
    seconds: list[float] = []
    begun = [0.0]

    def begin(_: object) -> None:
        begun[0] = time.perf_counter()

    def commit(_: object) -> None:
        seconds.append(time.perf_counter() - begun[0])

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", commit)
    return seconds


def _holds(batch: Batch, kind: type) -> bool:
    return bool(batch.records) and isinstance(batch.records[0], kind)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--changed", type=int, default=CHANGED)
    given = parser.parse_args()
    print(measure_changing(given.folder, given.changed))
