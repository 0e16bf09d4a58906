"""What an account is like: properties, pipelines and people, remembered for a while."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.errors import ScopeMissing
from crm.hubspot.people import People, read_people
from crm.hubspot.pipelines import Pipelines, read_pipelines
from crm.hubspot.properties import PropertyDefinition, read_properties
from crm.hubspot.session import Session

CONTACTS, COMPANIES, LINE_ITEMS = "contacts", "companies", "line_items"

_Thing = TypeVar("_Thing")


class Portal:
    """One HubSpot account (a "portal"). Safe to use from several threads."""

    def __init__(self, session: Session, definition: HubspotDefinition, clock: Callable[[], float]) -> None:
        self.session = session
        self.definition = definition
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    def forget(self) -> None:
        """A pull begins with what HubSpot says now."""
        with self._lock:
            self._kept.clear()

    @property
    def deal_properties(self) -> Mapping[str, PropertyDefinition]:
        return self._remembered("deals", lambda: read_properties(self.session, "deals"))

    @property
    def company_properties(self) -> Mapping[str, PropertyDefinition]:
        """Empty where the app may not read companies, or not what properties they have."""

        def read() -> Mapping[str, PropertyDefinition]:
            try:
                return read_properties(self.session, COMPANIES)
            except ScopeMissing:
                return {}

        return self._remembered("company properties", read) if self.may_read(COMPANIES) else {}

    @property
    def pipelines(self) -> Pipelines:
        return self._remembered("pipelines", lambda: read_pipelines(self.session, self.definition))

    @property
    def people(self) -> People:
        return self._remembered("people", lambda: read_people(self.session, self.definition))

    def may_read(self, object_type: str) -> bool:
        """Whether the app has the scope for an object; what it cannot read is left out everywhere."""

        def try_one() -> bool:
            try:
                self.session.get(f"/crm/v3/objects/{object_type}", {"limit": "1"})
            except ScopeMissing:
                return False
            return True

        return self._remembered(f"may read {object_type}", try_one)

    def _remembered(self, name: str, read: Callable[[], _Thing]) -> _Thing:
        with self._lock:
            kept = self._kept.get(name)
        now = self._clock()
        if kept is not None and now < kept[0]:
            thing: _Thing = kept[1]
            return thing
        thing = read()
        with self._lock:
            self._kept[name] = (now + self.definition.description_minutes * 60, thing)
        return thing
