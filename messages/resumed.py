"""What a person is told of a question or an act that was interrupted when the program stopped."""

from collections.abc import Sequence
from dataclasses import replace

from messages.card import Bold, Card, Form, Paragraph, Tone, text
from messages.reply import Reply

LATE = "We were interrupted when you asked this, so the answer comes late."
AGAIN = "Please do it again."


def compose_late_answer(key: str, reply: Reply, *, asked: str, was_form: bool) -> tuple[Card, ...]:
    """The answer as messages of its own, under `key`, `key:2`, ...

    A message can open no form and bring no file: then it says how to come to it. `asked`: what was typed,
    empty for a click. `was_form`: a form was sent, and one that comes back was not accepted.
    """
    said = [
        line for line in (reply.note, _instead_of_form(reply.form, was_form), _instead_of_file(reply)) if line
    ]
    if said or not reply.cards:
        return (_told(key, "Your answer", said or ["This was done."], asked), *_late(key, reply.cards, 2))
    first, *others = reply.cards
    note = Paragraph(text(LATE), Tone.NOTE)
    head = replace(first, key=key, blocks=(*_quoted(asked), note, *first.blocks))
    return (head, *_late(key, others, 2))


def compose_done_before(key: str, *, asked: str, deal_name: str | None) -> Card:
    """It had its effect, and the answer was lost. `deal_name`: of the deal that the CRM has saved."""
    did = f"Your change to {deal_name} was saved." if deal_name else "What you asked for was done."
    return _told(key, "Done", [f"{did} Only the answer was lost, so there is nothing left to do."], asked)


def compose_not_done(key: str, *, asked: str) -> Card:
    """It had no effect, and will have none by itself: too old, unreadable, or interrupted again and again."""
    return _told(key, "Not done", [f"This could not be finished, and nothing was changed. {AGAIN}"], asked)


def _told(key: str, title: str, said: Sequence[str], asked: str) -> Card:
    lines = tuple(Paragraph(text(line)) for line in said)
    note = Paragraph(text("We were interrupted when you asked this."), Tone.NOTE)
    return Card(key, title, (*_quoted(asked), *lines, note), " ".join([f"{title}:", *said]))


def _quoted(asked: str) -> tuple[Paragraph, ...]:
    return (Paragraph(text("You asked: ", Bold(asked))),) if asked else ()


def _late(key: str, cards: Sequence[Card], first: int) -> tuple[Card, ...]:
    return tuple(replace(card, key=f"{key}:{number}") for number, card in enumerate(cards, first))


def _instead_of_form(form: Form | None, was_form: bool) -> str:
    if form is None:
        return ""
    if not was_form:
        return f"“{form.title}” waits for your answers in a form. Please open it again."
    problems = [form.problem, *(getattr(block, "problem", "") for block in form.blocks)]
    why = " ".join(dict.fromkeys(filter(None, problems)))
    return " ".join(filter(None, [f"“{form.title}” was not saved.", why, "Please open it again."]))


def _instead_of_file(reply: Reply) -> str:
    return f"To have the file {reply.attachment.name}, please ask again." if reply.attachment else ""
