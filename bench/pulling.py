"""One pull in a process of its own, so that its peak memory is its own: `python -m bench.pulling ...`."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bot.app import build_company, build_crm
from bot.settings import Settings, load_settings
from bot.settings.fields import field_kinds
from crm.records import Crm
from jobs.pull import run_pull
from jobs.pulling import Progress
from storage.database import open_database

KILOBYTES_A_MEGABYTE = 1024


@dataclass(frozen=True)
class PullFigures:
    """What one pull did and took. Seconds are of the clock; memory is the process's peak."""

    rows: int
    """Taken in, of all tables."""
    opportunities: int
    versions: int
    new: int
    changed: int
    unchanged: int
    staging_seconds: float
    merging_seconds: float
    measuring_seconds: float
    load_processor_seconds: float
    """Of staging and merging."""
    peak_megabytes: int

    @property
    def seconds(self) -> float:
        return self.staging_seconds + self.merging_seconds + self.measuring_seconds

    @property
    def load_seconds(self) -> float:
        """Without measuring: what an import does as well."""
        return self.staging_seconds + self.merging_seconds


def pull_in_child(config: Path, exports: Path, database: Path, now: datetime) -> PullFigures:
    """Pull `exports` under a configuration into a database, in a child process."""
    command = [sys.executable, "-m", "bench.pulling", *map(str, (config, exports, database, now.isoformat()))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return PullFigures(**json.loads(done.stdout))


def pull_here(config: Path, exports: Path, database: Path, now: datetime) -> PullFigures:
    """The same in this process, whose peak memory then is that of all it ever did."""
    settings = settings_over(config, exports)
    return measure_pull(settings, build_crm(settings, now), database, now)


def measure_pull(settings: Settings, crm: Crm, database: Path, now: datetime) -> PullFigures:
    """One pull of any system of record; the peak memory is that of all that this process ever did."""
    engine = open_database(f"sqlite:///{database}")
    starts: dict[str, float] = {}
    processor: dict[str, float] = {}

    def note(progress: Progress) -> None:
        step = progress.step.split()[0]
        starts.setdefault(step, time.perf_counter())
        processor.setdefault(step, time.process_time())

    begun, processor_begun = time.perf_counter(), time.process_time()
    report = run_pull(
        engine,
        crm,
        build_company(settings),
        fields=field_kinds(settings),
        now=now,
        progress=note,
    )
    ended, processor_ended = time.perf_counter(), time.process_time()
    engine.dispose()
    # A pull of what changed alone merges nothing, and may measure nothing.
    measuring = starts.get("Measuring", ended)
    merging = starts.get("Merging", measuring)
    return PullFigures(
        rows=sum(report.taken.values()),
        opportunities=report.taken["Opportunity"],
        versions=report.versions,
        new=report.new,
        changed=report.changed,
        unchanged=report.unchanged,
        staging_seconds=merging - begun,
        merging_seconds=measuring - merging,
        measuring_seconds=ended - measuring,
        load_processor_seconds=processor.get("Measuring", processor_ended) - processor_begun,
        peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_A_MEGABYTE,
    )


def settings_over(config: Path, exports: Path) -> Settings:
    """The settings of a configuration, over another folder of exports."""
    settings = load_settings(config, {})
    files = settings.crm.files.model_copy(update={"folder": str(exports.resolve())})
    return settings.model_copy(update={"crm": settings.crm.model_copy(update={"files": files})})


if __name__ == "__main__":
    config_file, exports_folder, database_file, moment = sys.argv[1:]
    figures = pull_here(
        Path(config_file), Path(exports_folder), Path(database_file), datetime.fromisoformat(moment)
    )
    print(json.dumps(asdict(figures)))
