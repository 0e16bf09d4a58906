"""What Salesforce's own forecast is about: which kind of it is meant, and who stands above whom in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from crm.records import PeriodRecord, RoleRecord, UserRecord
from crm.salesforce.errors import QueryRefused, RequestRefused
from crm.salesforce.session import Session
from crm.salesforce.sight import Sight
from pipeline.calendar import Period
from pipeline.definitions import CalendarDefinition

_TYPES = "ForecastingType"
_REVENUE = ("OpportunityRevenue", "OpportunitySplitRevenue")
"""The kinds of forecast that are meant where there are several, by their API names."""


def read_kind(sight: Sight, session: Session) -> str | None:
    """The one kind of forecast that is meant; `None` where nobody tells the kinds apart."""
    paths = ("Id", "DeveloperName", "IsActive", "IsAmount")
    if not sight.sees(_TYPES, "DeveloperName"):
        return None
    try:
        rows = list(session.query(sight.select_of(_TYPES, paths).ordered_by("Id").text))
    except (QueryRefused, RequestRefused):
        return None  # forecasts are switched off for our user, which only the query itself tells
    active = [row for row in rows if row.get("IsActive", True) and row.get("IsAmount", True)]
    by_name = {row["DeveloperName"]: str(row["Id"]) for row in active}
    named = next((by_name[name] for name in _REVENUE if name in by_name), None)
    return named or (str(active[0]["Id"]) if active else None)


class Hierarchy:
    """Who stands above whom, by role."""

    def __init__(self, users: Iterable[UserRecord], roles: Iterable[RoleRecord]) -> None:
        self._role_of = {user.id: user.role_id for user in users}
        self._parent_of: Mapping[str, str | None] = {role.id: role.parent_id for role in roles}

    def role_of(self, user_id: str) -> str | None:
        return self._role_of.get(user_id)

    def roles_above(self, user_id: str) -> Iterator[str]:
        """From the one above the person's own upwards."""
        seen: set[str] = set()
        at = self._parent_of.get(self._role_of.get(user_id) or "")
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self._parent_of.get(at)


def named_periods(definition: CalendarDefinition, periods: Sequence[PeriodRecord]) -> Sequence[Period]:
    """The quarters that count, where the configuration counts by named ones."""
    if definition.periods is None:
        return ()
    return [
        Period(one.label, date.fromordinal(one.start_day), date.fromordinal(one.end_day)) for one in periods
    ]
