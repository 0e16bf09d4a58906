"""Messages in trouble, for sales operations: what could not be delivered, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime

from messages.card import Block, Button, Buttons, ButtonStyle, Card, Fact, Facts, Paragraph, Tone, text
from messages.people import platform_name
from messages.wording import Wording
from pipeline.letters import AccessRefusal, LetterState, TroubledLetter

SHOWN = 10
"""Letters in one answer, so that it can be read."""

_STATES = {
    LetterState.UNKNOWN: "May have arrived",
    LetterState.FAILED: "Did not arrive",
}


def compose_outbox(
    letters: Sequence[TroubledLetter],
    refusals: Sequence[AccessRefusal] = (),
    wording: Wording | None = None,
) -> Card:
    """Each with its reason and two buttons, the oldest first; before them who does not let us in at all."""
    wording = wording or Wording()
    if not letters and not refusals:
        words = "Every message was delivered, or is on its way."
        return Card("outbox", "Nothing is in trouble", (Paragraph(text(words)),), words)
    title, reason = _headline(letters, refusals, wording)
    blocks: list[Block] = [_refusal(refusal, wording) for refusal in refusals]
    if letters:
        says = "“Send again” posts it once more: look first whether one that may have arrived is there."
        blocks.append(Paragraph(text(says)))
    for letter in letters[:SHOWN]:
        blocks += _letter(letter, wording)
    if len(letters) > SHOWN:
        rest = f"{len(letters) - SHOWN} more come after these: council outbox lists them all."
        blocks.append(Paragraph(text(rest), Tone.NOTE))
    return Card("outbox", title, tuple(blocks), f"{title}: {reason}")


def _headline(
    letters: Sequence[TroubledLetter], refusals: Sequence[AccessRefusal], wording: Wording
) -> tuple[str, str]:
    """The gravest first, and why."""
    if refusals:
        first = refusals[0]
        return f"{platform_name(first.surface)} does not let me in", first.reason
    are = wording.count(len(letters), "message is", "messages are")
    return f"{are} in trouble", letters[0].reason


def _refusal(refusal: AccessRefusal, wording: Wording) -> Block:
    waits = wording.count(refusal.waiting, "message waits", "messages wait")
    return Facts(
        (
            Fact("Why", text(refusal.reason)),
            Fact("Since", text(wording.moment(refusal.since))),
            Fact("Nothing is lost", text(f"{waits}, and go out by themselves when I am let in again.")),
        )
    )


def compose_access_regained(key: str, refusal: AccessRefusal, until: datetime) -> Card:
    """To sales operations, when the platform lets us in again."""
    wording, platform = Wording(), platform_name(refusal.surface)
    title = f"{platform} lets me in again"
    since, end = wording.moment(refusal.since), wording.moment(until)
    what = f"From {since} to {end} it did not: {refusal.reason}"
    waited = (
        f"{wording.count(refusal.waiting, 'message', 'messages')} waited meanwhile and go out now. Those to "
        "people can speak of yesterday's deals: their buttons look at the deal as it is."
        if refusal.waiting
        else "No message waited meanwhile."
    )
    return Card(key, title, (Paragraph(text(what)), Paragraph(text(waited))), f"{title}. {waited}")


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
