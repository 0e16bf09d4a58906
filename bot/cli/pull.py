"""`council pull`: bring the mirror up to date with the CRM."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from bot.app import build_crm, open_council, read_settings
from bot.checking import check_configuration
from bot.cli.invocation import Called, Format, OutputFormat, in_zone
from bot.cli.progress import shown_progress
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.pull_json import pull_csv, pull_json
from bot.settings import field_kinds
from jobs.pull import run_pull
from messages.pull_report import compose_pull_report


def pull(
    *,
    at: Annotated[
        datetime | None,
        Parameter(
            help="Take the records as those of this moment (2026-10-01T06:00, in the organisation's time "
            "zone where none is given); default: now."
        ),
    ] = None,
    everything: Annotated[
        bool,
        Parameter(
            name="--all",
            negative=(),
            help="Read everything, also where the CRM could tell what has changed since the last pull.",
        ),
    ] = False,
    format: OutputFormat = Format.TABLE,
    invocation: Called,
) -> None:
    """Bring the mirror up to date; every row that cannot be used is named, every good one taken in."""
    settings = read_settings(invocation.config, invocation.environ)
    now = datetime.now(UTC) if at is None else in_zone(at, settings.calendar.zone)
    crm = build_crm(settings, now)
    check_configuration(settings, crm, now)
    council = open_council(settings)
    try:
        with shown_progress() as progress:
            report = run_pull(
                council.engine,
                crm,
                council.company,
                fields=field_kinds(settings),
                now=now,
                progress=progress,
                everything=everything,
            )
    finally:
        council.engine.dispose()
    if format is Format.TABLE:
        print_cards(compose_pull_report(report))
    elif format is Format.JSON:
        print_json(pull_json(report))
    else:
        print_text(pull_csv(report))
