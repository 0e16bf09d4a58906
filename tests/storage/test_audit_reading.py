"""Reading the audit: newest first, filtered, with names, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from pipeline.audit_trail import AuditPage
from pipeline.findings import PersonName
from storage.audit import AuditEntry, record_audit
from storage.audit_reading import AuditFilter, read_audit
from storage.database import reading, writing
from storage.tables import person

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def audited(database: Engine) -> Engine:
    """Three acts, a day apart: Ana's, a job's, and Ana's again."""
    entries = (
        AuditEntry(by="005A", surface="slack", act="fix", object="deal:006A", old="1", new="2"),
        AuditEntry(by="job:nudge", surface="scheduler", act="ask", object="rule:006A"),
        AuditEntry(by="005A", surface="teams", act="pause", object="person:005A", note="Away."),
    )
    ana = person.insert().values(
        no=1, crm_id="005A", name="Ana Lind", is_active=True, is_integration=False, fields={}
    )
    with writing(database) as connection:
        connection.execute(ana)
        for day, entry in enumerate(entries):
            record_audit(connection, entry, NOON + timedelta(days=day))
    return database


def read(engine: Engine, wanted: AuditFilter) -> AuditPage:
    with reading(engine) as connection:
        return read_audit(connection, wanted)


def acts(engine: Engine, wanted: AuditFilter) -> list[str]:
    return [record.act for record in read(engine, wanted).records]


def test_the_newest_come_first_with_the_names_of_people(audited: Engine) -> None:
    page = read(audited, AuditFilter())
    assert [record.act for record in page.records] == ["pause", "ask", "fix"]
    assert [record.by for record in page.records] == [
        PersonName("005A", "Ana Lind"),
        PersonName("job:nudge", "job:nudge"),
        PersonName("005A", "Ana Lind"),
    ]
    assert page.records[0].at == NOON + timedelta(days=2)
    assert not page.has_older


def test_a_limit_says_whether_there_are_older_ones(audited: Engine) -> None:
    assert acts(audited, AuditFilter(limit=2)) == ["pause", "ask"]
    assert read(audited, AuditFilter(limit=2)).has_older
    assert not read(audited, AuditFilter(limit=3)).has_older


def test_each_filter_leaves_out_the_rest(audited: Engine) -> None:
    assert acts(audited, AuditFilter(object="deal:006A")) == ["fix"]
    assert acts(audited, AuditFilter(by="job:nudge")) == ["ask"]
    assert acts(audited, AuditFilter(since=NOON + timedelta(days=1))) == ["pause", "ask"]
    assert acts(audited, AuditFilter(by="005A", since=NOON + timedelta(days=1))) == ["pause"]


def test_a_deal_that_is_gone_counts_as_confidential_and_only_deals_are_deals(audited: Engine) -> None:
    paused, asked, fixed = read(audited, AuditFilter()).records
    assert fixed.deal is not None
    assert fixed.deal.is_confidential
    assert paused.deal is None
    assert asked.deal is None  # a rule that happens to be called like a deal


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_persons_acts_are_found_without_reading_everybodys(audited: Engine) -> None:
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT audit"):
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" ".join(str(row[-1]) for row in rows.fetchall()))

    event.listen(audited, "before_cursor_execute", explain)
    assert len(read(audited, AuditFilter(by="005A")).records) == 2
    assert ["SEARCH audit USING INDEX audit_person (by=?)" in plan for plan in plans] == [True]
    assert "TEMP B-TREE" not in plans[0]
