"""Three weeks of the month's company, which can be brought to the moment before any of its jobs."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from bot.app import Council, build_company, build_crm, open_desk
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.job_runner import JobRunner
from bot.job_work import do_work
from bot.settings import load_settings
from crm.records import Fix
from handlers.asking import Typed, Where
from pipeline.crm_fields import Saved
from storage.database import writing
from storage.write_intents import WriteIntent, open_intent
from tests.bot.fake_surface import FakeSurface
from tests.bot.scheduled_company import Clock
from tests.faults.month_company import ANA, SVEN, MonthCompany

ZONE = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 10, 1)
INTERRUPTED_DEAL, OLD_STEP = "006048", "Call them back about 48"


def on_october(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=ZONE)


BEGINNING = on_october(1, 0)
STEPS: tuple[tuple[str, datetime], ...] = (
    ("pull", on_october(1, 0, 30)),
    ("nudge", on_october(1, 8, 30)),
    ("council_prepare", on_october(2, 9)),
    ("pull", on_october(5, 0, 30)),
    ("council_freeze", on_october(5, 0, 31)),
    ("manager_digest", on_october(5, 8)),
    ("council", on_october(5, 9)),
    ("an action is assigned", on_october(5, 9, 30)),
    ("council_recap", on_october(5, 17)),
    ("escalate", on_october(7, 10)),
    ("remind", on_october(9, 8, 30)),
    ("a fix is interrupted", on_october(9, 9)),
    ("recover", on_october(9, 10)),
    ("everything is delivered", on_october(9, 11)),
    ("pull", on_october(20, 0, 30)),
    ("measure_actions", on_october(20, 6)),
    ("retention", datetime(2027, 5, 2, 3, tzinfo=ZONE)),
)
MOMENT_OF = {name: moment for name, moment in STEPS if name != "pull"}
"""When each job is due."""


def open_company(folder: Path, engine: Engine) -> Council:
    """The company of a folder over some database."""
    settings = load_settings(folder / "council.toml", {})
    return Council(settings, build_company(settings), engine)


def build_runner(council: Council, clock: Clock) -> JobRunner:
    """Every job of the product, in this thread."""
    return JobRunner(council, clock, work=lambda job, now, stop: do_work(council, job, now).says)


@dataclass
class CouncilWeeks:
    """The weeks over one database; `eves` goes through them and stops before each job."""

    folder: Path
    engine: Engine
    clock: Clock = field(default_factory=lambda: Clock(BEGINNING))

    def __post_init__(self) -> None:
        self.company = MonthCompany(ZONE.key, FIRST, folder=self.folder)
        self.company.write_configuration()
        self.council = open_company(self.folder, self.engine)
        self.runner = build_runner(self.council, self.clock)

    def eves(self) -> Iterator[str]:
        """The name of each job right before it is done; what comes before it is done by then."""
        self.runner.register()
        acts: dict[str, Callable[[], None]] = {
            "an action is assigned": self._assign,
            "a fix is interrupted": self._interrupt,
            "everything is delivered": self._deliver,
        }
        for name, moment in STEPS:
            self.clock.now = moment
            if name in acts:
                acts[name]()
                continue
            if name == "pull":
                self.company.write_exports(moment.date())
            else:
                yield name
            assert self.runner.run_due(name), f"{name} is due on {moment}"

    def _assign(self) -> None:
        dispatch = Dispatch(open_desk(self.council, self.clock.now), self.clock)
        line = '/action spiff EMEA coverage "Twice the points" @ana by 2026-10-09 cost 5000'
        reply = dispatch.answer(SVEN.email, Typed(line), Where("fake", "#pipeline-council"), "event-1")
        assert "Action 1 is assigned" in reply.note

    def _interrupt(self) -> None:
        """The CRM has the change, and whoever made it died before anything else knew."""
        changes = {"NextStep": (OLD_STEP, "They will sign")}
        at = int(self.clock.now.timestamp())
        intent = WriteIntent(
            opportunity_id=INTERRUPTED_DEAL,
            by=ANA.id,
            surface="fake",
            act="fix",
            event=None,
            changes=changes,
            kinds={},
        )
        with writing(self.engine) as connection:
            open_intent(connection, intent, self.clock.now)
        crm = build_crm(self.council.settings, self.clock.now)
        assert crm.write(Fix(INTERRUPTED_DEAL, ANA.id, at, changes)) == Saved()

    def _deliver(self) -> None:
        delivery = Delivery(self.engine, FakeSurface(), self.clock, self.council.company)
        asyncio.run(delivery.deliver_due())
