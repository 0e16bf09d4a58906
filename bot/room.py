"""The local room over a company: who can be in it, what stands in it, and who answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.app import Council
from bot.preview.room import Guest, direct_message
from bot.preview.seeding import SeededPost
from handlers.today import read_today
from jobs.council import compose_weekly_post
from messages.card import Block, Buttons, Card, DatePick, Folded, PlainBlock
from messages.nudge import compose_digest
from pipeline.access import Member, Role, identify
from pipeline.digests import Digest, digest_key, items_of
from pipeline.errors import AccessDenied
from pipeline.findings import Audience, PersonName
from storage.hygiene_reading import read_hygiene
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


def seed_posts(council: Council, reps: Sequence[PersonName], now: datetime) -> tuple[SeededPost, ...]:
    """The week's council summary in its channels, and the digest of each of these reps."""
    day = read_today(council.engine)
    post = compose_weekly_post(council.engine, council.company, as_of=day)
    earlier = now.astimezone(UTC) - timedelta(hours=1)
    summaries = [
        SeededPost(channel, (post.summary,), earlier, replies=post.cards[1:])
        for channel in council.company.council.channels
    ]
    return (*summaries, *_digests(council, reps, earlier))


def _digests(council: Council, reps: Sequence[PersonName], posted_at: datetime) -> Iterator[SeededPost]:
    day = read_today(council.engine)
    report = read_hygiene(council.engine, council.company, as_of=day)
    currency = council.company.definitions.money.corporate_currency
    for rep in reps:
        own = [
            finding
            for finding in report.findings
            if finding.owner is not None
            and finding.owner.id == rep.id
            and finding.nudges
            and finding.audience is Audience.OWNER
        ]
        digest = Digest(digest_key(rep.id, day), rep, day, items_of(own))
        yield SeededPost(
            direct_message(rep.id), (_without_buttons(compose_digest(digest, currency)),), posted_at
        )


def _without_buttons(card: Card) -> Card:
    """A post of the past: its deals are mended in the CRM, so nothing here claims to do it."""
    return replace(card, blocks=tuple(_kept(card.blocks)), actions=())


def _kept(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Folded):
            yield replace(block, blocks=tuple(_plain(block.blocks)))
        elif not isinstance(block, Buttons | DatePick):
            yield block


def _plain(blocks: Sequence[PlainBlock]) -> Iterator[PlainBlock]:
    return (block for block in blocks if not isinstance(block, Buttons | DatePick))
