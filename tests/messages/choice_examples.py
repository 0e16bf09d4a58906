"""What a rep may decide beside fixing, what a manager asks, and the messages that come of both."""

from datetime import date

from messages.card import Card, Form
from messages.nudge_choices import (
    ANSWER,
    QUESTION,
    REASON,
    UNTIL,
    compose_answer,
    compose_answer_form,
    compose_answered,
    compose_asked,
    compose_dispute,
    compose_dispute_form,
    compose_pause,
    compose_question,
    compose_question_form,
    compose_snooze_form,
    compose_waiver_decided,
    compose_waiver_form,
    compose_waiver_wish,
)
from tests.messages.finding_examples import ANA, CARA
from tests.messages.fix_examples import ACME, ACME_ID

RULE = "close_date_past"
ARGUMENT = f"{ACME_ID}:{RULE}"
UNTIL_DAY = date(2027, 2, 15)
LATE = {UNTIL: "That day has come already. Choose a later one.", REASON: "A few words are needed here."}
EMPTY = "A few words are needed here."


def choice_forms() -> dict[str, Form]:
    return {
        "snooze_form": compose_snooze_form(ARGUMENT, ACME, date(2026, 11, 30), "", {}),
        "snooze_form_problems": compose_snooze_form(ARGUMENT, ACME, date(2026, 11, 2), "", LATE),
        "waiver_form": compose_waiver_form(ARGUMENT, ACME, RULE, UNTIL_DAY, "", {}, decides=False),
        "waiver_form_decides": compose_waiver_form(ARGUMENT, ACME, RULE, UNTIL_DAY, "", {}, decides=True),
        "wrong_rule_form": compose_dispute_form(ARGUMENT, ACME, RULE, "", {}),
        "ask_owner_form": compose_question_form(ACME_ID, ACME, ANA.name, "", {QUESTION: EMPTY}),
        "answer_form": compose_answer_form(f"{ACME_ID}:{CARA.id}", ACME, CARA.name, "", {ANSWER: EMPTY}),
    }


def choice_cards() -> dict[str, Card]:
    why = "The buyer signs when their board has met in February."
    question = "Does it still close this year?"
    decided = {
        granted: compose_waiver_decided(
            "waiver:1",
            decider=CARA.name,
            asker=ANA.name,
            deal=ACME,
            rule=RULE,
            until=UNTIL_DAY,
            granted=granted,
        )
        for granted in (True, False)
    }
    return {
        "waiver_wish": compose_waiver_wish(
            "waiver:1",
            1,
            asker=ANA.name,
            deal=ACME,
            rule=RULE,
            says="The close date has passed",
            worth="$840K",
            until=UNTIL_DAY,
            reason=why,
        ),
        "waiver_granted": decided[True],
        "waiver_declined": decided[False],
        "wrong_rule": compose_dispute("wrong_rule:1", by=ANA.name, deal=ACME, rule=RULE, reason=why),
        "question": compose_question("question:1", ARGUMENT, asker=CARA.name, deal=ACME, question=question),
        "asked": compose_asked("asked:1", owner=ANA.name, deal=ACME, question=question),
        "answered": compose_answered(
            "question:1", asker=CARA.name, deal=ACME, question=question, answer="Yes: legal signs on Monday."
        ),
        "answer": compose_answer("answer:1", by=ANA.name, deal=ACME, answer="Yes: legal signs on Monday."),
        "pause": compose_pause(date(2026, 12, 4)),
        "pause_none": compose_pause(None),
    }
