"""A rep's digest: how much needs a hand, the three deals that matter most, the rest folded.

The same digest is composed anew after each act, so a deal that was put in order says what was done.
"""

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
    Colour,
    DatePick,
    Divider,
    Folded,
    Paragraph,
    PlainBlock,
    Span,
    Tone,
    text,
)
from messages.deal_findings import field_label, field_words, rule_label, sentence
from messages.wording import Wording
from pipeline.digests import BY_OPERATIONS, Digest, DigestItem, Done, DoneKind, FixedDeal
from pipeline.findings import Finding
from pipeline.matrix import Status

FIX, FIX_DATE, PUSH, NEXT_STEP, MORE, SHOW_ALL = "fix", "fix_date", "push", "next_step", "more", "show_all"
"""Commands of the controls. The argument is the opportunity's id; of `SHOW_ALL`, the digest's key."""
CLOSE_DATE, NEXT_STEP_FIELD = "CloseDate", "NextStep"
FIRST = 3
"""So many deals are shown before the fold."""
IN_THE_FOLD = 7
"""So many more stand in the fold; a longer list is asked for."""
SECONDS_A_FIELD = 20
"""What filling in one field takes, for the estimate in the headline."""


def compose_digest(digest: Digest, currency: str, wording: Wording | None = None) -> Card:
    """The digest as it stands now; with nothing left to do, a word of thanks."""
    wording = wording or Wording()
    open_items = digest.open_items
    worked_on = tuple(item for item in digest.items if item not in open_items and item.findings)
    blocks: list[Block] = [*_fixed_since(digest.fixed), *_just_done(worked_on, wording)]
    if not open_items:
        words = "All done for today. Thank you." if worked_on else "All your deals are up to date. Thank you."
        title = "All done" if worked_on else "Nothing to fix"
        return Card(digest.key, title, (*blocks, Paragraph(text(words))), words)
    headline = headline_words(open_items, currency, wording)
    blocks.append(Paragraph(text(f"Hello {_first_name(digest.person.name)}. ", Bold(headline))))
    for number, item in enumerate(open_items[:FIRST]):
        style = ButtonStyle.PRIMARY if number == 0 else ButtonStyle.PLAIN
        blocks += [Divider(), *deal_blocks(item, digest.day, currency, style, wording)]
    blocks += _rest(digest, open_items[FIRST:], currency, wording)
    title = f"{wording.count(len(open_items), 'deal needs', 'deals need')} a moment of yours"
    return Card(digest.key, title, tuple(blocks), headline)


def compose_all(digest: Digest, currency: str, wording: Wording | None = None) -> Card:
    """Every open deal of a digest with its controls: what "show all" answers."""
    wording = wording or Wording()
    items = digest.open_items
    blocks: list[Block] = []
    for item in items:
        blocks += deal_blocks(item, digest.day, currency, ButtonStyle.PLAIN, wording)
    title = f"All {wording.count(len(items), 'open deal', 'open deals')} of {wording.day(digest.day).words}"
    if not items:
        title = "Nothing is open any more"
        blocks.append(Paragraph(text("Everything in this digest is done. Thank you.")))
    return Card(f"{digest.key}:all", title, tuple(blocks), title)


# --- Headline -------------------------------------------------------------------------------------


def headline_words(items: Sequence[DigestItem], currency: str, wording: Wording) -> str:
    """`5 deals worth $1.2M, about 3 minutes.`"""
    money = sum((item.value for item in items if item.value is not None), Decimal(0))
    worth = f" worth {wording.short_money(money, currency)}" if money else ""
    minutes = wording.count(minutes_to_fix(items), "minute", "minutes")
    return f"{wording.count(len(items), 'deal', 'deals')}{worth}, about {minutes}."


def minutes_to_fix(items: Sequence[DigestItem]) -> int:
    """Whole minutes, at least one, at `SECONDS_A_FIELD` for each different field of each deal."""
    fields = sum(len(_fields(item)) for item in items)
    return max(1, -(-fields * SECONDS_A_FIELD // 60))


def _fields(item: DigestItem) -> frozenset[str]:
    return frozenset(name for finding in item.open_findings for name in finding.fixes)


# --- What was done --------------------------------------------------------------------------------


def _fixed_since(fixed: Sequence[FixedDeal]) -> tuple[Block, ...]:
    """Said first: what the person has put in order since the last digest."""
    if not fixed:
        return ()
    names = [one.name for one in fixed[:FIRST]]
    more = f" and {len(fixed) - FIRST} more" if len(fixed) > FIRST else ""
    return (Paragraph(text(Bold("Fixed since last time: "), f"{', '.join(names)}{more}. Thank you!")),)


def _just_done(items: Sequence[DigestItem], wording: Wording) -> tuple[Block, ...]:
    """One line for each deal of this digest that is settled."""
    return tuple(Paragraph(text("✓ ", Bold(item.name), f": {_settled(item, wording)}")) for item in items)


def _settled(item: DigestItem, wording: Wording) -> str:
    return " · ".join(done_words(one, wording) for one in item.done) or "fixed in the CRM"


def done_words(done: Done, wording: Wording) -> str:
    """`Close date 30 Sep → 14 Nov`, `snoozed until 1 Dec`."""
    until = f" until {wording.day(done.until).words}" if done.until is not None else ""
    match done.kind:
        case DoneKind.CHANGED:
            change = f"{value_words(done.old, wording)} → {value_words(done.new, wording)}"
            return f"{field_label(done.field)} {change}"
        case DoneKind.SNOOZED:
            return f"snoozed{until}"
        case DoneKind.WAIVER_ASKED:
            return f"{_decider(done)} asked to exempt it"
        case DoneKind.WAIVED:
            return f"exempt{until}"
        case DoneKind.DISPUTED:
            return "sales operations look at the rule"
        case DoneKind.NOT_MINE:
            return f"{_decider(done)} asked whose it is"
        case DoneKind.HANDED_OVER:
            return f"handed over to {done.new}" if done.new else "handed over"
        case DoneKind.LOST:
            return "closed as lost"


def _decider(done: Done) -> str:
    return "sales operations were" if done.new == BY_OPERATIONS else "your manager was"


def value_words(value: str | None, wording: Wording) -> str:
    """A field's value inside a sentence: days as people write them, and nothing as `empty`."""
    if not value:
        return "empty"
    is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
    return wording.day(date.fromisoformat(value)).words if is_day else value


# --- Deals ----------------------------------------------------------------------------------------


def deal_blocks(
    item: DigestItem, day: date, currency: str, style: ButtonStyle, wording: Wording
) -> tuple[PlainBlock, ...]:
    """A deal: what is wrong in plain words, the old value, and the controls that fix it."""
    done = tuple(Paragraph(text("✓ ", Bold(done_words(one, wording))), Tone.NOTE) for one in item.done)
    return (
        Paragraph(text(*_heading(item, day, currency, wording))),
        *done,
        *(Paragraph(text(f"• {sentence(one.says)}{_seen(one, wording)}")) for one in item.open_findings),
        *_date_pick(item),
        Buttons(_buttons(item, style)),
    )


def _rest(digest: Digest, items: Sequence[DigestItem], currency: str, wording: Wording) -> tuple[Block, ...]:
    if not items:
        return ()
    folded: list[PlainBlock] = []
    for item in items[:IN_THE_FOLD]:
        folded += _short_blocks(item, currency, wording)
    if len(items) > IN_THE_FOLD:
        beyond = wording.count(len(items) - IN_THE_FOLD, "deal", "deals")
        folded.append(Buttons((Button(f"Show the other {beyond}", SHOW_ALL, digest.key),)))
    summary = f"Show all: {wording.count(len(items), 'more deal', 'more deals')}"
    return (Folded(summary, tuple(folded)),)


def _short_blocks(item: DigestItem, currency: str, wording: Wording) -> tuple[PlainBlock, ...]:
    """A deal of the fold in two blocks."""
    problems = " ".join(f"{sentence(one.says)}{_seen(one, wording)}" for one in item.open_findings)
    value = f" · {wording.short_money(item.value, currency)}" if item.value is not None else ""
    return (
        Paragraph(text(Bold(item.name), f"{value}: {problems}")),
        Buttons((_fix_button(item, ButtonStyle.PLAIN), Button("More…", MORE, item.opportunity_id))),
    )


def _heading(item: DigestItem, day: date, currency: str, wording: Wording) -> tuple[str | Span, ...]:
    value = f" · {wording.short_money(item.value, currency)}" if item.value is not None else ""
    red: tuple[str | Span, ...] = (" · ", Colour(Status.RED), f" row {item.red_row}") if item.red_row else ()
    return (Bold(item.name), value, *red, _age(item, day, wording))


def _age(item: DigestItem, day: date, wording: Wording) -> str:
    days = (day - item.since).days
    return f" · unfixed for {wording.count(days, 'day', 'days')}" if days > 0 else " · new"


def _seen(finding: Finding, wording: Wording) -> str:
    """The old value, a date as people write one, where the sentence does not hold it already."""
    if not finding.seen or finding.seen == "empty":
        return ""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", finding.seen):
        return "" if finding.seen in finding.says else f" Now: {finding.seen}."
    day = date.fromisoformat(finding.seen)
    return "" if wording.day(day).words in finding.says else f" Now: {wording.full_day(day).words}."


# --- Controls -------------------------------------------------------------------------------------


def _date_pick(item: DigestItem) -> tuple[PlainBlock, ...]:
    if CLOSE_DATE not in _fields(item):
        return ()
    return (DatePick("New close date", FIX_DATE, item.opportunity_id, item.close_date),)


def _buttons(item: DigestItem, style: ButtonStyle) -> tuple[Button, ...]:
    """At most three: what fixes everything, the quickest choice, and the rest behind "more"."""
    fields = _fields(item)
    quick: tuple[Button, ...] = ()
    if CLOSE_DATE in fields and item.close_date is not None:
        quick = (Button("Push two weeks", PUSH, item.opportunity_id),)
    elif NEXT_STEP_FIELD in fields and len(fields) > 1:
        quick = (Button("Next step", NEXT_STEP, item.opportunity_id),)
    return (_fix_button(item, style), *quick, Button("More…", MORE, item.opportunity_id))


def _fix_button(item: DigestItem, style: ButtonStyle) -> Button:
    fields = _fields(item)
    if fields == {NEXT_STEP_FIELD}:
        return Button("Add the next step", NEXT_STEP, item.opportunity_id, style)
    what = field_words(next(iter(fields))) if len(fields) == 1 else "this deal"
    return Button(f"Fix {what}", FIX, item.opportunity_id, style)


def compose_more(item: DigestItem, wording: Wording | None = None) -> Card:
    """The choices that a digest keeps behind "more": for one finding each where there are several."""
    wording = wording or Wording()
    deal = item.opportunity_id
    blocks: list[Block] = [
        Buttons(
            (
                Button("Fix…", FIX, deal, ButtonStyle.PRIMARY),
                Button("Closed lost", "close_lost", deal),
                Button("Not mine", "not_mine", deal),
            )
        )
    ]
    for one in item.open_findings:
        about = f"{deal}:{one.rule}"
        blocks += [
            Paragraph(text(Bold(rule_label(one.rule)), f": {sentence(one.says)}")),
            Buttons(
                (
                    Button("Snooze", "snooze", about),
                    Button("Ask to be exempted", "waive", about),
                    Button("Wrong rule", "wrong_rule", about),
                )
            ),
        ]
    title = f"What about {item.name}?"
    return Card(more_key(deal), title, tuple(blocks), title)


def compose_more_done(deal_id: str, name: str, words: str) -> Card:
    """In the place of the further choices, once one was made: its buttons have had their use."""
    return Card(more_key(deal_id), name, (Paragraph(text("✓ ", Bold(words))),), f"{name}: {words}")


def more_key(deal_id: str) -> str:
    """Of the message with a deal's further choices."""
    return f"more:{deal_id}"


def _first_name(name: str) -> str:
    return name.split(" ", 1)[0]
