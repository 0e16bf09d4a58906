"""The names that an expression can use, and the order of stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.expressions.tree import Kind


@dataclass(frozen=True)
class Fact:
    """Something that is known of every opportunity, whatever the CRM calls it."""

    kind: Kind
    meaning: str


FACTS: Mapping[str, Fact] = {
    "name": Fact(Kind.TEXT, "Name of the opportunity."),
    "stage": Fact(Kind.STAGE, "Stage, by its name in the CRM; ordered as the CRM orders its stages."),
    "category": Fact(
        Kind.CATEGORY, "Forecast category: Omitted, Pipeline, Best Case, Most Likely, Commit or Closed."
    ),
    "is_open": Fact(Kind.FLAG, "Neither won nor lost."),
    "is_won": Fact(Kind.FLAG, "Won."),
    "is_lost": Fact(Kind.FLAG, "Lost."),
    "region": Fact(Kind.TEXT, "Value of the dimension region; empty where it is (Unassigned)."),
    "segment": Fact(Kind.TEXT, "Value of the dimension segment; empty where it is (Unassigned)."),
    "source": Fact(Kind.TEXT, "Value of the dimension source; empty where it is (Unassigned)."),
    "lever": Fact(Kind.TEXT, "Value of the dimension lever; empty where it is (Unassigned)."),
    "product": Fact(
        Kind.TEXT, "Product family with the largest share of the deal; empty without line items or family."
    ),
    "deal_type": Fact(Kind.TEXT, "new_business, expansion, renewal or other; empty where not configured."),
    "value": Fact(
        Kind.NUMBER,
        "The value that counts, in the corporate currency; empty where it is unknown or has no rate.",
    ),
    "amount": Fact(Kind.NUMBER, "Amount in the opportunity's own currency."),
    "currency": Fact(Kind.TEXT, "ISO code of the opportunity's own currency."),
    "close_date": Fact(Kind.DAY, "Expected close date; of a closed deal the day it closed."),
    "created": Fact(Kind.DAY, "Day on which the opportunity was created."),
    "today": Fact(Kind.DAY, "The day for which the rule is asked."),
    "age_days": Fact(Kind.NUMBER, "today - created."),
    "days_to_close": Fact(Kind.NUMBER, "close_date - today; negative when past."),
    "next_step": Fact(Kind.TEXT, "Next step."),
    "last_activity": Fact(Kind.DAY, "Day of the last activity."),
    "owner": Fact(Kind.TEXT, "CRM user id of the owner (their name: Owner.Name)."),
    "account": Fact(Kind.TEXT, "CRM id of the account (its name: Account.Name)."),
}
"""What every expression can name. Any other name is a field of the CRM by its API name."""

STANDARD_FIELDS: Mapping[str, str] = {
    "Name": "name",
    "StageName": "stage",
    "ForecastCategory": "category",
    "ForecastCategoryName": "category",
    "Amount": "amount",
    "CurrencyIsoCode": "currency",
    "CloseDate": "close_date",
    "CreatedDate": "created",
    "NextStep": "next_step",
    "LastActivityDate": "last_activity",
    "OwnerId": "owner",
    "AccountId": "account",
}
"""API names of the fields that every opportunity record holds, and the fact that each is."""


@dataclass(frozen=True)
class Vocabulary:
    """What the names of an expression are."""

    kinds: Mapping[str, Kind]
    """Every name that can be used, facts included."""
    stages: Sequence[str] = ()
    """Names of the CRM's stages in its order."""

    @classmethod
    def of(cls, fields: Mapping[str, Kind], stages: Sequence[str]) -> "Vocabulary":
        """The facts that every opportunity has, and these fields of the CRM."""
        return cls({**fields, **{name: fact.kind for name, fact in FACTS.items()}}, tuple(stages))

    def with_names(self, kinds: Mapping[str, Kind]) -> "Vocabulary":
        """The same with further names."""
        return replace(self, kinds={**self.kinds, **kinds})
