"""The configuration that goes with the demo company, as a `council.toml` would hold it."""

from collections.abc import Iterable, Mapping

from crm.demo.accounts import COUNTRIES
from crm.demo.company import (
    AMER,
    CORPORATE_CURRENCY,
    FORECAST_SHARE,
    LEVERS,
    PACE,
    REQUIRED_COVERAGE,
    TIMEZONE,
)
from crm.demo.people import (
    ADMINISTRATOR,
    CHIEF,
    CREATOR_ROLES,
    MARKETING_HEAD,
    OPERATIONS,
    PRODUCT_HEAD,
    VICE_PRESIDENTS,
    council_names,
    email_of,
)
from crm.demo.rows import QUALIFICATION_FIELDS
from pipeline.definitions import Knots

COUNTRIES_OF_ZONES = {
    "America/New_York": "US",
    "America/Chicago": "US",
    "America/Denver": "US",
    "America/Phoenix": "US",
    "America/Los_Angeles": "US",
    "America/Toronto": "CA",
    "Europe/London": "GB",
    "Europe/Dublin": "IE",
    "Europe/Berlin": "DE",
    "Europe/Madrid": "ES",
    "Asia/Tokyo": "JP",
    "Asia/Kolkata": "IN",
    "America/Sao_Paulo": "BR",
}
"""Whose public holidays hold where the reps are."""


def demo_configuration() -> str:
    """TOML text. Storage is not named in it: where the database lies is the caller's to say."""
    return f"""\
# The demo company. Its curves are written down rather than learnt, so that what each colour needs can be
# read here.
[crm]
kind = "demo"

[calendar]
timezone = "{TIMEZONE}"
start_month = 2
name_by = "ending_year"

[metrics]
value_field = "ACV__c"
qualified_stage = "Qualification"

[money]
corporate_currency = "{CORPORATE_CURRENCY}"
rate_mode = "dated_by_close_date"

[dimensions]
region = [
    {{ field = "Region__c" }},
    {{ field = "Account.BillingCountry", map = {_inline(_regions_by_country())} }},
]
segment = [
    {{ field = "Account.Type", map = {{ "Public Sector" = "PUB" }} }},
    {{ field = "Account.NumberOfEmployees", bands = {{ SMB = [0, 199], MM = [200, 1999], ENT = [2000] }} }},
]
source = [
    {{ field = "Pipeline_Source__c" }},
    {{ role_chain = "creator", map = {_inline(CREATOR_ROLES)} }},
]
lever = [{{ field = "Campaign.Type", map = {_inline(LEVERS)} }}]
deal_type = [{{ field = "Type", map = {{ "New Business" = "new_business", Expansion = "expansion" }} }}]

[colours]
# The forecast is committed before a quarter begins, so it is not spared in the first weeks.
early_guard_cells = ["closed_won", "pipe_gen"]
pace_curve."*" = {_knots(PACE)}
forecast_curve."*" = {_knots(FORECAST_SHARE)}
required_coverage."*" = {_knots(REQUIRED_COVERAGE)}

[people]
council = {_emails(council_names())}
operations = {_emails(OPERATIONS)}
administrators = {_emails((ADMINISTRATOR,))}

[people.functions]
sales = {_emails((CHIEF, *VICE_PRESIDENTS.values()))}
product = {_emails((PRODUCT_HEAD,))}
marketing = {_emails((MARKETING_HEAD,))}
operations = {_emails(OPERATIONS[:1])}

[council]
channels = ["#pipeline-council"]
confidential = "Confidential__c"

{_cell_owners()}
[nudges]
days = ["tue", "thu"]
at = "08:30"
countries = {_inline(COUNTRIES_OF_ZONES)}

[actions]
remind_days_before = [2, 0]
remind_days_after = [1, 5]

[actions.types]
spiff = {{ label = "SPIFF", command = "spiff" }}
enablement = {{ label = "Enablement", command = "enablement" }}
dinner = {{ label = "Prospect dinner", command = "dinner" }}
paid_media = {{ label = "Paid media", command = "media" }}
webinar = {{ label = "Customer webinar", command = "webinar" }}

[hygiene]
stages = {{ proposal = "Proposal", negotiation = "Negotiation" }}
segments = {{ small = ["SMB"], mid = ["MM"], enterprise = ["ENT", "PUB"] }}
qualification_fields = {_list(QUALIFICATION_FIELDS)}

[hygiene.rules.next_step_stale]
nudge = true

[hygiene.rules.close_date_pushed]
nudge = true

[hygiene.rules.competitor_missing]
field = "Competitor__c"

[[hygiene.custom]]
name = "enterprise_needs_mutual_plan"
when = "segment == 'ENT' and stage >= 'Proposal' and Mutual_Plan__c is None"
severity = "medium"
says = "Add the mutual action plan"
fixes = ["Mutual_Plan__c"]
"""


def _regions_by_country() -> dict[str, str]:
    return {country: region for region, countries in COUNTRIES.items() for country in countries}


def _cell_owners() -> str:
    """Sales answer for their regions and segments, product and marketing for their own tables."""
    sales = [("sales", "region", region, name, CHIEF) for region, name in VICE_PRESIDENTS.items()]
    tables = [
        ("sales", "segment", None, CHIEF, VICE_PRESIDENTS[AMER]),
        ("product", "product", None, PRODUCT_HEAD, CHIEF),
        ("marketing", "lever", None, MARKETING_HEAD, CHIEF),
        ("operations", "source", None, OPERATIONS[0], OPERATIONS[1]),
    ]
    return "\n".join(_cell_owner(*owner) for owner in (*sales, *tables))


def _cell_owner(function: str, dimension: str, value: str | None, person: str, deputy: str) -> str:
    named = f'value = "{value}"\n' if value else ""
    return (
        f'[[council.owners]]\nfunction = "{function}"\ndimension = "{dimension}"\n{named}'
        f'person = "{email_of(person)}"\ndeputy = "{email_of(deputy)}"\n'
    )


def _inline(mapping: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f'"{theirs}" = "{ours}"' for theirs, ours in mapping.items()) + " }"


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def _emails(names: Iterable[str]) -> str:
    return _list(email_of(name) for name in names)


def _knots(knots: Knots) -> str:
    return "[" + ", ".join(f"[{share}, {value}]" for share, value in knots) + "]"
