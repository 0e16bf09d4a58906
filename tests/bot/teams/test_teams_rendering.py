"""Cards as they leave for Teams, with all that their buttons carry: each message fits, nothing is lost."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.teams.rendering import Rendering
from handlers.capabilities import OPEN_FORMS
from messages.card import Button, Buttons, Card, Folded, Paragraph, text
from messages.manager_digest import compose_manager_digest
from messages.nudge import compose_digest
from tests.examples import examples
from tests.messages.digest_examples import crowded_digest, crowded_team_digest
from tests.messages.message_examples import CARDS
from tests.messages.surfaces import texts
from tests.messages.test_limits import numbered_table
from tests.teams.cards import actions_of, check_message_card
from tests.teams.organisation import Json

THREAD = f"19:{'x' * 43}@thread.tacv2;messageid=1790000000001"
OPENS_FORM = min(OPEN_FORMS)


def asked(cards: list[Json]) -> Counter[str]:
    """How often each button stands in some cards."""
    kinds = ("Action.Execute", "Action.Submit")
    return Counter(action["data"]["argument"] for action in actions_of(cards) if action["type"] in kinds)


@settings(max_examples=examples(40), deadline=None)
@given(
    count=st.integers(1, 300),
    key=st.text(min_size=1, max_size=400),
    asked_in=st.sampled_from(["", THREAD]),
    dialogs=st.booleans(),
    folded=st.booleans(),
)
def test_no_button_is_lost_whatever_it_carries(
    count: int, key: str, asked_in: str, dialogs: bool, folded: bool
) -> None:
    row = Buttons(tuple(Button(f"Fix deal {number}", OPENS_FORM, f"006A{number}") for number in range(count)))
    card = Card(key, "Deals", (Folded("All of them", (row,)) if folded else row,), "Deals")
    cards = list(Rendering(dialogs).cards(card, key, asked_in))
    for shown in cards:
        check_message_card(shown)
    assert asked(cards) == Counter({f"006A{number}": 1 for number in range(count)})
    places = [(part, action) for part, shown in enumerate(cards) for action in actions_of(shown)]
    carried = [(part, one["data"]) for part, one in places if "data" in one]
    assert {(part, data["card"], data.get("asked_in", "")) for part, data in carried} <= {
        (data.get("part", 0), key, asked_in) for _, data in carried
    }


@pytest.mark.parametrize("asked_in", ["", THREAD])
def test_the_largest_digests_fit_with_every_control(asked_in: str) -> None:
    key = "digest:2026-11-23:@" + "a" * 200
    for card in (
        compose_digest(crowded_digest(), "USD"),
        compose_manager_digest(crowded_team_digest(), "USD"),
        *CARDS.values(),
    ):
        small = asked(list(Rendering(uses_dialogs=False).cards(card, "k")))
        cards = list(Rendering().cards(card, key, asked_in))
        for shown in cards:
            check_message_card(shown)
        assert asked(cards) == small


def test_a_table_of_a_thousand_rows_fits_with_every_row() -> None:
    card = Card("apm", "Deals", (numbered_table(1000, 14, "Manufacturing"),), "Deals")
    cards = list(Rendering().cards(card, "apm", THREAD))
    for shown in cards:
        check_message_card(shown)
    found = [words.split()[0] for words in texts(cards) if words.startswith("<")]
    assert Counter(found) == Counter({f"<{number}>": 1 for number in range(1000)})


def test_words_of_four_bytes_a_letter_fit_too() -> None:
    mine = "𝔓" * 2000
    card = Card("k", mine, tuple(Paragraph(text(f"{number} {mine}")) for number in range(40)), mine)
    cards = list(Rendering().cards(card, "k"))
    for shown in cards:
        check_message_card(shown)
    assert sum(words.count("𝔓") for words in texts([one["body"] for one in cards])) >= 41 * 2000
