# ruff: noqa: E501 - a case is a line
"""Text to tree: what the language accepts, how it refuses, and in how many steps."""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ExpressionError
from pipeline.expressions import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Expression,
    IsEmpty,
    Membership,
    Name,
    Not,
    Or,
    bind,
    parse,
)


def refusal(text: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return str(caught.value)


def test_the_rule_of_the_example_becomes_three_conditions() -> None:
    assert parse("segment == 'ENT' and stage >= 'Proposal' and Mutual_Plan__c is None") == And(
        (
            Compare("==", Name("segment"), Constant("ENT")),
            Compare(">=", Name("stage"), Constant("Proposal")),
            IsEmpty(Name("Mutual_Plan__c")),
        )
    )


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = (Compare("==", Name(name), Constant(True)) for name in "abc")
    assert parse("a or not b and c") == Or((a, And((Not(b), c))))


def test_a_chain_of_comparisons_is_all_of_them() -> None:
    assert parse("0 < value <= 5") == And(
        (Compare("<", Constant(0), Name("value")), Compare("<=", Name("value"), Constant(5)))
    )


def test_dotted_names_are_paths_over_relations() -> None:
    assert parse("Owner.UserRole.Name != 'AE'").names() == {"Owner.UserRole.Name"}


def test_api_names_of_standard_fields_are_the_facts_that_they_are() -> None:
    assert parse("CloseDate < today and StageName == 'Proposal'").names() == {"close_date", "today", "stage"}


def test_numbers_stay_the_decimals_that_were_written() -> None:
    assert parse("value >= 50_000.10") == Compare(">=", Name("value"), Constant(Decimal("50000.10")))
    assert parse("days_to_close > -14") == Compare(">", Name("days_to_close"), Constant(-14))


def test_days_are_called_or_written_as_text() -> None:
    assert parse("close_date == date(2026, 9, 30)") == Compare(
        "==", Name("close_date"), Constant(date(2026, 9, 30))
    )


def test_sums_of_days() -> None:
    assert parse("close_date < today - 3") == Compare(
        "<", Name("close_date"), Arithmetic("-", Name("today"), Constant(3))
    )


def test_lists_in_every_kind_of_brackets() -> None:
    expected = Membership(Name("segment"), (Constant("ENT"), Constant("MM")), negated=True)
    for brackets in ("['ENT', 'MM']", "('ENT', 'MM')", "{'ENT', 'MM'}"):
        assert parse(f"segment not in {brackets}") == expected


def test_empty_text_is_empty() -> None:
    assert parse("next_step == ''") == Compare("==", Name("next_step"), Constant(None))


def test_an_expression_can_go_over_several_lines() -> None:
    assert parse("\n  segment == 'ENT'\n  and stage == 'Proposal'\n") == parse(
        "segment == 'ENT' and stage == 'Proposal'"
    )


def test_positions_count_characters_not_bytes() -> None:
    assert refusal("  region == 'Zürich' and value ** 2 > 3").startswith("at character 26: only + and -")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty; expected a condition such as stage >= 'Proposal'"),
        ("stage = 'Proposal'", "at character 7: a comparison is written with two equals signs: stage == 'Proposal'"),
        ("stage == ‘Proposal’", "curly quotes; write straight ones: 'Proposal'"),
        ("a && b", "at character 3: write and, or, not instead of &&, ||, !"),
        ("'text'", "at character 1: expected a condition such as stage >= 'Proposal'"),
        ("stage in 'Proposal'", "at character 10: after `in` a list is expected: segment in ['ENT', 'MM']"),
        ("stage is 'Proposal'", "at character 10: after `is` only None and not None can stand; compare with =="),
        ("value * 2 > 3", "at character 1: only + and - can be used for sums"),
        ("-value > 3", "at character 1: expected a field, a text in quotes, a number, a date or None"),
        ("-True == value", "at character 1: only a number can be negative"),
        ("value > 1e5", "at character 9: write numbers as 50000 or 0.25, with at most four decimals"),
        ("value > 0.12345", "at character 9: write numbers as 50000 or 0.25, with at most four decimals"),
        ("value > 900000000000000", "at character 9: expected a number below 100,000,000,000,000"),
        ("close_date > date(2026, 2, 30)", "at character 14: there is no such day; write date(2026, 9, 30) or '2026-09-30'"),
        ("close_date > date('2026')", "at character 14: only date(year, month, day) can be called"),
        ("(a == 1) == (b == 2)", "at character 2: a condition cannot be compared; join conditions with and, or, not"),
        ("segment in [owner]", "at character 13: a list holds texts, numbers and dates only"),
        ("[a][0].b == 1", "at character 1: only a field path such as Account.Industry can have dots"),
    ],
)  # fmt: skip
def test_what_is_refused_and_what_it_says(text: str, says: str) -> None:
    assert refusal(text) == says


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "9**9**9**9 > 1",
    "'a' * 999999999 == name",
    "(lambda: 1)() == 1",
    "[x for x in range(10**9)] == 1",
    "f'{value:>999999999}' == name",
    "(x := 1) == 1",
    "(await x) == 1",
    "*a, b == 1",
    "value == 1 if True else False",
    "a[0] == 1",
    "a == ...",
    "a == b'x'",
    "a == 1j",
    "a @ b > 1",
    "~a == 1",
    "a == \x00",
    "a == '\ud800'",
    "(" * 1000 + "a" + ")" * 1000,
    "(" * 150 + "a" + ")" * 150 + "(",
    "not " * 480 + "a",
    "-" * 1990 + "1 > 2",
    " or ".join(["a"] * 400),
    "+".join(["a"] * 900) + ">1",
    "a" + ".b" * 900 + " == 1",
    "a == " + "9" * 1900,
    "a in [" + "1," * 900 + "]",
    "a" * 2001,
    "a == 1 " + " " * 2000,
    "{" * 900,
    "date(" * 300,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_expressions_are_refused_in_steps_that_grow_no_faster_than_the_text(text: str) -> None:
    assert steps(lambda: refusal(text)) < 200 + 20 * len(text)


def steps(act: Callable[[], object]) -> int:
    """Lines and calls of the language's own modules while it acts: a measure of work that no load changes."""
    taken = 0

    def count(frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal taken
        if not frame.f_globals["__name__"].startswith("pipeline.expressions"):
            return None
        taken += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        act()
    finally:
        sys.settrace(before)
    assert taken > 0
    return taken


@given(st.text(alphabet="abs.()[]{}'\"=<>!+-*/,0129 \n\tandortisne_#\\@:é’", max_size=200))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse(text)


class Litter:
    """Garbage that Python has to look for, and that has a last word: there another thread gets its turn."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        pass


def litter_and_parse(text: str) -> Expression:
    Litter()
    return parse(text)


@pytest.fixture
def threads_that_meet() -> Iterator[ThreadPoolExecutor]:
    """Garbage is looked for all the time, also amid the building of a syntax tree."""
    switching, often = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(5)
    with ThreadPoolExecutor(8) as threads:
        yield threads
    gc.set_threshold(*often)
    sys.setswitchinterval(switching)


def test_threads_that_read_at_once_do_not_disturb_each_other(threads_that_meet: ThreadPoolExecutor) -> None:
    texts = [f"(segment in small and value > {number}) or stage >= 'Proposal'" for number in range(1_000)]
    read = list(threads_that_meet.map(litter_and_parse, texts))
    assert read == [parse(text) for text in texts]


def test_nesting_is_bounded_at_twenty_levels() -> None:
    parse("not " * 18 + "a == 1")
    assert "nested deeper than 20 levels" in refusal("not " * 20 + "a == 1")


def test_parameters_become_constants() -> None:
    rule = parse("close_date is not None and close_date < today - grace_days and segment in small")
    assert bind(rule, {"grace_days": 3, "small": ("SMB", "VSB")}) == parse(
        "close_date is not None and close_date < today - 3 and segment in ['SMB', 'VSB']"
    )


def test_a_list_in_the_place_of_one_value_is_refused_and_the_other_way_round() -> None:
    with pytest.raises(ExpressionError, match=r"^at character 12: small is a list; write `in small`$"):
        bind(parse("segment == small"), {"small": ["SMB"]})
    with pytest.raises(ExpressionError, match=r"^at character 12: small is one value; write `==`$"):
        bind(parse("segment in small"), {"small": "SMB"})
