"""Resolvers: where a deal stands in each table (DOMAIN section 5)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline.definitions import DimensionsDefinition, Resolver
from pipeline.dimensions import Place, Resolvers, resolve


@dataclass(frozen=True)
class Fields:
    """A deal's fields and the roles of its people, their own first."""

    values: Mapping[str, str | int | None] = field(default_factory=dict)
    owner_roles: tuple[str, ...] = ()
    creator_roles: tuple[str, ...] = ()

    def value(self, path: str) -> str | int | None:
        return self.values.get(path)

    def role_chain(self, whose: str) -> Iterator[str]:
        return iter(self.owner_roles if whose == "owner" else self.creator_roles)


def resolvers(*written: dict[str, Any]) -> tuple[Resolver, ...]:
    return tuple(Resolver.model_validate(one) for one in written)


REGION = resolvers(
    {"field": "Region__c"},
    {"field": "Account.BillingCountry", "map": {"Germany": "EMEA", "Peru": "LATAM"}},
    {"role_chain": "owner", "map": {"West": "AMER"}},
)


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        (Fields({"Region__c": "APAC", "Account.BillingCountry": "Germany"}), "APAC"),
        (Fields({"Region__c": None, "Account.BillingCountry": "Germany"}), "EMEA"),
        (Fields({"Region__c": "", "Account.BillingCountry": "Germany"}), "EMEA"),
        (Fields({"Account.BillingCountry": "France"}, owner_roles=("AE", "West", "World")), "AMER"),
        (Fields({"Account.BillingCountry": "France"}, owner_roles=("AE", "World")), None),
        (Fields(), None),
    ],
)
def test_the_first_resolver_that_yields_a_value_wins(fields: Fields, region: str | None) -> None:
    assert resolve(REGION, fields) == region


@pytest.mark.parametrize(
    ("employees", "segment"),
    [
        (0, "SMB"), (199, "SMB"), (200, "MM"), (1_999, "MM"), (2_000, "ENT"), (900_000, "ENT"),
        (-1, None), (None, None),
    ],
)  # fmt: skip
def test_both_ends_of_a_band_belong_to_it_and_the_last_is_open(
    employees: int | None, segment: str | None
) -> None:
    bands = resolvers(
        {"field": "Account.NumberOfEmployees", "bands": {"SMB": [0, 199], "MM": [200, 1999], "ENT": [2000]}}
    )
    scaled = None if employees is None else employees * 10_000
    assert resolve(bands, Fields({"Account.NumberOfEmployees": scaled})) == segment


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        (Fields({"LeadSource": "Web"}, creator_roles=("BDR", "Sales")), "BDR"),
        (Fields({"LeadSource": "Web"}, creator_roles=("Account Executive", "Sales")), "Web"),
        (Fields(creator_roles=("Account Executive", "Sales")), "AE"),
        (Fields(), "AE"),
    ],
)
def test_by_default_the_source_is_the_creators_seed_role_then_the_lead_source_then_ae(
    fields: Fields, source: str
) -> None:
    """An integration user has no role chain: its deals take their lead source."""
    assert resolve(DimensionsDefinition().source, fields) == source


def test_a_deal_that_no_resolver_knows_is_unassigned_everywhere() -> None:
    place = Resolvers(DimensionsDefinition(source=())).place(Fields())
    assert place == Place(*["(Unassigned)"] * 5)
