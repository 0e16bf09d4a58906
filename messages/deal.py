"""One deal: how its record stands, and what it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from messages.card import (
    Block,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Fact,
    Facts,
    Paragraph,
    Person,
    Span,
    text,
)
from messages.deal_findings import sentence
from messages.nudge import FIX
from messages.wording import NO_VALUE, Wording
from pipeline.findings import Finding, PersonName


@dataclass(frozen=True)
class DealShown:
    """What somebody may see of a deal."""

    id: str
    name: str
    owner: PersonName | None
    stage: str
    amount: Decimal | None
    currency: str
    close_day: date | None
    next_step: str | None
    findings: Sequence[Finding]
    """Those that are open."""
    may_fix: bool


def deal_label(name: str, owner: str | None, value: Decimal | None, currency: str) -> str:
    """What tells a deal from others of its name: `Acme · $2K · Ana Lind`; the value in `currency`."""
    money = None if value is None else Wording().short_money(value, currency)
    return " · ".join(filter(None, (" ".join(name.split()), money, owner or "nobody's")))


def compose_deal(deal: DealShown, wording: Wording | None = None) -> Card:
    wording = wording or Wording()
    amount: Span | str = NO_VALUE if deal.amount is None else wording.money(deal.amount, deal.currency)
    owner: Span | str = "nobody" if deal.owner is None else Person(deal.owner.id, deal.owner.name)
    close: Span | str = NO_VALUE if deal.close_day is None else wording.day(deal.close_day)
    facts = [
        Fact("Owner", text(owner)),
        Fact("Stage", text(deal.stage)),
        Fact("Amount", text(amount)),
        Fact("Close date", text(close)),
        Fact("Next step", text(deal.next_step or NO_VALUE)),
    ]
    blocks: list[Block] = [Facts(tuple(facts))]
    if deal.findings:
        blocks += [Paragraph(text(f"• {sentence(finding.says)}")) for finding in deal.findings]
    else:
        blocks.append(Paragraph(text("✓ Its record needs nothing.")))
    if deal.findings and deal.may_fix:
        blocks.append(Buttons((Button("Fix this deal", FIX, deal.id, ButtonStyle.PRIMARY),)))
    count = len(deal.findings)
    lacks = wording.count(count, "thing to mend", "things to mend") if count else "all well"
    return Card(f"deal:{deal.id}", deal.name, tuple(blocks), f"{deal.name}: {lacks}")
