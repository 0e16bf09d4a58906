"""What a pull of HubSpot yields: figures worked out by hand from what the account holds."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import pytest

from crm.hubspot.crm import HubspotCrm
from crm.hubspot.errors import ScopeMissing
from crm.records import (
    AccountRecord,
    ContactRoleRecord,
    FieldChangeRecord,
    FieldKind,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    Problem,
    PullRequest,
    RateRecord,
    Record,
    StageRecord,
    UserRecord,
)
from pipeline.errors import UnknownName
from pipeline.records import Category
from tests.crm.hubspot.conftest import NOW, ZONE, Connections
from tests.hubspot.account import FIRST_MOMENT, Account
from tests.hubspot.server import LocalHubspot

START = FIRST_MOMENT // 1000

Kind = TypeVar("Kind", bound=Record)


def pulled(crm: HubspotCrm, kind: type[Kind], **fields: FieldKind) -> Sequence[Kind]:
    request = PullRequest(fields, "USD", NOW, ZONE)
    records = [record for batch in crm.pull(request) for record in batch.records]
    return [record for record in records if isinstance(record, kind)]


def problems(crm: HubspotCrm) -> Sequence[Problem]:
    return [one for batch in crm.pull(PullRequest({}, "USD", NOW, ZONE)) for one in batch.problems]


def test_a_deal_is_an_opportunity_with_its_money_day_owner_and_next_step(crm: HubspotCrm, deal: int) -> None:
    (found,) = pulled(crm, OpportunityRecord)
    assert (found.id, found.name, found.stage) == (str(deal), "Acme", "Qualified To Buy")
    assert (found.amount, found.owner_id, found.next_step) == (12_005_000, "71", "Send the draft")
    assert found.close_day == date(2026, 9, 30).toordinal()


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-09-30T00:00:00.000Z", 30),  # how imports write a day
        ("2026-09-30T02:00:00.000Z", 29),  # an evening in Los Angeles
        ("1790726400000", 30),  # milliseconds of midnight UTC
    ],
)
def test_a_close_date_is_the_day_on_which_it_falls_here(
    hubspot: LocalHubspot, crm: HubspotCrm, written: str, day: int
) -> None:
    hubspot.account.add("deals", closedate=written)
    (found,) = pulled(crm, OpportunityRecord)
    assert found.close_day == date(2026, 9, day).toordinal()


def test_the_history_of_properties_makes_versions(hubspot: LocalHubspot, crm: HubspotCrm, deal: int) -> None:
    """Made at second 2 after the first moment; then a change of stage and category, one of the amount."""
    account = hubspot.account
    account.change("deals", deal, dealstage="contractsent", hs_manual_forecast_category="BEST_CASE")
    account.change("deals", deal, amount="900")
    account.change("deals", deal, dealstage="closedwon")
    day = date(2026, 9, 30).toordinal()
    assert pulled(crm, HistoryRecord) == [
        HistoryRecord(str(deal), START + 1, "Qualified To Buy", 12_005_000, day, None, True),
        HistoryRecord(str(deal), START + 2, "Contract Sent", 12_005_000, day, Category.BEST_CASE, True),
        HistoryRecord(str(deal), START + 3, "Contract Sent", 9_000_000, day, Category.BEST_CASE, True),
        HistoryRecord(str(deal), START + 4, "Closed Won", 9_000_000, day, None, True),
    ]


def test_changes_of_owner_next_step_and_asked_fields_are_told_one_by_one(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    hubspot.account.add_property("deals", "acv", "number", "number")
    hubspot.account.change("deals", deal, hubspot_owner_id="72", acv="5")
    hubspot.account.change("deals", deal, acv="7.5")
    changes = pulled(crm, FieldChangeRecord, acv=FieldKind.NUMBER)
    assert [(one.at - START, one.field, one.old, one.new) for one in changes] == [
        (1, "OwnerId", None, "71"),
        (2, "OwnerId", "71", "72"),
        (1, "NextStep", None, "Send the draft"),
        (2, "acv", None, "5"),
        (3, "acv", "5", "7.5"),
    ]


def test_what_was_before_the_twenty_versions_that_hubspot_tells_is_not_invented(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    for number in range(25):
        hubspot.account.change("deals", deal, amount=str(number))
    first, second, *_ = pulled(crm, HistoryRecord)
    assert (first.amount, first.has_amount) == (None, False)
    assert (second.amount, second.has_amount) == (50_000, True)


def test_companies_contacts_and_line_items_hang_on_the_deal(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    """Three pages of two associations each are read to their end."""
    account = hubspot.account
    hubspot.answers.links_a_page = 2
    partner = account.add("companies", name="Partner")
    buyer = account.add("companies", name="Acme Inc.", country="Germany")
    account.link(deal, "companies", partner)
    account.link(deal, "companies", buyer, "Primary")
    people = [account.add("contacts") for _ in range(5)]
    for person in people:
        account.link(deal, "contacts", person)
    account.link(deal, "contacts", people[0], "Decision maker")
    account.link(deal, "contacts", people[0], "Budget holder")
    for name, amount, place in (("Support", "100", "1"), ("Cloud", "900.25", "0")):
        item = account.add("line_items", name=name, amount=amount, hs_position_on_quote=place)
        account.link(deal, "line_items", item)
    (found,) = pulled(crm, OpportunityRecord)
    assert found.account_id == str(buyer)
    assert pulled(crm, AccountRecord, **{"Account.country": FieldKind.TEXT}) == [
        AccountRecord(str(partner), "Partner", None, {"country": None}),
        AccountRecord(str(buyer), "Acme Inc.", None, {"country": "Germany"}),
    ]
    assert [(one.contact_id, one.role) for one in pulled(crm, ContactRoleRecord)] == [
        (str(people[0]), "Budget holder"),
        (str(people[0]), "Decision maker"),
        *((str(person), None) for person in people[1:]),
    ]
    assert pulled(crm, LineItemRecord) == [
        LineItemRecord(str(deal), 1, 9_002_500, "Cloud"),
        LineItemRecord(str(deal), 2, 1_000_000, "Support"),
    ]


def test_stages_are_closed_by_their_metadata_and_forecast_by_their_probability(crm: HubspotCrm) -> None:
    assert pulled(crm, StageRecord) == [
        StageRecord("Appointment Scheduled", 0, False, False, Category.PIPELINE),
        StageRecord("Qualified To Buy", 1, False, False, Category.PIPELINE),
        StageRecord("Contract Sent", 2, False, False, Category.COMMIT),
        StageRecord("Closed Won", 3, True, True, Category.CLOSED),
        StageRecord("Closed Lost", 4, True, False, Category.OMITTED),
    ]


def add_renewals(account: Account) -> None:
    account.add_pipeline(
        "renewals",
        "Renewals",
        (
            ("r1", "Due", "0.3", "false"),
            ("r2", "Contract Sent", "0.95", "false"),
            ("r3", "Closed Won", "1.0", "true"),
            ("r4", "Closed Lost", "0.1", "false"),
        ),
    )


def test_stages_of_several_pipelines_stand_in_one_order(hubspot: LocalHubspot, crm: HubspotCrm) -> None:
    """Alike ones are one; "Due" stands by its probability; an open "Closed Lost" says whose it is."""
    add_renewals(hubspot.account)
    assert [stage.name for stage in pulled(crm, StageRecord)] == [
        "Appointment Scheduled",
        "Due",
        "Qualified To Buy",
        "Contract Sent",
        "Closed Lost (Renewals)",
        "Closed Won",
        "Closed Lost",
    ]


def test_only_the_chosen_pipelines_count(hubspot: LocalHubspot, connections: Connections, deal: int) -> None:
    add_renewals(hubspot.account)
    renewal = hubspot.account.add("deals", pipeline="renewals", dealstage="r2")
    crm = connections.open(pipelines=["Renewals"])
    (found,) = pulled(crm, OpportunityRecord, **{"RecordType.Name": FieldKind.TEXT})
    assert (found.id, found.fields) == (str(renewal), {"RecordType.Name": "Renewals"})
    with pytest.raises(UnknownName, match="no deal pipeline Renewal; did you mean Renewals"):
        pulled(connections.open(pipelines=["Renewal"]), StageRecord)


def test_a_search_goes_on_past_the_row_at_which_hubspot_ends_it(
    hubspot: LocalHubspot, connections: Connections
) -> None:
    """Ten thousand rows in truth, two hundred here: seven pages of a hundred, one that is empty, a count."""
    hubspot.answers.most_found = 200
    ids = {str(hubspot.account.add("deals")) for _ in range(650)}
    found = pulled(connections.open(pipelines=["Sales"]), OpportunityRecord)
    assert {one.id for one in found} == ids
    assert sum(request.path.endswith("/search") for request in hubspot.answers.requests) == 1 + 7 + 1


def test_we_stay_below_the_five_searches_a_second_that_hubspot_allows(
    hubspot: LocalHubspot, connections: Connections
) -> None:
    """None of them is refused."""
    for _ in range(650):
        hubspot.account.add("deals")
    pulled(connections.open(pipelines=["Sales"], requests_per_ten_seconds=250), OpportunityRecord)
    assert not hubspot.answers.refused


def test_owners_are_people_with_their_team_and_the_manager_that_the_configuration_names(
    hubspot: LocalHubspot, connections: Connections
) -> None:
    account = hubspot.account
    account.add_owner("72", "Boss@example.com", login=502)
    account.add_owner("73", "gone@example.com", login=503, has_left=True)
    account.add("deals", hs_created_by_user_id="503")
    crm = connections.open(managers={"ana@example.com": "boss@example.com"})
    ana, boss, gone = pulled(crm, UserRecord)
    assert (ana.name, ana.role_id, ana.manager_id) == ("Ana Doe", "t-EMEA", "72")
    assert (boss.email, boss.is_active, gone.is_active) == ("Boss@example.com", True, False)
    (deal,) = pulled(crm, OpportunityRecord)
    assert deal.creator_id == "73"


def test_rates_are_turned_round_and_dated(hubspot: LocalHubspot, crm: HubspotCrm) -> None:
    """HubSpot: one EUR is worth 1.25 USD; we: 0.8 EUR for one USD."""
    for rate, day in ((1.6, "2026-07-01"), (1.25, "2026-01-01")):
        hubspot.account.rates.append(
            {
                "fromCurrencyCode": "EUR",
                "toCurrencyCode": "USD",
                "conversionRate": rate,
                "effectiveAt": f"{day}T00:00:00Z",
            }
        )
    july = date(2026, 7, 1).toordinal()
    assert pulled(crm, RateRecord) == [
        RateRecord("EUR", "0.8", 1, july),
        RateRecord("EUR", "0.625", july, None),
        RateRecord("EUR", "0.625", None, None),
    ]


def test_a_deal_in_a_stage_that_is_gone_is_named_and_keeps_its_state(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    hubspot.account.change("deals", deal, dealstage="deleted")
    (problem,) = problems(crm)
    assert (problem.kind, problem.value, problem.opportunity_id) == ("unknown stage", "deleted", str(deal))


def test_what_the_app_may_not_see_is_switched_off_and_says_so(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    account = hubspot.account
    account.link(deal, "contacts", account.add("contacts"))
    account.scopes -= {"crm.objects.contacts.read", "settings.currencies.read"}
    capabilities = crm.capabilities()
    assert "OpportunityContactRole" not in capabilities.tables
    assert "DatedConversionRate" not in capabilities.tables
    assert capabilities.notices == (
        "HubSpot: the private app lacks the scope crm.objects.contacts.read: without it rules about contacts "
        "are switched off.",
    )
    assert not pulled(crm, ContactRoleRecord)
    assert len(pulled(crm, OpportunityRecord)) == 1


def test_companies_count_without_the_right_to_know_their_properties(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    account = hubspot.account
    account.link(deal, "companies", account.add("companies", name="Acme Inc."), "Primary")
    account.scopes.remove("crm.schemas.companies.read")
    assert "Account.country" not in crm.capabilities().opportunity_fields
    (company,) = pulled(crm, AccountRecord, **{"Account.country": FieldKind.TEXT})
    assert (company.name, company.fields) == ("Acme Inc.", {})


def test_without_the_right_to_deals_a_pull_names_the_scope(hubspot: LocalHubspot, crm: HubspotCrm) -> None:
    hubspot.account.scopes.remove("crm.objects.deals.read")
    with pytest.raises(ScopeMissing, match=r"lacks the scope crm\.objects\.deals\.read"):
        pulled(crm, OpportunityRecord)


def test_a_hundred_further_deals_cost_three_requests_whatever_is_remembered(
    hubspot: LocalHubspot, connections: Connections
) -> None:
    """A page of ids and two of deals with history; associations are asked for five hundred at a time."""
    for _ in range(100):
        hubspot.account.add("deals")
    crm = connections.open(description_minutes=0)
    pulled(crm, OpportunityRecord)
    first = len(hubspot.answers.requests)
    for _ in range(100):
        hubspot.account.add("deals")
    pulled(crm, OpportunityRecord)
    assert len(hubspot.answers.requests) - 2 * first == 1 + 2
