"""Cards and forms as they are sent to Teams: activities with Adaptive Cards, and what finds them again.

A form stands in the place of the message (for the one who opened it) or in a dialog. Inside a dialog Teams
knows `Action.Submit` alone, and only `Action.Submit` can open one; everything else is `Action.Execute`, so
that a click can change the card for the one who clicked.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botbuilder.schema import Activity, ActivityTypes, Attachment

from bot.teams.heard import MOST_PARTS
from bot.teams.spoken import Spoken
from handlers.capabilities import OPEN_FORMS
from messages.card import Block, Card, Folded, Form, Image, Table
from messages.inert import shortened
from messages.render.adaptive import render_card, render_form
from messages.render.adaptive_text import count_bytes, note, safe

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
BACK = "teams_back"
"""Closes a form that stands in the place of a message; of this room alone."""
MAX_SUMMARY = 300
LONGEST_DIALOG_TITLE = 60
_TO_DIALOG = {"msteams": {"type": "task/fetch"}}


@dataclass(frozen=True)
class Rendering:
    """Renders for one organisation's clients."""

    uses_dialogs: bool = True
    """Whether forms open in a window of their own; else they stand where the button stood."""
    spoken: Spoken = field(default_factory=Spoken)

    def activities(self, card: Card, key: str, asked_in: str = "") -> Sequence[Activity]:
        """The messages of a card. Pictures come behind the table that says the same: in a channel they stand
        in the thread, and a large one holds up nothing that matters."""
        fallback = self.spoken.words(card.fallback)
        shown = [_message([_attachment(one)], fallback) for one in self.cards(card, key, asked_in)]
        pictures = (block for block in _flat(card.blocks) if isinstance(block, Image))
        return [*shown, *(_message([_picture(image)], image.alt) for image in pictures)]

    def cards(self, card: Card, key: str, asked_in: str = "") -> Sequence[Json]:
        """The Adaptive Cards of a card, each button with the key of the card that it stands in, and which
        part of it.

        `asked_in`: the thread of a channel in which was asked what our chat answers.
        """
        further = self._further_button_bytes(key, asked_in)
        shown: Sequence[Json] = self.spoken.card(render_card(card, further_button_bytes=further))
        has_table = any(isinstance(block, Table | Image) for block in _flat(card.blocks))
        for part, one in enumerate(shown):
            if has_table:
                one["msteams"] = {"width": "Full"}
            for action in _actions(one):
                action["data"] = {**action["data"], **_place(key, part)}
                action["data"] |= {"asked_in": asked_in} if asked_in else {}
                if self.uses_dialogs and action["verb"] in OPEN_FORMS:
                    _open_dialog(action)
        return shown

    def _further_button_bytes(self, key: str, asked_in: str) -> int:
        """What each button carries beside what it asks; of a card of many parts the number too."""
        carried = {
            **_place(key, MOST_PARTS),
            "asked_in": asked_in,
            **(_TO_DIALOG if self.uses_dialogs else {}),
        }
        return count_bytes([carried])

    def form_alone(self, form: Form) -> Json:
        """A form that stands in a message of its own."""
        shown = self.form_in_place(form, "")
        for action in _actions(shown):
            action["data"]["alone"] = True
        return shown

    def form_in_place(self, form: Form, key: str, part: int = 0) -> Json:
        """A form in the place of a message, with a way back to it: `part` of the card of that key."""
        shown: Json = self.spoken.card(render_form(form))
        stands = _place(key, part)
        for action in _actions(shown):
            action["data"] = {**action["data"], **stands, "form": True}
        leave = {
            "type": "Action.Execute",
            "title": safe(form.cancel),
            "verb": BACK,
            "data": {"argument": "", **stands},
            "associatedInputs": "none",  # what is missing in the form keeps nobody in it
        }
        shown["body"][-1]["actions"].append(leave)
        return shown

    def dialog(self, form: Form, key: str, part: int, message: str) -> Json:
        """A form as what `task/fetch` and `task/submit` are answered with: a window of its own, opened from a
        message in which that part of the card stands."""
        shown: Json = self.spoken.card(render_form(form))
        for action in _actions(shown):
            action["data"] = {
                **action["data"],
                "verb": action.pop("verb"),
                **_place(key, part),
                "message": message,
                "form": True,
            }
            action["type"] = "Action.Submit"
        value = {
            "title": shortened(form.title, LONGEST_DIALOG_TITLE),
            "height": "large" if len(form.blocks) > 6 else "medium",
            "width": "medium",
            "card": {"contentType": CARD, "content": shown},
        }
        return {"task": {"type": "continue", "value": value}}

    def form_message(self, form: Json, title: str) -> Activity:
        """The message of a form that stands alone."""
        return _message([_attachment(form)], title)

    def say(self, words: str) -> Json:
        """An answer to `Action.Execute` that says something and leaves the card as it is."""
        said = self.spoken.words(words)
        return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": said}

    def with_words(self, card: Json, words: str) -> Json:
        """A card with what is said to one person below it."""
        return {**card, "body": [*card["body"], note(safe(self.spoken.words(words)))]} if words else card

    def replace(self, card: Json) -> Json:
        """An answer to `Action.Execute` that shows the one who clicked another card in its place."""
        return {"statusCode": 200, "type": CARD, "value": card}

    def closing(self, words: str) -> Json:
        """What a dialog shows at its end; without words it closes."""
        return {"task": {"type": "message", "value": self.spoken.words(words)}} if words else {}

    def words(self, words: str) -> Activity:
        """A few words of ours, which Teams is not to search for markup."""
        return Activity(type=ActivityTypes.message, text=self.spoken.words(words), text_format="plain")


def _place(key: str, part: int) -> Json:
    """Where a button stands: in which card, and which of its messages."""
    return {"card": key, **({"part": part} if part else {})}


def _message(attachments: list[Attachment], summary: str) -> Activity:
    return Activity(
        type=ActivityTypes.message,
        attachments=attachments,
        attachment_layout="list",
        summary=shortened(summary, MAX_SUMMARY),
    )


def _attachment(card: Json) -> Attachment:
    return Attachment(content_type=CARD, content=card)


def _picture(image: Image) -> Attachment:
    written = base64.b64encode(image.png).decode()
    return Attachment(
        content_type="image/png", content_url=f"data:image/png;base64,{written}", name=image.name
    )


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    """Those in folds among the others."""
    for block in blocks:
        if isinstance(block, Folded):
            yield from _flat(block.blocks)
        else:
            yield block


def _open_dialog(action: Json) -> None:
    """Teams opens a window for a submit that says so, and asks us with `task/fetch` what stands in it."""
    action["type"] = "Action.Submit"
    action["data"] = {**action["data"], "verb": action.pop("verb"), **_TO_DIALOG}


def _actions(content: Any) -> Iterator[Json]:
    """Every button of ours in a card."""
    if isinstance(content, dict):
        if content.get("type") == "Action.Execute":
            yield content
            return
        for value in content.values():
            yield from _actions(value)
    elif isinstance(content, list):
        for one in content:
            yield from _actions(one)
