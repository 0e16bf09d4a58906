"""The composition root: what is built of a configuration, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.read_only_crm import ReadOnlyCrm
from bot.settings import DEFAULT_FILE, Settings, field_kinds, load_settings
from bot.working_days import build_working_days
from crm.files.definition import FilesDefinition
from crm.records import Crm
from handlers.asking import Desk
from pipeline.company import Company
from pipeline.errors import CouncilError
from storage.database import Engine, open_database


@dataclass(frozen=True)
class Council:
    """A configured company and its mirror, ready to be asked."""

    settings: Settings
    company: Company
    engine: Engine


def read_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings, or what to do where there are none: raises `ConfigurationError`, `CouncilError`."""
    if config is None and not DEFAULT_FILE.exists():
        raise CouncilError(
            f"There is no {DEFAULT_FILE} in this folder. Name a configuration with council --config FILE, "
            f"or look around in the demo company first: council demo{_demo_hint()}."
        )
    return load_settings(config, environ)


def _demo_hint() -> str:
    """Who has a demo company already can ask it from here."""
    from bot.demo import existing_demo

    config = existing_demo()
    return f" (yours is there: council --config {config} apm region)" if config else ""


def open_council(settings: Settings) -> Council:
    """Opens, creates or migrates the database. Raises `CouncilError`."""
    return Council(settings, build_company(settings), open_database(settings.database_url))


def open_desk(council: Council, now: datetime) -> Desk:
    """What the handlers work at; the demo company lives up to `now`."""
    return Desk(council.engine, council.company, build_crm(council.settings, now))


def open_read_only_desk(council: Council, now: datetime) -> Desk:
    """What handlers work at where nobody has proved who they are: neither the CRM nor we are changed."""
    return Desk(
        council.engine, council.company, ReadOnlyCrm(build_crm(council.settings, now)), is_read_only=True
    )


def build_company(settings: Settings) -> Company:
    return Company(
        settings.definitions,
        settings.hygiene,
        settings.people,
        settings.council,
        settings.nudges,
        settings.actions,
        build_working_days(settings.calendar, datetime.now(UTC).date()),
        settings.chat,
        settings.jobs.council.timezone,
        settings.jobs.schedule_of("pull", settings.calendar.zone),
    )


def build_crm(settings: Settings, now: datetime) -> Crm:
    """The configured system of record; the demo company lives up to `now`."""
    if settings.crm.kind == "demo":
        from crm.demo import DemoCrm

        demo = settings.crm.demo
        return DemoCrm(demo.day or now.date(), demo.seed, settings.home / "demo-fixes.jsonl")
    if settings.crm.kind == "hubspot":
        from crm.files.beside import TablesBeside
        from crm.hubspot.crm import HubspotCrm

        beside = TablesBeside(_with_periods(settings), settings.home)
        return HubspotCrm(settings.crm.hubspot, settings.calendar.timezone, beside)
    if settings.crm.kind == "salesforce":
        from crm.files.beside import TablesBeside
        from crm.salesforce.crm import SalesforceCrm
        from crm.salesforce.organisation import organisation_of

        return SalesforceCrm(
            organisation_of(settings.crm.salesforce, settings.home),
            settings.calendar,
            TablesBeside(_with_periods(settings), settings.home),
            field_kinds(settings),
        )
    from crm.files.crm import FilesCrm

    return FilesCrm(_with_periods(settings), settings.home)


def _with_periods(settings: Settings) -> FilesDefinition:
    """A file of periods that the calendar names lies beside the configuration, or else in the folder."""
    files, periods = settings.crm.files, settings.calendar.periods
    if periods is None or not settings.path(periods).exists():
        return files
    return files.model_copy(
        update={"tables": {**files.tables, "Period": str(settings.path(periods).resolve())}}
    )
