"""No type of the card model is forgotten on any surface, or in the examples that the suites run over."""

from typing import get_args

import pytest

from messages.card import (
    Block,
    Card,
    Facts,
    FigureCell,
    Folded,
    Input,
    Paragraph,
    RowKind,
    Span,
    Table,
    TableCell,
    spoken,
    text,
)
from pipeline.matrix import Status
from tests.messages.message_examples import CARDS, everything, form
from tests.messages.surfaces import SURFACES, Surface

on_every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)


def test_the_example_card_holds_every_block_and_every_span() -> None:
    blocks = everything().blocks
    assert {type(block) for block in blocks} == set(get_args(Block))
    assert {type(span) for block in blocks if isinstance(block, Paragraph) for span in block.text} == set(
        get_args(Span)
    )


def test_the_example_table_holds_every_cell_and_every_kind_of_row() -> None:
    (table,) = (block for block in everything().blocks if isinstance(block, Table))
    assert {type(cell) for row in table.rows for cell in row.cells} == set(get_args(TableCell))
    assert {row.kind for row in table.rows} == set(RowKind)


def test_the_example_form_holds_every_input() -> None:
    assert set(get_args(Input)) <= {type(block) for block in form().blocks}


@on_every_surface
def test_an_empty_card_can_be_shown(surface: Surface) -> None:
    bare = (Paragraph(()), Facts(()), Folded("", ()))
    assert surface.card(Card("key", "", bare, ""))
    assert surface.card(Card("key", "", (), ""))


@on_every_surface
@pytest.mark.parametrize("kind", CARDS)
def test_every_message_has_a_title_and_words_for_a_notification(kind: str, surface: Surface) -> None:
    card = CARDS[kind]
    assert card.key
    assert card.title
    assert card.fallback
    assert card.title in surface.words(surface.card(card)).replace("\n", " ")


@on_every_surface
@pytest.mark.parametrize("status", Status)
def test_a_colour_is_always_a_word_too(status: Status, surface: Surface) -> None:
    from messages.card import Colour, Column, TableRow

    cell = Table("T", (Column("A"),), (TableRow((FigureCell("$1", status),)),))
    for block in (Paragraph(text(Colour(status))), cell):
        shown = surface.words(surface.card(Card("key", "Title", (block,), "fallback")))
        assert status.value.capitalize() in shown


def test_spoken_text_says_every_span() -> None:
    (paragraph, *_) = everything("Acme").blocks
    assert isinstance(paragraph, Paragraph)
    assert spoken(paragraph.text) == "AcmeAcmeAcmeAcmeNov 14$1.2MYellow"
