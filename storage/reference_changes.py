"""What a change of the small tables means: which deals have to be read again, and what is measured anew."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, Text, cast, or_, select

from pipeline.crm_records import UserRecord
from storage.apm import forget_tables
from storage.base import forget_base_of
from storage.current_deals import is_seen
from storage.deals_to_read import note_deals_to_read
from storage.mirror import replace_reference
from storage.people_tables import erased_person
from storage.related import CREATOR_ROLES, OWNER_ROLES, People
from storage.staging import Reference
from storage.tables import (
    fiscal_period,
    forecast_call,
    opportunity,
    opportunity_key,
    opportunity_version,
    person,
    rate,
    spend,
    target,
)


@dataclass(frozen=True)
class ReferenceChange:
    """What is different from the small tables that the mirror holds; stages and roles are the same."""

    people: Sequence[UserRecord]
    """New ones, and those of whom anything is different."""
    owners: frozenset[str]
    """People of before of whom their deals take something that is different now, by CRM id."""
    creators: frozenset[str]
    """The same of those who created deals. The mirror does not know which."""
    is_measured_anew: bool
    """Rates, targets, spend, calls, periods or who manages whom: no deal changes, but every figure can."""


def find_reference_change(
    connection: Connection, before: Reference, now: Reference, inputs: Collection[str]
) -> ReferenceChange:
    """`inputs`: the paths over owner and creator that the configuration reads (`Owner.Division`)."""
    erased = frozenset(connection.execute(select(erased_person.c.person)).scalars())
    known = {user.id: user for user in before.users}
    people = [user for user in now.users if user.id not in erased and known.get(user.id) != user]
    different = [user.id for user in people if user.id in known]
    then, today = People(before.users, before.roles), People(now.users, now.roles)

    def moved(prefix: str, roles: str) -> frozenset[str]:
        paths = [path for path in inputs if path == roles or path.startswith(prefix)]
        return frozenset(
            one for one in different if _taken(then, one, paths, prefix) != _taken(today, one, paths, prefix)
        )

    managers = any(known[user.id].manager_id != user.manager_id for user in people if user.id in known)
    return ReferenceChange(
        people=people,
        owners=moved("Owner.", OWNER_ROLES),
        creators=moved("CreatedBy.", CREATOR_ROLES),
        is_measured_anew=managers or any(_differs(connection, *one) for one in _measured_by(now)),
    )


def store_reference_change(
    connection: Connection, now: Reference, change: ReferenceChange, generation: int, deals: Collection[str]
) -> None:
    """Write the small tables down; `deals`: those of the owners, to be read again."""
    replace_reference(connection, replace(now, users=list(change.people)))
    note_deals_to_read(connection, deals)
    if change.is_measured_anew:
        forget_tables(connection, generation)
        forget_base_of(connection, generation)


def deals_of_owners(connection: Connection, owners: Collection[str], *, has_splits: bool) -> Collection[str]:
    """Ids of all deals that people own or ever owned, or have a part in."""
    numbers = select(person.c.no).where(person.c.crm_id.in_(owners))
    owned = (
        select(opportunity_key.c.crm_id)
        .join(opportunity_version, opportunity_version.c.opportunity == opportunity_key.c.no)
        .where(opportunity_version.c.owner.in_(numbers), is_seen(opportunity_version))
        .distinct()
    )
    ids = set(connection.execute(owned).scalars())
    if has_splits and owners:
        state = cast(opportunity.c.state, Text)
        named = or_(*(state.contains(one, autoescape=True) for one in sorted(owners)))
        ids |= set(
            connection.execute(select(opportunity.c.crm_id).where(is_seen(opportunity), named)).scalars()
        )
    return ids


def _taken(people: People, user_id: str, paths: Sequence[str], prefix: str) -> tuple[object, ...]:
    return tuple(
        people.value(user_id, path.removeprefix(prefix))
        if path.startswith(prefix)
        else people.role_chain(user_id)
        for path in paths
    )


def _measured_by(reference: Reference) -> Iterator[tuple[Table, Sequence[Mapping[str, Any]]]]:
    yield rate, [record._asdict() for record in reference.rates]
    yield target, [record._asdict() for record in reference.targets]
    yield spend, [record._asdict() for record in reference.spend]
    yield forecast_call, [record._asdict() for record in reference.calls]
    yield fiscal_period, [record._asdict() for record in reference.periods]


def _differs(connection: Connection, table: Table, records: Sequence[Mapping[str, Any]]) -> bool:
    names = [column.name for column in table.columns if column.name != "no"]
    stored = connection.execute(select(*(table.c[name] for name in names)))
    return Counter(tuple(record[name] for name in names) for record in records) != Counter(map(tuple, stored))
