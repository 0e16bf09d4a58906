"""`/audit` over a pulled company: who may ask, and what stays hidden."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import open_desk
from bot.dispatch import Dispatch
from handlers.asking import Typed
from messages.render.terminal import render_text
from storage.audit import AuditEntry, record_audit
from storage.database import writing
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
OPS = "ops@example.com"


@pytest.fixture
def dispatch(tmp_path: Path) -> Iterator[Dispatch]:
    """Globex is Ana's; Project Nightfall is confidential and Zoe's. Both were snoozed."""
    council = open_pulled_company(tmp_path, NOW)
    with writing(council.engine) as connection:
        for by, deal, reason in (("005A", "006B", "The buyer is away."), ("005Z", "006D", "Secret talks.")):
            entry = AuditEntry(
                by=by, surface="slack", act="snooze", object=f"deal:{deal}", new=f"until {by}", note=reason
            )
            record_audit(connection, entry, NOW)
    yield Dispatch(open_desk(council, NOW), lambda: NOW)
    council.engine.dispose()


def said(dispatch: Dispatch, who: str, typed: str) -> str:
    return " ".join(render_text(card, 300) for card in dispatch.answer(who, Typed(typed)).cards)


def test_operations_read_what_was_done_without_what_is_confidential(dispatch: Dispatch) -> None:
    shown = said(dispatch, OPS, "/audit")
    assert "2 changes" in shown
    for known in ("Ana Lind (slack)", "Deal =Globex", "until 005A", "The buyer is away.", "Zoe Park", "006D"):
        assert known in shown
    for secret in ("Nightfall", "until 005Z", "Secret talks."):
        assert secret not in shown


def test_one_object_can_be_asked_for(dispatch: Dispatch) -> None:
    shown = said(dispatch, OPS, "/audit deal:006B")
    assert "1 change" in shown
    assert "Zoe Park" not in shown
    assert "Nothing was changed" in said(dispatch, OPS, "/audit deal:006A")


def test_people_actions_and_cells_are_named_and_values_read_as_people_write_them(dispatch: Dispatch) -> None:
    assert (
        "Action 1"
        in dispatch.answer(
            "kai@example.com",
            Typed('/action spiff EMEA coverage "2x on Data Cloud" ana@example.com by 2026-05-29'),
        ).note
    )
    with writing(dispatch.desk.engine) as connection:
        changed = AuditEntry(
            by="005M",
            surface="slack",
            act="fix",
            object="deal:006B",
            field="Amount",
            old="2000.5",
            new="3000",
        )
        record_audit(connection, changed, NOW)
        given = replace(changed, act="reassign", field="OwnerId", old="005A", new="005B")
        record_audit(connection, given, NOW)
        record_audit(connection, replace(given, object="person:005A", field="", act="pause"), NOW)
    shown = said(dispatch, OPS, "/audit")
    for words in (
        "Deal =Globex   │ $2,000.50 → $3,000.00",
        "Ana Lind → Ben Osei",
        "Person Ana Lind",
        "Action “2x on Data Cloud”",
        "spiff for EMEA coverage, Ana Lind by 29 May 2026",
    ):
        assert " ".join(words.split()) in " ".join(shown.split())
    assert "006B" not in shown


def test_the_end_of_a_leave_is_told_from_its_beginning(dispatch: Dispatch) -> None:
    for typed in ("/pause until 4 Jun", "/pause off"):
        dispatch.answer("ana@example.com", Typed(typed))
    shown = said(dispatch, OPS, "/audit person:005A")
    assert "4 Jun 2026 → nothing" in shown


def test_what_is_no_object_is_explained(dispatch: Dispatch) -> None:
    assert "/audit deal:006A" in said(dispatch, OPS, "/audit Globex")


@pytest.mark.parametrize("who", ["ana@example.com", "mona@example.com", "kai@example.com"])
def test_nobody_else_reads_it(dispatch: Dispatch, who: str) -> None:
    for typed in ("/audit", "/outbox", "/link", "/unlink U1", "/hygiene rules"):
        refused = said(dispatch, who, typed)
        assert "Sales operations look after" in refused
        assert "Ask ops@example.com in sales operations." in refused
