"""What could not be delivered is told to sales operations."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from messages.card_text import card_to_text
from messages.outbox import compose_access_regained, compose_delivery_doubt, compose_delivery_problem
from pipeline.audiences import listed_people, operations_desk
from pipeline.company import Company
from pipeline.letters import AccessRefusal
from pipeline.people import People
from storage.database import Connection
from storage.outbox import Letter, put_letter
from storage.outbox_claims import Claim

KIND = "delivery_problem"


def report_failure(
    connection: Connection, claim: Claim, reason: str, company: Company, people: People, now: datetime
) -> None:
    """Write the report down in the transaction in which the message failed.

    A report that cannot be delivered itself goes from the channel to the people, and ends there.
    """
    about = sha256(f"{claim.to.audience}\n{reason}".encode()).hexdigest()[:16]
    for audience in _desk(claim, company, people):
        key = f"{KIND}:{about}:{audience}"
        card = compose_delivery_problem(key, _name(claim), claim.kind, reason)
        put_letter(connection, Letter(key=key, kind=KIND, audience=audience, card=card_to_text(card)), now)


def report_doubt(
    connection: Connection, claim: Claim, reason: str, company: Company, people: People, now: datetime
) -> None:
    """The same for a message that may have arrived: once for each message, for each wants a look."""
    for audience in _desk(claim, company, people):
        key = f"delivery_doubt:{claim.key}:{audience}"
        card = compose_delivery_doubt(key, _name(claim), claim.kind, reason)
        put_letter(connection, Letter(key=key, kind=KIND, audience=audience, card=card_to_text(card)), now)


def report_access(
    connection: Connection, ended: AccessRefusal, company: Company, people: People, now: datetime
) -> None:
    """The platform lets us in again: once for each time that it did not."""
    zone = company.definitions.calendar.zone
    there = replace(ended, since=ended.since.astimezone(zone))
    for audience in operations_desk(people, company.people.operations, company.chat):
        key = f"chat_access:{ended.surface}:{int(ended.since.timestamp())}:{audience}"
        card = compose_access_regained(key, there, now.astimezone(zone))
        put_letter(connection, Letter(key=key, kind=KIND, audience=audience, card=card_to_text(card)), now)


def _name(claim: Claim) -> str:
    return claim.to.name or claim.to.audience


def _desk(claim: Claim, company: Company, people: People) -> tuple[str, ...]:
    desk = operations_desk(people, company.people.operations, company.chat)
    if claim.kind != KIND:
        return tuple(audience for audience in desk if audience != claim.to.audience)
    persons = listed_people(people, company.people.operations)
    return persons if claim.to.audience in desk and claim.to.audience not in persons else ()
