"""A small mirror for the hygiene rules: a healthy deal, and deals that differ from it in a few facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from pipeline.calendar import FiscalCalendar, build_calendar
from pipeline.crm_records import Capabilities
from pipeline.definitions import Definitions
from pipeline.findings import Finding, HygieneReport
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.money import RateTable, build_rate_table
from pipeline.records import Category, DealClass
from storage.hygiene import ask_hygiene, judge_opportunity, measure_hygiene, untrusted_opportunities
from storage.tables import (
    FOREVER,
    Mirror,
    currency_table,
    opportunity,
    opportunity_key,
    opportunity_version,
    person,
    slice_table,
    stage,
)

TODAY = date(2026, 5, 12)
"""A Tuesday in the quarter from April to June."""
FIRST_PULL = date(2026, 1, 5)
STAGES = {
    "Prospecting": 1,
    "Qualification": 2,
    "Discovery": 3,
    "Proposal": 4,
    "Negotiation": 5,
    "Closed Won": 6,
    "Closed Lost": 7,
}
CLASSES = {
    1: DealClass.OPEN_UNQUALIFIED,
    2: DealClass.OPEN_QUALIFIED,
    3: DealClass.OPEN_QUALIFIED,
    4: DealClass.OPEN_QUALIFIED,
    5: DealClass.OPEN_QUALIFIED,
    6: DealClass.WON,
    7: DealClass.LOST,
}
SLICES = {
    "ENT": ("EMEA", "ENT", "AE", "Core", "new_business"),
    "MM": ("EMEA", "MM", "AE", "Core", "new_business"),
    "SMB": ("AMER", "SMB", "SDR", "Core", "new_business"),
    "renewal": ("EMEA", "ENT", "AE", "Core", "renewal"),
    "nowhere": ("(Unassigned)", "(Unassigned)", "(Unassigned)", "(No product)", ""),
    "nowhere renewal": ("(Unassigned)", "(Unassigned)", "(Unassigned)", "(No product)", "renewal"),
    "ENT Cloud": ("EMEA", "ENT", "AE", "Cloud", "new_business"),
}
PEOPLE = {
    "ana": (1, "Ana Rep", "max", True),
    "bo": (2, "Bo Rep", "max", True),
    "max": (3, "Max Manager", "vera", True),
    "vera": (4, "Vera Vice", None, True),
    "gone": (5, "Gus Gone", "max", False),
}

DEFINITIONS = Definitions.model_validate(
    {
        "metrics": {"value_field": "ACV__c", "qualified_stage": "Qualification"},
        "dimensions": {
            "region": [{"field": "Region__c"}],
            "segment": [{"field": "Account.Segment__c"}],
            "source": [{"field": "LeadSource"}],
            "deal_type": [{"field": "Type"}],
        },
    }
)
HYGIENE: dict[str, Any] = {
    "segments": {"small": ["SMB"], "mid": ["MM"], "enterprise": ["ENT"]},
    "qualification_fields": ["Metrics__c", "Buyer__c", "Pain__c", "Champion__c", "Criteria__c"],
}
CAPABILITIES = Capabilities(
    tables=frozenset(
        {"Opportunity", "OpportunityContactRole", "OpportunityLineItem", "Task", "Event", "User"}
    ),
    opportunity_fields=frozenset(
        {
            *("CloseDate", "Amount", "ACV__c", "NextStep", "LastActivityDate", "AccountId", "StageName"),
            *("ForecastCategoryName", "MainCompetitors__c", "Loss_Reason__c", "RecordType.Name"),
            *("Metrics__c", "Buyer__c", "Pain__c", "Champion__c", "Criteria__c", "Plan__c", "Seats__c"),
        }
    ),
)
COMPLETE_FIELDS = {
    "Metrics__c": "20 % faster",
    "Buyer__c": "CFO",
    "Pain__c": "Manual work",
    "Champion__c": "Head of IT",
    "Criteria__c": "Price",
    "MainCompetitors__c": "Nobody",
    "Loss_Reason__c": "Price",
}


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


HEALTHY: dict[str, Any] = {
    "stage": "Qualification",
    "category": Category.PIPELINE,
    "close": "2026-07-15",
    "created": "2026-05-01",
    "valid_from": "2026-05-05",
    "valid_to": None,
    "stage_since": "2026-05-05",
    "category_since": "2026-05-05",
    "pushes": 0,
    "value": 10_000,
    "currency": 0,
    "slice": "ENT",
    "owner": "ana",
    "amount": 10_000,
    "custom_value": 10_000,
    "next_step": "Demo on Friday",
    "next_step_since": "2026-05-10",
    "last_activity": "2026-05-11",
    "contacts": 3,
    "buyers": 1,
    "lines": 1,
    "next_activity": "2026-05-14",
    "oldest_task": "2026-05-14",
    "close_edited": True,
    "account": "own",
    "name": None,
    "fields": COMPLETE_FIELDS,
}
"""A deal that breaks no rule on TODAY."""


@dataclass
class HygieneMirror:
    """Fills the tables and asks the rules."""

    connection: Connection
    hygiene: Mapping[str, Any] = field(default_factory=lambda: HYGIENE)
    definitions: Definitions = DEFINITIONS
    capabilities: Capabilities = CAPABILITIES
    rates: RateTable = field(default_factory=lambda: build_rate_table("USD", "static", {}, []))
    generation: int = 1
    deals: int = 0

    def fill(self) -> None:
        """Everything beside the deals."""
        add = self.connection.execute
        add(
            insert(Mirror.__table__),  # type: ignore[attr-defined]
            {
                "id": 1,
                "generation": self.generation,
                "first_pull_day": FIRST_PULL.toordinal(),
                "definitions_hash": "",
                "corporate_currency": "USD",
                "source": "",
                "capabilities": "{}",
            },
        )
        add(insert(currency_table), {"no": 0, "code": "USD"})
        for name, number in STAGES.items():
            add(
                insert(stage),
                {
                    "no": number,
                    "name": name,
                    "sort_order": number * 10,
                    "is_closed": number > 5,
                    "is_won": number == 6,
                    "category": 1,
                },
            )
        for number, (region, segment, source, product, deal_type) in enumerate(SLICES.values()):
            add(
                insert(slice_table),
                {
                    "no": number,
                    "region": region,
                    "segment": segment,
                    "source": source,
                    "product": product,
                    "lever": "",
                    "deal_type": deal_type,
                },
            )
        for crm_id, (number, name, manager, is_active) in PEOPLE.items():
            add(
                insert(person),
                {
                    "no": number,
                    "crm_id": crm_id,
                    "name": name,
                    "is_active": is_active,
                    "manager_id": manager,
                    "is_integration": False,
                    "fields": {},
                },
            )

    def add_deal(self, crm_id: str, **differs: Any) -> int:
        """A healthy deal but for what differs; its number."""
        facts = {**HEALTHY, **differs}
        self.deals += 1
        number = self.deals
        account = f"account of {crm_id}" if facts["account"] == "own" else facts["account"]
        self.connection.execute(insert(opportunity_key), {"no": number, "crm_id": crm_id})
        self.connection.execute(
            insert(opportunity),
            {
                "no": number,
                "gen_from": 1,
                "gen_to": FOREVER,
                "crm_id": crm_id,
                "name": facts["name"] or f"Deal {crm_id}",
                "owner_id": facts["owner"],
                "account_id": account,
                "stage": STAGES[facts["stage"]],
                "amount": _scaled(facts["amount"]),
                "custom_value": _scaled(facts["custom_value"]),
                "created_day": _day(facts["created"]),
                "next_step": facts["next_step"],
                "next_step_day": _day(facts["next_step_since"]),
                "close_edited": facts["close_edited"],
                "last_activity_day": _day(facts["last_activity"]),
                "contact_count": facts["contacts"],
                "buyer_count": facts["buyers"],
                "line_count": facts["lines"],
                "next_activity_day": _day(facts["next_activity"]),
                "overdue_task_day": _day(facts["oldest_task"]),
                "confidential": False,
                "fields": facts["fields"],
                "state": [],
                "content_hash": "",
                "is_deleted": False,
                "observed_at": 0,
            },
        )
        self.add_version(number, **facts)
        return number

    def add_version(self, number: int, part: int = 0, **differs: Any) -> None:
        facts = {**HEALTHY, **differs}
        stage_number = STAGES[facts["stage"]]
        self.connection.execute(
            insert(opportunity_version),
            {
                "opportunity": number,
                "valid_from": day(facts["valid_from"]),
                "part": part,
                "gen_from": 1,
                "valid_to": FOREVER if facts["valid_to"] is None else day(facts["valid_to"]),
                "gen_to": FOREVER,
                "deal_class": int(CLASSES[stage_number]),
                "category": int(facts["category"]),
                "stage": stage_number,
                "value": _scaled(facts["value"]),
                "deal_value": _scaled(facts["value"]),
                "currency": facts["currency"],
                "close_day": _day(facts["close"]),
                "first_qualified": None,
                "qualified_basis": 1,
                "created_day": _day(facts["created"]),
                "slice": list(SLICES).index(facts["slice"]),
                "owner": None if facts["owner"] is None else PEOPLE[facts["owner"]][0],
                "observed_from": day(facts["valid_from"]),
                "state_basis": 1,
                "slice_basis": 1,
                "stage_since": _day(facts["stage_since"]),
                "category_since": _day(facts["category_since"]),
                "pushes": facts["pushes"],
            },
        )

    @property
    def definition(self) -> HygieneDefinition:
        return HygieneDefinition.model_validate(self.hygiene)

    @property
    def calendar(self) -> FiscalCalendar:
        return build_calendar(self.definitions.calendar)

    def measure(self, as_of: date = TODAY) -> HygieneReport:
        return measure_hygiene(self.connection, as_of=as_of, **self._setting())

    def judge(self, crm_id: str, as_of: date = TODAY) -> tuple[Finding, ...]:
        question = ask_hygiene(self.connection, as_of=as_of, **self._setting())
        return judge_opportunity(self.connection, question, crm_id)

    def untrusted(self, as_of: date = TODAY) -> set[int]:
        statement = untrusted_opportunities(self.connection, as_of=as_of, **self._setting())
        return set(self.connection.scalars(statement))

    def broken_by(self, rule: str) -> set[str]:
        return {one.opportunity_id for one in self.measure().findings if one.rule == rule}

    def _setting(self) -> dict[str, Any]:
        return {
            "generation": self.generation,
            "definition": self.definition,
            "definitions": self.definitions,
            "calendar": self.calendar,
            "capabilities": self.capabilities,
            "rates": self.rates,
        }


def _day(text: str | None) -> int | None:
    return None if text is None else day(text)


def _scaled(amount: float | Decimal | None) -> int | None:
    return None if amount is None else int(Decimal(str(amount)) * 10_000)
