"""The ladder's two messages: a warning to the owner, and a day later the word to the manager."""

from collections.abc import Sequence
from datetime import date

from messages.card import Block, Bold, Button, Buttons, ButtonStyle, Card, Paragraph, text
from messages.deal_findings import sentence
from messages.nudge import FIX, MORE
from messages.wording import Wording
from pipeline.digests import DigestItem, items_of
from pipeline.findings import Finding, PersonName

MOST = 6
"""So many deals stand in one message; the others are in /hygiene."""


def compose_warning(
    key: str, person: PersonName, findings: Sequence[Finding], currency: str, wording: Wording | None = None
) -> Card:
    """To the owner: what the manager hears of unless it is fixed, exempted or put off today."""
    wording = wording or Wording()
    items = items_of(findings)
    words = f"{wording.count(len(items), 'deal goes', 'deals go')} to your manager on the next working day"
    opening = f"Hello {person.name.split(' ', 1)[0]}. {words}, unless you settle it today."
    blocks: list[Block] = [Paragraph(text(opening))]
    for number, item in enumerate(items[:MOST]):
        about = item.opportunity_id
        blocks += _deal(item, "", currency, wording)
        blocks.append(
            Buttons((Button("Fix this deal", FIX, about, _style(number)), Button("More…", MORE, about)))
        )
    return Card(key, "Before your manager hears of it", (*blocks, *_beyond(items, wording)), f"{words}.")


def compose_telling(
    key: str, day: date, findings: Sequence[Finding], currency: str, wording: Wording | None = None
) -> Card:
    """To the manager: large deals with a grave finding that stayed open after all questions."""
    wording = wording or Wording()
    items = items_of(findings)
    words = f"{wording.count(len(items), 'large deal', 'large deals')} stayed open after we asked the owners."
    blocks: list[Block] = [Paragraph(text(words))]
    for number, item in enumerate(items[:MOST]):
        about = item.opportunity_id
        owner = item.findings[0].owner
        blocks += _deal(item, "" if owner is None else f" · {owner.name}", currency, wording)
        blocks.append(
            Buttons(
                (
                    Button("Ask the owner", "ask_owner", about, _style(number)),
                    Button("Open and fix", FIX, about),
                    Button("Reassign", "reassign", about),
                    Button("Looks right", "inspect", about),
                )
            )
        )
    title = f"Needs your help, {wording.day(day).words}"
    return Card(key, title, (*blocks, *_beyond(items, wording)), words)


def _style(number: int) -> ButtonStyle:
    """The first deal leads; were every deal's button green, none would be."""
    return ButtonStyle.PLAIN if number else ButtonStyle.PRIMARY


def _deal(item: DigestItem, owner: str, currency: str, wording: Wording) -> tuple[Block, ...]:
    value = f" · {wording.short_money(item.value, currency)}" if item.value is not None else ""
    return (
        Paragraph(text(Bold(item.name), f"{value}{owner}")),
        *(Paragraph(text(f"• {sentence(one.says)}")) for one in item.findings),
    )


def _beyond(items: Sequence[DigestItem], wording: Wording) -> tuple[Block, ...]:
    if len(items) <= MOST:
        return ()
    return (Paragraph(text(f"{wording.count(len(items) - MOST, 'more', 'more')} in /hygiene.")),)
