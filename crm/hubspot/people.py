"""Owners as users, their main teams as roles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.session import Session
from crm.records import RoleRecord, UserRecord

_A_PAGE = "500"


@dataclass(frozen=True)
class People:
    """Everybody who owns or owned deals."""

    users: tuple[UserRecord, ...]
    roles: tuple[RoleRecord, ...]
    owner_of_user: Mapping[str, str]
    """A deal says who made it by the id of the login; everything else goes by that of the owner."""


def read_people(session: Session, definition: HubspotDefinition) -> People:
    entries = [
        *read_owners(session, is_archived=False),
        *read_owners(session, is_archived=True),
    ]
    owner_of_email = {_email(entry): str(entry["id"]) for entry in reversed(entries) if _email(entry)}
    manager_of_email = {
        person.lower(): owner_of_email.get(manager.lower()) for person, manager in definition.managers.items()
    }
    teams: dict[str, str] = {}
    users = []
    for entry in entries:
        team = _main_team(entry)
        if team is not None:
            teams[str(team["id"])] = str(team["name"])
        users.append(_user(entry, team, manager_of_email.get(_email(entry))))
    logins = {str(_login(entry)): str(entry["id"]) for entry in reversed(entries) if _login(entry)}
    return People(tuple(users), tuple(RoleRecord(id, name, None) for id, name in teams.items()), logins)


def read_owners(session: Session, *, is_archived: bool) -> Iterator[Mapping[str, Any]]:
    """Owners as HubSpot has them; archived ones have left."""
    params = {"limit": _A_PAGE, "archived": "true" if is_archived else "false"}
    while True:
        page = session.get("/crm/v3/owners", params)
        yield from page["results"]
        after = ((page.get("paging") or {}).get("next") or {}).get("after")
        if not after:
            return
        params = {**params, "after": str(after)}


def _user(entry: Mapping[str, Any], team: Mapping[str, Any] | None, manager_id: str | None) -> UserRecord:
    name = " ".join(part for part in (entry.get("firstName"), entry.get("lastName")) if part)
    email = entry.get("email") or None
    return UserRecord(
        id=str(entry["id"]),
        name=name or email or f"Owner {entry['id']}",
        email=email,
        is_active=not entry.get("archived"),
        role_id=None if team is None else str(team["id"]),
        manager_id=manager_id,
        timezone=None,
        is_integration=False,
        fields={},
    )


def _email(entry: Mapping[str, Any]) -> str:
    return str(entry.get("email") or "").lower()


def _login(entry: Mapping[str, Any]) -> Any:
    return entry.get("userIdIncludingInactive") or entry.get("userId")


def _main_team(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    teams = entry.get("teams") or ()
    return next((team for team in teams if team.get("primary")), None)
