"""What a first configuration is guessed to be."""

import tomllib

import pytest

from pipeline.crm_fields import DealShape, FieldShape, FieldType, PickValue
from pipeline.crm_records import StageRecord
from pipeline.definitions import DimensionsDefinition
from pipeline.field_proposals import FieldProposal, propose_fields
from pipeline.records import Category


def money(name: str, label: str) -> FieldShape:
    return FieldShape(name, label, FieldType.MONEY)


def picks(name: str, label: str, *values: str) -> FieldShape:
    return FieldShape(name, label, FieldType.PICKLIST, picks=tuple(PickValue(one, one) for one in values))


def stage(order: int, name: str, *, is_closed: bool = False) -> StageRecord:
    return StageRecord(name, order, is_closed, False, Category.PIPELINE)


def propose(
    *fields: FieldShape, stages: tuple[StageRecord, ...] = (), over: tuple[str, ...] = ()
) -> FieldProposal:
    return propose_fields(DealShape(None, {field.name: field for field in fields}), stages, over)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((money("Amount", "Amount"), money("ACV__c", "Contract value")), "ACV__c"),
        ((money("Amount", "Amount"), money("X1__c", "First year value")), "X1__c"),
        ((money("Amount", "Amount"), money("Warranty__c", "Warranty")), "Amount"),  # no ARR in it
        ((money("Amount", "Amount"), FieldShape("ARR__c", "ARR", FieldType.TEXT)), "Amount"),
    ],
)
def test_a_deals_value_is_its_yearly_one_where_there_is_one(
    fields: tuple[FieldShape, ...], expected: str
) -> None:
    assert propose(*fields).value_field == expected


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((stage(1, "Unqualified"), stage(2, "Qualified"), stage(3, "Proposal")), "Qualified"),
        ((stage(2, "Proposal"), stage(1, "Discovery"), stage(3, "Won", is_closed=True)), "Proposal"),
        ((stage(1, "Open"), stage(2, "Won", is_closed=True)), "Open"),
        ((), None),
    ],
)
def test_the_pipeline_begins_at_the_stage_that_is_called_so_or_the_second(
    stages: tuple[StageRecord, ...], expected: str | None
) -> None:
    assert propose(stages=stages).qualified_stage == expected


def test_dimensions_are_found_by_names_and_labels_and_can_be_read_as_configuration() -> None:
    found = propose(
        picks("SalesTerritory__c", "Where"),
        picks("Grp__c", "Customer segment"),
        picks("LeadSource", "Lead Source"),
        picks("Type", "Type", "New Business", "Existing Business", "Renewal", "Other"),
        FieldShape("Region_Share__c", "Region share", FieldType.NUMBER),
    )
    text = "\n".join(f"{key} = {value}" for key, value in found.dimensions)
    read = DimensionsDefinition.model_validate(tomllib.loads(text))
    assert [one.field for one in (*read.region, *read.segment, *read.source)] == [
        "SalesTerritory__c",
        "Grp__c",
        "LeadSource",
    ]
    assert read.deal_type[0].map == {
        "New Business": "new_business",
        "Existing Business": "expansion",
        "Renewal": "renewal",
    }


def test_without_a_field_of_its_own_a_dimension_comes_from_the_account_or_is_absent() -> None:
    over = ("Account.BillingCountry", "Account.NumberOfEmployees")
    text = "\n".join(f"{key} = {value}" for key, value in propose(over=over).dimensions)
    read = DimensionsDefinition.model_validate(tomllib.loads(text))
    assert (read.region[0].field, read.segment[0].field) == over
    assert propose().dimensions == ()
