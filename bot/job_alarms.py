"""What administrators are told of jobs: once that one fails, and once that it works again."""

from datetime import datetime

from bot.app import Council
from messages.card import Card
from messages.card_text import card_to_text
from messages.jobs import compose_job_failure, compose_job_recovery
from pipeline.audiences import administrators_desk
from storage.database import Connection
from storage.job_runs import Claim, Streak, mark_told
from storage.outbox import Letter, put_letter
from storage.people import read_people

KIND = "job"


def tell_failure(
    connection: Connection, council: Council, claim: Claim, streak: Streak, reason: str, now: datetime
) -> None:
    """Of this streak of failures, unless they know."""
    if not streak.is_told:
        card = compose_job_failure(claim.job, reason, streak.failures, _local(council, streak.since))
        _put(connection, council, f"job_failed:{claim.job}:{_name(streak)}", card, now)
        mark_told(connection, claim.job)


def tell_recovery(
    connection: Connection, council: Council, claim: Claim, streak: Streak, says: str, now: datetime
) -> None:
    """Of the end of a streak of which they know."""
    if streak.is_told:
        card = compose_job_recovery(claim.job, says, streak.failures, _local(council, streak.since))
        _put(connection, council, f"job_works:{claim.job}:{_name(streak)}", card, now)


def _put(connection: Connection, council: Council, key: str, card: Card, now: datetime) -> None:
    for audience in _administrators(council):
        letter = Letter(key=f"{key}{audience}", kind=KIND, audience=audience, card=card_to_text(card))
        put_letter(connection, letter, now)


def _administrators(council: Council) -> tuple[str, ...]:
    company = council.company
    return administrators_desk(read_people(council.engine), company.people.administrators, company.chat)


def _name(streak: Streak) -> str:
    return f"{streak.since:%Y-%m-%dT%H:%M:%S}"


def _local(council: Council, moment: datetime) -> datetime:
    return moment.astimezone(council.settings.calendar.zone)
