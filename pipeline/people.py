"""The company's people as the CRM holds them, and who reports to whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.crm_records import FieldValue


@dataclass(frozen=True)
class User:
    """A user of the CRM."""

    id: str
    name: str
    email: str | None = None
    is_active: bool = True
    role_id: str | None = None
    manager_id: str | None = None
    timezone: str | None = None
    """IANA name; `None` where the CRM does not say."""
    is_integration: bool = False
    """A machine's account: nobody to speak with, and nobody's manager."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict, hash=False)
    """Further fields that the configuration names, by API name."""


@dataclass(frozen=True)
class UserRole:
    """A node of the CRM's role hierarchy."""

    id: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True)
class People:
    """Users and their direct reports. Build it with `build_people`."""

    users: Mapping[str, User]
    direct_reports: Mapping[str, tuple[str, ...]]
    """User ids by the user id of the one they report to."""
    council: frozenset[str] = frozenset()
    """E-mails, in small letters, of those who are of the council by a group of the chat platform."""

    def by_id(self, user_id: str) -> User | None:
        """An id of 15 characters finds its form of 18, and the other way round."""
        found = self.users.get(user_id)
        if found is None and len(user_id) in (15, 18):
            return next((user for user in self.users.values() if is_same_id(user.id, user_id)), None)
        return found

    def by_email(self, email: str) -> User | None:
        """The one active user with this e-mail, else the one inactive; `None` where that is ambiguous."""
        wanted = email.strip().casefold()
        found = [user for user in self.users.values() if (user.email or "").casefold() == wanted and wanted]
        chosen = [user for user in found if user.is_active] or found
        return chosen[0] if len(chosen) == 1 else None

    def reports_of(self, manager_id: str) -> frozenset[str]:
        """Ids of everybody below, at any depth, without the person; a circle of managers ends by itself."""
        below: set[str] = set()
        waiting = list(self.direct_reports.get(manager_id, ()))
        while waiting:
            user_id = waiting.pop()
            if user_id not in below:
                below.add(user_id)
                waiting.extend(self.direct_reports.get(user_id, ()))
        return frozenset(below - {manager_id})

    def managers_of(self, user_id: str) -> tuple[str, ...]:
        """Ids of the active people to whom somebody reports directly."""
        return tuple(
            manager
            for manager, reports in self.direct_reports.items()
            if user_id in reports and manager != user_id and self.users[manager].is_active
        )


def is_same_id(one: str, other: str) -> bool:
    """Salesforce ids are the same with and without their three letters of check-sum."""
    if one == other:
        return True
    return {len(one), len(other)} == {15, 18} and one[:15] == other[:15]


def build_people(
    users: Iterable[User], roles: Iterable[UserRole] = (), council: Iterable[str] = ()
) -> People:
    """Who reports to whom: by `manager_id`; who has no known manager, by the roles above their own."""
    by_id = {user.id: user for user in users}
    parents = {role.id: role.parent_id for role in roles}
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for user in by_id.values():
        if user.role_id is not None and not user.is_integration:
            holders[user.role_id].append(user.id)
    reports: defaultdict[str, list[str]] = defaultdict(list)
    for user in by_id.values():
        for superior in _superiors(user, by_id, parents, holders):
            reports[superior].append(user.id)
    direct = {superior: tuple(ids) for superior, ids in reports.items()}
    return People(by_id, direct, frozenset(email.strip().casefold() for email in council))


def _superiors(
    user: User,
    by_id: Mapping[str, User],
    parents: Mapping[str, str | None],
    holders: Mapping[str, Sequence[str]],
) -> Sequence[str]:
    if user.manager_id is not None and user.manager_id in by_id:
        return (user.manager_id,)
    passed: set[str] = set()
    role = parents.get(user.role_id) if user.role_id is not None else None
    while role is not None and role not in passed:
        if holders.get(role):
            return [superior for superior in holders[role] if superior != user.id]
        passed.add(role)
        role = parents.get(role)
    return ()
