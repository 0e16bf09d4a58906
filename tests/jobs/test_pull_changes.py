"""What has changed in the CRM is in the mirror after a pull that reads little more than that."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from crm.records import RateRecord
from pipeline.matrix import Dimension, Metric
from pipeline.pull_report import PullWay
from storage.apm import read_apm
from storage.mirror import read_mirror
from tests.jobs.changing_company import ChangingCompany, new_crm
from tests.jobs.changing_crm import BrokeOff

DAY = 24 * 3600


@pytest.fixture
def company(tmp_path: Path, database_url: str) -> Iterator[ChangingCompany]:
    company = ChangingCompany(tmp_path, new_crm(), database_url)
    company.pull()
    company.crm.now += 900
    company.crm.read.clear()
    yield company
    company.close()


def open_pipeline(company: ChangingCompany, region: str) -> object:
    table = read_apm(
        company.council.engine, company.council.company, as_of=company.today, dimension=Dimension.REGION
    )
    return next((row.cells[Metric.OPEN_PIPELINE].figure for row in table.rows if row.value == region), None)


def agrees(company: ChangingCompany) -> None:
    """The figures that moved are those that measuring anew gives, and everything that a pull of everything
    finds is there."""
    assert company.stored_tables() == company.measured_tables()
    assert company.stored_findings() == company.measured_findings()
    assert company.stored_scores() == company.measured_scores()
    assert company.open_lives() == {(one[0], one[1], one[5]) for one in company.stored_findings()}
    records, versions = company.records(), company.versions()
    whole = company.pull(everything=True)
    assert (whole.way, whole.new, whole.changed, whole.deleted) == (PullWay.EVERYTHING, 0, 0, 0)
    assert (records, versions) == (company.records(), company.versions())


def test_only_what_changed_is_read_and_counts(company: ChangingCompany) -> None:
    assert str(open_pipeline(company, "EMEA")) == "2000"
    company.crm.overlap = 0
    company.pull()
    company.crm.read.clear()
    company.crm.edit("006B", amount=1_500_0000)
    report = company.pull()
    assert (report.way, report.changed, report.new) == (PullWay.CHANGES, 1, 0)
    assert company.crm.read == ["006B"]
    assert str(open_pipeline(company, "EMEA")) == "2500"
    assert read_mirror(company.council.engine).pulled_at == company.crm.now
    agrees(company)


def test_new_deals_and_deleted_ones_come_and_go(company: ChangingCompany) -> None:
    company.crm.create("006E", close_day=date(2026, 6, 1).toordinal(), owner_id="005A")
    company.crm.delete("006A")
    report = company.pull()
    assert (report.way, report.new, report.deleted) == (PullWay.CHANGES, 1, 1)
    assert str(open_pipeline(company, "EMEA")) == "2000"
    agrees(company)


def test_the_same_changes_twice_alter_nothing(company: ChangingCompany) -> None:
    company.crm.edit("006B", amount=1_500_0000)
    first = company.pull()
    told = (company.records(), company.versions(), company.stored_findings(), company.stored_scores())
    second = company.pull()
    assert (first.changed, second.changed, second.unchanged) == (1, 0, 2)
    assert told == (company.records(), company.versions(), company.stored_findings(), company.stored_scores())


def test_deals_follow_their_account_and_are_read_for_it(company: ChangingCompany) -> None:
    company.crm.put_account("001A", "Canada")
    report = company.pull()
    assert (report.way, report.changed) == (PullWay.CHANGES, 2)
    assert str(open_pipeline(company, "EMEA")) == "0"
    agrees(company)


def test_deals_follow_their_owners_role(company: ChangingCompany) -> None:
    company.crm.edit("006B", account_id=None)
    company.pull()
    company.crm.put_user("005B", "00E1", "005M")
    report = company.pull()
    assert report.way is PullWay.CHANGES
    agrees(company)


def test_new_rates_and_managers_are_measured_without_reading_a_deal(company: ChangingCompany) -> None:
    company.crm.overlap = 0
    company.pull()
    company.crm.read.clear()
    company.crm.rates = (RateRecord("EUR", "0.5", None, None),)
    company.crm.put_user("005A", "00E1", None)
    report = company.pull()
    assert (report.way, company.crm.read) == (PullWay.CHANGES, [])
    agrees(company)


@pytest.mark.parametrize("why", ["a stage", "it cannot tell", "the user"])
def test_everything_is_pulled_where_single_changes_are_not_enough(company: ChangingCompany, why: str) -> None:
    if why == "a stage":
        company.crm.stages = (*company.crm.stages[:3], company.crm.stages[3]._replace(is_won=True))
    company.crm.can_tell = why != "it cannot tell"
    report = company.pull(everything=why == "the user")
    assert report.way is PullWay.EVERYTHING
    company.crm.can_tell = True
    assert company.pull().way is PullWay.CHANGES


def test_everything_is_pulled_where_the_crm_begins_to_keep_changes_of_a_field(
    company: ChangingCompany,
) -> None:
    """Of all other deals it is known then that they were never somebody else's."""
    company.crm.edit("006A", owner_id="005B")
    assert company.pull().way is PullWay.EVERYTHING
    company.crm.edit("006C", owner_id="005B")
    assert company.pull().way is PullWay.CHANGES
    agrees(company)


def test_a_new_day_is_measured_with_its_first_pull(company: ChangingCompany) -> None:
    company.crm.now += 45 * DAY
    company.crm.edit("006B", amount=1_500_0000)
    report = company.pull()
    assert report.way is PullWay.CHANGES
    assert {one[1] for one in company.stored_findings()} >= {"stuck_in_stage"}
    agrees(company)


def test_a_finding_that_went_and_came_back_on_a_later_day_is_new(company: ChangingCompany) -> None:
    def since() -> set[int]:
        return {one[5] for one in company.stored_findings() if one[:2] == ("006B", "next_step_missing")}

    company.crm.edit("006B", amount=1_200_0000)
    company.pull()
    first = since()
    company.crm.now += DAY
    company.crm.edit("006B", next_step="Call them")
    company.pull()
    gone = since()
    company.crm.now += 3 * DAY
    company.crm.edit("006B", next_step=None)
    company.pull()
    assert (first, gone, since()) == ({date(2026, 5, 11).toordinal()}, set(), {date(2026, 5, 15).toordinal()})
    agrees(company)


def test_what_a_pull_of_changes_did_not_come_to_is_done_by_the_next(company: ChangingCompany) -> None:
    for id in ("006A", "006B", "006C", "006D"):
        company.crm.edit(id, amount=1_700_0000)
    mark = read_mirror(company.council.engine).mark
    company.crm.breaks_after = 1
    with pytest.raises(BrokeOff):
        company.pull()
    assert read_mirror(company.council.engine).mark == mark
    company.pull()
    assert read_mirror(company.council.engine).mark != mark
    agrees(company)


@pytest.fixture
def new_company(tmp_path: Path, database_url: str) -> Iterator[ChangingCompany]:
    """Before its first pull, with ten deals: five pages."""
    company = ChangingCompany(tmp_path, new_crm(), database_url)
    for number in range(6):
        company.crm.create(f"006Z{number}", close_day=date(2026, 6, 1).toordinal())
    yield company
    company.close()


@pytest.fixture
def a_row_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.staging.ROWS_A_WRITE", 1)


@pytest.mark.usefixtures("a_row_a_write")
def test_a_pull_that_broke_off_goes_on_where_it_was(new_company: ChangingCompany) -> None:
    crm = new_company.crm
    crm.breaks_after = 3
    with pytest.raises(BrokeOff):
        new_company.pull()
    assert crm.read == ["006A", "006B", "006C", "006D", "006Z0", "006Z1"]
    crm.edit("006A", amount=1_900_0000)
    crm.now += 900
    crm.read.clear()
    crm.overlap = 0
    report = new_company.pull()
    assert (report.way, report.new, report.changed) == (PullWay.REST, 10, 1)
    assert crm.read == ["006Z2", "006Z3", "006Z4", "006Z5", "006A", *sorted(crm.read[5:])]
    assert report.taken["Opportunity"] == 10
    agrees(new_company)


@pytest.mark.usefixtures("a_row_a_write")
@pytest.mark.parametrize("why", ["it has expired", "a day has passed", "nothing was staged"])
def test_it_starts_over_where_it_cannot_go_on(new_company: ChangingCompany, why: str) -> None:
    crm = new_company.crm
    crm.breaks_after = 0 if why == "nothing was staged" else 3
    with pytest.raises(BrokeOff):
        new_company.pull()
    crm.can_resume = why != "it has expired"
    crm.now += DAY + 1 if why == "a day has passed" else 900
    crm.read.clear()
    report = new_company.pull()
    assert (report.way, report.new, crm.read[0]) == (PullWay.EVERYTHING, 10, "006A")
    agrees(new_company)


@pytest.mark.usefixtures("a_row_a_write")
@pytest.mark.parametrize("commits", [3, 9, 14, 17, 20, 23, 26])
def test_a_pull_that_dies_anywhere_is_completed_by_the_next(
    new_company: ChangingCompany, commits: int
) -> None:
    with new_company.dying_at_commit(commits):
        new_company.pull()
    new_company.crm.now += 900
    assert new_company.pull().new + new_company.pull().new in (0, 10)
    agrees(new_company)
