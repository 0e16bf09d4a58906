"""A rep's digest: how much needs a hand, the three deals that matter most, the rest folded."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Folded,
    Paragraph,
    PlainBlock,
    Tone,
    text,
)
from messages.deal_findings import DealFindings, by_deal, field_words, sentence
from messages.wording import Wording
from pipeline.findings import Finding, PersonName

FIX = "fix"
"""Command of the button that opens a deal's form; the argument is the opportunity's id."""
FIRST = 3
"""So many deals are shown before the fold."""
SECONDS_A_FIELD = 20
"""What filling in one field takes, for the estimate in the headline."""


def compose_digest(
    person: PersonName,
    findings: Sequence[Finding],
    as_of: date,
    currency: str,
    wording: Wording | None = None,
) -> Card:
    """The digest of one person's open findings; with none, a word of thanks."""
    wording = wording or Wording()
    deals = by_deal(finding for finding in findings if not finding.waived)
    key = f"nudge:{person.id}:{as_of.isoformat()}"
    if not deals:
        words = "All your deals are up to date. Thank you."
        return Card(key, "Nothing to fix", (Paragraph(text(words)),), words)
    headline = headline_words(deals, currency, wording)
    first, rest = deals[:FIRST], deals[FIRST:]
    blocks: list[Block] = [Paragraph(text(f"Hello {_first_name(person)}. ", Bold(headline)))]
    for number, deal in enumerate(first):
        style = ButtonStyle.PRIMARY if number == 0 else ButtonStyle.PLAIN
        blocks.extend(_deal_blocks(deal, as_of, currency, style, wording))
    if rest:
        folded = [
            block
            for deal in rest
            for block in _deal_blocks(deal, as_of, currency, ButtonStyle.PLAIN, wording)
        ]
        blocks.append(
            Folded(f"Show all: {wording.count(len(rest), 'more deal', 'more deals')}", tuple(folded))
        )
    return Card(
        key,
        f"{wording.count(len(deals), 'deal needs', 'deals need')} a moment of yours",
        tuple(blocks),
        headline,
    )


def headline_words(deals: Sequence[DealFindings], currency: str, wording: Wording) -> str:
    """`5 deals worth $1.2M, about 3 minutes.`"""
    money = sum((deal.value for deal in deals if deal.value is not None), Decimal(0))
    worth = f" worth {wording.short_money(money, currency)}" if money else ""
    minutes = wording.count(minutes_to_fix(deals), "minute", "minutes")
    return f"{wording.count(len(deals), 'deal', 'deals')}{worth}, about {minutes}."


def minutes_to_fix(deals: Sequence[DealFindings]) -> int:
    """Whole minutes, at least one, at `SECONDS_A_FIELD` for each different field of each deal."""
    fields = sum(len({name for finding in deal.findings for name in finding.fixes}) for deal in deals)
    return max(1, -(-fields * SECONDS_A_FIELD // 60))


def _deal_blocks(
    deal: DealFindings, as_of: date, currency: str, style: ButtonStyle, wording: Wording
) -> tuple[PlainBlock, ...]:
    value = f" · {wording.short_money(deal.value, currency)}" if deal.value is not None else ""
    problems = tuple(
        Paragraph(text(f"• {sentence(finding.says)}{_seen(finding, wording)}"), Tone.BODY)
        for finding in deal.findings
    )
    return (
        Paragraph(text(Bold(deal.name), value, _age(deal, as_of, wording))),
        *problems,
        Buttons((Button(f"Fix {_what(deal)}", FIX, deal.opportunity_id, style),)),
    )


def _seen(finding: Finding, wording: Wording) -> str:
    """The old value, a date as people write one, where the sentence does not hold it already."""
    if not finding.seen or finding.seen == "empty":
        return ""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", finding.seen):
        return "" if finding.seen in finding.says else f" Now: {finding.seen}."
    day = date.fromisoformat(finding.seen)
    return "" if wording.day(day).words in finding.says else f" Now: {wording.full_day(day).words}."


def _age(deal: DealFindings, as_of: date, wording: Wording) -> str:
    days = (as_of - deal.since).days
    return f" · open for {wording.count(days, 'day', 'days')}" if days > 0 else " · new"


def _what(deal: DealFindings) -> str:
    """The field that the button opens, where there is just one."""
    fields = {name for finding in deal.findings for name in finding.fixes}
    return field_words(next(iter(fields))) if len(fields) == 1 else "this deal"


def _first_name(person: PersonName) -> str:
    return person.name.split(" ", 1)[0]
