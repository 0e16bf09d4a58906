"""The night finds deals that went or came without anybody telling us."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import field_kinds
from jobs.job import JobRun
from jobs.reconcile import reconcile
from pipeline.errors import PullRefused
from pipeline.pull_report import PullWay
from tests.jobs.changing_company import ChangingCompany, new_crm


@pytest.fixture
def company(tmp_path: Path, database_url: str) -> Iterator[ChangingCompany]:
    company = ChangingCompany(tmp_path, new_crm(), database_url)
    company.crm.create("006E", close_day=company.today.toordinal() + 9)
    company.crm.create("006F", close_day=company.today.toordinal() + 9)
    company.pull()
    company.crm.now += 3600
    yield company
    company.close()


def run(company: ChangingCompany, *, dry: bool = False) -> str:
    council = company.council
    return reconcile(
        JobRun(
            council.engine,
            council.company,
            company.crm,
            company.now,
            company.today,
            dry_run=dry,
            fields=field_kinds(council.settings),
        )
    ).says


def test_what_was_deleted_for_good_ends_and_what_came_unheard_is_read(company: ChangingCompany) -> None:
    company.crm.purge("006A")
    company.crm.create("006N", "Proposal", account_id="001A")
    company.crm.stamps.pop("006N")
    assert run(company, dry=True) == "It would end 1 and read 1"
    assert run(company) == "1 were missing, 1 are gone, 0 had changed"
    assert company.stored_tables() == company.measured_tables()
    assert company.stored_findings() == company.measured_findings()
    assert company.stored_scores() == company.measured_scores()
    whole = company.pull(everything=True)
    assert (whole.new, whole.changed, whole.deleted) == (0, 0, 0)
    assert run(company) == "The CRM and the mirror hold the same 6 deals"


def test_a_deal_that_came_while_ids_were_compared_is_not_taken_for_gone(company: ChangingCompany) -> None:
    company.crm.hidden = {"006A"}
    assert run(company) == "0 were missing, 0 are gone, 0 had changed"
    assert company.pull(everything=True).new == 0


def test_where_a_fifth_of_all_deals_would_end_nothing_does(company: ChangingCompany) -> None:
    for id in ("006A", "006B"):
        company.crm.purge(id)
    with pytest.raises(PullRefused, match="2 of 6 opportunities are absent, which is more than 20%"):
        run(company)
    assert company.pull().way is PullWay.CHANGES
    assert {one[0] for one in company.stored_findings()} >= {"006B"}
