"""Answers that come late, after an interruption."""

from collections.abc import Mapping
from datetime import date

from messages.card import Card, DateInput, Form
from messages.nudge_choices import compose_pause
from messages.reply import Attachment, Reply
from messages.resumed import compose_done_before, compose_late_answer, compose_not_done

PAUSE = "/pause until 1 Jun"
REFUSED_FORM = Form(
    "fix_save:Acme & Co",
    "Fix this deal",
    (DateInput("CloseDate", "Close date", problem="Choose a day from today on."),),
    "fix_save",
)


def resumed_cards() -> Mapping[str, Card]:
    return {
        "resumed_answer": _late(Reply((compose_pause(date(2026, 6, 1)),)), asked=PAUSE),
        "resumed_note": _late(Reply(note="Acme & Co: Close date 30 Sep → 14 Nov."), was_form=True),
        "resumed_form": _late(Reply(form=REFUSED_FORM)),
        "resumed_refused_form": _late(Reply(form=REFUSED_FORM), was_form=True),
        "resumed_file": _late(Reply(attachment=Attachment("deals.csv", b"")), asked="/apm why EMEA csv"),
        "resumed_done": compose_done_before("answer:4", asked="", deal_name="Acme & Co"),
        "resumed_not_done": compose_not_done("answer:5", asked=PAUSE),
    }


def _late(reply: Reply, *, asked: str = "", was_form: bool = False) -> Card:
    return compose_late_answer("answer:1", reply, asked=asked, was_form=was_form)[0]
