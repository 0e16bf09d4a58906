"""Who can be in the local room of a company."""

from collections.abc import Iterator, Mapping

from bot.app import Council
from bot.preview.room import Guest
from pipeline.access import Member, Role, identify
from pipeline.errors import AccessDenied
from storage.people import read_people

_HEADINGS = {
    Role.OPERATIONS: "Sales operations",
    Role.COUNCIL: "Council",
    Role.ADMINISTRATOR: "Administrators",
    Role.MANAGER: "Managers",
    Role.REP: "Reps",
}
"""In the order in which one of several roles names a guest."""


def list_guests(council: Council, introductions: Mapping[str, str]) -> tuple[Guest, ...]:
    """Everybody active, those with an introduction (by user id) first under each heading."""
    guests = [_guest(member, council, introductions.get(member.id, "")) for member in _members(council)]
    order = list(_HEADINGS.values())
    return tuple(
        sorted(guests, key=lambda guest: (order.index(guest.role), guest.id not in introductions, guest.name))
    )


def _members(council: Council) -> Iterator[Member]:
    people = read_people(council.engine)
    for user in people.users.values():
        try:
            yield identify(people, council.company.people, council.company.council, user.id)
        except AccessDenied:  # machines, and those who have left
            continue


def _guest(member: Member, council: Council, introduction: str) -> Guest:
    heading = next(_HEADINGS[role] for role in _HEADINGS if role in member.roles)
    sees_channels = member.roles & {Role.COUNCIL, Role.OPERATIONS}
    channels = frozenset(council.company.council.channels) if sees_channels else frozenset[str]()
    return Guest(member.id, member.name, heading, introduction or _says(member), channels)


def _says(member: Member) -> str:
    if member.reports:
        return f"Leads {len(member.reports)} people"
    return ", ".join(sorted(role.value for role in member.roles)).capitalize()
