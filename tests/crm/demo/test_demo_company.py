"""What the demo company yields: its shape, its shares and its people."""

from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from crm.demo import DemoCrm, demo_cast
from crm.demo.generate import generate_company
from crm.records import Crm
from pipeline.calendar import StandardQuarters
from pipeline.crm_records import (
    AccountRecord,
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
    ForecastCallRecord,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    RateRecord,
    RoleRecord,
    SpendRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)
from tests.crm.demo.demo_reckoning import REQUEST, pull, region_of, source_of, sums_at

TODAY = date(2026, 9, 15)
QUARTERS = StandardQuarters(2, "ending_year")


def test_the_demo_is_a_system_of_record() -> None:
    crm: Crm = DemoCrm(TODAY)
    assert crm.name == "Tarnbrook Systems, the demo company"
    assert crm.is_complete


def test_the_same_day_and_seed_give_the_same_company() -> None:
    first = [batch.records for batch in DemoCrm(TODAY, seed=3).pull(REQUEST)]
    generate_company.cache_clear()
    second = [batch.records for batch in DemoCrm(TODAY, seed=3).pull(REQUEST)]
    assert first == second


def test_another_seed_gives_another_company() -> None:
    other = pull(TODAY, seed=3)
    assert {deal.name for deal in other.deals.values()} != {deal.name for deal in pull(TODAY).deals.values()}


def test_it_is_a_whole_company() -> None:
    generate_company.cache_clear()
    batches = list(DemoCrm(TODAY).pull(REQUEST))
    deals = [batch for batch in batches if isinstance(batch.records[0], OpportunityRecord)]
    assert 3_000 <= sum(len(batch.records) for batch in deals) <= 6_000


def test_reference_tables_come_first_then_opportunities_then_what_hangs_on_them() -> None:
    assert pull(TODAY).kinds == [
        StageRecord,
        RoleRecord,
        UserRecord,
        AccountRecord,
        RateRecord,
        TargetRecord,
        SpendRecord,
        ForecastCallRecord,
        OpportunityRecord,
        HistoryRecord,
        FieldChangeRecord,
        LineItemRecord,
        ContactRoleRecord,
        ActivityRecord,
    ]


def test_batches_are_small_and_say_how_many_rows_their_table_has() -> None:
    by_total: Counter[int] = Counter()
    for batch in DemoCrm(TODAY).pull(REQUEST):
        assert len(batch.records) <= 2_000
        assert batch.total is not None
        assert batch.total >= len(batch.records)
        if isinstance(batch.records[0], OpportunityRecord):
            by_total[batch.total] += len(batch.records)
    assert all(total == counted for total, counted in by_total.items())


def test_only_the_fields_that_were_asked_for_come() -> None:
    deal = next(iter(pull(TODAY).deals.values()))
    assert set(deal.fields) == set(REQUEST.fields)


def test_everything_that_is_asked_for_is_among_the_capabilities() -> None:
    assert set(REQUEST.fields) <= DemoCrm(TODAY).capabilities().opportunity_fields


def test_no_two_records_share_an_id() -> None:
    records = [record for batch in DemoCrm(TODAY).pull(REQUEST) for record in batch.records]
    ids = Counter(
        record.id
        for record in records
        if isinstance(record, OpportunityRecord | AccountRecord | UserRecord | RoleRecord)
    )
    assert ids.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("source", "least", "most"),
    [("AE", "0.50", "0.65"), ("BDR", "0.18", "0.30"), ("SDR", "0.03", "0.14"), ("ECS", "0.01", "0.09")],
)
def test_pipe_generation_of_the_last_year_comes_from_the_sources_in_believable_shares(
    source: str, least: str, most: str
) -> None:
    pulled = pull(TODAY)
    generated: Counter[str] = Counter()
    for ahead in range(-4, 0):
        period = QUARTERS.numbered(pulled.quarter + ahead)
        for name, row in sums_at(pulled, "source", period.end.toordinal(), period).items():
            generated[name] += round(row.generated)
    share = Fraction(generated[source], generated.total())
    assert Fraction(least) < share < Fraction(most)


def test_marketing_programmes_and_specialists_are_sources_too() -> None:
    pulled = pull(TODAY)
    sources = {source_of(pulled, deal) for deal in pulled.deals.values()}
    assert {"Events", "Webinars", "Paid media", "Cloud Sales"} <= sources


def test_deals_lie_in_four_regions_five_families_and_two_currencies() -> None:
    pulled = pull(TODAY)
    regions = Counter(region_of(pulled, deal) for deal in pulled.deals.values())
    assert set(regions) == {"AMER", "EMEA", "APAC", "LATAM", "(Unassigned)"}
    assert regions["(Unassigned)"] < len(pulled.deals) // 25
    families = {item.family for items in pulled.items.values() for item in items}
    assert families == {"Platform", "Data Cloud", "Insights", "Security", "Field Service"}
    currencies = Counter(deal.currency for deal in pulled.deals.values())
    assert set(currencies) == {"USD", "EUR", "GBP"}
    assert currencies["EUR"] > 500


def test_one_deal_is_in_a_currency_without_a_rate() -> None:
    pulled = pull(TODAY)
    (deal,) = [deal for deal in pulled.deals.values() if deal.currency == "GBP"]
    assert "GBP" not in {rate.currency for rate in pulled.rates}
    assert deal.close_day is not None
    assert pulled.period.contains(date.fromordinal(deal.close_day))


def test_dated_rates_follow_each_other_without_a_gap() -> None:
    dated = [rate for rate in pull(TODAY).rates if rate.start_day is not None]
    assert all(before.end_day == after.start_day for before, after in pairwise(dated))
    assert dated[-1].end_day is None


def test_targets_are_set_for_the_last_eight_and_the_next_two_quarters() -> None:
    pulled = pull(TODAY)
    labels = {QUARTERS.numbered(pulled.quarter + ahead).label for ahead in range(-8, 3)}
    for dimension in ("TOTAL", "region", "segment", "product", "source"):
        for metric in ("closed_won", "pipe_gen"):
            found = {key[0] for key in pulled.targets if key[1] == dimension and key[3] == metric}
            assert found == labels
    assert min(pulled.targets.values()) > 0


def test_some_forty_reps_have_a_manager_with_two_levels_above() -> None:
    pulled = pull(TODAY)
    managers = {user.id: user.manager_id for user in pulled.users}
    roles = pulled.role_of_user
    reps = [
        user for user in pulled.users if roles[user.id].startswith("Account Executive") and user.is_active
    ]
    assert 38 <= len(reps) <= 42
    for rep in reps:
        manager = managers[rep.id]
        vice_president = managers[manager or ""]
        chief = managers[vice_president or ""]
        assert chief is not None
        assert managers[chief] is None
    assert len({rep.timezone for rep in reps}) > 15


def test_every_person_has_an_address_of_plain_letters_of_their_own() -> None:
    emails = [user.email or "" for user in pull(TODAY).users]
    assert len(set(emails)) == len(emails)
    assert all(email.isascii() and email.endswith("@tarnbrook.example") for email in emails)


def test_the_cast_are_people_of_the_company_in_four_roles() -> None:
    users = {user.id: user for user in pull(TODAY).users}
    cast = demo_cast()
    assert [member.role for member in cast] == ["rep", "manager", "council", "operations"]
    assert all(users[member.user_id].name == member.name for member in cast)
    assert users[cast[0].user_id].manager_id == cast[1].user_id
