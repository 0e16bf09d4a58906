"""Whatever is typed to assign an action comes apart into parts, and no word of it is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.action_grammar import Vocabulary, read_action_words
from handlers.words import split_words

KNOWN = Vocabulary(
    kinds={"spiff": "spiff", "prospect dinner": "dinner", "dinner": "dinner"},
    is_cell=lambda words: words.casefold() in ("emea coverage", "public sector pipe gen", "region emea won"),
    is_day=lambda words: words.casefold() in ("friday", "end of quarter", "in 2 weeks", "in"),
    is_cost=lambda words: words.casefold() in ("3 eur", "-5", "-5 usd", "5 000"),
    is_person=lambda words: words.casefold() == "ana lind",
)

SAID = (
    "spiff,dinner,to,owner,5,000,EMEA,coverage,by,friday,in,2,weeks,cost,-5,USD,@ana,Lind,expect,a b,"
    "pipe,gen,due,@,won"
)
words = st.lists(
    st.sampled_from(SAID.split(",")) | st.text(min_size=1, max_size=12).map(str.strip).filter(bool),
    max_size=14,
)


def test_the_longest_day_name_and_value_are_taken() -> None:
    typed = "dinner Public Sector pipe gen meet them @Ana Lind by in 2 weeks cost 3 EUR expect 5deals"
    draft = read_action_words(typed.split(), KNOWN)
    assert (draft.kind, draft.cell, draft.title) == ("dinner", "Public Sector pipe gen", "meet them")
    assert (draft.owner, draft.due, draft.cost, draft.expected) == (
        "@Ana Lind",
        "in 2 weeks",
        "3 EUR",
        "5deals",
    )


@pytest.mark.parametrize(
    ("typed", "owner", "title"),
    [
        (["double", "to", "@ana"], "@ana", "double"),
        (["double", "Ana", "Lind,"], "Ana Lind", "double"),
        (["Ana Lind", "double"], "Ana Lind", "double"),
        (["owner:", "Ana", "double"], "Ana", "double"),
        (["double", "to", "death"], "", "double to death"),
        (["Ana", "Lind", "calls", "b@example.com"], "b@example.com", "Ana Lind calls"),
    ],
)
def test_an_owner_is_a_mention_an_address_or_a_whole_name(typed: list[str], owner: str, title: str) -> None:
    draft = read_action_words(typed, KNOWN)
    assert (draft.owner, draft.title) == (owner, title)


def test_a_quoted_cell_and_a_cost_of_two_words_and_an_expected_effect_are_whole() -> None:
    typed = ["EMEA coverage", "cost", "5", "000", "expected", "effect", "a b"]
    draft = read_action_words(typed, KNOWN)
    assert (draft.cell, draft.cost, draft.expected, draft.title) == ("EMEA coverage", "5 000", "a b", "")


def test_a_cost_that_is_no_amount_stays_in_the_title_where_another_is_one() -> None:
    draft = read_action_words(["cut", "cost", "of", "travel", "cost", "-5"], KNOWN)
    assert (draft.title, draft.cost) == ("cut cost of travel", "-5")


def test_a_by_that_has_no_day_stays_in_the_title_where_another_has_one() -> None:
    draft = read_action_words(["grow", "by", "half", "by", "friday"], KNOWN)
    assert (draft.title, draft.due) == ("grow by half", "friday")


@pytest.mark.parametrize(
    ("typed", "due", "title"),
    [
        ("double @ana friday", "friday", "double"),
        ("double friday @ana", "friday", "double"),
        ("double in 2 weeks cost 3 EUR @ana", "in 2 weeks", "double"),
        ("double @ana friday cost 3 EUR expect 5deals", "friday", "double"),
        ("grow by half friday @ana", "friday", "grow by half"),
        ("friday deals of @ana", "", "friday deals of"),
        ("ship friday deals @ana", "", "ship friday deals"),
        ("prepare for friday @ana", "", "prepare for friday"),
        ("ship friday by in 2 weeks @ana", "in 2 weeks", "ship friday"),
        ('"ship friday" @ana', "", "ship friday"),
        ('"friday" @ana', "", "friday"),
    ],
)
def test_a_day_without_by_is_taken_at_the_end_or_before_a_part_and_never_from_within_the_title(
    typed: str, due: str, title: str
) -> None:
    draft = read_action_words(split_words(typed), KNOWN)
    assert (draft.due, draft.title) == (due, title)


def test_a_number_at_the_end_of_a_title_is_no_day() -> None:
    known = replace(KNOWN, is_day=lambda words: words in ("1.5", "2026-12-01"))
    assert read_action_words(["grow", "1.5", "@ana"], known).title == "grow 1.5"
    assert read_action_words(["grow", "1.5", "2026-12-01"], known).due == "2026-12-01"


@given(words)
def test_no_word_is_lost_and_none_is_invented(typed: list[str]) -> None:
    draft = read_action_words(typed, KNOWN)
    kept = " ".join((draft.cell, draft.title, draft.owner, draft.due, draft.cost, draft.expected)).split()
    given_words = " ".join(typed).split()
    keywords = {"by", "due", "until", "before", "cost", "costs", "costing", "budget", "effect"}
    keywords |= {"owner", "to", "expect", "expects", "expected", "expecting", "spiff", "dinner", "prospect"}

    def counted(all_words: list[str]) -> list[str]:
        bare = [word.strip(",;:") for word in all_words]
        return sorted(word for word in bare if word.casefold() not in keywords)

    assert counted(kept) == counted(given_words)
