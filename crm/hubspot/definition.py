"""The section `[crm.hubspot]`: the private app's token, and what the account calls things."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator

from pipeline.deal_fields import CATEGORY_LABELS
from pipeline.definitions import Definition, Number
from pipeline.nearest import did_you_mean
from pipeline.records import Category, parse_category

_LABELS = tuple(CATEGORY_LABELS.values())


def _known_category(label: str) -> str:
    if parse_category(label) is None:
        raise ValueError(f"expected one of {', '.join(_LABELS)}{did_you_mean(label, _LABELS)}")
    return label


CategoryLabel = Annotated[str, AfterValidator(_known_category)]
"""Omitted, Pipeline, Best Case, Most Likely, Commit or Closed."""


class HubspotDefinition(Definition):
    """A HubSpot account as the CRM."""

    access_token: SecretStr | None = Field(
        None,
        description="Access token of the private app. Only from the environment "
        "(COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN) or a secret file, never from the configuration file.",
    )
    url: str = Field("https://api.hubapi.com", description="Address of the API.")
    pipelines: tuple[str, ...] = Field(
        (), description="Deal pipelines that count, by name or id; default: all of them."
    )
    managers: Mapping[str, str] = Field(
        {},
        description="E-mail of a person = e-mail of the manager. HubSpot tells no app who reports to whom.",
    )
    product_family: str = Field(
        "name",
        description="Property of line items that is the product family: name, hs_product_type or your own.",
    )
    forecast_categories: Mapping[str, CategoryLabel] = Field(
        {},
        description="Value of the property Forecast category (hs_manual_forecast_category) = ours (Omitted, "
        "Pipeline, Best Case, Most Likely, Commit, Closed), beside those that HubSpot has from the start.",
    )
    commit_from: Number = Field(
        Decimal("0.9"),
        ge=0,
        le=1,
        description="Deals without a forecast category are Commit from this stage probability on.",
    )
    best_case_from: Number = Field(
        Decimal("0.6"), ge=0, le=1, description="Likewise Best Case; below it they are Pipeline."
    )
    required: Mapping[str, tuple[str, ...]] = Field(
        {},
        description="Properties that a deal needs in a stage, which HubSpot tells no app: "
        'required."Contract sent" = ["amount", "hs_next_step"].',
    )
    requests_per_ten_seconds: int = Field(
        80,
        ge=1,
        le=250,
        description="The most requests of ours in ten seconds; all apps share what HubSpot allows.",
    )
    timeout_seconds: int = Field(30, ge=1, le=600, description="How long an answer is waited for.")
    description_minutes: int = Field(
        15, ge=0, description="How long properties, pipelines and people are remembered; 0: not at all."
    )

    @field_validator("url")
    @classmethod
    def _as_address(cls, url: str) -> str:
        """No token travels in the clear, unless it stays on this machine."""
        parts = urlsplit(url)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if (
            not parts.hostname
            or parts.scheme not in ("https", "http")
            or not (is_local or parts.scheme == "https")
        ):
            raise ValueError("expected an address that begins with https://")
        return url.rstrip("/")

    @property
    def category_of_value(self) -> Mapping[str, Category]:
        """HubSpot's value of a forecast category -> ours."""
        own = {value: parse_category(label) for value, label in self.forecast_categories.items()}
        return {**_STANDARD_CATEGORIES, **{value: one for value, one in own.items() if one is not None}}

    def category_of_probability(self, probability: Decimal) -> Category:
        """What an open stage's probability says of its deals."""
        if probability >= self.commit_from:
            return Category.COMMIT
        return Category.BEST_CASE if probability >= self.best_case_from else Category.PIPELINE


_STANDARD_CATEGORIES: Mapping[str, Category] = {
    "OMIT": Category.OMITTED,
    "PIPELINE": Category.PIPELINE,
    "BEST_CASE": Category.BEST_CASE,
    "MOST_LIKELY": Category.MOST_LIKELY,
    "COMMIT": Category.COMMIT,
    "CLOSED": Category.CLOSED,
}
