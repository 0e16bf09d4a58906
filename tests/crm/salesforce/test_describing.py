"""What describe tells of an object, and how long it is believed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from crm.salesforce.describing import Descriptions, Layout, ObjectDescription, PickChoice
from crm.salesforce.errors import Unavailable
from tests.crm.salesforce.conftest import Connections
from tests.salesforce.schema import Field, Pick, Type
from tests.salesforce.server import LocalSalesforce

MINUTE = 60
DAY = 24 * 60 * MINUTE


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def later() -> list[Callable[[], None]]:
    """What was put off, to be done by the test."""
    return []


@pytest.fixture
def descriptions(connections: Connections, clock: Clock, later: list[Callable[[], None]]) -> Descriptions:
    return Descriptions(connections.open(), 30, clock, later.append)


def opportunity(descriptions: Descriptions) -> ObjectDescription:
    found = descriptions.object("Opportunity")
    assert found is not None
    return found


def kind_of(served: LocalSalesforce, name: str) -> str:
    return next(one.id for one in served.org.objects["Opportunity"].record_types if one.name == name)


def asked(served: LocalSalesforce, end: str) -> int:
    return sum(call.path.endswith(end) for call in served.calls)


def test_fields_are_told_with_all_that_a_form_needs(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    deal = served.org.objects["Opportunity"]
    deal.add(
        Field(
            "Score__c", Type.DOUBLE, "Score", scale=1, is_calculated=True, is_updateable=False, help="0 to 10"
        ),
        Field("Notes__c", Type.TEXTAREA, "Notes", length=5_000, is_html=True),
    )
    fields = opportunity(descriptions).fields
    assert (fields["NextStep"].label, fields["NextStep"].length) == ("Next Step", 255)
    assert [name for name in ("Name", "Amount", "OwnerId", "IsWon") if fields[name].is_required] == ["Name"]
    assert not fields["OwnerId"].is_nillable
    assert not fields["IsWon"].is_updateable
    account = fields["AccountId"]
    assert (account.reference_to, account.relationship_name) == (("Account",), "Account")
    score = fields["Score__c"]
    assert (score.type, score.scale, score.is_calculated, score.help) == ("double", 1, True, "0 to 10")
    assert fields["Notes__c"].is_html
    assert fields["Region__c"].is_restricted
    assert [pick.value for pick in fields["Region__c"].picks] == ["DACH", "Nordics", "Iberia"]


def test_the_bits_of_a_dependent_value_are_places_of_the_controlling_field(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    """Ten controlling values take two bytes; the third place of the second byte is 10."""
    deal = served.org.objects["Opportunity"]
    codes = tuple(f"R{number}" for number in range(11))
    deal.add(
        Field("Route__c", Type.PICKLIST, picks=tuple(map(Pick, codes))),
        Field(
            "Port__c", Type.PICKLIST, controlled_by="Route__c",
            picks=(Pick("Kiel", goes_with=("R0", "R9", "R10")), Pick("Nowhere")),
        ),
    )  # fmt: skip
    field = opportunity(descriptions).fields["Port__c"]
    assert field.controller == "Route__c"
    assert [pick.valid_for for pick in field.picks] == [frozenset({0, 9, 10}), frozenset()]


def test_a_hidden_field_is_absent_and_a_hidden_object_is_none(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    served.org.hidden_fields.add(("Opportunity", "NextStep"))
    served.org.hidden_objects.add("OpportunitySplit")
    assert "NextStep" not in opportunity(descriptions).fields
    assert descriptions.object("OpportunitySplit") is None
    assert descriptions.object("Nothing__c") is None


def test_picks_are_those_of_the_record_type_with_the_values_that_they_need(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    renewal = descriptions.choices("Opportunity", kind_of(served, "Renewal"))
    assert [pick.value for pick in renewal["StageName"]][:2] == ["Qualification", "Proposal"]
    assert [pick.value for pick in renewal["Region__c"]] == ["DACH", "Nordics"]
    assert renewal["Country__c"] == (
        PickChoice("Germany", "Germany", frozenset({"DACH"})),
        PickChoice("Austria", "Austria", frozenset({"DACH"})),
        PickChoice("Sweden", "Sweden", frozenset({"Nordics"})),
    )  # Spain goes with Iberia alone, which a renewal cannot be in
    assert len(descriptions.choices("Opportunity", None)["StageName"]) == 6


@pytest.mark.parametrize("has_ui_api", [True, False])
def test_a_checkbox_can_control_a_picklist_and_inactive_values_are_not_offered(
    served: LocalSalesforce, descriptions: Descriptions, has_ui_api: bool
) -> None:
    served.has_ui_api = has_ui_api
    deal = served.org.objects["Opportunity"]
    deal.add(
        Field("Is_Partner__c", Type.BOOLEAN),
        Field(
            "Tier__c", Type.PICKLIST, controlled_by="Is_Partner__c",
            picks=(
                Pick("Gold", goes_with=("true",)),
                Pick("Silver", goes_with=("true",), is_active=False),
                Pick("None", goes_with=("false", "true")),
            ),
        ),
    )  # fmt: skip
    assert descriptions.choices("Opportunity", None)["Tier__c"] == (
        PickChoice("Gold", "Gold", frozenset({"1"})),
        PickChoice("None", "None", frozenset({"0", "1"})),
    )


def test_without_the_user_interface_api_the_objects_own_values_are_all_there_is(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    served.has_ui_api = False
    renewal = kind_of(served, "Renewal")
    choices = descriptions.choices("Opportunity", renewal)
    assert len(choices["StageName"]) == 6
    assert choices["Country__c"][-1] == PickChoice("Spain", "Spain", frozenset({"Iberia"}))
    assert descriptions.layout("Opportunity", renewal) == Layout()


def test_a_picklist_whose_controlling_field_is_hidden_depends_on_nothing(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    served.org.hidden_fields.add(("Opportunity", "Region__c"))
    choices = descriptions.choices("Opportunity", kind_of(served, "New business"))
    assert [(pick.value, pick.needs) for pick in choices["Country__c"]][-1] == ("Spain", frozenset())


def test_a_page_asks_for_more_than_the_fields_do(served: LocalSalesforce, descriptions: Descriptions) -> None:
    kinds = served.org.objects["Opportunity"].record_types
    kinds[1] = replace(kinds[1], required_on_page=("NextStep",), read_only_on_page=("LeadSource",))
    renewal = descriptions.layout("Opportunity", kinds[1].id)
    assert "NextStep" in renewal.required
    assert "LeadSource" in renewal.read_only
    master = descriptions.layout("Opportunity", None)
    assert "NextStep" not in master.required | master.read_only


def test_what_has_expired_is_answered_with_while_it_is_read_again(
    served: LocalSalesforce, descriptions: Descriptions, clock: Clock, later: list[Callable[[], None]]
) -> None:
    opportunity(descriptions)
    served.org.hidden_fields.add(("Opportunity", "NextStep"))
    clock.now += 29 * MINUTE
    opportunity(descriptions)
    assert not later
    clock.now += 1 * MINUTE
    assert "NextStep" in opportunity(descriptions).fields
    opportunity(descriptions)
    [read_again] = later
    read_again()
    assert "NextStep" not in opportunity(descriptions).fields
    assert asked(served, "/Opportunity/describe") == 2


def test_what_is_older_than_a_day_is_not_answered_with(
    served: LocalSalesforce, descriptions: Descriptions, clock: Clock
) -> None:
    opportunity(descriptions)
    served.org.hidden_fields.add(("Opportunity", "NextStep"))
    clock.now += 30 * MINUTE + DAY
    assert "NextStep" not in opportunity(descriptions).fields


def test_after_forgetting_the_next_answer_is_new_or_the_old_where_salesforce_is_silent(
    served: LocalSalesforce, descriptions: Descriptions, clock: Clock
) -> None:
    opportunity(descriptions)
    served.org.hidden_fields.add(("Opportunity", "NextStep"))
    descriptions.forget()
    served.faults.is_unavailable(times=3)
    assert "NextStep" in opportunity(descriptions).fields
    calls = len(served.calls)
    assert "NextStep" in opportunity(descriptions).fields  # nobody waits again within the minute
    assert len(served.calls) == calls
    descriptions.forget()
    assert "NextStep" not in opportunity(descriptions).fields


def test_a_silent_salesforce_is_asked_in_the_background_no_more_than_once_a_minute(
    served: LocalSalesforce, descriptions: Descriptions, clock: Clock, later: list[Callable[[], None]]
) -> None:
    opportunity(descriptions)
    clock.now += 30 * MINUTE
    opportunity(descriptions)
    served.faults.is_unavailable(times=4)
    later.pop()()
    opportunity(descriptions)
    assert not later
    clock.now += 1 * MINUTE
    opportunity(descriptions)
    assert len(later) == 1


def test_a_silent_salesforce_is_said_where_nothing_is_known(
    served: LocalSalesforce, descriptions: Descriptions
) -> None:
    served.faults.is_unavailable(times=3)
    with pytest.raises(Unavailable):
        descriptions.object("Opportunity")


def test_with_no_minutes_each_answer_is_new(served: LocalSalesforce, connections: Connections) -> None:
    descriptions = Descriptions(connections.open(), 0)
    opportunity(descriptions)
    opportunity(descriptions)
    assert asked(served, "/Opportunity/describe") == 2
