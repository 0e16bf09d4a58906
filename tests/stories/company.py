"""The company of the stories: seven open deals, few enough to work every figure out by hand.

Tuesday 21 July 2026, day 21 of 92 of FY26 Q3. EMEA: target 9,000, won 500 (Stark), so 8,500 remain; open in
the quarter 1,000 (Umbrella, Commit), coverage 0.11. AMER: target 1,000, open 400 (Dunder), coverage 0.4. What
should have closed in June counts in no quarter: Globex 2,000.50 (Commit), Initech 700, Hooli East 300 and
Hooli West 200, and the confidential Nightfall 1,000. Mona leads Ana, Ben and Dale, who has left; Zoe reports
to nobody.
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from bot.app import Council, open_council
from bot.dispatch import Dispatch
from bot.settings import field_kinds, load_settings
from crm.files.crm import FilesCrm
from crm.records import Fix, WriteResult
from handlers.asking import Desk
from jobs.job import Job, JobRun
from jobs.pull import run_pull
from pipeline.crm_fields import FieldType, Refusal, Rejected
from pipeline.crm_records import FieldKind, FieldValue
from pipeline.deal_fields import kind_of
from storage.database import writing
from storage.write_intents import WriteIntent, open_intent

ANA, BEN, MONA, ZOE = "ana@example.com", "ben@example.com", "mona@example.com", "zoe@example.com"
KAI, OPS, STRANGER, GUEST = (
    "kai@example.com",
    "ops@example.com",
    "nobody@example.com",
    "guest@partner.example",
)
"""Reps Ana, Ben and Zoe, their manager Mona, Kai of the council, sales operations, somebody unknown, and a
visitor from outside."""
CHANNEL = "#pipeline-council"
IN_CHANNEL = frozenset({KAI, OPS})

_FILES = {
    "Opportunity.csv": """\
Id,Name,StageName,ForecastCategoryName,Amount,CloseDate,CreatedDate,OwnerId,Region__c,NextStep,Secret__c
006A,Stark,Closed Won,Closed,500,2026-07-08,2026-04-02T10:00:00.000Z,005A,EMEA,,false
006B,=Globex,Proposal,Commit,2000.5,2026-06-10,2026-04-02T10:00:00.000Z,005A,EMEA,Call Jane,false
006C,Initech,Proposal,Pipeline,700,2026-06-20,2026-04-02T10:00:00.000Z,005B,AMER,Send the offer,false
006D,Nightfall,Proposal,Best Case,1000,2026-06-30,2026-04-02T10:00:00.000Z,005Z,EMEA,Meet the board,true
006E,Umbrella,Proposal,Commit,1000,2026-08-31,2026-04-02T10:00:00.000Z,005A,EMEA,,false
006F,Hooli East,Proposal,Pipeline,300,2026-06-25,2026-04-02T10:00:00.000Z,005Z,AMER,Visit them,false
006G,Hooli West,Proposal,Pipeline,200,2026-06-26,2026-04-02T10:00:00.000Z,005Z,AMER,Visit them,false
006H,Dunder,Proposal,Pipeline,400,2026-09-15,2026-04-02T10:00:00.000Z,005X,AMER,Ask for paper,false
""",
    "User.csv": """\
Id,Name,Email,IsActive,ManagerId
005A,Ana Lind,ana@example.com,true,005M
005B,Ben Osei,ben@example.com,true,005M
005M,Mona Reyes,mona@example.com,true,
005Z,Zoe Park,zoe@example.com,true,
005X,Dale Gone,dale@example.com,false,005M
""",
    "targets.csv": """\
period,dimension,value,metric,amount,currency
FY26 Q3,region,EMEA,closed_won,9000,USD
FY26 Q3,region,AMER,closed_won,1000,USD
""",
}

_CONFIGURATION = """\
[crm]
kind = "files"
[crm.files]
folder = "exports"
complete = true
[[crm.files.stages]]
name = "Qualification"
[[crm.files.stages]]
name = "Proposal"
[[crm.files.stages]]
name = "Negotiation"
[[crm.files.stages]]
name = "Closed Won"
won = true
[[crm.files.stages]]
name = "Closed Lost"
closed = true
[storage]
url = "sqlite:///council.db"
[dimensions]
region = [{ field = "Region__c" }]
[colours]
pacing = "linear"
forecast_curve."*" = 1.0
required_coverage."*" = 1.0
[nudges]
messages_per_week = 10
escalation = { above = 1500 }
[people]
council = ["kai@example.com"]
operations = ["ops@example.com"]
administrators = ["admin@example.com"]
[council]
confidential = "Secret__c"
[[council.owners]]
function = "sales"
dimension = "region"
value = "EMEA"
person = "kai@example.com"
"""


@dataclass
class Clock:
    """Stands until the story goes on."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class StoryCrm(FilesCrm):
    """The exports, with a validation rule of an administrator's where a story has one."""

    asks_for: tuple[str, str] | None = None
    """A field without which no change is saved, and what the CRM says then."""

    def write(self, fix: Fix) -> WriteResult:
        if self.asks_for is not None:
            field_name, says = self.asks_for
            if not fix.changes.get(field_name, (None, None))[1]:
                return Rejected((Refusal(says, (field_name,)),))
        return super().write(fix)


@dataclass
class Company:
    """The deals, pulled, with what answers and delivers."""

    council: Council
    clock: Clock
    crm: StoryCrm = field(init=False)
    dispatch: Dispatch = field(init=False)

    def __post_init__(self) -> None:
        settings = self.council.settings
        self.crm = StoryCrm(settings.crm.files, settings.home)
        desk = Desk(self.council.engine, self.council.company, self.crm)
        self.dispatch = Dispatch(desk, self.clock)

    def run(self, job: Job) -> str:
        """What the job says came of it."""
        council = self.council
        run = JobRun(council.engine, council.company, self.crm, self.clock.now, self.clock.now.date())
        return job(run).says

    def pull(self) -> None:
        council = self.council
        fields = field_kinds(council.settings)
        run_pull(
            council.engine,
            self.crm,
            council.company,
            fields=fields,
            now=self.clock.now,
            progress=lambda _: None,
        )

    def wake(self, day: date, hour: int = 9) -> None:
        """It is that hour (UTC) of a later day, and the CRM has just been pulled."""
        self.clock.now = datetime.combine(day, time(hour), UTC)
        self.pull()

    def lose_after_writing(self, deal_id: str, by: str, name: str, old: FieldValue, new: FieldValue) -> None:
        """A process that dies after the CRM has saved what a person (by CRM user id) chose."""
        kinds = {name: _kind(name)}
        changes = {name: (old, new)}
        intent = WriteIntent(
            opportunity_id=deal_id,
            by=by,
            surface="preview",
            act="fix",
            event=None,
            changes=changes,
            kinds=kinds,
        )
        with writing(self.council.engine) as connection:
            open_intent(connection, intent, self.clock.now)
        self.crm.write(Fix(deal_id, by, int(self.clock.now.timestamp()), changes, kinds))

    # --- What happens in the CRM behind our back --------------------------------------------------

    def somebody_changes(self, deal_id: str, name: str, old: FieldValue, new: FieldValue) -> None:
        """A colleague edits a deal in the CRM itself; nothing of it is pulled yet."""
        at = int(self.clock.now.timestamp())
        FilesCrm.write(self.crm, Fix(deal_id, "005Z", at, {name: (old, new)}, {name: _kind(name)}))

    def somebody_deletes(self, deal_id: str) -> None:
        """A colleague deletes a deal in the CRM; nothing of it is pulled yet."""
        exports = self.council.settings.home / "exports" / "Opportunity.csv"
        kept = [line for line in exports.read_text().splitlines() if not line.startswith(f"{deal_id},")]
        exports.write_text("\n".join(kept) + "\n")


def _kind(name: str) -> FieldKind:
    return kind_of(FieldType.DAY if name == "CloseDate" else FieldType.TEXT)


def found_company(folder: Path, now: datetime) -> Company:
    """A company whose first pull was at `now`."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    for name, text in _FILES.items():
        (exports / name).write_text(text, encoding="utf-8")
    (folder / "council.toml").write_text(_CONFIGURATION, encoding="utf-8")
    company = open_company(folder, now)
    company.pull()
    return company


def open_company(folder: Path, now: datetime) -> Company:
    return Company(open_council(load_settings(folder / "council.toml", {})), Clock(now))


def copy_company(founded: Path, folder: Path, now: datetime) -> Company:
    """The company of a folder that nobody has open, once more: a pull costs more than a copy."""
    shutil.copytree(founded, folder, dirs_exist_ok=True)
    return open_company(folder, now)
