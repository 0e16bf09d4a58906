"""Cards and forms as they are sent to Slack: Block Kit, with what finds them again when they are used."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.slack.commands import CommandNames
from messages.card import Card, Form
from messages.render.blockkit import escape, render_card, render_form

Message = dict[str, Any]
"""`blocks`, and the `text` that a notification says."""

MAX_BLOCK_ID = 255
MAX_PRIVATE_METADATA = 3000
_DISPENSABLE = ("response_url", "message_key", "message", "thread", "channel")
"""Of an origin, the least needed first."""
_KEY = "key:"


@dataclass(frozen=True)
class Origin:
    """From where a form was opened; it comes back from outside and proves nothing."""

    argument: str = ""
    channel: str = ""
    message: str = ""
    """The time stamp of the message in which the control stood."""
    thread: str = ""
    message_key: str = ""
    response_url: str = ""
    page: str = ""
    """`home` on the person's own page, which is no message."""


@dataclass(frozen=True)
class Rendering:
    """Renders for one workspace, with the names that our commands have there."""

    names: CommandNames = field(default_factory=CommandNames)

    def parts(self, card: Card, key: str, images: Mapping[str, str] | None = None) -> Sequence[Message]:
        """The messages of a card.

        Blocks with controls are named by the card's key, where Slack has room: what it tells of a click on a
        message for one person's eyes is hardly more than the name of its block.
        """
        messages: Sequence[Message] = self.names.in_message(render_card(card, images))
        for message in messages:
            for number, block in enumerate(_with_controls(message["blocks"])):
                block_id = f"{_KEY}{number}:{key}"
                if len(block_id) <= MAX_BLOCK_ID:
                    block["block_id"] = block_id
        return messages

    def view(self, form: Form, origin: Origin) -> Message:
        """A form as a modal view that remembers from where it was opened."""
        shown: Message = self.names.in_message(render_form(form))
        return {**shown, "private_metadata": origin_to_text(origin, form.argument)}

    def passing_view(self, title: str, words: str) -> Message:
        """A modal that only says something."""
        return {
            "type": "modal",
            "title": {"type": "plain_text", "text": title[:24]},
            "close": {"type": "plain_text", "text": "Close"},
            "blocks": [
                {"type": "section", "text": {"type": "plain_text", "text": self.names.spoken(words)[:3000]}}
            ],
        }

    def words(self, words: str) -> str:
        """A sentence, inert in Slack's markup."""
        return self.names.spoken(escape(words))


def _with_controls(blocks: Sequence[Message]) -> Iterator[Message]:
    for block in blocks:
        if block["type"] == "actions" or "accessory" in block or block.get("dispatch_action"):
            yield block
        yield from _with_controls(block.get("child_blocks", ()))


def key_of_block(block_id: str) -> str:
    """The key of the card to which a block of that name belongs; empty for one that `render_parts` did not
    name."""
    return block_id.split(":", 2)[2] if block_id.startswith(_KEY) and block_id.count(":") > 1 else ""


def key_in(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The key of the card that `render_parts` made these blocks of; empty where nothing says it."""
    named = (key_of_block(str(block.get("block_id") or "")) for block in blocks)
    return next((key for key in named if key), "")


def origin_to_text(origin: Origin, argument: str) -> str:
    """As much of it as fits; the form's own argument always does (buttons hold at most half of it).

    What can be done without goes first: an answer finds the asker without the address to answer at.
    """
    kept = {name: value for name, value in {**asdict(origin), "argument": argument}.items() if value}
    written = json.dumps(kept, ensure_ascii=False)
    for name in _DISPENSABLE:
        if len(written) <= MAX_PRIVATE_METADATA:
            break
        kept.pop(name, None)
        written = json.dumps(kept, ensure_ascii=False)
    return written


def origin_from_text(written: str) -> Origin:
    """What is not one of ours is an origin of which nothing is known."""
    try:
        found = json.loads(written or "{}")
        return Origin(**{name: str(value) for name, value in found.items()})
    except (ValueError, TypeError, AttributeError):
        return Origin()
