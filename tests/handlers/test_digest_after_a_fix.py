"""What the digests that show a deal say after somebody did something about it, wherever they did it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Council, open_desk
from bot.demo import open_demo
from bot.dispatch import Dispatch
from crm.demo import demo_cast
from handlers.asking import Clicked, Submitted, Typed
from messages.card import Card, DatePick
from messages.card_text import card_from_text, card_to_text
from messages.nudge import compose_digest
from messages.render.terminal import render_text
from pipeline.digests import Digest, DigestItem, digest_key, items_of
from storage.database import reading, writing
from storage.digests import store_digest
from storage.findings_of import findings_of
from storage.outbox import Letter, put_letter, read_letter_card
from storage.people import read_people

NOW = datetime(2026, 5, 15, 18, tzinfo=UTC)
CAST = {member.role: member for member in demo_cast()}
REP, MANAGER = CAST["rep"].user_id, CAST["manager"].user_id


@dataclass(frozen=True)
class Told:
    """The demo company, and the two last digests of an owner with one deal."""

    council: Council
    item: DigestItem
    owner: str
    keys: tuple[str, str]

    def card(self, key: str) -> Card:
        with reading(self.council.engine) as connection:
            return card_from_text(read_letter_card(connection, key) or "")

    def words(self) -> list[str]:
        return [render_text(self.card(key), 300) for key in self.keys]


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = open_demo(tmp_path, NOW, lambda _: None)
    yield council
    council.engine.dispose()


def tell(council: Council, *rules: str) -> Told:
    """Of the first deal of the manager's team that breaks these rules."""
    with reading(council.engine) as connection:
        found = findings_of(connection, council.company, read_people(council.engine).reports_of(MANAGER))
    items = items_of(one for one in found if one.rule in rules)
    item = next(item for item in items if len(item.findings) == len(rules))
    owner = item.findings[0].owner
    assert owner is not None
    days = (date(2026, 5, 12), date(2026, 5, 14))
    with writing(council.engine) as connection:
        for day in days:
            digest = Digest(digest_key(owner.id, day), owner, day, (item,))
            card = card_to_text(compose_digest(digest, "USD"))
            letter = Letter(key=digest.key, kind="digest", audience=f"@{owner.id}", card=card)
            put_letter(connection, letter, NOW - timedelta(hours=1))
            store_digest(connection, digest, NOW - timedelta(hours=1))
    first, second = (digest_key(owner.id, day) for day in days)
    return Told(council, item, owner.id, (first, second))


@pytest.fixture
def told(council: Council) -> Told:
    """A deal without a next step that closes on a day which is a mere placeholder."""
    return tell(council, "close_date_placeholder", "next_step_missing")


def dispatch_of(told: Told) -> Dispatch:
    return Dispatch(open_desk(told.council, NOW), lambda: NOW)


def test_every_digest_says_what_was_done_and_what_is_still_open(told: Told) -> None:
    dispatch_of(told).answer(told.owner, Clicked("fix_date", told.item.opportunity_id, "2026-06-17"))
    for words in told.words():
        assert "→ 17 Jun" in words
        assert "There is no next step: what happens next, and when?" in words
        assert "1 deal" in words
        assert "New close date" not in words


@pytest.mark.parametrize("how", ["the digest", "the command", "the manager"])
def test_wherever_a_deal_is_fixed_its_digests_say_that_it_is_done(told: Told, how: str) -> None:
    dispatch, deal = dispatch_of(told), told.item.opportunity_id
    question = Typed(f"/fix {deal}") if how == "the command" else Clicked("fix", deal)
    who = MANAGER if how == "the manager" else told.owner
    form = dispatch.answer(who, question).form
    assert form is not None
    answers = {"CloseDate": "2026-06-17", "NextStep": "Call the sponsor"}
    dispatch.answer(who, Submitted(form.command, form.argument, answers))
    for words in told.words():
        assert "→ 17 Jun" in words
        assert "Next step empty → Call the sponsor" in words
        assert "All done for today" in words


def test_a_finding_that_a_change_leaves_open_is_shown_with_the_new_value(council: Council) -> None:
    """Closing later in the next quarter is no better: words and picker move on with the date."""
    told = tell(council, "commit_left_quarter")
    dispatch_of(told).answer(told.owner, Clicked("fix_date", told.item.opportunity_id, "2026-09-10"))
    for key, words in zip(told.keys, told.words(), strict=True):
        (pick,) = [block for block in told.card(key).blocks if isinstance(block, DatePick)]
        assert pick.value == date(2026, 9, 10)
        assert "✓ Close date 26 Aug → 10 Sep" in words
        assert "now closes on 10 Sep" in words
        assert words.count("26 Aug") == 1
