"""Whatever happens in the CRM, whenever it is pulled, and wherever a pull breaks off or dies: in the end the
mirror holds what pulls of everything would have left."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import field_kinds
from crm.records import RateRecord
from jobs.job import JobRun
from jobs.reconcile import reconcile
from pipeline.errors import PullRefused
from pipeline.pull_report import PullWay
from tests.examples import examples
from tests.jobs.changing_company import ChangingCompany, new_crm
from tests.jobs.changing_crm import BrokeOff, ChangingCrm

Step = tuple[Any, ...]
_OLD = ("006A", "006B", "006C", "006D")
_DEALS = st.sampled_from((*_OLD, "006N", "006O"))
_PEOPLE = st.sampled_from(("005A", "005B", "005M"))
_ACCOUNTS = st.sampled_from(("001A", "001B"))
_DAY = 739_770

EDITS = st.one_of(
    st.tuples(st.just("amount"), _DEALS, st.sampled_from((0, 5_000_0000, 12_345))),
    st.tuples(st.just("close_day"), _DEALS, st.sampled_from((_DAY - 30, _DAY + 5, _DAY + 60))),
    st.tuples(
        st.just("stage"), _DEALS, st.sampled_from(("Qualification", "Proposal", "Closed Won", "Closed Lost"))
    ),
    st.tuples(st.just("owner_id"), _DEALS, _PEOPLE),
    st.tuples(st.just("account_id"), _DEALS, st.one_of(st.none(), _ACCOUNTS)),
    st.tuples(st.just("next_step"), _DEALS, st.sampled_from((None, "Call", "Meet"))),
    st.tuples(st.just("region"), _DEALS, st.sampled_from((None, "EMEA", "APAC"))),
    st.tuples(st.just("delete"), _DEALS),
    st.tuples(st.just("purge"), st.sampled_from(("006B", "006N"))),
    st.tuples(st.just("account"), _ACCOUNTS, st.sampled_from(("Germany", "Canada", "Peru"))),
    st.tuples(
        st.just("user"), _PEOPLE, st.sampled_from(("00E1", "00E2", None)), st.sampled_from(("005M", None))
    ),
    st.tuples(st.just("rate"), st.sampled_from(("0.9", "0.5"))),
)
SYNCS = st.one_of(
    st.tuples(st.just("pull")),
    st.tuples(st.just("pull")),
    st.tuples(st.just("all")),
    st.tuples(st.just("broken"), st.integers(0, 4)),
    st.tuples(st.just("killed"), st.booleans(), st.integers(1, 40)),
    st.tuples(st.just("reconcile")),
    st.tuples(st.just("tomorrow")),
)
SCHEDULES = st.lists(st.one_of(EDITS, EDITS, SYNCS), max_size=25)


def edit(crm: ChangingCrm, step: Step) -> None:
    match step:
        case "account", id, country:
            crm.put_account(id, country)
        case "user", id, role, manager:
            crm.put_user(id, role, None if manager == id else manager)
        case "rate", units:
            crm.rates = (RateRecord("EUR", units, None, None),)
        case "purge", id:
            crm.purge(id)
        case what, id, *values:
            if id not in crm.deals:
                crm.create(id, close_day=_DAY)
            if what == "delete":
                crm.delete(id)
            elif what == "region":
                crm.set_region(id, values[0])
            else:
                crm.edit(id, **{what: values[0]})


def synchronise(company: ChangingCompany, step: Step) -> None:
    match step:
        case ("pull",):
            company.pull()
        case ("all",):
            company.pull(everything=True)
        case "broken", batches:
            company.crm.breaks_after = batches
            with suppress(BrokeOff):
                company.pull()
            company.crm.breaks_after = None
        case "killed", everything, commits:
            with company.dying_at_commit(commits):
                company.pull(everything=everything)
        case ("reconcile",):
            with suppress(PullRefused):
                run_reconcile(company)
        case ("tomorrow",):
            company.crm.now += 24 * 3600


def run_reconcile(company: ChangingCompany) -> None:
    council = company.council
    fields = field_kinds(council.settings)
    reconcile(JobRun(council.engine, council.company, company.crm, company.now, company.today, fields=fields))


def play(company: ChangingCompany, schedule: Sequence[Step]) -> None:
    for number in range(8):  # so many that a few may go without its looking cut off
        company.crm.create(f"006Z{number}", close_day=_DAY, next_step="Call")
        company.crm.edit(f"006Z{number}", owner_id="005B")
    company.pull()
    for step in schedule:
        company.crm.now += 60
        if step[0] in ("pull", "all", "broken", "killed", "reconcile", "tomorrow"):
            synchronise(company, step)
        else:
            edit(company.crm, step)
    company.crm.now += 60
    report = company.pull()
    if report.way is not PullWay.EVERYTHING:
        synchronise(company, ("reconcile",))


def check(company: ChangingCompany) -> None:
    assert company.stored_tables() == company.measured_tables()
    assert company.stored_findings() == company.measured_findings()
    assert company.stored_scores() == company.measured_scores()
    assert company.open_lives() == {(one[0], one[1], one[5]) for one in company.stored_findings()}
    records, versions, deleted = company.records(), company.versions(), company.deleted()
    whole = company.pull(everything=True)
    assert (whole.new, whole.deleted) == (0, 0)
    assert whole.changed <= deleted  # whose account may have changed afterwards
    assert (records, versions) == (company.records(), company.versions())


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.staging.ROWS_A_WRITE", 1)
    monkeypatch.setattr("jobs.mirror_refresh.DEALS_A_WRITE", 2)


@given(SCHEDULES)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_mirror_holds_what_a_pull_of_everything_would_find(schedule: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        company = ChangingCompany(Path(folder), new_crm())
        try:
            play(company, schedule)
            check(company)
        finally:
            company.close()
