"""Recap: after the council, what it decided, to its channels."""

from collections.abc import Sequence
from dataclasses import replace

from jobs.council_day import council_to_hold, no_council_today
from jobs.job import JobRun, Outcome
from messages.card_text import card_to_text
from messages.council import council_key, in_channel
from messages.recap import compose_recap
from messages.wording import Wording
from pipeline.editions import Edition
from storage.database import Connection, reading, writing
from storage.editions import read_edition
from storage.outbox import Letter, put_letter, read_letter_card, to_channel
from storage.recaps import read_recap


def post_recap(run: JobRun) -> Outcome:
    """Once for each council, in the channels that have its post."""
    day = council_to_hold(run)
    if day is None:
        return Outcome(no_council_today(run))
    with reading(run.engine) as connection:
        edition = read_edition(connection, day)
        if edition is None:
            return Outcome("There was no council to recap")
        channels = _posted_to(connection, run, edition)
        recap = read_recap(connection, edition, run.company)
    if not channels:
        return Outcome(f"The council of {day:%-d %B} is not posted yet")
    card = compose_recap(recap)
    says = f"Recap of {Wording().count(len(recap.opened), 'new action', 'new actions')}"
    if run.dry_run:
        return Outcome(says, (card,))
    with writing(run.engine) as connection:
        for channel in channels:
            own = replace(card, key=in_channel(card.key, channel))
            letter = Letter(key=own.key, kind="recap", audience=channel, card=card_to_text(own))
            put_letter(connection, letter, run.now)
    return Outcome(says)


def _posted_to(connection: Connection, run: JobRun, edition: Edition) -> Sequence[str]:
    council = run.company.council
    key = council_key(edition.tables[council.leading_dimension].period.label, edition.as_of)
    channels = [to_channel(name) for name in council.channels]
    return [one for one in channels if read_letter_card(connection, in_channel(key, one)) is not None]
