"""Random definitions, and how they are written in a configuration file."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.journeys.exported import toml_section
from tests.reference.quarters import Year
from tests.reference.terms import Resolver, Terms

ROLE_REGIONS = {"Americas": "AMER", "Europe": "EMEA"}


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    knots = ((Fraction(0), Fraction(0)), (Fraction(1, 2), Fraction(3, 10)), (Fraction(1), Fraction(1)))
    forecast = ((Fraction(0), Fraction(2, 5)), (Fraction(1), Fraction(1)))
    required = ((Fraction(0), Fraction(3)), (Fraction(1), Fraction(1)))
    region = draw(
        st.sampled_from(
            [
                (
                    Resolver(path="Region__c"),
                    Resolver(path="Account.BillingCountry", map={"Germany": "EMEA", "Japan": "APAC"}),
                ),
                (Resolver(role_chain="owner", map=ROLE_REGIONS), Resolver(path="Region__c")),
            ]
        )
    )
    source = draw(
        st.sampled_from(
            [
                (Resolver(path="LeadSource"),),
                (
                    Resolver(role_chain="creator", map={"SDR": "SDR", "BDR": "BDR"}),
                    Resolver(path="LeadSource", map={"Web": "Digital"}),
                    Resolver(value="AE"),
                ),
            ]
        )
    )
    bands = {"SMB": (0, 199), "MM": (200, 1999), "ENT": (2000,)}
    resolvers = {
        "region": region,
        "segment": (Resolver(path="Account.NumberOfEmployees", bands=bands),),
        "source": source,
    }
    if draw(st.booleans()):
        resolvers["deal_type"] = (
            Resolver(path="Kind__c", map={"Renewal": "renewal", "New": "new_business"}),
        )
    pacing: Literal["linear", "seasonal"] = draw(st.sampled_from(["linear", "seasonal"]))
    return Terms(
        zone=ZoneInfo(
            draw(st.sampled_from(["America/Los_Angeles", "America/New_York", "UTC", "Asia/Tokyo"]))
        ),
        year=Year(draw(st.integers(1, 12)), draw(st.sampled_from(["ending_year", "starting_year"]))),
        alignment=draw(st.sampled_from(["day_of_quarter", "days_to_quarter_end", "calendar_date"])),
        value_field=draw(st.sampled_from(["ACV__c", "Amount"])),
        qualified_stage=draw(st.sampled_from(["Qualification", "Proposal"])),
        assumed_open_stage=draw(st.sampled_from(["Qualification", "Proposal"])),
        pipe_gen_basis=draw(st.sampled_from(["qualified_date", "qualified_date", "created_date"])),
        coverage_denominator=draw(st.sampled_from(["remaining", "remaining", "target"])),
        corporate_currency="USD",
        rate_mode=draw(st.sampled_from(["dated_by_close_date", "static", "dated_by_as_of"])),
        resolvers=resolvers,
        pacing=pacing,
        pace_curve=knots if pacing == "seasonal" or draw(st.booleans()) else None,
        forecast_curve=forecast,
        required_coverage=required,
        complete=draw(st.booleans()),
    )


def configuration_of(terms: Terms) -> str:
    sections = [
        toml_section("crm", {"kind": "files"}),
        toml_section("crm.files", {"folder": "exports", "complete": terms.complete}),
        toml_section("storage", {"url": "sqlite:///council.db"}),
        toml_section(
            "calendar",
            {
                "timezone": terms.zone.key,
                "start_month": terms.year.start_month,
                "name_by": terms.year.name_by,
                "yoy_alignment": terms.alignment,
            },
        ),
        toml_section(
            "metrics",
            {
                "value_field": terms.value_field,
                "qualified_stage": terms.qualified_stage,
                "assumed_open_stage": terms.assumed_open_stage,
                "pipe_gen_basis": terms.pipe_gen_basis,
                "coverage_denominator": terms.coverage_denominator,
            },
        ),
        toml_section("money", {"corporate_currency": "USD", "rate_mode": terms.rate_mode}),
        toml_section(
            "dimensions", {name: map(_resolver, resolvers) for name, resolvers in terms.resolvers.items()}
        ),
        toml_section(
            "colours",
            {
                "pacing": terms.pacing,
                **({"pace_curve": {"*": _knots(terms.pace_curve)}} if terms.pace_curve else {}),
                "forecast_curve": {"*": _knots(terms.forecast_curve)},
                "required_coverage": {"*": _knots(terms.required_coverage)},
            },
        ),
    ]
    return "\n".join(sections)


def _resolver(resolver: Resolver) -> Mapping[str, Any]:
    written = {
        "field": resolver.path,
        "role_chain": resolver.role_chain,
        "value": resolver.value,
        "map": resolver.map,
        "bands": resolver.bands,
    }
    return {key: value for key, value in written.items() if value is not None}


def _knots(knots: Sequence[tuple[Fraction, Fraction]]) -> list[list[float]]:
    return [[float(share), float(value)] for share, value in knots]
