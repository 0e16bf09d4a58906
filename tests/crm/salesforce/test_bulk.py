"""Large tables in bulk: jobs, pages, what breaks off, and going on where another pull broke off."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from crm.records import AccountRecord, Batch, CannotResume, FieldKind, OpportunityRecord
from crm.salesforce.bulk import lines_of
from crm.salesforce.crm import SalesforceCrm
from tests.crm.salesforce.conftest import Connections
from tests.crm.salesforce.pulling import of_kind, open_crm, pulled, request_for
from tests.salesforce.errors import Refused
from tests.salesforce.faults import Break
from tests.salesforce.server import Call, LocalSalesforce

RESULTS = "/results"


@pytest.fixture
def crm(connections: Connections, tmp_path: Path) -> SalesforceCrm:
    """Whose pages hold five rows."""
    return open_crm(connections, tmp_path, in_bulk=True)


def result_calls(served: LocalSalesforce) -> list[Call]:
    return [call for call in served.calls if call.path.endswith(RESULTS)]


def records_of(batches: Sequence[Batch]) -> list[object]:
    return [record for batch in batches for record in batch.records]


def test_a_large_table_comes_in_pages_of_a_job_that_is_deleted_at_the_end(
    served: LocalSalesforce, crm: SalesforceCrm, connections: Connections
) -> None:
    """Nine tables, twelve deals on three pages, their total known from the first."""
    served.jobs.polls_until_complete = 4
    batches = list(crm.pull(request_for()))
    of_deals = [batch for batch in batches if of_kind([batch], OpportunityRecord)]
    assert [(len(batch.records), batch.total) for batch in of_deals] == [(5, 12), (5, 12), (2, 12)]
    assert connections.pauses[:3] == [1, 1, 2]
    assert not served.jobs.ids


def test_a_small_organisation_has_no_jobs(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    assert len(pulled(open_crm(connections, tmp_path), OpportunityRecord)) == 12
    assert not [call for call in served.calls if "/jobs/" in call.path]


def test_an_api_without_such_jobs_is_read_by_queries(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    crm = open_crm(connections, tmp_path, in_bulk=True, api_version="46.0")
    assert len(pulled(crm, OpportunityRecord)) == 12
    assert not [call for call in served.calls if "/jobs/" in call.path]


def test_a_page_that_breaks_off_is_read_again_and_no_row_comes_twice(
    served: LocalSalesforce, crm: SalesforceCrm, connections: Connections
) -> None:
    ids, is_broken = list[str](), False
    for batch in crm.pull(request_for()):
        ids += [one.id for one in of_kind([batch], OpportunityRecord)]
        if len(ids) == 5 and not is_broken:
            is_broken = True
            connections.pauses.clear()
            served.faults.breaks_connection(Break.HALFWAY, Break.HALFWAY)
    assert len(ids) == len(set(ids)) == 12
    assert connections.pauses[:2] == [1, 5]


def test_whoever_breaks_off_goes_on_after_any_batch_and_has_every_row_once(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """At each of the batches of a pull of its own; the process that goes on knows nothing but the text."""
    request = request_for(Region__c=FieldKind.TEXT)
    for in_bulk in (True, False):
        whole = list(open_crm(connections, tmp_path, in_bulk=in_bulk).pull(request))
        first = next(number for number, batch in enumerate(whole) if batch.resume)
        for stop in range(first, len(whole)):
            crm = open_crm(connections, tmp_path, in_bulk=in_bulk)
            taken = []
            for number, batch in enumerate(crm.pull(request)):
                taken.append(batch)
                if number == stop:
                    break
            again = open_crm(connections, tmp_path, in_bulk=in_bulk)
            rest = list(again.pull(request_for(resume=taken[-1].resume, Region__c=FieldKind.TEXT)))
            gone_on = [batch for batch in rest if batch.resume]
            assert records_of([*taken, *gone_on]) == records_of(whole), f"after batch {stop}"
            assert records_of(rest[: -len(gone_on) or None]) == records_of(whole[:first])
    assert not served.jobs.ids


def test_a_result_that_is_not_kept_any_more_means_starting_over(
    served: LocalSalesforce, crm: SalesforceCrm
) -> None:
    place = next(batch.resume for batch in crm.pull(request_for()) if batch.resume)
    served.jobs.forget()
    with pytest.raises(CannotResume, match="Account any more; the pull has to start over"):
        list(crm.pull(request_for(resume=place)))


def test_a_pull_that_has_read_everything_reads_only_accounts_again_though_its_jobs_are_gone(
    served: LocalSalesforce, crm: SalesforceCrm
) -> None:
    """It died while what it had read was taken over."""
    *_, last = crm.pull(request_for())
    assert not served.jobs.ids
    rest = list(crm.pull(request_for(resume=last.resume)))
    assert not of_kind(rest, OpportunityRecord)
    assert len(of_kind(rest, AccountRecord)) == 3
    assert rest[-1].resume is not None
    assert not served.jobs.ids


def test_other_fields_than_before_mean_starting_over_and_the_old_jobs_go(
    served: LocalSalesforce, crm: SalesforceCrm
) -> None:
    place = next(batch.resume for batch in crm.pull(request_for()) if batch.resume)
    assert len(served.jobs.ids) == 9
    with pytest.raises(CannotResume, match="has changed"):
        list(crm.pull(request_for(resume=place, Region__c=FieldKind.TEXT)))
    assert not served.jobs.ids


@pytest.mark.parametrize("place", ["", "[]", "{}", '{"version":1,"queries":1}', json.dumps({"version": 9})])
def test_a_place_that_nobody_can_read_means_starting_over(crm: SalesforceCrm, place: str) -> None:
    with pytest.raises(CannotResume):
        list(crm.pull(request_for(resume=place)))


def test_a_table_whose_job_fails_is_read_by_queries(served: LocalSalesforce, crm: SalesforceCrm) -> None:
    batches = []
    for batch in crm.pull(request_for()):
        if of_kind([batch], AccountRecord):
            _, of_deals, *_ = served.jobs.ids
            served.jobs.fail(of_deals, "InternalServerError : Batch failed")
        batches.append(batch)
    assert len(of_kind(batches, OpportunityRecord)) == 12
    queries = [call.params.get("q", "") for call in served.calls if call.path.endswith("queryAll")]
    assert sum(" FROM Opportunity ORDER BY Id" in query for query in queries) == 1


def test_an_object_without_bulk_queries_is_read_by_others(
    served: LocalSalesforce, crm: SalesforceCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = served.jobs.create

    def refuse(body: dict[str, object], version: str) -> object:
        if "FROM OpportunitySplit" in str(body["query"]):
            raise Refused(400, "API_ERROR", "Entity 'OpportunitySplit' is not supported by the Bulk API.")
        return create(body, version)

    monkeypatch.setattr(served.jobs, "create", refuse)
    whole = records_of(list(crm.pull(request_for())))
    monkeypatch.undo()
    assert records_of(list(crm.pull(request_for()))) == whole


def test_values_with_line_breaks_quotes_and_commas_arrive_as_they_are(
    served: LocalSalesforce, crm: SalesforceCrm
) -> None:
    deal = next(served.org.rows("Opportunity"))
    said = 'Call "Ida",\r\nthen\nsign – «Süd» \u2028 end'
    served.org.update("Opportunity", str(deal["Id"]), NextStep=said)
    assert pulled(crm, OpportunityRecord)[0].next_step == said


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_lines_come_whole_however_the_bytes_are_cut(size: int) -> None:
    content = '"Id","Näme"\n"1","a\r\nb"\n"2","ü"\n'.encode()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert "".join(lines_of(pieces)) == content.decode()
