"""What forms of deals know: fields of the deal's record type, and no more calls than needed."""

from dataclasses import replace

import pytest

from crm.salesforce.organisation import Organisation
from pipeline.crm_fields import FieldType, PickValue
from tests.crm.salesforce.conftest import Connections, deal_id, user_id
from tests.salesforce.schema import Field, Pick, Type
from tests.salesforce.server import LocalSalesforce

NEW_BUSINESS, RENEWAL = "Dryer line 2", "Heat pump retrofit"


@pytest.fixture
def organisation(connections: Connections) -> Organisation:
    return connections.organisation()


def test_a_form_has_the_values_of_the_deals_record_type(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    new, renewal = (organisation.shapes.of_deal(deal_id(served, name)) for name in (NEW_BUSINESS, RENEWAL))
    assert (new.record_type, renewal.record_type) == ("New business", "Renewal")
    assert [pick.value for pick in new.fields["Region__c"].picks] == ["DACH", "Nordics", "Iberia"]
    assert [pick.value for pick in renewal.fields["Region__c"].picks] == ["DACH", "Nordics"]
    assert "Discovery" not in {pick.value for pick in renewal.fields["StageName"].picks}
    country = renewal.fields["Country__c"]
    assert country.controlled_by == "Region__c"
    assert PickValue("Sweden", "Sweden", frozenset({"Nordics"})) in country.picks


def test_types_lengths_and_what_is_needed_come_from_describe(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    served.org.objects["Opportunity"].add(
        Field("Topics__c", Type.MULTIPICKLIST, picks=(Pick("A"),)),
        Field("Rich__c", Type.TEXTAREA, length=5_000, is_html=True),
        Field("Seen_At__c", Type.DATETIME),
        Field("Engineer__c", Type.REFERENCE, "Engineer", refers_to="User", relation="Engineer__r"),
    )
    fields = organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS)).fields
    types = {
        name: fields[name].type for name in ("Amount", "Probability", "CloseDate", "IsWon", "Description")
    }
    assert types == {
        "Amount": FieldType.MONEY,
        "Probability": FieldType.NUMBER,
        "CloseDate": FieldType.DAY,
        "IsWon": FieldType.FLAG,
        "Description": FieldType.LONG_TEXT,
    }
    assert (fields["NextStep"].type, fields["NextStep"].longest) == (FieldType.TEXT, 255)
    needed = ("Name", "StageName", "CloseDate", "OwnerId", "Amount", "IsWon")
    assert [name for name in needed if fields[name].is_required] == [
        "Name",
        "StageName",
        "CloseDate",
        "OwnerId",
    ]
    closed = ("Topics__c", "Rich__c", "Seen_At__c", "IsWon", "CreatedDate", "AccountId", "Id")
    assert [name for name in closed if fields[name].is_writable] == []
    assert fields["Engineer__c"].type is FieldType.PERSON


def test_a_deal_is_given_to_active_people_alone(served: LocalSalesforce, organisation: Organisation) -> None:
    owner = organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS)).fields["OwnerId"]
    assert (owner.label, owner.type) == ("Owner", FieldType.PERSON)
    names = [pick.label for pick in owner.picks]
    assert names == ["Council Integration", "Mara Meier", "Omar Öz", "Vera Vogt"]
    assert user_id(served, "Lena Left") not in {pick.value for pick in owner.picks}


def test_forecast_categories_are_ours_under_the_organisations_names(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    deal = served.org.objects["Opportunity"]
    deal.add(
        replace(
            deal.fields["ForecastCategory"], picks=(Pick("Pipeline", "Funnel"), Pick("BestCase", "Upside"))
        ),
        replace(deal.fields["ForecastCategoryName"], picks=(Pick("Funnel"), Pick("Upside"), Pick("Omitted"))),
    )
    picks = organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS)).fields["ForecastCategoryName"].picks
    assert [(pick.value, pick.label) for pick in picks] == [
        ("Pipeline", "Funnel"),
        ("Best Case", "Upside"),
        ("Omitted", "Omitted"),
    ]


def test_the_amount_of_a_deal_with_products_is_not_typed(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    with_products = organisation.shapes.of_deal(deal_id(served, "Spray tower")).fields
    assert not with_products["Amount"].is_writable
    assert not with_products["CurrencyIsoCode"].is_writable
    assert organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS)).fields["Amount"].is_writable


def test_what_the_page_asks_for_is_asked_for_here(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    kinds = served.org.objects["Opportunity"].record_types
    kinds[1] = replace(kinds[1], required_on_page=("NextStep",), read_only_on_page=("LeadSource",))
    renewal = organisation.shapes.of_deal(deal_id(served, RENEWAL)).fields
    assert renewal["NextStep"].is_required
    assert not renewal["LeadSource"].is_writable
    new = organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS)).fields
    assert not new["NextStep"].is_required
    assert new["LeadSource"].is_writable


def test_a_form_that_was_shown_once_needs_no_call(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    deal = deal_id(served, NEW_BUSINESS)
    organisation.shapes.of_deal(deal)
    calls = len(served.calls)
    organisation.shapes.of_deal(deal)
    assert len(served.calls) == calls


def test_after_preparing_a_form_asks_for_the_type_of_its_deal_alone(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    organisation.shapes.prepare()
    calls = len(served.calls)
    organisation.shapes.of_deal(deal_id(served, RENEWAL))
    [call] = served.calls[calls:]
    assert call.params["q"].startswith("SELECT RecordTypeId, HasOpportunityLineItem FROM Opportunity")


def test_a_form_opens_with_the_usual_type_where_salesforce_does_not_answer_or_knows_no_such_deal(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    organisation.shapes.prepare()
    served.faults.is_unavailable(times=1)
    assert organisation.shapes.of_deal(deal_id(served, RENEWAL)).record_type == "New business"
    assert organisation.shapes.of_deal("006000000000000AAA").record_type == "New business"
    assert organisation.shapes.of_deal("x' OR Name != '").record_type == "New business"


def test_an_organisation_without_record_types_has_one_kind_of_form(
    served: LocalSalesforce, organisation: Organisation
) -> None:
    deal = served.org.objects["Opportunity"]
    deal.record_types.clear()
    del deal.fields["RecordTypeId"]
    shape = organisation.shapes.of_deal(deal_id(served, NEW_BUSINESS))
    assert shape.record_type is None
    assert len(shape.fields["StageName"].picks) == 6
