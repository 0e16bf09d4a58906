"""Messages in trouble, for sales operations: what could not be delivered, and what to do about it."""

from collections.abc import Sequence

from messages.card import Block, Button, Buttons, ButtonStyle, Card, Fact, Facts, Paragraph, Tone, text
from messages.wording import Wording
from pipeline.letters import LetterState, TroubledLetter

SHOWN = 10
"""Letters in one answer, so that it can be read."""

_STATES = {
    LetterState.UNKNOWN: "May have arrived",
    LetterState.FAILED: "Did not arrive",
}


def compose_outbox(letters: Sequence[TroubledLetter], wording: Wording | None = None) -> Card:
    """Each with its reason and two buttons, the oldest first."""
    if not letters:
        words = "Every message was delivered, or is on its way."
        return Card("outbox", "Nothing is in trouble", (Paragraph(text(words)),), words)
    title = "1 message is in trouble" if len(letters) == 1 else f"{len(letters)} messages are in trouble"
    says = "“Send again” posts it once more: look first whether one that may have arrived is there."
    blocks: list[Block] = [Paragraph(text(says))]
    for letter in letters[:SHOWN]:
        blocks += _letter(letter, wording or Wording())
    if len(letters) > SHOWN:
        rest = f"{len(letters) - SHOWN} more come after these: council outbox lists them all."
        blocks.append(Paragraph(text(rest), Tone.NOTE))
    return Card("outbox", title, tuple(blocks), f"{title}: {letters[0].reason}")


def _letter(letter: TroubledLetter, wording: Wording) -> tuple[Block, ...]:
    return (
        Facts(
            (
                Fact("Message", text(f"{letter.kind.replace('_', ' ')} to {letter.addressee}")),
                Fact(_STATES.get(letter.state, letter.state.value), text(letter.reason or "no reason known")),
                Fact("Since", text(wording.moment(letter.since))),
            )
        ),
        Buttons(
            (
                Button("Send again", "outbox_send", letter.key),
                Button("Drop", "outbox_drop", letter.key, ButtonStyle.DANGER),
            )
        ),
    )


def compose_delivery_problem(key: str, addressee: str, kind: str, reason: str) -> Card:
    """To sales operations, once for each addressee and reason."""
    title = f"I cannot reach {addressee}"
    what = f"A message ({kind.replace('_', ' ')}) to {addressee} did not arrive: {reason}"
    todo = (
        "It is kept. Say with /link which chat user they are, and it goes out by itself; or mend their "
        "e-mail, then send it again: /outbox shows it."
        if not addressee.startswith("#")
        else "It is kept. Mend the channel, then send it again: /outbox shows it."
    )
    return Card(key, title, (Paragraph(text(what)), Paragraph(text(todo))), f"{title}: {reason}")


def compose_delivery_doubt(key: str, addressee: str, kind: str, reason: str) -> Card:
    """To sales operations: a message that may have arrived, which only a look can tell."""
    title = f"A message to {addressee} may not have arrived"
    what = f"{kind.replace('_', ' ').capitalize()} to {addressee}: {reason}"
    todo = "I do not send it twice by myself. Look whether it is there, then choose in /outbox."
    return Card(key, title, (Paragraph(text(what)), Paragraph(text(todo))), f"{title}: {reason}")
