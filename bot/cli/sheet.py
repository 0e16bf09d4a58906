"""Writing to the terminal: cards for people, JSON and CSV for machines."""

import json
import sys
from collections.abc import Mapping

from rich.console import Console

from messages.card import Card
from messages.render.terminal import render_card

_WIDTH_OF_A_FILE = 140
"""In characters, where nobody's window says how wide it is."""


def print_cards(*cards: Card) -> None:
    """The cards with colours where the terminal has them, one below the other."""
    console = terminal()
    for position, card in enumerate(cards):
        if position:
            console.print()
        console.print(render_card(card))


def terminal() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)


def print_json(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def print_text(words: str) -> None:
    sys.stdout.write(words)
