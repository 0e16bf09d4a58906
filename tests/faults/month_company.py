"""A company of 90 deals that lives through a month: its exports are written anew for each day.

Deals pass their close date, come up, are won, change hands and vanish; one rep leaves. Half the people live
in the company's own time zone, the others far from it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

DEALS = 90
LEAVES_ON, CHANGES_HANDS_ON, VANISHES_ON = 20, 12, 15
"""Days of the month, from 0."""
CLOSING_DAYS = 28


@dataclass(frozen=True)
class Person:
    """A user of the CRM; `zone` is empty for the company's own."""

    id: str
    name: str
    manager: str = ""
    zone: str = ""

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@example.com"


VERA = Person("005V", "Vera Holm")
MONA = Person("005M", "Mona Reyes", "005V")
NILS = Person("005N", "Nils Dahl", "005V", "America/Los_Angeles")
ANA = Person("005A", "Ana Lind", "005M")
BEN = Person("005B", "Ben Osei", "005M")
CHO = Person("005C", "Cho Sato", "005M", "Asia/Tokyo")
DEE = Person("005E", "Dee Ford", "005N", "America/Los_Angeles")
ELI = Person("005F", "Eli Moss", "005N", "Europe/London")
FAY = Person("005G", "Fay Berg", "005N")
SVEN, PIA, KIM, OLGA = (
    Person("005S", "Sven Sales"),
    Person("005P", "Pia Product"),
    Person("005K", "Kim Marketing"),
    Person("005O", "Olga Operations"),
)
REPS = (ANA, BEN, CHO, DEE, ELI, FAY)
PEOPLE = (VERA, MONA, NILS, *REPS, SVEN, PIA, KIM, OLGA)
REGIONS = ("EMEA", "EMEA", "APAC", "AMER", "EMEA", "AMER")
CHANNEL = "#pipeline-council"


@dataclass(frozen=True)
class MonthCompany:
    """Where the company is, and when its month begins."""

    zone: str
    first: date
    further_holidays: tuple[date, ...] = ()
    council_weekday: str = "monday"
    pull_minutes: int = 15
    folder: Path = field(default_factory=Path)

    def write_configuration(self) -> Path:
        file = self.folder / "council.toml"
        holidays = ", ".join(day.isoformat() for day in self.further_holidays)
        text = _CONFIGURATION.format(
            zone=self.zone, holidays=holidays, weekday=self.council_weekday, pull_minutes=self.pull_minutes
        )
        file.write_text(text + "".join(map(_owner, *zip(*_OWNERS, strict=True))), encoding="utf-8")
        return file

    def write_exports(self, day: date) -> None:
        """Everything as it is on that day; what people fixed in chat lies beside it and stays."""
        exports = self.folder / "exports"
        exports.mkdir(exist_ok=True)
        passed = (day - self.first).days
        deals = [deal for number in range(DEALS) if (deal := self._deal(number, passed)) is not None]
        _write(exports / "Opportunity.csv", _OPPORTUNITY, deals)
        _write(exports / "User.csv", _USER, [self._user(one, passed) for one in PEOPLE])
        _write(exports / "targets.csv", _TARGET, list(self._targets()))

    def _user(self, person: Person, passed: int) -> tuple[object, ...]:
        is_active = person is not FAY or passed < LEAVES_ON
        zone = person.zone or self.zone
        return person.id, person.name, person.email, str(is_active).lower(), person.manager, zone

    def _deal(self, number: int, passed: int) -> tuple[object, ...] | None:
        created = -20 - number if number < DEALS - 20 else (number - DEALS + 20) * 3 // 2
        if created > passed or (number == 8 and passed >= VANISHES_ON):
            return None
        rep = number % len(REPS)
        if number in (7, 13) and passed >= CHANGES_HANDS_ON:
            rep = 0
        won_on = number % CLOSING_DAYS
        is_won = number % 9 == 5 and won_on <= passed
        return (
            f"006{number:03}",
            f"Deal {number}",
            "Closed Won" if is_won else ("Qualification", "Proposal", "Negotiation")[number % 3],
            "Closed" if is_won else ("Pipeline", "Best Case", "Commit")[number % 3],
            "" if number % 13 == 0 and not is_won else 20_000 + 7_000 * (number % 12),
            self._on(won_on) if is_won else self._close_date(number),
            f"{self._on(created)}T08:00:00.000Z",
            REPS[rep].id,
            "" if number % 5 == 1 else f"Call them back about {number}",
            REGIONS[number % len(REPS)],
            ("SMB", "MM", "ENT")[number % 3],
            ("AE", "BDR")[number % 2],
            ("Data Cloud", "Sales Cloud")[number % 2],
        )

    def _close_date(self, number: int) -> str:
        """Past, missing, passed amid the month, or far enough away."""
        match number % 9:
            case 0:
                return self._on(-6 - number // 9)
            case 1:
                return ""
            case 2 | 3 | 4:
                return self._on(number % CLOSING_DAYS)
            case _:
                return self._on(45 + number % 30)

    def _targets(self) -> Iterator[tuple[object, ...]]:
        quarter_of = {(day.year, (day.month - 1) // 3 + 1) for day in (self.first, self.first + _MONTH)}
        for year, quarter in sorted(quarter_of):
            for region in sorted(set(REGIONS)):
                yield f"FY{year % 100} Q{quarter}", "region", region, "closed_won", 900_000, "USD"
            for dimension, value in (("segment", "ENT"), ("source", "BDR"), ("product", "Data Cloud")):
                yield f"FY{year % 100} Q{quarter}", dimension, value, "closed_won", 1_500_000, "USD"

    def _on(self, passed: int) -> str:
        return (self.first + timedelta(days=passed)).isoformat()


_MONTH = timedelta(days=31)
_OPPORTUNITY = (
    "Id", "Name", "StageName", "ForecastCategoryName", "Amount", "CloseDate", "CreatedDate", "OwnerId",
    "NextStep", "Region__c", "Segment__c", "Source__c", "ProductFamily",
)  # fmt: skip
_USER = ("Id", "Name", "Email", "IsActive", "ManagerId", "TimeZoneSidKey")
_TARGET = ("period", "dimension", "value", "metric", "amount", "currency")
_OWNERS = (
    ("sales", "region", SVEN, OLGA),
    ("operations", "segment", OLGA, SVEN),
    ("product", "product", PIA, SVEN),
    ("marketing", "source", KIM, SVEN),
)


def _owner(function: str, dimension: str, person: Person, deputy: Person) -> str:
    return (
        f'\n[[council.owners]]\nfunction = "{function}"\ndimension = "{dimension}"\n'
        f'person = "{person.email}"\ndeputy = "{deputy.email}"\n'
    )


def _write(file: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as written:
        csv.writer(written).writerows((header, *rows))


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
[storage]
url = "sqlite:///council.db"
[calendar]
timezone = "{zone}"
further_holidays = [{holidays}]
[dimensions]
region = [{{ field = "Region__c" }}]
segment = [{{ field = "Segment__c" }}]
source = [{{ field = "Source__c" }}]
[people]
council = ["sven@example.com", "pia@example.com", "kim@example.com", "olga@example.com"]
operations = ["olga@example.com"]
administrators = ["vera@example.com"]
[people.functions]
sales = ["sven@example.com"]
product = ["pia@example.com"]
marketing = ["kim@example.com"]
operations = ["olga@example.com"]
[hygiene.stages]
proposal = "Proposal"
negotiation = "Negotiation"
[council]
weekday = "{weekday}"
[jobs.pull]
every_minutes = {pull_minutes}
"""
