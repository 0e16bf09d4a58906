"""`council outbox`: messages in trouble."""

from datetime import UTC, datetime

from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.sheet import print_cards, print_json, print_text
from messages.csv_sheet import csv_sheet
from messages.outbox import compose_outbox
from pipeline.letters import TroubledLetter
from storage.chat_access import read_refusals
from storage.database import reading
from storage.outbox_reading import read_troubled

_COLUMNS = ("key", "kind", "audience", "state", "reason", "since")


def show_outbox(*, format: OutputFormat = Format.TABLE, invocation: Called) -> None:
    """Messages that could not be delivered, or may not have arrived, and who does not let us in at all."""
    now = datetime.now(UTC)
    with opened(invocation) as council, reading(council.engine) as connection:
        letters, refusals = read_troubled(connection, now), read_refusals(connection, now)
    if format is Format.TABLE:
        print_cards(compose_outbox(letters, refusals))
    elif format is Format.JSON:
        print_json(
            {
                "letters": [dict(zip(_COLUMNS, _line(letter), strict=True)) for letter in letters],
                "refused_by": [
                    {
                        "surface": one.surface,
                        "reason": one.reason,
                        "since": one.since.isoformat(),
                        "waiting": one.waiting,
                    }
                    for one in refusals
                ],
            }
        )
    else:
        print_text(csv_sheet(_COLUMNS, map(_line, letters)))


def _line(letter: TroubledLetter) -> tuple[str, ...]:
    since = letter.since.isoformat()
    return letter.key, letter.kind, letter.audience, letter.state.value, letter.reason, since
