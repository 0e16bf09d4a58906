"""The four surfaces behind one shape, for suites that run over all of them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape

from messages.card import Card, Form
from messages.render import adaptive, blockkit, html, terminal

ADDRESSES = {"heatmap-region-2026-11-23.png": "https://pictures.example.org/1.png"}


@dataclass(frozen=True)
class Surface:
    name: str
    suffix: str
    card: Callable[[Card], str]
    """All messages of a card as one text."""
    form: Callable[[Form], str]
    words: Callable[[str], str]
    """Only what a reader sees of such a text, for searches."""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def texts(value: object) -> list[str]:
    """Every string of a JSON value, in order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [words for item in value.values() for words in texts(item)]
    if isinstance(value, list | tuple):
        return [words for item in value for words in texts(item)]
    return []


def _json_words(rendered: str) -> str:
    return "\n".join(texts(json.loads(rendered)))


SURFACES = (
    Surface(
        "Block Kit",
        "blockkit.json",
        lambda card: _json(blockkit.render_card(card, ADDRESSES)),
        lambda form: _json(blockkit.render_form(form, ADDRESSES)),
        _json_words,
    ),
    Surface(
        "Adaptive Card",
        "adaptive.json",
        lambda card: _json(adaptive.render_card(card, ADDRESSES)),
        lambda form: _json(adaptive.render_form(form, ADDRESSES)),
        _json_words,
    ),
    Surface("HTML", "html", html.render_card, html.render_form, unescape),
    Surface(
        "terminal",
        "txt",
        lambda card: terminal.render_text(card, 100),
        lambda form: terminal.print_plain(terminal.render_form(form), 100),
        lambda rendered: rendered,
    ),
)
