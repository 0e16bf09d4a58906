"""To whoever was given a deal: that it is theirs now, and how it stands."""

from collections.abc import Sequence

from messages.card import Block, Bold, Button, Buttons, ButtonStyle, Card, Paragraph, Tone, text
from messages.deal_findings import sentence
from messages.nudge import FIX
from messages.wording import Wording
from pipeline.findings import Finding
from pipeline.nudging import is_the_owners

GIVEN = "given"
"""The kind of the letter, and with what its key begins."""


def given_key(number: int) -> str:
    """Of the message about the handover that was written under that number (`storage.write_intents`)."""
    return f"{GIVEN}:{number}"


def compose_given(
    key: str,
    *,
    by: str,
    deal_id: str,
    deal: str,
    findings: Sequence[Finding],
    currency: str,
    grace_days: int,
) -> Card:
    """`findings`: everything open on it. `grace_days`: working days in which nobody asks about it."""
    wording = Wording()
    says = [one.says for one in findings if is_the_owners(one)]
    value = next((one.value for one in findings if one.value is not None), None)
    worth = () if value is None else (Bold(wording.short_money(value, currency)), " · ")
    blocks: list[Block] = [Paragraph(text(*worth, f"{by} gave it to you."))]
    blocks += [Paragraph(text(f"• {sentence(one)}")) for one in says]
    if says:
        blocks.append(Buttons((Button("Fix this deal", FIX, deal_id, ButtonStyle.PRIMARY),)))
    if grace_days:
        days = wording.count(grace_days, "working day", "working days")
        blocks.append(Paragraph(text(f"For {days} I ask you nothing about it."), Tone.NOTE))
    title = f"{deal} is yours now"
    return Card(key, title, tuple(blocks), f"{title}. {by} gave it to you.")
