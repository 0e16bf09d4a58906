"""Digests as they are kept, and as they read after something was done."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, insert

from pipeline.digests import Done, DoneKind, FixedDeal
from storage.database import reading, writing
from storage.digests import (
    DigestMissing,
    digests_showing,
    has_digest,
    last_digest,
    read_digest,
    record_done,
    store_digest,
)
from storage.nudge_tables import finding_life
from storage.tables import opportunity_key
from tests.messages.digest_examples import digest
from tests.messages.finding_examples import ANA

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
ACME, UMBRELLA = "006000000000001AAA", "006000000000004AAA"


@pytest.fixture
def kept(database: Engine) -> Engine:
    """Ana's digest, with every one of its findings still open."""
    with writing(database) as connection:
        for number, item in enumerate(digest().items, start=1):
            connection.execute(insert(opportunity_key).values(no=number, crm_id=item.opportunity_id))
            for one in item.findings:
                connection.execute(
                    insert(finding_life).values(
                        opportunity=number,
                        rule=one.rule,
                        opened_day=one.since.toordinal(),
                        owner=ANA.id,
                        severity=one.severity.value,
                        nudges=True,
                    )
                )
        store_digest(connection, digest(), NOW)
    return database


def test_a_digest_reads_as_it_was_written(kept: Engine) -> None:
    with reading(kept) as connection:
        assert read_digest(connection, digest().key) == digest()
        assert last_digest(connection, ANA.id) == digest()
        assert has_digest(connection, [digest().key, "digest:other"]) == {digest().key}


def test_digests_are_found_by_a_deal_in_them(kept: Engine) -> None:
    with reading(kept) as connection:
        assert digests_showing(connection, ACME) == (digest().key,)
        assert digests_showing(connection, "006000000000099AAA") == ()


def test_what_was_done_and_what_is_closed_stand_at_the_deal(kept: Engine) -> None:
    done = Done(DoneKind.CHANGED, "CloseDate", "2026-11-02", "2026-12-18")
    with writing(kept) as connection:
        record_done(connection, ACME, done, by=ANA.id, now=NOW)
        connection.execute(
            finding_life.update()
            .where(finding_life.c.opportunity == 1, finding_life.c.rule == "close_date_past")
            .values(closed_day=NOW.date().toordinal(), how="fixed_in_chat")
        )
    with reading(kept) as connection:
        acme = read_digest(connection, digest().key).items[0]
    assert acme.done == (done,)
    assert acme.closed == {"close_date_past"}
    assert [one.rule for one in acme.open_findings] == ["next_step_missing"]


def test_a_snoozed_deal_is_settled_and_a_lost_one_gone(kept: Engine) -> None:
    with writing(kept) as connection:
        record_done(connection, ACME, Done(DoneKind.SNOOZED, until=date(2026, 12, 1)), by=ANA.id, now=NOW)
        record_done(connection, UMBRELLA, Done(DoneKind.LOST), by=ANA.id, now=NOW)
    with reading(kept) as connection:
        after = read_digest(connection, digest().key)
    assert {item.opportunity_id for item in after.items} - {
        item.opportunity_id for item in after.open_items
    } == {ACME, UMBRELLA}


def test_what_was_fixed_before_is_kept_with_the_digest(kept: Engine) -> None:
    fixed = FixedDeal("006000000000021AAA", "Hooli", ("close_date_past",))
    with writing(kept) as connection:
        store_digest(connection, replace(digest(), key="digest:later", fixed=(fixed,), items=()), NOW)
    with reading(kept) as connection:
        assert read_digest(connection, "digest:later").fixed == (fixed,)


def test_a_digest_that_is_not_kept_is_said_to_be_so(database: Engine) -> None:
    with reading(database) as connection, pytest.raises(DigestMissing, match="/hygiene"):
        read_digest(connection, "digest:2020-01-01:005A")
