"""Taking names out of texts, and nothing else."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipeline.erasure import ErasedPerson, names_of

ANA = ErasedPerson(("Ana Lind", "ana@example.com", "slack:T01:U1"), "erased-1")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Ana Lind moved it", "erased-1 moved it"),
        ("by ANA@example.com, for Ana Lind's team", "by erased-1, for erased-1's team"),
        ("stranger:slack:T01:U1:@005O", "stranger:erased-1:@005O"),
        ("slack:T01:U12 and Diana Linder and Ana", "slack:T01:U12 and Diana Linder and Ana"),
        ("", ""),
    ],
)
def test_names_go_as_whole_words(text: str, without: str) -> None:
    assert ANA.taken_out_of(text) == without


@pytest.mark.parametrize("name", ['Zoë "Zed" Park', "Łukasz\\Nowak", "(Mr) A. B+"])
def test_names_go_out_of_json_however_it_is_written(name: str) -> None:
    erased = ErasedPerson((name,), "erased-1")
    for ascii_only in (True, False):
        text = json.dumps({"by": f"{name}, again"}, ensure_ascii=ascii_only)
        assert json.loads(erased.taken_out_of(text)) == {"by": "erased-1, again"}


def test_an_id_that_stands_for_a_name_stays() -> None:
    assert names_of("005A", "005A", None, []) == ()
    assert ErasedPerson((), "erased-1").taken_out_of("deal of 005A") == "deal of 005A"
    assert names_of("kim@x.com", "kim@x.com", "kim@x.com", []) == ("kim@x.com",)


_WORDS = some.lists(some.sampled_from(["Ana", "Lind", "Ana Lind", "Diana", "x", "ana@example.com"])).map(
    " ".join
)


@given(_WORDS)
def test_no_name_is_left_and_no_other_word_is_lost(text: str) -> None:
    without = ANA.taken_out_of(text)
    assert not re.search(r"\b(ana lind|ana@example\.com)\b", without, re.IGNORECASE)
    assert re.findall(r"\bDiana\b|\bx\b", without) == re.findall(r"\bDiana\b|\bx\b", text)
    assert ANA.taken_out_of(without) == without
