"""Names from the CRM come out as text on every surface: no pings, no links, no markup, no reordering."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.inert import inert, pieces
from messages.render import adaptive, blockkit, html, terminal
from tests.examples import examples
from tests.messages.finding_examples import NAUGHTY_NAMES
from tests.messages.message_examples import everything, form
from tests.messages.surfaces import SURFACES, Surface, texts

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
on_every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
with_every_name = pytest.mark.parametrize("name", NAUGHTY_NAMES, ids=ascii)


class Page(HTMLParser):
    """The tags, attributes and words of a fragment, as a browser understands them."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(fragment)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.words += data


@on_every_surface
@with_every_name
def test_a_name_carries_no_control_character_anywhere(name: str, surface: Surface) -> None:
    for rendered in (surface.card(everything(name)), surface.form(form(name))):
        assert not CONTROLS.search(surface.words(rendered))
        rendered.encode()


@on_every_surface
@with_every_name
def test_a_right_to_left_name_is_isolated_from_the_words_beside_it(name: str, surface: Surface) -> None:
    shown = surface.words(surface.card(everything(name)))
    assert shown.count("\u2068") == shown.count("\u2069")
    for letter in re.finditer("[\u0590-\u08ff]", shown):
        before = shown[: letter.start()]
        assert before.count("\u2068") > before.count("\u2069")


@with_every_name
def test_slack_is_given_no_markup_to_interpret(name: str) -> None:
    for message in blockkit.render_card(everything(name)):
        assert '"mrkdwn"' not in json.dumps(message["blocks"])
        assert '"emoji": true' not in json.dumps(message["blocks"])
        assert not re.search("[<>*_~`]|&(?!amp;|lt;|gt;)", message["text"])


@with_every_name
def test_slack_pings_and_links_nothing_from_a_name(name: str) -> None:
    for kind in ("user", "usergroup", "channel", "broadcast", "emoji", "date"):
        assert f'"type": "{kind}"' not in json.dumps(blockkit.render_card(everything(name)))
    links = re.findall(r'"url": "([^"]*)"', json.dumps(blockkit.render_card(everything(name))))
    assert set(links) <= {"https://example.org/deal?a=1&b=2"}


@with_every_name
def test_teams_is_given_text_runs_only(name: str) -> None:
    rendered = json.dumps(adaptive.render_card(everything(name)))
    assert '"TextBlock"' not in rendered
    written = re.sub(r'"value": "[^"]*"', "", rendered)
    assert "{{" not in written
    assert set(re.findall(r'"url": "([^"]*)"', rendered)) <= {"https://example.org/deal?a=1&b=2"}


@with_every_name
def test_html_has_only_the_tags_and_attributes_of_a_harmless_name(name: str) -> None:
    harmless, naughty = (Page(html.render_card(everything(words))) for words in ("Acme", name))
    assert set(naughty.tags) <= set(harmless.tags)
    assert naughty.attributes <= harmless.attributes
    assert not {attribute for attribute in naughty.attributes if attribute.startswith("on")}
    assert not {"script", "style", "iframe"} & set(naughty.tags)
    assert all(link.startswith(("https://example.org/", "data:image/png;")) for link in naughty.links)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://a b", "//evil", "\thttps://x"]
)
def test_an_address_that_is_not_plainly_one_becomes_words(url: str) -> None:
    from messages.card import Card, Link, Paragraph, text

    card = Card("key", "Title", (Paragraph(text(Link("words", url))),), "fallback")
    for surface in SURFACES:
        shown = surface.card(card)
        assert "words" in surface.words(shown)
        assert url.strip() not in shown


@with_every_name
def test_the_words_of_a_name_arrive_whole(name: str) -> None:
    expected = inert(name).strip()
    if not expected:
        return
    assert expected in Page(html.render_card(everything(name))).words
    assert expected in "\n".join(texts(blockkit.render_card(everything(name))))
    assert expected.replace("{{", "{\u2060{") in "\n".join(texts(adaptive.render_card(everything(name))))


def test_rich_markup_in_a_name_stays_words_in_the_terminal() -> None:
    assert "[bold]rich[/bold]" in terminal.render_text(everything("[bold]rich[/bold]"))


@settings(max_examples=examples(300), deadline=None)
@given(st.text())
def test_inert_text_is_one_line_and_stays_as_it_is(words: str) -> None:
    once = inert(words)
    assert "\n" not in once
    assert not CONTROLS.search(once)
    assert inert(once) == once


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=400), st.integers(1, 50))
def test_pieces_are_short_and_make_up_the_whole(words: str, limit: int) -> None:
    parts = pieces(words, limit)
    assert "".join(parts) == words
    assert all(len(part) <= limit for part in parts)
