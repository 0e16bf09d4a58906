"""A manager's weekly digest: reps by money at risk, and the deals that want the manager's eye."""

from decimal import Decimal

from messages.card import (
    Align,
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Column,
    Divider,
    Fact,
    Facts,
    Folded,
    Heading,
    Paragraph,
    PlainBlock,
    Table,
    TableRow,
    TextCell,
    text,
)
from messages.deal_findings import sentence
from messages.nudge import FIX
from messages.wording import NO_VALUE, Wording
from pipeline.findings import Audience
from pipeline.team_digests import RepRisk, TeamDeal, TeamDigest

FIRST = 3
IN_THE_FOLD = 7
REPS = 10


def compose_manager_digest(digest: TeamDigest, currency: str, wording: Wording | None = None) -> Card:
    """The digest of one manager and week."""
    wording = wording or Wording()
    money = wording.short_money(digest.money, currency)
    deals = wording.count(sum(rep.deals for rep in digest.reps), "deal", "deals")
    headline = f"{money} at risk in {deals} of your team."
    blocks: list[Block] = [
        Paragraph(text(f"Hello {digest.manager.name.split(' ', 1)[0]}. ", Bold(headline))),
        *_inspected(digest, wording),
        *_reps(digest.reps, currency, wording),
    ]
    if digest.deals:
        blocks.append(Heading("Worth a look"))
    for number, deal in enumerate(digest.deals[:FIRST]):
        blocks += [*([Divider()] if number else []), *_deal(deal, currency, wording)]
    blocks += _folded(digest.deals[FIRST:], currency, wording)
    return Card(digest.key, f"Your team's week, {wording.day(digest.day).words}", tuple(blocks), headline)


def _inspected(digest: TeamDigest, wording: Wording) -> tuple[Block, ...]:
    if digest.inspected is None:
        return ()
    share = wording.percent(digest.inspected)
    return (Facts((Fact("Inspected in the last fortnight", text(Bold(share), " of open deals")),)),)


def _reps(reps: tuple[RepRisk, ...], currency: str, wording: Wording) -> tuple[Block, ...]:
    if not reps:
        return ()
    columns = (
        Column("Rep"),
        Column("At risk", Align.RIGHT),
        Column("Since last week", Align.RIGHT),
        Column("Deals", Align.RIGHT),
    )
    rows = tuple(
        TableRow(
            (
                TextCell(text(f"{rep.rep.name} (left)" if rep.has_left else rep.rep.name)),
                TextCell(text(wording.short_money(rep.money, currency))),
                TextCell(text(_movement(rep, currency, wording))),
                TextCell(text(wording.number(rep.deals))),
            )
        )
        for rep in reps[:REPS]
    )
    table = Table("Reps by money at risk", columns, rows)
    if len(reps) <= REPS:
        return (table,)
    more = wording.count(len(reps) - REPS, "rep has", "reps have")
    return (table, Paragraph(text(f"{more} less at risk. Type /hygiene team to see everybody.")))


def _movement(rep: RepRisk, currency: str, wording: Wording) -> str:
    if rep.money_before is None:
        return NO_VALUE
    change = rep.money - rep.money_before
    if change == Decimal(0):
        return "unchanged"
    sign = "up" if change > 0 else "down"
    return f"{sign} {wording.short_money(abs(change), currency)}"


def _deal(deal: TeamDeal, currency: str, wording: Wording) -> tuple[PlainBlock, ...]:
    return (
        Paragraph(text(Bold(deal.item.name), _worth_and_owner(deal, currency, wording))),
        *(Paragraph(text(f"• {sentence(one.says)}")) for one in deal.item.open_findings),
        Buttons(_buttons(deal)),
    )


def _short_deal(deal: TeamDeal, currency: str, wording: Wording) -> tuple[PlainBlock, ...]:
    """A deal of the fold in two blocks."""
    problems = " ".join(sentence(one.says) for one in deal.item.open_findings)
    known = _worth_and_owner(deal, currency, wording)
    return Paragraph(text(Bold(deal.item.name), f"{known}: {problems}")), Buttons(_buttons(deal))


def _worth_and_owner(deal: TeamDeal, currency: str, wording: Wording) -> str:
    value = f" · {wording.short_money(deal.item.value, currency)}" if deal.item.value is not None else ""
    return f"{value} · {deal.owner.name}{', who has left' if deal.owner_has_left else ''}"


def _buttons(deal: TeamDeal) -> tuple[Button, ...]:
    """At most five: what suits the deal first."""
    item = deal.item
    about = item.opportunity_id
    noted = next((one for one in item.open_findings if one.audience is Audience.MANAGER), None)
    reassign = Button("Reassign", "reassign", about)
    if deal.owner_has_left:
        return (
            Button("Reassign", "reassign", about, ButtonStyle.PRIMARY),
            Button("Open and fix", FIX, about),
            Button("Looks right", "inspect", about),
        )
    known = (Button("I know of it", "acknowledge", f"{about}:{noted.rule}"),) if noted is not None else ()
    ask = Button("Ask the owner", "ask_owner", about)
    return (
        ask,
        Button("Open and fix", FIX, about),
        *known,
        reassign,
        Button("Looks right", "inspect", about),
    )


def _folded(deals: tuple[TeamDeal, ...], currency: str, wording: Wording) -> tuple[Block, ...]:
    if not deals:
        return ()
    blocks: list[PlainBlock] = []
    for deal in deals[:IN_THE_FOLD]:
        blocks += _short_deal(deal, currency, wording)
    beyond = len(deals) - IN_THE_FOLD
    if beyond > 0:
        more = wording.count(beyond, "more deal is", "more deals are")
        blocks.append(Paragraph(text(f"{more} in /hygiene team.")))
    return (Folded(f"Show all: {wording.count(len(deals), 'more deal', 'more deals')}", tuple(blocks)),)
