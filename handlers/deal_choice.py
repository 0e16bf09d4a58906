"""What controls about a deal have in common: which deal and rule is meant, and what follows from an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.asking import Asked
from handlers.words import old_button
from messages.card import Card
from messages.card_text import card_from_text, card_to_text
from messages.deal_letters import deal_news, with_news
from messages.freshness import with_age
from messages.nudge import compose_digest, compose_more_done, done_words, more_key
from messages.nudge_choices import LONGEST_WORDS
from messages.wording import Wording
from pipeline.access import Action, Deal, Decision, may
from pipeline.digests import Done
from pipeline.visible_deals import CONFIDENTIAL
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading
from storage.deal_heads import DealHead, read_deal_head
from storage.digests import digests_showing, read_digest, record_done
from storage.findings_of import findings_on
from storage.freshness import read_freshness
from storage.letter_deals import letters_showing
from storage.outbox import revise_letter


@dataclass(frozen=True)
class DealChoice:
    """A deal, and the rule that an act is about; an empty rule is the deal as a whole."""

    deal: DealHead
    rule: str
    argument: str


def read_choice(asked: Asked, argument: str) -> DealChoice:
    """Of `006A:close_date_past` or `006A`. Raises `CouncilError`; access is the caller's to ask."""
    deal_id, _, rule = argument.partition(":")
    if not deal_id:
        raise old_button()
    with reading(asked.engine) as connection:
        return DealChoice(read_deal_head(connection, deal_id), rule, argument)


def may_on(asked: Asked, action: Action, deal: DealHead) -> Decision:
    return may(asked.member, action, Deal(deal.owner_id, deal.is_confidential))


def name_for_operations(deal: DealHead) -> str:
    """How sales operations are told of a deal: a confidential one is named to its owner's managers alone."""
    return CONFIDENTIAL if deal.is_confidential else deal.name


def today_of(asked: Asked) -> date:
    """The day in the organisation's time zone on which the person acts."""
    return asked.now.astimezone(asked.company.definitions.calendar.zone).date()


def read_day_answer(typed: str, today: date, latest: date) -> tuple[date | None, str]:
    """The day of a date input, and why it cannot be taken where it cannot."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None, f"Choose a day, such as {_in_words(today + timedelta(days=7))}."
    if day <= today:
        return day, "That day has come already. Choose a later one."
    if day > latest:
        return day, f"That is too far away. Choose {_in_words(latest)} or earlier."
    return day, ""


def _in_words(day: date) -> str:
    return Wording().full_day(day).words


def word_problem(typed: str) -> str:
    """Why words cannot be taken; empty where they can."""
    if not typed.strip():
        return "A few words are needed here."
    if len(typed) > LONGEST_WORDS:
        return f"That has {len(typed):,} characters; {LONGEST_WORDS:,} fit. Shorten it a little."
    return ""


def record_choice(
    connection: Connection, asked: Asked, choice: DealChoice, act: str, *, new: str | None = None, note: str
) -> int:
    """Returns its number in the audit log."""
    entry = AuditEntry(
        by=asked.member.id,
        surface=asked.where.surface,
        act=act,
        object=f"deal:{choice.deal.id}",
        field=choice.rule,
        new=new,
        note=note,
    )
    return record_audit(connection, entry, asked.now)


def show_done(connection: Connection, asked: Asked, deal: DealHead, done: Done) -> None:
    """Write down what was done, and let every message that shows the deal say so."""
    record_done(connection, deal.id, done, by=asked.member.id, now=asked.now)
    revise_messages(connection, asked, deal.id, (done,))


def revise_messages(connection: Connection, asked: Asked, deal_id: str, done: Sequence[Done]) -> None:
    """Let every message that shows the deal say how it stands now."""
    currency = asked.company.definitions.money.corporate_currency
    freshness = read_freshness(connection, asked.company, as_of=today_of(asked), now=asked.now)
    for key in digests_showing(connection, deal_id):
        digest = compose_digest(read_digest(connection, key), currency)
        revise_letter(connection, key, card_to_text(with_age(digest, freshness)))
    news = deal_news(deal_id, done, asked.member.name, findings_on(connection, asked.company, deal_id))
    if news is not None:
        for letter in letters_showing(connection, deal_id, asked.now):
            card = with_news(card_from_text(letter.card), letter.kind, news, asked.company.nudges)
            revise_letter(connection, letter.key, card_to_text(card))


def settled_choices(asked: Asked, deal: DealHead, done: Sequence[Done]) -> tuple[Card, ...]:
    """What was done, in the place of the further choices among which it was chosen; nothing elsewhere."""
    if asked.where.message_key != more_key(deal.id):
        return ()
    wording = Wording()
    words = " · ".join(done_words(one, wording) for one in done)
    return (compose_more_done(deal.id, deal.name, words),)
