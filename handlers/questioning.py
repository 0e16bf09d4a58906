"""`ask_owner`: a manager asks the owner of a deal, and the answer comes back into a thread.

The question is two messages: one to the owner with a button to answer, and a copy to whoever asked, in the
thread of the message where they asked, or as the head of one.
"""

import json
from dataclasses import dataclass

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability
from handlers.deal_choice import DealChoice, may_on, read_choice, record_choice, today_of, word_problem
from handlers.words import old_button
from messages.card import Card
from messages.card_text import card_to_text
from messages.nudge_choices import (
    ANSWER,
    ANSWER_QUESTION,
    QUESTION,
    compose_answer,
    compose_answer_form,
    compose_answered,
    compose_asked,
    compose_question,
    compose_question_form,
)
from messages.reply import Reply
from pipeline.access import Action
from pipeline.audiences import to_person
from pipeline.errors import CouncilError
from pipeline.people import User
from storage.database import Connection, reading
from storage.nudge_choices import PutQuestion, read_question, record_inspection
from storage.outbox import Letter, put_letter, revise_letter
from storage.outbox_reading import read_place
from storage.people import read_people


@dataclass(frozen=True)
class _Ticket:
    """What travels with the form of a question: the deal, and the message from which it was asked."""

    deal_id: str
    asked_in: str = ""

    def as_text(self) -> str:
        return json.dumps([self.deal_id, self.asked_in])

    @staticmethod
    def of(argument: str) -> "_Ticket":
        """A bare id is the ticket of a form from before the thread was kept."""
        try:
            deal_id, asked_in = json.loads(argument)
        except (ValueError, TypeError):
            return _Ticket(argument)
        return _Ticket(str(deal_id), str(asked_in))


def open_question(asked: Asked, clicked: Clicked) -> Reply:
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    owner = _owner(asked, choice.deal.owner_id)
    ticket = _Ticket(choice.deal.id, asked.where.thread_key or asked.where.message_key or "")
    return Reply(form=compose_question_form(ticket.as_text(), choice.deal.name, owner.name, "", {}))


def send_question(asked: Asked, sent: Submitted) -> Reply:
    ticket = _Ticket.of(sent.argument)
    choice = read_choice(asked, ticket.deal_id)
    may_on(asked, Action.INSPECT, choice.deal).require()
    owner = _owner(asked, choice.deal.owner_id)
    question = sent.answers.get(QUESTION, "").strip()
    if problem := word_problem(question):
        form = compose_question_form(
            sent.argument, choice.deal.name, owner.name, question, {QUESTION: problem}
        )
        return Reply(form=form)
    with asked.acting() as connection:
        record_inspection(connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="opened")
        number = record_choice(connection, asked, choice, "ask_owner", note=question)
        copy = compose_asked(_copy_key(number), owner=owner.name, deal=choice.deal.name, question=question)
        _say(connection, asked, copy, asked.member.id, _own_thread(connection, asked, ticket.asked_in))
        card = compose_question(
            _question_key(number),
            str(number),
            asker=asked.member.name,
            deal=choice.deal.name,
            question=question,
        )
        _say(connection, asked, card, owner.id)
    return Reply(note=f"{owner.name} has your question. The answer comes back to you here.")


def open_answer(asked: Asked, clicked: Clicked) -> Reply:
    _, choice, asker = _question(asked, clicked.argument)
    return Reply(form=compose_answer_form(clicked.argument, choice.deal.name, asker.name, "", {}))


def send_answer(asked: Asked, sent: Submitted) -> Reply:
    put, choice, asker = _question(asked, sent.argument)
    answer = sent.answers.get(ANSWER, "").strip()
    if problem := word_problem(answer):
        form = compose_answer_form(sent.argument, choice.deal.name, asker.name, answer, {ANSWER: problem})
        return Reply(form=form)
    deal = choice.deal.name
    with asked.acting() as connection:
        number = record_choice(connection, asked, choice, "answer_owner", note=answer)
        card = compose_answer(f"answer:{number}", by=asked.member.name, deal=deal, answer=answer)
        copy = _copy_key(put.number)
        place = read_place(connection, copy)
        _say(connection, asked, card, asker.id, None if place is None else place.thread_of or copy)
        key = _question_key(put.number)
        answered = compose_answered(key, asker=asker.name, deal=deal, question=put.question, answer=answer)
        revise_letter(connection, key, card_to_text(answered))
    return Reply(note=f"{asker.name} has your answer.")


CAPABILITY = Capability(
    clicks={"ask_owner": open_question, ANSWER_QUESTION: open_answer},
    forms={"ask_owner": send_question, ANSWER_QUESTION: send_answer},
    opens=frozenset({"ask_owner", ANSWER_QUESTION}),
)


def _question(asked: Asked, argument: str) -> tuple[PutQuestion, DealChoice, User]:
    """The question of a number. Only who owns the deal now answers, and only who asked is answered."""
    if not (argument.isascii() and argument.isdigit() and len(argument) < 16):
        raise old_button()
    with reading(asked.engine) as connection:
        put = read_question(connection, int(argument))
    if put is None:
        raise old_button()
    choice = read_choice(asked, put.deal_id)
    may_on(asked, Action.FIX, choice.deal).require()
    asker = read_people(asked.engine).by_id(put.by)
    if asker is None:
        raise CouncilError("Whoever asked is not here any more, so there is nobody to answer.")
    return put, choice, asker


def _owner(asked: Asked, owner_id: str | None) -> User:
    owner = None if owner_id is None else read_people(asked.engine).by_id(owner_id)
    if owner is None or not owner.is_active:
        raise CouncilError("The owner of this deal is not active any more and cannot answer. Reassign it.")
    return owner


def _own_thread(connection: Connection, asked: Asked, key: str) -> str | None:
    """The head of the thread in which they asked, where it is a message to them alone."""
    place = read_place(connection, key)
    if place is None or place.audience != to_person(asked.member.id):
        return None
    return place.thread_of or key


def _say(connection: Connection, asked: Asked, card: Card, to: str, thread: str | None = None) -> None:
    letter = Letter(
        key=card.key, kind="question", audience=to_person(to), card=card_to_text(card), thread_of=thread
    )
    put_letter(connection, letter, asked.now)


def _copy_key(number: int) -> str:
    return f"asked:{number}"


def _question_key(number: int) -> str:
    return f"question:{number}"
