"""`council db`: what the mirror holds."""

from datetime import UTC, date, datetime

from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.sheet import print_cards, print_json, print_text
from messages.card import Block, Card, Fact, Facts, Paragraph, Tone, text
from messages.csv_sheet import csv_sheet
from storage.mirror import MirrorState, read_mirror


def show_state(*, format: OutputFormat = Format.TABLE, invocation: Called) -> None:
    """Where the mirror's records come from and how old they are."""
    with opened(invocation) as council:
        state = read_mirror(council.engine)
    facts = _facts(state)
    if format is Format.TABLE:
        print_cards(_card(facts, state))
    elif format is Format.JSON:
        print_json({**facts, "notices": list(state.notices)})
    else:
        print_text(csv_sheet(("key", "value"), facts.items()))


def _facts(state: MirrorState) -> dict[str, str | int | None]:
    return {
        "source": state.source or None,
        "pulled_at": _moment(state.pulled_at),
        "first_pull": _day(state.first_pull_day),
        "measured": _day(state.measured_day),
        "currency": state.corporate_currency or None,
        "generation": state.generation,
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _day(ordinal: int | None) -> str | None:
    return None if ordinal is None else date.fromordinal(ordinal).isoformat()


_LABELS = {
    "source": "Records from",
    "pulled_at": "Last pull",
    "first_pull": "Exact from",
    "measured": "Figures up to",
    "currency": "Currency",
    "generation": "Pulls that changed it",
}


def _card(facts: dict[str, str | int | None], state: MirrorState) -> Card:
    if state.generation == 0:
        says = "Nothing was pulled yet: run council pull."
        return Card("mirror", "The mirror", (Paragraph(text(says)),), says)
    blocks: tuple[Block, ...] = (
        Facts(tuple(Fact(_LABELS[key], text(str(value or "–"))) for key, value in facts.items())),
        *(Paragraph(text(notice), Tone.NOTE) for notice in state.notices),
    )
    return Card("mirror", "The mirror", blocks, f"The mirror of {state.source}")
