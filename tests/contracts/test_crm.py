"""The systems of record that need no network keep what they owe."""

from datetime import date
from pathlib import Path

import pytest

from crm.demo import DemoCrm
from crm.files.crm import FilesCrm
from crm.files.definition import FilesDefinition
from pipeline.crm_records import OpportunityRecord
from tests.contracts.crm import CrmCase, CrmContract, request_of

TODAY = date(2026, 9, 15)
AFTERNOON = 1_789_500_000

OPPORTUNITIES = """\
Id,Name,StageName,Amount,CloseDate,CreatedDate,OwnerId,NextStep,LastModifiedDate
006A,Acme,Proposal,100,2026-09-30,2026-06-01T10:00:00.000Z,005A,Send the draft,2026-09-01T10:00:00.000Z
006B,Globex,Proposal,100,2026-09-30,2026-06-01T10:00:00.000Z,005A,Wait,2026-09-01T10:00:00.000Z
"""
HISTORY = """\
OpportunityId,CreatedDate,StageName,Amount,CloseDate
006A,2026-06-01T10:00:00.000Z,Qualification,100,2026-09-01
006B,2026-06-01T10:00:00.000Z,Qualification,100,2026-09-01
"""


class TestDemo(CrmContract):
    @pytest.fixture(params=["in memory", "in a file"])
    def case(self, request: pytest.FixtureRequest, tmp_path: Path) -> CrmCase:
        path = tmp_path / "fixes.jsonl" if request.param == "in a file" else None
        crm = DemoCrm(TODAY, fixes_path=path)
        return CrmCase(crm, _open_deal(crm), AFTERNOON, request_of(AFTERNOON))


class TestFiles(CrmContract):
    @pytest.fixture
    def case(self, tmp_path: Path) -> CrmCase:
        folder = tmp_path / "exports"
        folder.mkdir()
        (folder / "Opportunity.csv").write_text(OPPORTUNITIES, encoding="utf-8")
        (folder / "OpportunityHistory.csv").write_text(HISTORY, encoding="utf-8")
        crm = FilesCrm(FilesDefinition(folder="exports"), tmp_path)
        return CrmCase(crm, "006A", AFTERNOON, request_of(AFTERNOON))


def _open_deal(crm: DemoCrm) -> str:
    records = (record for batch in crm.pull(request_of(AFTERNOON)) for record in batch.records)
    return next(
        record.id
        for record in records
        if isinstance(record, OpportunityRecord)
        and record.stage == "Proposal"
        and record.amount
        and record.next_step
        and record.close_day
    )
