"""The configuration of the demo company loads, and speaks of the company that is there."""

import tomllib
from datetime import date

from crm.demo import DemoCrm, demo_configuration
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.matrix import Metric
from tests.crm.demo.demo_reckoning import FIELDS, pull

TODAY = date(2026, 9, 15)


def sections() -> dict[str, dict[str, object]]:
    return tomllib.loads(demo_configuration())


def definitions() -> Definitions:
    names = ("calendar", "metrics", "money", "dimensions", "colours")
    return Definitions.model_validate({name: sections()[name] for name in names})


def test_the_sections_that_figures_depend_on_are_valid() -> None:
    loaded = definitions()
    assert loaded.calendar.start_month == 2
    assert loaded.metrics.value_field == "ACV__c"
    assert loaded.colours.early_guard_cells == (Metric.CLOSED_WON, Metric.PIPE_GEN)


def test_its_people_work_at_the_company() -> None:
    people = PeopleDefinition.model_validate(sections()["people"])
    emails = {user.email for user in pull(TODAY).users}
    assert people.council
    assert {*people.council, *people.operations, *people.administrators} <= emails
    for function in (people.functions.sales, people.functions.product, people.functions.marketing):
        assert function
        assert set(function) <= set(people.council)


def test_every_field_that_it_names_is_there() -> None:
    fields = DemoCrm(TODAY).capabilities().opportunity_fields
    dimensions = definitions().dimensions
    named = {
        resolver.field
        for resolvers in (dimensions.region, dimensions.segment, dimensions.source, dimensions.lever)
        for resolver in resolvers
        if resolver.field
    }
    council = CouncilDefinition.model_validate(sections()["council"])
    assert named | {council.confidential, definitions().metrics.value_field} <= fields
    assert set(FIELDS) <= fields


def test_roles_that_it_maps_to_sources_exist() -> None:
    roles = {role.name for role in pull(TODAY).roles}
    chain = definitions().dimensions.source[1]
    assert chain.map is not None
    assert set(chain.map) <= roles


def test_the_stages_that_it_names_exist() -> None:
    stages = {stage.name for stage in pull(TODAY).stages}
    bound = sections()["hygiene"]["stages"]
    assert isinstance(bound, dict)
    assert {definitions().metrics.qualified_stage, *bound.values()} <= stages
