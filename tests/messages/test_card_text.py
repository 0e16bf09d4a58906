"""Cards wait in the outbox as text, and come out of it as they went in."""

import pytest

from messages.card import Card
from messages.card_text import UnreadableCard, card_from_text, card_to_text
from tests.messages.message_examples import CARDS


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_card_comes_back_as_it_was(card: Card) -> None:
    assert card_from_text(card_to_text(card)) == card


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"is": "Nothing"}', '{"is": "Card", "key": "k"}', '"k"'])
def test_a_text_that_is_no_card_of_this_version_says_so(text: str) -> None:
    with pytest.raises(UnreadableCard):
        card_from_text(text)
