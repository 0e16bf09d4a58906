"""A person's own page: the deals to fix, the actions, the cells, and what they may set.

It stands where a surface has such a page, and is made of what a page may hold: no tables, no folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from messages.action_lines import action_line
from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Choice,
    ChoicePick,
    Colour,
    DatePick,
    DealPick,
    Divider,
    Heading,
    Paragraph,
    Tone,
    text,
)
from messages.cell_buttons import why_button
from messages.deal_findings import DealFindings, money_at_risk, sentence
from messages.figures import METRIC_LABELS
from messages.nudge import FIX
from messages.wording import Wording
from pipeline.actions import CouncilAction
from pipeline.cell_gaps import CellCase
from pipeline.findings import PersonName, Score

HOME = "home"
"""The key of the page where it stands as a message."""
PAUSE_UNTIL, PAUSE_OFF, DIGEST_AT, FIND_DEAL = "pause_until", "pause_off", "digest_at", "find_deal"
DEALS, ACTIONS, CELLS = 3, 5, 3
"""So many of each stand on the page; the rest is a command away."""


@dataclass(frozen=True)
class Home:
    """What is one person's."""

    person: PersonName
    today: date
    deals: Sequence[DealFindings] | None
    """`None` for somebody who owns no open deal in the CRM."""
    score: Score | None
    team_deals: Sequence[DealFindings] | None
    """Of everybody below; `None` for whom nobody reports to."""
    actions: Sequence[CouncilAction]
    cells: Sequence[CellCase]
    """Those that the person answers for, the worst first."""
    paused_until: date | None
    digest_at: str
    """`08:30`, local time."""
    digest_times: Sequence[str]
    """What may be chosen."""
    currency: str


def compose_home(home: Home, wording: Wording | None = None) -> Card:
    wording = wording or Wording()
    blocks: list[Block] = []
    if home.deals is not None:
        blocks += _deals(home, home.deals, wording)
    if home.team_deals is not None:
        blocks += _team(home, home.team_deals, wording)
    if home.deals is not None or home.team_deals is not None:
        blocks.append(DealPick("Find a deal", FIND_DEAL))
    if home.cells:
        blocks += _cells(home.cells, wording)
    blocks += _actions(home, wording)
    if home.deals is not None or home.team_deals is not None:
        blocks += _settings(home, wording)
    title = f"Pipeline Council · {home.person.name}"
    return Card(HOME, title, tuple(blocks), title)


def _deals(home: Home, deals: Sequence[DealFindings], wording: Wording) -> list[Block]:
    share = home.score.value_share if home.score is not None else None
    score = f" Your score is {wording.percent(share)}." if share is not None else ""
    blocks: list[Block] = [Heading("Your deals")]
    if not deals:
        return [*blocks, Paragraph(text(f"All your deals are up to date. Thank you!{score}"))]
    blocks.append(Paragraph(text(Bold(f"{_need_a_hand(deals, home.currency, wording)}."), score)))
    for position, deal in enumerate(deals[:DEALS]):
        says = " ".join(sentence(finding.says) for finding in deal.findings)
        blocks.append(Paragraph(text(Bold(deal.name), *_worth(deal, home.currency, wording), f": {says}")))
        style = ButtonStyle.PRIMARY if position == 0 else ButtonStyle.PLAIN
        blocks.append(Buttons((Button("Fix", FIX, deal.opportunity_id, style),)))
    return [*blocks, *_more(len(deals) - DEALS, "/hygiene", wording)]


def _need_a_hand(deals: Sequence[DealFindings], currency: str, wording: Wording) -> str:
    """`14 deals need a hand, $235K at risk in 3 deals`: what a low finding asks about is not at risk."""
    count = wording.count(len(deals), "deal needs a hand", "deals need a hand")
    risky = sum(deal.is_at_risk for deal in deals)
    if not risky:
        return count
    money = wording.short_money(money_at_risk(deals), currency)
    return f"{count}, {money} at risk in {wording.count(risky, 'deal', 'deals')}"


def _worth(deal: DealFindings, currency: str, wording: Wording) -> tuple[str, ...]:
    return () if deal.value is None else (f", {wording.short_money(deal.value, currency)}",)


def _team(home: Home, deals: Sequence[DealFindings], wording: Wording) -> list[Block]:
    owners = {deal.owner.id for deal in deals if deal.owner is not None}
    if not deals:
        words = "Nothing of your team needs a hand."
    else:
        people = wording.count(len(owners), "person", "people")
        words = f"{_need_a_hand(deals, home.currency, wording)}. They belong to {people}."
    return [Divider(), Heading("Your team"), Paragraph(text(words, " Type /hygiene team for the list."))]


def _cells(cells: Sequence[CellCase], wording: Wording) -> list[Block]:
    blocks: list[Block] = [Divider(), Heading("Your cells")]
    for case in cells[:CELLS]:
        name = f"{case.row.value} {METRIC_LABELS[case.metric].lower()}"
        blocks.append(Paragraph(text(Colour(case.cell.status), "  ", Bold(name), f": {case.cell.why}")))
        blocks.append(Buttons((why_button(case.name),)))
    return [*blocks, *_more(len(cells) - CELLS, "/apm", wording)]


def _actions(home: Home, wording: Wording) -> list[Block]:
    blocks: list[Block] = [Divider(), Heading("Your actions")]
    if not home.actions:
        return [*blocks, Paragraph(text("Nothing is waiting for you."))]
    blocks += [action_line(action, home.today, wording) for action in home.actions[:ACTIONS]]
    blocks.append(Paragraph(text("Type /actions to open them."), Tone.NOTE))
    return [*blocks, *_more(len(home.actions) - ACTIONS, "/actions", wording)]


def _settings(home: Home, wording: Wording) -> list[Block]:
    times = tuple(Choice(at, at) for at in home.digest_times)
    blocks: list[Block] = [Divider(), Heading("Settings")]
    if home.deals is not None:
        blocks.append(ChoicePick("Your digest comes at (local time)", DIGEST_AT, "", times, home.digest_at))
    if home.paused_until is None:
        away = Paragraph(text("Going away? Until the day you choose nobody asks you anything."))
        return [*blocks, away, DatePick("Away until …", PAUSE_UNTIL)]
    until = wording.day(home.paused_until).words
    away = Paragraph(text(f"You are away until {until}: nobody asks you anything."))
    return [*blocks, away, Buttons((Button("I am back", PAUSE_OFF),))]


def _more(number: int, command: str, wording: Wording) -> tuple[Block, ...]:
    if number <= 0:
        return ()
    return (Paragraph(text(f"and {wording.number(number)} more: type {command}"), Tone.NOTE),)
