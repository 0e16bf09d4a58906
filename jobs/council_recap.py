"""Recap: after the council, what it decided, to its channels."""

from dataclasses import replace

from jobs.council_day import council_to_hold, no_council_today
from jobs.job import JobRun, Outcome
from messages.card_text import card_to_text
from messages.council import in_channel
from messages.recap import compose_recap
from storage.database import reading, writing
from storage.editions import read_edition
from storage.outbox import Letter, put_letter, to_channel
from storage.recaps import read_recap


def post_recap(run: JobRun) -> Outcome:
    """Once for each council that had an edition."""
    day = council_to_hold(run)
    if day is None:
        return Outcome(no_council_today(run))
    with reading(run.engine) as connection:
        edition = read_edition(connection, day)
        if edition is None:
            return Outcome("There was no council to recap")
        recap = read_recap(connection, edition, run.company.council.leading_dimension)
    card = compose_recap(recap)
    says = f"Recap of {len(recap.opened)} new actions"
    if run.dry_run:
        return Outcome(says, (card,))
    with writing(run.engine) as connection:
        for name in run.company.council.channels:
            channel = to_channel(name)
            own = replace(card, key=in_channel(card.key, channel))
            letter = Letter(key=own.key, kind="recap", audience=channel, card=card_to_text(own))
            put_letter(connection, letter, run.now)
    return Outcome(says)
