"""What the weekly post says of actions: the overdue first, those of every table, with before and after."""

from datetime import date

from bot.app import Council
from jobs.council import compose_post
from messages.card import Card, Folded
from messages.render.terminal import render_text
from storage.editions import measure_edition
from tests.handlers.test_actions import KAI, LINE, NOW, ask, council

__all__ = ["council"]


def summary_of(council: Council, day: date) -> Card:
    """The post of a council's day, with the figures of 15 May."""
    edition = measure_edition(council.engine, council.company, day=day, as_of=date(2026, 5, 15), now=NOW)
    return compose_post(council.engine, council.company, edition, edition.frozen_at).summary


def post(council: Council, day: date) -> str:
    return render_text(summary_of(council, day), 400)


def test_an_overdue_action_of_another_table_is_shown_to_the_council(council: Council) -> None:
    ask(council, KAI, LINE)
    ask(council, KAI, LINE.replace("EMEA coverage", "product total forecast").replace("2x", "3x"))
    says = post(council, date(2026, 5, 18))
    assert "2x on Data Cloud · Ana Lind, due 16 May, open, overdue. EMEA coverage moved after: 0.65×" in says
    assert "3x on Data Cloud · Ana Lind, due 16 May, open, overdue. Total forecast moved after: $6.5K" in says


def test_many_actions_are_folded_and_what_is_due_first_is_not(council: Council) -> None:
    for number in range(12):
        due = f"2026-06-{30 - number:02}"
        ask(council, KAI, LINE.replace("2x", f"No. {number}").replace("tomorrow", due))
    summary = summary_of(council, date(2026, 5, 18))
    folded = next(block for block in summary.blocks if isinstance(block, Folded))
    assert folded.summary == "7 more"
    assert "No. 11" in render_text(summary, 400).split("7 more")[0]
