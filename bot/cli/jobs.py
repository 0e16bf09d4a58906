"""`council jobs`: when each scheduled job runs next, and how it went last."""

from datetime import UTC, datetime

from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.sheet import print_cards, print_json, print_text
from bot.job_standings import read_standings
from bot.output.jobs_json import jobs_csv, jobs_json
from messages.jobs import compose_jobs


def show_jobs(*, format: OutputFormat = Format.TABLE, invocation: Called) -> None:
    """The scheduled jobs: when they run, and how they went last."""
    with opened(invocation) as council:
        standings = read_standings(council, datetime.now(UTC))
        zone = council.settings.calendar.zone
    if format is Format.TABLE:
        print_cards(compose_jobs(standings, zone))
    elif format is Format.JSON:
        print_json(jobs_json(standings))
    else:
        print_text(jobs_csv(standings))
