"""The past of each deal agrees with its present, whatever the day."""

from datetime import date
from itertools import pairwise

import pytest

from pipeline.records import Category
from tests.crm.demo.demo_reckoning import QUARTERS, Pulled, day_of, pull

DAYS = (date(2026, 11, 1), date(2026, 9, 15), date(2027, 1, 31))


@pytest.fixture(params=DAYS, ids=str)
def pulled(request: pytest.FixtureRequest) -> Pulled:
    return pull(request.param)


def test_the_first_row_of_history_is_the_creation(pulled: Pulled) -> None:
    assert all(pulled.history[deal.id][0].at == deal.created_at for deal in pulled.deals.values())


def test_the_last_row_of_history_is_the_record_as_it_is(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        last = pulled.history[deal.id][-1]
        now = (deal.stage, deal.amount, deal.close_day, deal.category)
        assert (last.stage, last.amount, last.close_day, last.category) == now


def test_rows_of_history_are_in_order_on_days_of_their_own_and_each_changes_something(
    pulled: Pulled,
) -> None:
    for rows in pulled.history.values():
        for before, after in pairwise(rows):
            assert day_of(before.at) < day_of(after.at)
            assert before[2:] != after[2:]


def test_nothing_happened_today_or_later(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        assert day_of(deal.modified_at or 0) < pulled.day
        assert deal.last_activity_day is None or deal.last_activity_day < pulled.day
    changes = [change for changes in pulled.changes.values() for change in changes]
    assert max(day_of(change.at) for change in changes) < pulled.day


def test_a_record_is_modified_when_its_last_change_happened(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        moments = [row.at for row in pulled.history[deal.id]]
        moments += [change.at for change in pulled.changes[deal.id]]
        assert deal.modified_at == max(moments)


def test_closed_deals_closed_on_the_day_they_say(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        if deal.stage.startswith("Closed"):
            last = pulled.history[deal.id][-1]
            assert deal.close_day == day_of(last.at)
            assert deal.category is (Category.CLOSED if deal.stage == "Closed Won" else Category.OMITTED)


def test_a_deal_closes_once_and_at_its_end(pulled: Pulled) -> None:
    for rows in pulled.history.values():
        assert not any((row.stage or "").startswith("Closed") for row in rows[:-1])


def test_changes_of_the_value_field_lead_to_its_value_of_today(pulled: Pulled) -> None:
    seen = 0
    for deal in pulled.deals.values():
        changes = [change for change in pulled.changes[deal.id] if change.field == "ACV__c"]
        if changes:
            seen += 1
            assert int(changes[-1].new or 0) * 10_000 == deal.fields["ACV__c"]
            assert all(before.new == after.old for before, after in pairwise(changes))
    assert seen > 1_000


def test_changes_of_owner_next_step_and_region_lead_to_those_of_today(pulled: Pulled) -> None:
    seen = set()
    for deal in pulled.deals.values():
        now = {"OwnerId": deal.owner_id, "NextStep": deal.next_step, "Region__c": deal.fields["Region__c"]}
        for field, value in now.items():
            changes = [change for change in pulled.changes[deal.id] if change.field == field]
            if changes:
                seen.add(field)
                assert changes[-1].new == value
    assert seen == {"OwnerId", "NextStep", "Region__c"}


def test_line_items_add_up_to_the_amount(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        items = pulled.items[deal.id]
        if items and deal.amount is not None:
            assert sum(item.total_price or 0 for item in items) == deal.amount


def test_last_activity_is_the_last_activity_that_is_over(pulled: Pulled) -> None:
    for deal in pulled.deals.values():
        done = [activity.day or 0 for activity in pulled.activities[deal.id] if activity.is_closed]
        assert deal.last_activity_day == max(done, default=None)


def test_weekends_are_rare(pulled: Pulled) -> None:
    days = [day_of(row.at) for rows in pulled.history.values() for row in rows]
    on_weekends = sum(date.fromordinal(day).weekday() >= 5 for day in days)
    assert 0 < on_weekends < len(days) * 0.08


def test_the_past_reaches_back_two_and_a_half_years(pulled: Pulled) -> None:
    won = {
        QUARTERS.number_of(date.fromordinal(deal.close_day or 1))
        for deal in pulled.deals.values()
        if deal.stage == "Closed Won"
    }
    assert set(range(pulled.quarter - 10, pulled.quarter)) <= won
