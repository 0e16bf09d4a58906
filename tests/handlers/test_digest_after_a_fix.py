"""What the digests that show a deal say after somebody did something about it, wherever they did it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from crm.demo import demo_cast
from handlers.asking import Clicked, Submitted, Typed
from messages.card import Card, DatePick
from messages.card_text import card_from_text, card_to_text
from messages.escalation import compose_telling
from messages.nudge import compose_digest
from messages.render.terminal import render_text
from pipeline.digests import Digest, DigestItem, digest_key, items_of
from pipeline.nudging import wants_the_manager
from storage.database import reading, writing
from storage.digests import store_digest
from storage.findings_of import findings_of, findings_on
from storage.letter_deals import note_deals
from storage.nudge_tables import inspection
from storage.outbox import Letter, put_letter, read_letter_card
from storage.people import read_people
from tests.opened_demo import open_copied_demo

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
    council = open_copied_demo(tmp_path, NOW)
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


def test_a_manager_who_fixes_a_deal_has_inspected_it_and_its_owner_has_not(told: Told) -> None:
    deal = told.item.opportunity_id
    dispatch_of(told).answer(told.owner, Clicked("fix_date", deal, "2026-06-17"))
    dispatch_of(told).answer(MANAGER, Clicked("fix_date", deal, "2026-06-18"))
    with reading(told.council.engine) as connection:
        seen = connection.execute(select(inspection.c.manager, inspection.c.day, inspection.c.how)).all()
    assert [tuple(row) for row in seen] == [(MANAGER, date(2026, 5, 15).toordinal(), "changed")]


# --- Messages beside digests ----------------------------------------------------------------------


def tell_manager(told: Told, key: str, audience: str) -> None:
    """An escalation that shows the deal, as the job writes it."""
    card = compose_telling(key, date(2026, 5, 14), told.item.findings, "USD")
    with writing(told.council.engine) as connection:
        letter = Letter(key=key, kind="escalation", audience=audience, card=card_to_text(card))
        put_letter(connection, letter, NOW - timedelta(hours=1))
        note_deals(connection, key, [told.item.opportunity_id], NOW - timedelta(hours=1))


def test_the_managers_message_says_what_the_owner_did_and_keeps_its_controls_while_something_is_open(
    told: Told,
) -> None:
    tell_manager(told, "escalation:1", f"@{MANAGER}")
    deal = told.item.opportunity_id
    dispatch_of(told).answer(told.owner, Clicked("fix_date", deal, "2026-06-17"))
    words = render_text(told.card("escalation:1"), 300)
    assert "→ 17 Jun, by " in words
    assert "Ask the owner" in words
    form = dispatch_of(told).answer(told.owner, Clicked("next_step", deal)).form
    assert form is not None
    step = {"NextStep": "Call the sponsor"}
    dispatch_of(told).answer(told.owner, Submitted(form.command, form.argument, step))
    with reading(told.council.engine) as connection:
        is_open = any(map(wants_the_manager, findings_on(connection, told.council.company, deal)))
    words = render_text(told.card("escalation:1"), 300)
    assert "Next step empty → Call the sponsor, by " in words
    assert ("Ask the owner" in words) is is_open


def test_a_deal_that_a_manager_finds_right_loses_its_controls_in_their_own_message_alone(told: Told) -> None:
    tell_manager(told, "escalation:1", f"@{MANAGER}")
    tell_manager(told, "escalation:2", "@somebody-else")
    dispatch_of(told).answer(MANAGER, Clicked("inspect", told.item.opportunity_id))
    mine, theirs = (render_text(told.card(f"escalation:{number}"), 300) for number in (1, 2))
    assert "✓ you looked at it: it is right" in mine
    assert "Ask the owner" not in mine
    assert "There is no next step" not in mine
    assert "Ask the owner" in theirs
