"""A HubSpot account in memory: objects with histories, associations, pipelines, owners, currencies."""

import threading
from dataclasses import dataclass, field
from typing import Any

DEFAULT_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2", "false"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4", "false"),
    ("contractsent", "Contract Sent", "0.9", "false"),
    ("closedwon", "Closed Won", "1.0", "true"),
    ("closedlost", "Closed Lost", "0.0", "true"),
)
READ_ONLY = frozenset({"hs_object_id", "createdate", "hs_lastmodifieddate", "hs_created_by_user_id"})
TOKEN = "pat-eu1-00000000-0000-0000-0000-000000000000"
FIRST_MOMENT = 1_780_308_000_000
"""2026-06-01T10:00:00Z in milliseconds."""


@dataclass
class Stored:
    """One object of any type."""

    id: int
    properties: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Newest first, as HubSpot tells it: milliseconds, value."""
    is_archived: bool = False


@dataclass
class Account:
    """What the server holds. Change it from a test at any time; each change takes a moment of its own."""

    scopes: set[str] = field(
        default_factory=lambda: {
            "crm.objects.deals.read",
            "crm.objects.deals.write",
            "crm.schemas.deals.read",
            "crm.schemas.companies.read",
            "crm.objects.owners.read",
            "crm.objects.contacts.read",
            "crm.objects.companies.read",
            "crm.objects.line_items.read",
            "settings.currencies.read",
        }
    )
    objects: dict[str, dict[int, Stored]] = field(
        default_factory=lambda: {"deals": {}, "contacts": {}, "companies": {}, "line_items": {}}
    )
    links: dict[tuple[int, str], list[tuple[int, str | None]]] = field(default_factory=dict)
    """(Deal, type) -> the other end and the label of each association."""
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    owners: list[dict[str, Any]] = field(default_factory=list)
    rates: list[dict[str, Any]] = field(default_factory=list)
    properties: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    now: int = FIRST_MOMENT
    _last_id: int = 9_000

    def __post_init__(self) -> None:
        self.add_pipeline("default", "Sales", DEFAULT_STAGES)
        for name, type_, widget in (
            ("hs_object_id", "number", "number"),
            ("dealname", "string", "text"),
            ("dealstage", "enumeration", "radio"),
            ("pipeline", "enumeration", "select"),
            ("amount", "number", "number"),
            ("closedate", "datetime", "date"),
            ("hs_next_step", "string", "text"),
            ("hubspot_owner_id", "enumeration", "select"),
            ("deal_currency_code", "enumeration", "select"),
            ("createdate", "datetime", "date"),
            ("hs_lastmodifieddate", "datetime", "date"),
            ("hs_created_by_user_id", "number", "number"),
            ("notes_last_updated", "datetime", "date"),
        ):
            self.add_property("deals", name, type_, widget)
        self.add_property(
            "deals",
            "hs_manual_forecast_category",
            "enumeration",
            "select",
            {
                "OMIT": "Not forecasted",
                "PIPELINE": "Pipeline",
                "BEST_CASE": "Best case",
                "COMMIT": "Commit",
                "CLOSED": "Closed won",
            },
        )
        for object_type, name in (
            ("companies", "name"),
            ("companies", "country"),
            ("line_items", "name"),
            ("line_items", "amount"),
            ("line_items", "hs_position_on_quote"),
        ):
            self.add_property(object_type, name, "string", "text")

    def add_property(
        self, object_type: str, name: str, type_: str, widget: str, options: dict[str, str] | None = None
    ) -> None:
        self.properties.setdefault(object_type, {})[name] = {
            "name": name,
            "label": name.replace("_", " ").capitalize(),
            "type": type_,
            "fieldType": widget,
            "description": "",
            "options": [
                {"value": value, "label": label, "displayOrder": place, "hidden": False}
                for place, (value, label) in enumerate((options or {}).items())
            ],
            "calculated": False,
            "showCurrencySymbol": name == "amount",
            "modificationMetadata": {"readOnlyValue": name in READ_ONLY},
        }

    def add_pipeline(self, id: str, label: str, stages: tuple[tuple[str, str, str, str], ...]) -> None:
        self.pipelines.append(
            {
                "id": id,
                "label": label,
                "displayOrder": len(self.pipelines),
                "stages": [
                    {
                        "id": stage_id,
                        "label": stage_label,
                        "displayOrder": order,
                        "metadata": {"probability": probability, "isClosed": is_closed},
                    }
                    for order, (stage_id, stage_label, probability, is_closed) in enumerate(stages)
                ],
            }
        )

    def add_owner(
        self, id: str, email: str, *, login: int, team: str | None = None, has_left: bool = False
    ) -> None:
        first, _, _ = email.partition("@")
        self.owners.append(
            {
                "id": id,
                "email": email,
                "type": "PERSON",
                "firstName": first.capitalize(),
                "lastName": "Doe",
                "userId": None if has_left else login,
                "userIdIncludingInactive": login,
                "archived": has_left,
                "teams": [{"id": f"t-{team}", "name": team, "primary": True}] if team else [],
            }
        )

    def add(self, object_type: str, **properties: str) -> int:
        """A new object; what a deal needs and is not told stands open in the default pipeline."""
        with self.lock:
            self._last_id += 1
            self.now += 1_000
            stored = Stored(self._last_id)
            self.objects[object_type][stored.id] = stored
            if object_type == "deals":
                properties = {
                    "dealstage": "qualifiedtobuy",
                    "pipeline": "default",
                    "createdate": iso(self.now),
                    **properties,
                }
            self._set(stored, {"hs_object_id": str(stored.id), **properties})
            return stored.id

    def change(self, object_type: str, id: int, **properties: str) -> None:
        with self.lock:
            self.now += 1_000
            self._set(self.objects[object_type][id], properties)

    def archive(self, deal_id: int) -> None:
        self.objects["deals"][deal_id].is_archived = True

    def link(self, deal_id: int, object_type: str, id: int, label: str | None = None) -> None:
        self.links.setdefault((deal_id, object_type), []).append((id, label))

    def text(self, deal_id: int, name: str) -> str | None:
        """What a deal's property holds now."""
        return self.objects["deals"][deal_id].properties.get(name)

    def _set(self, stored: Stored, properties: dict[str, str]) -> None:
        for name, value in properties.items():
            if stored.properties.get(name, "") != value:
                stored.properties[name] = value
                stored.history.setdefault(name, []).insert(0, (self.now, value))
        stored.properties["hs_lastmodifieddate"] = iso(self.now)


def iso(milliseconds: int) -> str:
    """`2026-06-01T10:00:00.000Z`."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
