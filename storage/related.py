"""Values that an opportunity takes over a relation: from its account, owner and creator."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.crm_records import FieldValue, RoleRecord, UserRecord
from pipeline.dimensions import Resolvers
from pipeline.versions import StateValue

ROLE_SEPARATOR = "\x1f"
OWNER_ROLES = "owner.roles"
CREATOR_ROLES = "creator.roles"
_USER_ID = re.compile("005[0-9A-Za-z]{12}([0-9A-Za-z]{3})?")


class Account(NamedTuple):
    name: str | None
    fields: Mapping[str, FieldValue]


NO_ACCOUNT = Account(None, {})


class People:
    """The CRM users and roles of a pull, for what deals take from their owner and creator."""

    def __init__(self, users: Sequence[UserRecord], roles: Sequence[RoleRecord]) -> None:
        self._users = {user.id: user for user in users}
        self._roles = {role.id: role for role in roles}
        self._chains: dict[str, str | None] = {}

    def knows(self, text: str) -> bool:
        """Whether a text is the id of a user, rather than a name."""
        return text in self._users or _USER_ID.fullmatch(text) is not None

    def value(self, user_id: str | None, path: str) -> FieldValue:
        """`Name`, `UserRole.Name`, `Email` or a further field of a user."""
        user = self._users.get(user_id or "")
        if user is None:
            return None
        if path == "Name":
            return user.name
        if path == "Email":
            return user.email
        if path == "UserRole.Name":
            role = self._roles.get(user.role_id or "")
            return None if role is None else role.name
        return user.fields.get(path)

    def role_chain(self, user_id: str | None) -> str | None:
        """Role names from the user's own upwards, joined; nothing for integration users."""
        key = user_id or ""
        if key not in self._chains:
            self._chains[key] = ROLE_SEPARATOR.join(self._walk(key)) or None
        return self._chains[key]

    def _walk(self, user_id: str) -> Iterator[str]:
        user = self._users.get(user_id)
        if user is None or user.is_integration:
            return
        seen: set[str] = set()
        role_id = user.role_id
        while role_id and role_id not in seen and role_id in self._roles:
            seen.add(role_id)
            yield self._roles[role_id].name
            role_id = self._roles[role_id].parent_id


class DimensionInputs:
    """The raw values that dimensions read, in a fixed order: the tail of every state.

    They are kept raw rather than resolved, so that a corrected map restates the past as well.
    """

    def __init__(self, resolvers: Resolvers, people: People) -> None:
        self._people = people
        self.names: tuple[str, ...] = tuple(sorted(set(_sources(resolvers))))
        self.owner_places = tuple(
            index for index, name in enumerate(self.names) if name == OWNER_ROLES or name.startswith("Owner.")
        )

    def of(
        self,
        owner_id: str | None,
        creator_id: str | None,
        account: Account,
        fields: Mapping[str, FieldValue],
    ) -> list[StateValue]:
        return [self._value(name, owner_id, creator_id, account, fields) for name in self.names]

    def of_owner(self, owner_id: str | None) -> list[tuple[int, StateValue]]:
        """Place among the inputs and value, of those that follow the owner."""
        return [
            (index, self._value(self.names[index], owner_id, None, NO_ACCOUNT, {}))
            for index in self.owner_places
        ]

    def _value(
        self,
        name: str,
        owner_id: str | None,
        creator_id: str | None,
        account: Account,
        fields: Mapping[str, FieldValue],
    ) -> StateValue:
        if name == OWNER_ROLES:
            return self._people.role_chain(owner_id)
        if name == CREATOR_ROLES:
            return self._people.role_chain(creator_id)
        return related_value(name, owner_id, creator_id, account, fields, self._people)


def related_value(
    path: str,
    owner_id: str | None,
    creator_id: str | None,
    account: Account,
    fields: Mapping[str, FieldValue],
    people: People,
) -> FieldValue:
    """The value of a field path; a column that the export itself holds wins over the relation."""
    own = fields.get(path)
    if own is not None:
        return own
    relation, dot, rest = path.partition(".")
    if not dot:
        return None
    if relation == "Account":
        return account.name if rest == "Name" else account.fields.get(rest)
    if relation == "Owner":
        return people.value(owner_id, rest)
    if relation == "CreatedBy":
        return people.value(creator_id, rest)
    return None


class InputFields:
    """A state's inputs as what resolvers read (`pipeline.dimensions.DealFields`)."""

    def __init__(self, names: Sequence[str], values: Sequence[StateValue]) -> None:
        self._values = dict(zip(names, values, strict=True))

    def value(self, path: str) -> StateValue:
        return self._values.get(path)

    def role_chain(self, whose: str) -> Iterator[str]:
        chain = self._values.get(OWNER_ROLES if whose == "owner" else CREATOR_ROLES)
        return iter(str(chain).split(ROLE_SEPARATOR) if chain else ())


def _sources(resolvers: Resolvers) -> Iterator[str]:
    definition = resolvers.definition
    for resolver in (
        *definition.region,
        *definition.segment,
        *definition.source,
        *definition.lever,
        *definition.deal_type,
    ):
        if resolver.field is not None:
            yield resolver.field
        elif resolver.role_chain is not None:
            yield OWNER_ROLES if resolver.role_chain == "owner" else CREATOR_ROLES
