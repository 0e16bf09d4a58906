"""A company of five deals in a folder of exports, small enough to work every figure out by hand.

Day 45 of 91 (15 May 2026, calendar years). EMEA: target 9,100, won 4,500, so 4,600 remain; open
2,000.50 (Commit, Ana) + 1,000 (confidential, Zoe) = 3,000.50. AMER: target 1,000, open 700 (Ben).
The confidential deal has a finding: it closes on the last day of the quarter. Mona leads Ana and Ben;
Zoe reports to nobody. One row has an amount that cannot be read.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import Council, build_crm, open_council
from bot.settings import field_kinds, load_settings
from jobs.pull import run_pull

PULLED_AT = "2026-05-15T12:00"
_DATABASE = "council.db"

_FILES = {
    "Opportunity.csv": """\
Id,Name,StageName,ForecastCategoryName,Amount,CloseDate,CreatedDate,OwnerId,Region__c,Secret__c
006A,Acme,Closed Won,Closed,4500,2026-05-05,2026-04-02T10:00:00.000Z,005A,EMEA,false
006B,=Globex,Proposal,Commit,2000.5,2026-06-10,2026-04-02T10:00:00.000Z,005A,EMEA,false
006C,Initech,Proposal,Pipeline,700,2026-06-20,2026-04-02T10:00:00.000Z,005B,AMER,false
006D,Project Nightfall,Proposal,Best Case,1000,2026-06-30,2026-04-02T10:00:00.000Z,005Z,EMEA,true
006E,Broken,Proposal,Pipeline,"1.234,56",2026-06-25,2026-04-02T10:00:00.000Z,005B,AMER,false
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
FY26 Q2,region,EMEA,closed_won,9100,USD
FY26 Q2,region,AMER,closed_won,1000,USD
""",
}

_CONFIGURATION = """\
[crm]
kind = "files"
[crm.files]
folder = "exports"
[[crm.files.stages]]
name = "Qualification"
[[crm.files.stages]]
name = "Proposal"
[[crm.files.stages]]
name = "Negotiation"
[[crm.files.stages]]
name = "Closed Won"
won = true
[storage]
url = "sqlite:///council.db"
[dimensions]
region = [{ field = "Region__c" }]
[colours]
pacing = "linear"
forecast_curve."*" = 1.0
required_coverage."*" = 1.0
[people]
council = ["kai@example.com"]
operations = ["ops@example.com"]
administrators = ["admin@example.com"]
[council]
confidential = "Secret__c"
"""


def build_company(folder: Path) -> Path:
    """Writes the exports and the configuration; returns the configuration file."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    for name, text in _FILES.items():
        (exports / name).write_text(text, encoding="utf-8")
    configuration = folder / "council.toml"
    configuration.write_text(_CONFIGURATION, encoding="utf-8")
    return configuration


def open_pulled_company(folder: Path, now: datetime) -> Council:
    """The company as its first pull, at this moment, left it: it is pulled once a process and copied."""
    file = build_company(folder)
    (folder / _DATABASE).write_bytes(_pulled(now))
    return open_council(load_settings(file, {}))


@cache
def _pulled(now: datetime) -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        council = open_council(load_settings(build_company(folder), {}))
        pull(council, now)
        council.engine.dispose()
        return (folder / _DATABASE).read_bytes()


def pull(council: Council, now: datetime) -> None:
    """Pull what stands in the exports."""
    run_pull(
        council.engine,
        build_crm(council.settings, now),
        council.company,
        fields=field_kinds(council.settings),
        now=now,
        progress=lambda _: None,
    )
