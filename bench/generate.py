"""Salesforce-like CSV exports of any size, for benchmarks: the same rows for the same arguments.

    python -m bench.generate FOLDER --opportunities 1000000 --history-per 5

Opportunities are written as they are drawn, so memory stays bounded whatever the size. Each row comes from
64 random bits and tables of ready-made text; nothing goes through a csv writer, because no value needs
quotes.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import IO

REGIONS = ("AMER", "EMEA", "APAC", "LATAM")
SEGMENTS = ("SMB", "MM", "ENT", "PUB")
SOURCES = ("AE", "AE", "AE", "AE", "BDR", "BDR", "SDR", "ECS", "Cloud Sales", "Events", "Webinars", "AE")
FAMILIES = ("Platform", "Data Cloud", "Insights", "Security", "Field Service")
OPEN_STAGES = ("Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation")
CATEGORIES = {
    "Prospecting": "Pipeline",
    "Qualification": "Pipeline",
    "Discovery": "Pipeline",
    "Proposal": "BestCase",
    "Negotiation": "Forecast",
    "Closed Won": "Closed",
    "Closed Lost": "Omitted",
}
DAYS_OF_HISTORY = 900
LONGEST_LIFE = 256
USERS = 2_000
REPS_OF_A_MANAGER = 9
ACCOUNTS_SHARE = 5
"""So many opportunities to an account."""
_CHUNK = 5_000

OPPORTUNITY_HEADER = (
    "Id,Name,StageName,ForecastCategoryName,Amount,ACV__c,CloseDate,CreatedDate,LastModifiedDate,OwnerId,"
    "CreatedById,AccountId,CurrencyIsoCode,NextStep,LastActivityDate,IsDeleted,Region__c,Segment__c,LeadSource"
)
HISTORY_HEADER = "OpportunityId,CreatedDate,StageName,Amount,CloseDate,ForecastCategory"
LINE_ITEM_HEADER = "OpportunityId,TotalPrice,Product2.Family"

CONFIGURATION = """\
[crm]
kind = "files"
[crm.files]
folder = "."
[storage]
url = "sqlite:///council.db"
[calendar]
timezone = "America/Los_Angeles"
start_month = 2
name_by = "ending_year"
[metrics]
value_field = "ACV__c"
qualified_stage = "Qualification"
[money]
corporate_currency = "USD"
[dimensions]
region = [{ field = "Region__c" }]
segment = [{ field = "Segment__c" }]
source = [{ field = "LeadSource" }]
[hygiene]
segments = { small = ["SMB"], mid = ["MM"], enterprise = ["ENT", "PUB"] }
"""


@dataclass(frozen=True)
class Size:
    """How much to write."""

    opportunities: int
    history_per: int
    """Rows of OpportunityHistory for each, 1 or more."""
    with_products: bool
    today: date
    seed: int


@dataclass(frozen=True)
class Days:
    """Texts of the days that rows name, from the first creation on."""

    iso: Sequence[str]
    today: int
    """The place of today in it."""


@dataclass(frozen=True)
class Life:
    """One opportunity, drawn. Days are places in `Days`; money is whole units of its currency."""

    id: str
    created: int
    last_change: int
    stages: Sequence[str]
    """After each row of history."""
    changes: Sequence[int]
    """The day of each row of history."""
    expected: int
    """The close date that was expected first."""
    close: int
    value: int


def write_exports(folder: Path, size: Size) -> None:
    """Every file of the export into a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    days = _days(size.today)
    _write_reference_tables(folder, size)
    _write_opportunities(folder, size, days)
    (folder / "council.toml").write_text(CONFIGURATION, encoding="utf-8")


def _days(today: date) -> Days:
    first = today - timedelta(days=DAYS_OF_HISTORY)
    count = DAYS_OF_HISTORY + 2 * LONGEST_LIFE
    return Days([(first + timedelta(days=place)).isoformat() for place in range(count)], DAYS_OF_HISTORY)


def _write_opportunities(folder: Path, size: Size, days: Days) -> None:
    rng = Random(size.seed)
    accounts = _account_count(size)
    with ExitStack() as stack:
        opportunity_file = _open(stack, folder / "Opportunity.csv", OPPORTUNITY_HEADER)
        history_file = _open(stack, folder / "OpportunityHistory.csv", HISTORY_HEADER)
        item_file = (
            _open(stack, folder / "OpportunityLineItem.csv", LINE_ITEM_HEADER) if size.with_products else None
        )
        for start in range(0, size.opportunities, _CHUNK):
            opportunities: list[str] = []
            history: list[str] = []
            items: list[str] = []
            for number in range(start, min(start + _CHUNK, size.opportunities)):
                bits = rng.getrandbits(64)
                life = _draw_life(number, bits, size.history_per, days.today)
                opportunities.append(_opportunity_row(number, bits, life, days, accounts))
                _add_history_rows(history, life, days)
                if item_file is not None:
                    _add_item_rows(items, bits, life)
            opportunity_file.writelines(opportunities)
            history_file.writelines(history)
            if item_file is not None:
                item_file.writelines(items)


def _open(stack: ExitStack, path: Path, header: str) -> IO[str]:
    file = stack.enter_context(path.open("w", encoding="utf-8", newline="", buffering=1 << 20))
    file.write(header + "\n")
    return file


def _draw_life(number: int, bits: int, history_per: int, today: int) -> Life:
    """The bits are used in pieces: the creation, the length, the end, the value."""
    created = (bits & 0xFFFF) % today
    length = 16 + (bits >> 16 & 0xFF) % (LONGEST_LIFE - 16)
    end = created + length
    is_closed = end < today
    close = end if is_closed else max(end, today + (bits >> 24 & 0x1F) - 4)
    until = close if is_closed else today - 1
    span = max(until - created, 0)
    if is_closed:
        last_stage = "Closed Won" if bits >> 32 & 0xF < 5 else "Closed Lost"
        reached = len(OPEN_STAGES) - 1
    else:
        reached = min(span * len(OPEN_STAGES) // length, len(OPEN_STAGES) - 1)
        last_stage = OPEN_STAGES[reached]
    before = max(history_per - 1, 1)
    changes = [created + span * row // before for row in range(history_per)]
    stages = [OPEN_STAGES[reached * row // before] for row in range(history_per)]
    stages[-1] = last_stage
    pushed = (bits >> 36 & 0x3) * 21
    value = (1 + (bits >> 40 & 0xFFF)) * (25 if bits >> 52 & 0x3 else 120)
    return Life(
        id=f"006{number:012d}AAA",
        created=created,
        last_change=changes[-1],
        stages=stages,
        changes=changes,
        expected=max(close - pushed, created),
        close=close,
        value=value,
    )


def _opportunity_row(number: int, bits: int, life: Life, days: Days, accounts: int) -> str:
    stage = life.stages[-1]
    owner = bits >> 48 & 0x7FF
    region = bits >> 20 & 0x3
    currency = "EUR" if region == 1 and bits >> 54 & 0x1 else "USD"
    changed = days.iso[life.last_change]
    is_open = not stage.startswith("Closed")
    next_step = "Agree on the next meeting" if is_open and bits >> 58 & 0x7 else ""
    acv = "" if bits >> 56 & 0x3F == 0 else f"{life.value}.0"
    account = f"001{number // ACCOUNTS_SHARE % accounts:012d}AAA"
    source = SOURCES[(bits >> 28 & 0xFF) % len(SOURCES)]
    return (
        f"{life.id},Deal {number},{stage},{CATEGORIES[stage]},{life.value}.0,{acv},{days.iso[life.close]},"
        f"{days.iso[life.created]}T17:00:00.000Z,{changed}T23:30:00.000Z,{user_id(owner % USERS)},"
        f"{user_id((owner + 7) % USERS)},{account},{currency},{next_step},"
        f"{changed},false,{REGIONS[region]},{SEGMENTS[bits >> 22 & 0x3]},{source}\n"
    )


def _add_history_rows(rows: list[str], life: Life, days: Days) -> None:
    last = len(life.changes) - 1
    for place, day in enumerate(life.changes):
        # The first moment is that of the creation; later ones are later, also on the same day.
        time = f"{17 + min(place, 6):02d}:00:00.000Z" if place < last or last == 0 else "23:30:00.000Z"
        close = life.close if place == last else life.expected
        stage = life.stages[place]
        rows.append(
            f"{life.id},{days.iso[day]}T{time},{stage},{life.value}.0,{days.iso[close]},{CATEGORIES[stage]}\n"
        )


def _add_item_rows(rows: list[str], bits: int, life: Life) -> None:
    first, second = (bits >> 8) % 5, (bits >> 12) % 5
    if first == second:
        rows.append(f"{life.id},{life.value}.0,{FAMILIES[first]}\n")
        return
    part = life.value // 4
    rows.append(f"{life.id},{life.value - part}.0,{FAMILIES[first]}\n{life.id},{part}.0,{FAMILIES[second]}\n")


def user_id(number: int) -> str:
    return f"005{number:012d}AAA"


def _account_count(size: Size) -> int:
    return max(size.opportunities // ACCOUNTS_SHARE, 1)


def _write_reference_tables(folder: Path, size: Size) -> None:
    _write(folder / "OpportunityStage.csv", _stage_rows())
    _write(folder / "UserRole.csv", ["Id,Name,ParentRoleId", "00E000000000001AAA,Chief Revenue Officer,",
                                     "00E000000000002AAA,Sales Manager,00E000000000001AAA",
                                     "00E000000000003AAA,Account Executive,00E000000000002AAA"])  # fmt: skip
    _write(folder / "User.csv", _user_rows())
    _write_accounts(folder / "Account.csv", _account_count(size))
    _write(folder / "CurrencyType.csv", ["IsoCode,ConversionRate", "USD,1", "EUR,0.92"])
    _write(folder / "DatedConversionRate.csv", _rate_rows(size.today))
    _write(folder / "targets.csv", _target_rows(size))


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _stage_rows() -> list[str]:
    rows = ["ApiName,SortOrder,IsClosed,IsWon,ForecastCategoryName"]
    for order, (stage, category) in enumerate(CATEGORIES.items(), start=1):
        is_closed, is_won = stage.startswith("Closed"), stage == "Closed Won"
        rows.append(f"{stage},{order},{str(is_closed).lower()},{str(is_won).lower()},{category}")
    return rows


def _user_rows() -> list[str]:
    """Number 0 leads everybody; every tenth user manages the nine after it."""
    rows = ["Id,Name,Email,IsActive,UserRoleId,ManagerId,TimeZoneSidKey"]
    for number in range(USERS):
        place = number % (REPS_OF_A_MANAGER + 1)
        role = 1 if number == 0 else 2 if place == 0 else 3
        manager = "" if number == 0 else user_id(0 if place == 0 else number - place)
        is_active = "false" if number % 97 == 5 else "true"
        rows.append(
            f"{user_id(number)},User {number},user{number}@bench.example,{is_active},"
            f"00E{role:012d}AAA,{manager},America/Los_Angeles"
        )
    return rows


def _write_accounts(path: Path, accounts: int) -> None:
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.write("Id,Name\n")
        for number in range(accounts):
            file.write(f"001{number:012d}AAA,Account {number}\n")


def _rate_rows(today: date) -> list[str]:
    """A euro that changes with every calendar quarter."""
    starts = [
        date(year, month, 1) for year in range(today.year - 4, today.year + 2) for month in (1, 4, 7, 10)
    ]
    rows = ["IsoCode,ConversionRate,StartDate,NextStartDate"]
    for place, start in enumerate(starts):
        following = starts[place + 1].isoformat() if place + 1 < len(starts) else ""
        rows.append(f"EUR,0.{9000 + place * 37 % 500},{start.isoformat()},{following}")
    return rows


def _target_rows(size: Size) -> list[str]:
    """For fiscal years that start in February: what a quarter wins on average, a little more each time."""
    rows = ["period,dimension,value,metric,amount,currency"]
    quarterly = max(size.opportunities // 10, 1) * 30_000
    for year in range(size.today.year - 2, size.today.year + 3):
        for quarter in range(1, 5):
            label = f"FY{year % 100:02d} Q{quarter}"
            rows.append(f"{label},TOTAL,TOTAL,closed_won,{quarterly},USD")
            rows.extend(f"{label},region,{region},closed_won,{quarterly // 4},USD" for region in REGIONS)
            rows.extend(f"{label},segment,{segment},closed_won,{quarterly // 4},USD" for segment in SEGMENTS)
    return rows


def _arguments(words: Sequence[str]) -> tuple[Path, Size]:
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--opportunities", type=int, default=1_000_000)
    parser.add_argument("--history-per", type=int, default=5, help="history rows of each opportunity")
    parser.add_argument("--products", action="store_true", help="line items too")
    parser.add_argument("--today", type=date.fromisoformat, default=date(2026, 9, 15), help="no row is later")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    if given.opportunities < 1 or given.history_per < 1:
        parser.error("--opportunities and --history-per are 1 or more")
    size = Size(given.opportunities, given.history_per, given.products, given.today, given.seed)
    return given.folder, size


def main() -> None:
    folder, size = _arguments(sys.argv[1:])
    write_exports(folder, size)
    rows = size.opportunities * size.history_per
    print(f"{folder}: {size.opportunities:,} opportunities, {rows:,} history rows, as of {size.today}")


if __name__ == "__main__":
    main()
