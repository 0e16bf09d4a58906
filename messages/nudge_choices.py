"""Forms and messages of what people decide about being asked: snooze, waive, dispute, ask, leave."""

from collections.abc import Mapping
from datetime import date

from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    DateInput,
    Form,
    Paragraph,
    Plain,
    TextInput,
    Tone,
    text,
)
from messages.deal_findings import rule_label, sentence
from messages.wording import Wording

UNTIL, REASON, QUESTION, ANSWER = "until", "reason", "question", "answer"
LONGEST_WORDS = 1_000
"""Characters of a reason, a question or an answer."""
WAIVER_GRANT, WAIVER_DECLINE, ANSWER_QUESTION = "waiver_grant", "waiver_decline", "answer_question"

Problems = Mapping[str, str]
"""Why a value was not accepted, by the key of its input."""


def compose_snooze_form(
    argument: str, deal: str, until: date | None, reason: str, problems: Problems
) -> Form:
    return Form(
        f"snooze:{argument}",
        "Ask me later",
        (
            Paragraph(text(Bold(deal), ": I will not ask about this before the day that you choose.")),
            DateInput(UNTIL, "Ask again on", until, required=True, problem=problems.get(UNTIL, "")),
            _words(REASON, "Why then?", reason, "Say, the buyer is back on Monday.", problems),
        ),
        "snooze",
        argument,
        "Snooze",
    )


def compose_waiver_form(
    argument: str,
    deal: str,
    rule: str,
    until: date | None,
    reason: str,
    problems: Problems,
    *,
    decides: bool,
    has_manager: bool = True,
) -> Form:
    """`decides`: the person may exempt it; others ask their manager, or sales operations where they have
    none (`has_manager`)."""
    decider = "Your manager decides" if has_manager else "Sales operations decide"
    what = "It will not count" if decides else f"{decider} whether it counts"
    ask = "Ask my manager" if has_manager else "Ask sales operations"
    return Form(
        f"waive:{argument}",
        "Exempt this",
        (
            Paragraph(
                text(Bold(deal), f" · {rule_label(rule)}. {what} up to that day; then it counts again.")
            ),
            DateInput(UNTIL, "Until", until, required=True, problem=problems.get(UNTIL, "")),
            _words(REASON, "Why does the rule not fit?", reason, "", problems),
        ),
        "waive",
        argument,
        "Exempt" if decides else ask,
    )


def compose_dispute_form(argument: str, deal: str, rule: str, reason: str, problems: Problems) -> Form:
    return Form(
        f"wrong_rule:{argument}",
        "Wrong rule",
        (
            Paragraph(text(Bold(deal), f" · {rule_label(rule)}. Sales operations read what you write.")),
            _words(REASON, "What is wrong with the rule?", reason, "", problems),
        ),
        "wrong_rule",
        argument,
        "Tell them",
    )


def compose_question_form(argument: str, deal: str, owner: str, question: str, problems: Problems) -> Form:
    return Form(
        f"ask_owner:{argument}",
        "Ask the owner",
        (
            Paragraph(text(Bold(deal), f" belongs to {owner}. The answer comes back to you in a thread.")),
            _words(QUESTION, "Your question", question, "", problems),
        ),
        "ask_owner",
        argument,
        "Ask",
    )


def compose_answer_form(argument: str, deal: str, asker: str, answer: str, problems: Problems) -> Form:
    return Form(
        f"answer_question:{argument}",
        "Answer",
        (
            Paragraph(text(Bold(deal), f": your answer goes to {asker}.")),
            _words(ANSWER, "Your answer", answer, "", problems),
        ),
        ANSWER_QUESTION,
        argument,
        "Send",
    )


def _words(key: str, label: str, value: str, hint: str, problems: Problems) -> TextInput:
    return TextInput(
        key, label, value[:LONGEST_WORDS], hint, required=True, lines=3, problem=problems.get(key, "")
    )


# --- Messages to others ---------------------------------------------------------------------------


def compose_waiver_wish(
    key: str,
    number: int,
    *,
    asker: str,
    deal: str,
    rule: str,
    says: str,
    worth: str,
    until: date,
    reason: str,
) -> Card:
    """To the manager, who decides. `says`: the finding in words; `worth`: the deal's value; both may be
    empty."""
    day = Wording().full_day(until).words
    title = f"{asker} asks to exempt {deal}"
    found = " ".join(filter(None, [f"{rule_label(rule)}.", says and sentence(says)]))
    money = (Bold(worth), Plain(" · ")) if worth else ()
    blocks: tuple[Block, ...] = (
        Paragraph(text(*money, found)),
        Paragraph(text(f"“{reason}”")),
        Paragraph(text(f"It would not count until {day}, and then again."), Tone.NOTE),
        Buttons(
            (
                Button("Exempt it", WAIVER_GRANT, str(number), ButtonStyle.PRIMARY),
                Button("Decline", WAIVER_DECLINE, str(number)),
            )
        ),
    )
    return Card(key, title, blocks, f"{title}: {reason}")


def compose_waiver_decided(
    key: str, *, decider: str, asker: str, deal: str, rule: str, until: date, granted: bool
) -> Card:
    """In the place of the wish, and to whoever asked."""
    day = Wording().full_day(until).words
    words = (
        f"{decider} exempted it until {day}. It does not count until then."
        if granted
        else f"{decider} declined. It counts on, so please fix it."
    )
    title = f"{deal} is exempt" if granted else f"{deal} is not exempt"
    said = Paragraph(text(Bold(rule_label(rule)), f", asked by {asker}. {words}"))
    return Card(key, title, (said,), f"{title}: {words}")


def compose_dispute(key: str, *, by: str, deal: str, rule: str, reason: str) -> Card:
    """To sales operations."""
    title = f"{by} says the rule is wrong: {rule_label(rule).lower()}"
    blocks = (
        Paragraph(text("Deal: ", Bold(deal))),
        Paragraph(text(f"“{reason}”")),
        Paragraph(text("/hygiene rules shows what it finds and how much of that is fixed."), Tone.NOTE),
    )
    return Card(key, title, blocks, f"{title}. {reason}")


def compose_asked(key: str, *, owner: str, deal: str, question: str) -> Card:
    """To whoever asked: the head of the thread in which the answer comes back."""
    title = f"You asked {owner} about {deal}"
    note = Paragraph(text("The answer comes into this thread."), Tone.NOTE)
    return Card(key, title, (Paragraph(text(f"“{question}”")), note), f"{title}: {question}")


def compose_question(key: str, argument: str, *, asker: str, deal: str, question: str) -> Card:
    """To the owner of a deal."""
    title = f"{asker} asks about {deal}"
    blocks = (
        Paragraph(text(f"“{question}”")),
        Buttons((Button("Answer", ANSWER_QUESTION, argument, ButtonStyle.PRIMARY),)),
    )
    return Card(key, title, blocks, f"{title}: {question}")


def compose_answered(key: str, *, asker: str, deal: str, question: str, answer: str) -> Card:
    """In the place of a question that its owner has answered."""
    title = f"You answered {asker} about {deal}"
    blocks = (Paragraph(text(f"“{question}”"), Tone.NOTE), Paragraph(text(f"“{answer}”")))
    return Card(key, title, blocks, f"{title}: {answer}")


def compose_answer(key: str, *, by: str, deal: str, answer: str) -> Card:
    """Back to whoever asked."""
    title = f"{by} answers about {deal}"
    return Card(key, title, (Paragraph(text(f"“{answer}”")),), f"{title}: {answer}")


def compose_pause(until: date | None) -> Card:
    """What `/pause` answers: leave until a day, or none."""
    if until is None:
        words = "You are not on leave here. Type /pause until 4 Dec before you go."
        return Card("pause", "No pause", (Paragraph(text(words)),), words)
    words = f"I ask you nothing until {Wording().full_day(until).words}. /pause off ends it earlier."
    return Card("pause", "Enjoy your time off", (Paragraph(text(words)),), words)
