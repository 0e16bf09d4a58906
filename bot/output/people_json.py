"""`council people --format json` as docs/schema/people.json describes it, and its CSV."""

from collections.abc import Sequence

from messages.csv_sheet import csv_sheet
from pipeline.access import Role
from pipeline.directory import DirectoryEntry
from pipeline.person_links import PersonLink, Stranger

Json = dict[str, object]

_COLUMNS = (
    "id",
    "name",
    "email",
    "crm_owner_id",
    "roles",
    "links",
    "is_active",
    "is_reachable",
    "waiting_messages",
)


def people_json(entries: Sequence[DirectoryEntry], strangers: Sequence[Stranger]) -> Json:
    """Every key is present; null where there is no value."""
    return {
        "people": [_entry(entry) for entry in entries],
        "unmatched": [_stranger(stranger) for stranger in strangers],
    }


def people_csv(entries: Sequence[DirectoryEntry]) -> str:
    """A line per person."""
    return csv_sheet(_COLUMNS, map(_line, entries))


def _entry(entry: DirectoryEntry) -> Json:
    return {
        "id": entry.id,
        "name": entry.name,
        "email": entry.email,
        "crm_owner_id": _owner_id(entry),
        "roles": _roles(entry),
        "links": [_link(link) for link in entry.links],
        "is_active": entry.is_active,
        "is_reachable": entry.is_reachable,
        "waiting_messages": entry.waiting,
    }


def _line(entry: DirectoryEntry) -> tuple[str | int | None, ...]:
    return (
        entry.id,
        entry.name,
        entry.email,
        _owner_id(entry),
        " ".join(_roles(entry)),
        " ".join(str(link.account) for link in entry.links),
        str(entry.is_active).lower(),
        str(entry.is_reachable).lower(),
        entry.waiting,
    )


def _owner_id(entry: DirectoryEntry) -> str | None:
    return entry.id if entry.is_in_crm else None


def _roles(entry: DirectoryEntry) -> list[str]:
    return [role.value for role in Role if role in entry.roles]


def _link(link: PersonLink) -> Json:
    return {
        "platform": link.account.surface,
        "tenant": link.account.tenant,
        "user": link.account.user_id,
        "linked_by": link.how.value,
        "linked_at": link.linked_at.isoformat(),
    }


def _stranger(stranger: Stranger) -> Json:
    account = stranger.sender.account
    return {
        "platform": account.surface,
        "tenant": account.tenant,
        "user": account.user_id,
        "name": stranger.sender.name,
        "email": stranger.sender.email,
        "why": stranger.why.value,
        "asked_at": stranger.asked_at.isoformat(),
    }
