"""A word before the council that comes wrong, late, twice or from others: plain words, nothing half done."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import ALREADY, Dispatch
from bot.job_table import find_job
from bot.job_work import do_work
from handlers.asking import Clicked, Question, Submitted, Typed
from messages.card import Form, Paragraph, TextInput, text
from messages.card_text import card_from_text
from messages.cell_buttons import GIVE_CONTEXT
from messages.preparation import WORDS
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.cell_names import CellName
from pipeline.matrix import Dimension, Metric
from pipeline.working_days import WorkingDays
from storage.cell_words import read_contexts, record_request
from storage.chat_tables import audit, outbox
from storage.database import reading, writing
from tests.bot.test_dispatch import words
from tests.handlers.test_actions import ANA, KAI, MONA, NOW, OPS, council, pull

__all__ = ["council"]

MONDAY, FOLLOWING = date(2026, 5, 18), date(2026, 5, 25)
POSTED = datetime(2026, 5, 18, 16, tzinfo=NOW.tzinfo)
CELL = "region/EMEA/coverage"
COMING = f"{CELL}/2026-05-18"


def ask(
    council: Council, who: str, question: Question, *, now: datetime = NOW, event: str | None = None
) -> Reply:
    return Dispatch(open_desk(council, now), clock=lambda: now).answer(
        f"{who}@example.com", question, event=event
    )


def sent(said: str, argument: str = COMING) -> Submitted:
    return Submitted(GIVE_CONTEXT, argument, {WORDS: said})


def kept(council: Council, day: date = MONDAY) -> list[tuple[str, str]]:
    """Whose words stand for a council, and what."""
    with reading(council.engine) as connection:
        return [(one.person_id, one.words) for one in read_contexts(connection, day)]


def acts(council: Council) -> int:
    with reading(council.engine) as connection:
        return len(connection.execute(select(audit.c.no).where(audit.c.act == "give_context")).all())


def post(council: Council) -> None:
    pull(council, POSTED - timedelta(hours=1))
    assert do_work(council, find_job("council"), POSTED).says.startswith("Posted to")


def field_of(form: Form | None) -> TextInput:
    assert form is not None
    return next(block for block in form.blocks if isinstance(block, TextInput))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ('EMAE coverage "x"', "EMAE”. Did you mean EMEA?"),
        ('region Asia coverage "x"', "There is no region “Asia”"),
        ('EMEA covrage "x"', 'should know: /council context EMEA coverage "Two large deals moved".'),
        ("", "Name the cell with its figure, then what the council should know"),
        ('EMEA coverage "x', "A quote is opened before x and not closed."),
    ],
)
def test_a_mistake_in_a_typed_word_is_told_and_keeps_nothing(council: Council, typed: str, says: str) -> None:
    reply = ask(council, KAI, Typed(f"/council context {typed}".strip()))
    assert says in words(reply)
    assert (kept(council), acts(council)) == ([], 0)


def test_a_typed_word_may_be_as_long_as_the_one_of_the_form(council: Council) -> None:
    ask(council, KAI, Typed('/council context EMEA coverage "' + "x" * 1_000 + '"'))
    assert [said for _, said in kept(council)] == ["x" * 1_000]


@pytest.mark.parametrize("is_typed", [True, False])
def test_a_word_that_is_too_long_comes_back_in_its_form(council: Council, is_typed: bool) -> None:
    said = "x" * 3_000
    question = Typed(f"/council context EMEA coverage {said}") if is_typed else sent(said)
    reply = ask(council, KAI, question)
    assert field_of(reply.form).value == said
    assert field_of(reply.form).problem == "That has 3,000 characters; at most 1,000 fit into the post."
    assert (kept(council), acts(council)) == ([], 0)


def test_a_word_that_no_form_can_hold_is_said_back_whole(council: Council) -> None:
    reply = ask(council, KAI, Typed(f"/council context EMEA coverage {'x ' * 2_500}"))
    (card,) = reply.cards
    said = [block.text for block in card.blocks if isinstance(block, Paragraph)]
    assert text(("x " * 2_500).strip()) in said
    assert "That has 4,999 characters; at most 1,000 fit" in words(reply)
    assert (kept(council), acts(council)) == ([], 0)


@pytest.mark.parametrize("who", [ANA, OPS, "nobody"])
@pytest.mark.parametrize(
    "question", [Typed('/council context EMEA coverage "x"'), Clicked(GIVE_CONTEXT, COMING), sent("x")]
)
def test_who_may_not_say_anything_is_told_so(council: Council, who: str, question: Question) -> None:
    reply = ask(council, who, question)
    assert reply.form is None
    assert "Something went wrong" not in words(reply)
    assert words(reply)
    assert (kept(council), acts(council)) == ([], 0)


def test_a_line_written_into_the_message_itself_is_kept_without_a_form(council: Council) -> None:
    reply = ask(council, "kai", Clicked(GIVE_CONTEXT, COMING, " Two deals wait. "))
    assert reply.form is None
    assert kept(council) == [("kai@example.com", "Two deals wait.")]
    again = ask(council, "kai", Clicked(GIVE_CONTEXT, COMING))
    assert field_of(again.form).value == "Two deals wait.", "and stands in the form for a longer word"


def test_a_line_that_is_too_long_for_the_post_stays_in_the_form(council: Council) -> None:
    reply = ask(council, "kai", Clicked(GIVE_CONTEXT, COMING, "x" * 1_001))
    field = field_of(reply.form)
    assert (field.value, "1,001 characters" in field.problem) == ("x" * 1_001, True)
    assert kept(council) == []


def test_a_form_that_is_sent_twice_counts_once(council: Council) -> None:
    assert "noted for Monday" in words(ask(council, KAI, sent("Two deals moved"), event="event-1"))
    assert ask(council, KAI, sent("Two deals moved"), event="event-1").note == ALREADY
    assert (len(kept(council)), acts(council)) == (1, 1)
    ask(council, KAI, sent("Three deals moved"), event="event-2")
    assert [said for _, said in kept(council)] == ["Three deals moved"]


def test_somebody_else_s_form_says_a_word_of_one_s_own(council: Council) -> None:
    people = council.company.people.model_copy(update={"council": ("kai@example.com", "mona@example.com")})
    both = replace(council, company=replace(council.company, people=people))
    for who, said in ((KAI, "Two deals moved"), (MONA, "They did not")):
        ask(both, who, sent(said))
    assert kept(both) == [("005M", "They did not"), ("kai@example.com", "Two deals moved")]


KAI_MAIL = "kai@example.com"
LATE = POSTED + timedelta(minutes=1)
WORD_KEY = "council:FY26 Q2:2026-05-17:EMEA@pipeline-council:word:coverage:kai@example.com"


def letter(council: Council, key: str) -> tuple[str | None, str]:
    """Thread and words of a message."""
    with reading(council.engine) as connection:
        row = connection.execute(select(outbox).where(outbox.c.key == key)).one()
    return row.thread_of, render_text(card_from_text(row.card), 300)


def test_a_word_after_the_post_goes_into_the_thread_and_the_row_says_it_while_its_figures_stay(
    council: Council,
) -> None:
    with writing(council.engine) as connection:
        record_request(connection, MONDAY, CellName(Dimension.REGION, "EMEA", Metric.COVERAGE), KAI_MAIL)
    post(council)
    row_key = WORD_KEY.partition(":word")[0]
    before = letter(council, row_key)[1]
    later = ask(council, KAI, Typed('/council context EMEA coverage "Two deals wait"'), now=LATE)
    assert "it stands in its thread of EMEA" in words(later)
    thread, says = letter(council, WORD_KEY)
    assert (thread, says) == (row_key, f"{KAI_MAIL} on EMEA coverage\n\nTwo deals wait\n")
    said = f"{KAI_MAIL} on coverage: Two deals wait"
    assert f"No word from {KAI_MAIL}." in before
    assert letter(council, row_key)[1] == before.replace(f"No word from {KAI_MAIL}.", said)
    assert (kept(council), acts(council)) == ([("kai@example.com", "Two deals wait")], 1)


def test_a_changed_word_changes_its_reply_and_no_word_takes_it_back(council: Council) -> None:
    post(council)
    for said in ("Two deals wait", "Three deals wait", ""):
        ask(council, KAI, sent(said), now=LATE)
        assert (said or "took their word on EMEA coverage back") in letter(council, WORD_KEY)[1]
    assert kept(council) == []


def test_after_the_recap_or_without_a_thread_a_word_is_for_the_next_council(council: Council) -> None:
    post(council)
    ask(council, KAI, Typed('/council context total coverage "for all"'), now=LATE)
    assert [said for _, said in kept(council, FOLLOWING)] == ["for all"]
    assert do_work(council, find_job("council_recap"), LATE).says.startswith("Recap of")
    refused = ask(council, KAI, sent("after"), now=LATE)
    assert "The council of 18 May is posted, and no thread of it waits" in words(refused)
    ask(council, KAI, Typed('/council context EMEA coverage "next week"'), now=LATE)
    assert {said for _, said in kept(council, FOLLOWING)} == {"for all", "next week"}
    assert kept(council) == []


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "EMEA",
        CELL,
        f"{CELL}/2026-06-15",
        f"{CELL}/soon",
        "zone/EMEA/coverage/2026-05-18",
        "region/EMEA/x",
    ],
)
@pytest.mark.parametrize("is_form", [False, True], ids=["button", "form"])
def test_a_form_or_a_button_from_before_is_told_from_todays(
    council: Council, is_form: bool, argument: str
) -> None:
    old = sent("x", argument) if is_form else Clicked(GIVE_CONTEXT, argument)
    says = words(ask(council, KAI, old))
    assert "from an older message" in says or "There is no" in says
    assert (kept(council), acts(council)) == ([], 0)


def test_a_row_that_is_gone_and_a_form_that_we_no_longer_have_are_told(council: Council) -> None:
    assert "There is no region “LATAM”" in words(
        ask(council, KAI, sent("x", "region/LATAM/coverage/2026-05-18"))
    )
    unknown = Submitted("give_context_v1", COMING, {WORDS: "x"})
    assert "This form is from an older message, and nothing was saved." in words(ask(council, KAI, unknown))
    assert (kept(council), acts(council)) == ([], 0)


def test_a_word_for_a_council_that_was_moved_comes_back_for_the_new_day(council: Council) -> None:
    """The form is of Friday; on Saturday somebody configures Monday as a holiday."""
    moved = replace(
        council, company=replace(council.company, working_days=WorkingDays(further=frozenset({MONDAY})))
    )
    tuesday = datetime(2026, 5, 19, 10, tzinfo=NOW.tzinfo)
    reply = ask(moved, KAI, sent("Two deals moved"), now=tuesday)
    field = field_of(reply.form)
    assert field.value == "Two deals moved"
    assert field.problem.startswith("There was no council on 18 May. Nothing is saved yet: send this for the")
    assert reply.form is not None
    assert "noted for Tuesday" in words(ask(moved, KAI, sent(field.value, reply.form.argument), now=tuesday))
    assert [said for _, said in kept(moved, date(2026, 5, 19))] == ["Two deals moved"]


def test_a_word_for_a_council_that_is_held_late_stands_in_its_post(council: Council) -> None:
    """On Monday everything stood still; it is posted on Tuesday."""
    tuesday = POSTED + timedelta(days=1)
    reply = ask(council, KAI, sent("Two deals moved"), now=tuesday - timedelta(hours=2))
    assert "noted for Monday" in words(reply)
    pull(council, tuesday - timedelta(hours=1))
    assert do_work(council, find_job("council"), tuesday).says.startswith("Posted to")
    with reading(council.engine) as connection:
        cards = connection.execute(select(outbox.c.card).where(outbox.c.kind == "council_thread")).scalars()
        assert any("Two deals moved" in card for card in cards)
