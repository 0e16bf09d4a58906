"""A manager looks in on a deal: `inspect`, `acknowledge`, and a question to its owner."""

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability
from handlers.deal_choice import DealChoice, may_on, read_choice, record_choice, today_of, word_problem
from handlers.words import old_button
from messages.card_text import card_to_text
from messages.nudge_choices import (
    ANSWER,
    ANSWER_QUESTION,
    QUESTION,
    compose_answer,
    compose_answer_form,
    compose_question,
    compose_question_form,
)
from messages.reply import Reply
from pipeline.access import Action
from pipeline.audiences import to_person
from pipeline.errors import CouncilError
from pipeline.findings import Audience
from pipeline.people import User
from storage.database import reading
from storage.findings_of import findings_on
from storage.nudge_choices import has_asked, put_acknowledgement, record_inspection
from storage.outbox import Letter, put_letter
from storage.people import read_people


def inspect(asked: Asked, clicked: Clicked) -> Reply:
    """The manager confirms that the deal is as its record says."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    with asked.acting() as connection:
        record_inspection(
            connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="confirmed"
        )
        record_choice(connection, asked, choice, "inspect", note="")
    return Reply(note=f"{choice.deal.name} is marked as inspected.")


def acknowledge(asked: Asked, clicked: Clicked) -> Reply:
    """A finding about the past, which no edit can mend, is closed until the next push or stage change."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    with reading(asked.engine) as connection:
        open_here = {one.rule: one for one in findings_on(connection, asked.company, choice.deal.id)}
    finding = open_here.get(choice.rule)
    if finding is None:
        raise CouncilError(f"{choice.deal.name} has no such finding any more: there is nothing to do.")
    if finding.audience is not Audience.MANAGER:
        raise CouncilError("Only findings about the past are acknowledged. Fix or exempt this one.")
    with asked.acting() as connection:
        put_acknowledgement(connection, choice.deal, choice.rule, by=asked.member.id, now=asked.now)
        record_choice(connection, asked, choice, "acknowledge", note="")
    return Reply(note=f"{choice.deal.name}: noted, until it is pushed or changes its stage.")


# --- A question to the owner ----------------------------------------------------------------------


def open_question(asked: Asked, clicked: Clicked) -> Reply:
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    owner = _owner(asked, choice.deal.owner_id)
    return Reply(form=compose_question_form(choice.deal.id, choice.deal.name, owner.name, "", {}))


def send_question(asked: Asked, sent: Submitted) -> Reply:
    choice = read_choice(asked, sent.argument)
    may_on(asked, Action.INSPECT, choice.deal).require()
    owner = _owner(asked, choice.deal.owner_id)
    question = sent.answers.get(QUESTION, "").strip()
    if problem := word_problem(question):
        form = compose_question_form(
            choice.deal.id, choice.deal.name, owner.name, question, {QUESTION: problem}
        )
        return Reply(form=form)
    key = f"question:{choice.deal.id}:{asked.member.id}:{int(asked.now.timestamp())}"
    card = compose_question(
        key,
        f"{choice.deal.id}:{asked.member.id}",
        asker=asked.member.name,
        deal=choice.deal.name,
        question=question,
    )
    letter = Letter(key=key, kind="question", audience=to_person(owner.id), card=card_to_text(card))
    with asked.acting() as connection:
        put_letter(connection, letter, asked.now)
        record_inspection(connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="opened")
        record_choice(connection, asked, choice, "ask_owner", note=question)
    return Reply(note=f"{owner.name} has your question.")


def open_answer(asked: Asked, clicked: Clicked) -> Reply:
    choice, asker = _question(asked, clicked.argument)
    return Reply(form=compose_answer_form(clicked.argument, choice.deal.name, asker.name, "", {}))


def send_answer(asked: Asked, sent: Submitted) -> Reply:
    choice, asker = _question(asked, sent.argument)
    answer = sent.answers.get(ANSWER, "").strip()
    if problem := word_problem(answer):
        form = compose_answer_form(sent.argument, choice.deal.name, asker.name, answer, {ANSWER: problem})
        return Reply(form=form)
    key = f"answer:{choice.deal.id}:{asked.member.id}:{int(asked.now.timestamp())}"
    card = compose_answer(key, by=asked.member.name, deal=choice.deal.name, answer=answer)
    letter = Letter(key=key, kind="answer", audience=to_person(asker.id), card=card_to_text(card))
    with asked.acting() as connection:
        put_letter(connection, letter, asked.now)
        record_choice(connection, asked, choice, "answer_owner", note=answer)
    return Reply(note=f"{asker.name} has your answer.")


CAPABILITY = Capability(
    clicks={
        "inspect": inspect,
        "acknowledge": acknowledge,
        "ask_owner": open_question,
        ANSWER_QUESTION: open_answer,
    },
    forms={"ask_owner": send_question, ANSWER_QUESTION: send_answer},
)


def _question(asked: Asked, argument: str) -> tuple[DealChoice, User]:
    """Of `006A:005M`: the deal and who asked. Only its owner answers, and only who asked is answered."""
    deal_id, _, asker_id = argument.partition(":")
    choice = read_choice(asked, deal_id)
    may_on(asked, Action.FIX, choice.deal).require()
    with reading(asked.engine) as connection:
        is_asked = has_asked(connection, asker_id, choice.deal.id)
    asker = read_people(asked.engine).by_id(asker_id)
    if not is_asked or asker is None:
        raise old_button()
    return choice, asker


def _owner(asked: Asked, owner_id: str | None) -> User:
    owner = None if owner_id is None else read_people(asked.engine).by_id(owner_id)
    if owner is None or not owner.is_active:
        raise CouncilError("The owner of this deal is not active any more and cannot answer. Reassign it.")
    return owner
