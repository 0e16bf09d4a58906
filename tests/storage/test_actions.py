"""Actions on SQLite and on PostgreSQL: kept exactly, opened once, measured once, found by what is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import Engine

from pipeline.action_outcomes import judge
from pipeline.actions import ActionStatus, Measured
from pipeline.cell_names import CellName
from pipeline.editions import ThreadCell
from pipeline.matrix import Dimension, Metric, Status
from storage.actions import (
    ActionAlreadyOpen,
    NewAction,
    NoSuchAction,
    add_comment,
    cells_after,
    latest_thread,
    open_action,
    read_action,
    read_actions,
    set_owner,
    set_status,
    store_measured,
)
from storage.database import reading, writing
from storage.editions import record_thread_cell
from storage.outbox import Letter, put_letter
from tests.messages.action_examples import coverage

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EMEA = CellName(Dimension.REGION, "EMEA", Metric.COVERAGE)
NEW = NewAction(
    form="f1",
    kind="spiff",
    cell=EMEA,
    title="2x",
    owner_id="005A",
    assigner_id="kai@example.com",
    due=date(2026, 11, 27),
    cost=Decimal("12.34"),
    currency="EUR",
    expected="",
    opened_on=date(2026, 11, 25),
    baseline=coverage(date(2026, 11, 25), "5/3", "7/3", Status.RED),
)


def test_an_action_is_kept_exactly_and_opened_once(database: Engine) -> None:
    with writing(database) as connection:
        no = open_action(connection, NEW, NOW)
        with pytest.raises(ActionAlreadyOpen, match="This form was filled in before"):
            open_action(connection, NEW, NOW)
        with pytest.raises(ActionAlreadyOpen, match="The same is assigned already"):
            open_action(connection, replace(NEW, form="f2", title="2X"), NOW)
        add_comment(connection, no, "005A", "Booked", NOW)
    with reading(database) as connection:
        action = read_action(connection, no)
        with pytest.raises(NoSuchAction):
            read_action(connection, no + 1)
    assert action.baseline == NEW.baseline
    assert (action.cost, action.currency, action.owner.name) == (Decimal("12.34"), "EUR", "005A")
    assert [(one.by.id, one.at, one.text) for one in action.comments] == [("005A", NOW, "Booked")]


def test_a_form_that_is_submitted_several_times_at_once_opens_one_action(database: Engine) -> None:
    def submit(number: int) -> str:
        try:
            with writing(database) as connection:
                return str(open_action(connection, replace(NEW, title=f"{number}x"), NOW))
        except ActionAlreadyOpen as error:
            return str(error)

    with ThreadPoolExecutor(6) as at_once:
        said = list(at_once.map(submit, range(6)))
    assert sum(one.isdigit() for one in said) == 1
    assert sum("This form was filled in" in one for one in said) == 5
    with reading(database) as connection:
        assert len(read_actions(connection)) == 1


def test_a_dropped_action_makes_room_for_the_same(database: Engine) -> None:
    with writing(database) as connection:
        no = open_action(connection, NEW, NOW)
        set_status(connection, no, ActionStatus.DROPPED, date(2026, 11, 26), "No budget")
        again = open_action(connection, replace(NEW, form="f2"), NOW)
        set_owner(connection, again, "005B")
    with reading(database) as connection:
        assert [action.no for action in read_actions(connection, involved=["005B"])] == [again]
        assert [one.no for one in read_actions(connection, statuses=[ActionStatus.DROPPED])] == [no]
        assert read_actions(connection, due_before=date(2026, 11, 27)) == ()
        assert len(read_actions(connection, due_before=date(2026, 11, 28))) == 2
        assert len(read_actions(connection, dimension=Dimension.REGION, value="EMEA")) == 2
        assert read_actions(connection, metric=Metric.FORECAST) == ()
        assert read_actions(connection, opened_until=date(2026, 11, 24)) == ()


def test_a_measurement_is_kept_once(database: Engine) -> None:
    assert NEW.baseline is not None
    after = coverage(date(2026, 12, 9), "9/5", "2", Status.YELLOW)
    judgement = judge(NEW.baseline, after)
    measured = Measured(2, after, judgement.verdict, judgement.reason)
    with writing(database) as connection:
        no = open_action(connection, NEW, NOW)
        assert store_measured(connection, no, measured)
        assert not store_measured(connection, no, replace(measured, reason="another"))
    with reading(database) as connection:
        assert read_action(connection, no).measured == (measured,)
    assert after.share_of_required == Fraction(9, 10)


def test_the_last_councils_thread_and_its_cells_are_found(database: Engine) -> None:
    with writing(database) as connection:
        for day in (date(2026, 11, 17), date(2026, 11, 24)):
            head, row = f"council:{day}", f"council:{day}:EMEA"
            assert latest_thread(connection, EMEA) == (None if day.day == 17 else "council:2026-11-17:EMEA")
            put_letter(connection, Letter(key=head, kind="council", audience="#c", card="{}"), NOW)
            letter = Letter(key=row, kind="council_thread", audience="#c", card="{}", follows=head)
            put_letter(connection, letter, NOW)
            record_thread_cell(connection, row, ThreadCell(day, EMEA.dimension, EMEA.value, EMEA.metric))
        assert latest_thread(connection, EMEA) == "council:2026-11-24:EMEA"
        assert latest_thread(connection, replace(EMEA, value="APAC")) is None
        assert cells_after(connection, "council:2026-11-24") == (EMEA,)
        assert cells_after(connection, "council:2026-11-24:EMEA") == ()
