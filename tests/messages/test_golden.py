"""Every message kind on every surface looks as it was last looked at."""

from collections.abc import Callable

import pytest

from tests.messages.message_examples import CARDS, FORMS
from tests.messages.surfaces import SURFACES, Surface

on_every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)


@on_every_surface
@pytest.mark.parametrize("kind", CARDS)
def test_message_is_rendered_as_its_golden_file(
    kind: str, surface: Surface, compare_golden: Callable[[str, str], None]
) -> None:
    compare_golden(f"{kind}.{surface.suffix}", surface.card(CARDS[kind]))


@on_every_surface
@pytest.mark.parametrize("kind", FORMS)
def test_form_is_rendered_as_its_golden_file(
    kind: str, surface: Surface, compare_golden: Callable[[str, str], None]
) -> None:
    compare_golden(f"{kind}.{surface.suffix}", surface.form(FORMS[kind]))
