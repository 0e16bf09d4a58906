"""Records as people leave them: the sins of real pipelines, in believable shares."""

from collections.abc import Callable
from datetime import date

import pytest

from crm.demo import demo_cast
from pipeline.crm_records import OpportunityRecord
from pipeline.records import Category
from tests.crm.demo.demo_reckoning import Pulled, day_of, pull, pushes_of, region_of

TODAY = date(2026, 9, 15)
DAYS = (date(2026, 11, 1), TODAY, date(2026, 10, 31))
LATE = ("Proposal", "Negotiation")


def open_deals(pulled: Pulled) -> list[OpportunityRecord]:
    return [deal for deal in pulled.deals.values() if not deal.stage.startswith("Closed")]


def broken(pulled: Pulled, sin: str) -> list[OpportunityRecord]:
    inactive = {user.id for user in pulled.users if not user.is_active}
    tests: dict[str, Callable[[OpportunityRecord], object]] = {
        "close date past": lambda deal: (deal.close_day or pulled.day) < pulled.day - 1,
        "close date missing": lambda deal: deal.close_day is None,
        "pushed": lambda deal: pushes_of(pulled, deal) >= 3,
        "next step missing": lambda deal: deal.stage != "Prospecting" and deal.next_step is None,
        "quiet": lambda deal: pulled.day - (deal.last_activity_day or day_of(deal.created_at or 0)) > 30,
        "amount missing": lambda deal: deal.amount is None,
        "value missing": lambda deal: deal.amount and deal.fields["ACV__c"] is None,
        "no products": lambda deal: deal.stage in LATE and not pulled.items[deal.id],
        "no contact": lambda deal: deal.stage != "Prospecting" and not pulled.contacts[deal.id],
        "single-threaded": lambda deal: deal.stage in LATE and len(pulled.contacts[deal.id]) == 1,
        "no economic buyer": lambda deal: (
            deal.stage == "Negotiation"
            and "Economic Buyer" not in [contact.role for contact in pulled.contacts[deal.id]]
        ),
        "omitted": lambda deal: deal.category is Category.OMITTED,
        "owner left": lambda deal: deal.owner_id in inactive,
        "no account": lambda deal: deal.account_id is None,
        "no region": lambda deal: region_of(pulled, deal) == "(Unassigned)",
        "no competitor": lambda deal: deal.stage in LATE and deal.fields["Competitor__c"] is None,
        "early Commit": lambda deal: deal.category is Category.COMMIT and deal.stage != "Negotiation",
        "overdue task": lambda deal: any(
            not activity.is_closed and (activity.day or 0) < pulled.day - 3
            for activity in pulled.activities[deal.id]
        ),
    }
    return [deal for deal in open_deals(pulled) if tests[sin](deal)]


@pytest.mark.parametrize(
    ("sin", "least", "most"),
    [
        ("close date past", 15, 80),
        ("close date missing", 1, 4),
        ("pushed", 8, 80),
        ("next step missing", 15, 100),
        ("quiet", 20, 130),
        ("amount missing", 8, 60),
        ("value missing", 2, 40),
        ("no products", 5, 60),
        ("no contact", 15, 90),
        ("single-threaded", 20, 140),
        ("no economic buyer", 10, 120),
        ("omitted", 8, 20),
        ("owner left", 10, 20),
        ("no account", 1, 5),
        ("no region", 2, 40),
        ("no competitor", 30, 180),
        ("early Commit", 1, 6),
        ("overdue task", 20, 110),
    ],
)
def test_each_sin_has_its_sinners(sin: str, least: int, most: int) -> None:
    assert least <= len(broken(pull(TODAY), sin)) <= most


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_no_sin_is_so_common_that_it_would_be_a_problem_of_the_process(today: date) -> None:
    pulled = pull(today)
    number_of_open = len(open_deals(pulled))
    for sin in ("close date past", "next step missing", "quiet", "no contact", "pushed"):
        assert len(broken(pulled, sin)) < number_of_open * 0.25


def test_some_commit_deals_have_no_recent_activity() -> None:
    pulled = pull(TODAY)
    quiet = broken(pulled, "quiet")
    assert [deal for deal in quiet if deal.category is Category.COMMIT and region_of(pulled, deal) != "LATAM"]


def test_some_business_was_entered_twice() -> None:
    pulled = pull(TODAY)
    by_account: dict[str | None, list[OpportunityRecord]] = {}
    for deal in open_deals(pulled):
        by_account.setdefault(deal.account_id, []).append(deal)
    pairs = 0
    for deals in by_account.values():
        for place, first in enumerate(deals):
            for second in deals[place + 1 :]:
                one, other = first.fields["ACV__c"], second.fields["ACV__c"]
                if isinstance(one, int) and isinstance(other, int) and first.currency == second.currency:
                    close = abs((first.close_day or 0) - (second.close_day or 0)) <= 90
                    pairs += close and abs(one - other) * 10 <= max(one, other)
    assert pairs >= 5


def test_a_few_deals_are_confidential() -> None:
    assert sum(deal.fields["Confidential__c"] == 1 for deal in pull(TODAY).deals.values()) == 3


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_first_rep_of_the_cast_has_one_deal_of_each_kind_to_look_at(today: date) -> None:
    pulled = pull(today)
    rep = demo_cast()[0].user_id
    for sin in ("close date past", "next step missing", "amount missing", "pushed"):
        assert len([deal for deal in broken(pulled, sin) if deal.owner_id == rep]) == 1
    assert 8 <= len([deal for deal in open_deals(pulled) if deal.owner_id == rep]) <= 40
