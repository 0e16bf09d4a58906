# ruff: noqa: E501 - a case is a line
"""Kinds of names and constants, and what the nearest right name is."""

from datetime import date
from decimal import Decimal

import pytest

from pipeline.errors import ExpressionError
from pipeline.expressions import (
    Compare,
    Constant,
    IsEmpty,
    Kind,
    Membership,
    Name,
    Vocabulary,
    bind,
    check,
    infer_kinds,
    parse,
)
from pipeline.records import Category

VOCABULARY = Vocabulary.of(
    {
        "Go_Live__c": Kind.DAY,
        "Confidential__c": Kind.FLAG,
        "Seats__c": Kind.NUMBER,
        "Account.Industry": Kind.TEXT,
    },
    ["Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"],
)


def refusal(text: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        check(parse(text), VOCABULARY)
    return str(caught.value)


def test_constants_take_the_kind_of_what_they_are_compared_with() -> None:
    assert check(parse("close_date >= '2026-09-30'"), VOCABULARY) == Compare(
        ">=", Name("close_date", kind=Kind.DAY), Constant(date(2026, 9, 30), kind=Kind.DAY)
    )
    assert check(parse("category == 'Forecast'"), VOCABULARY) == Compare(
        "==", Name("category", kind=Kind.CATEGORY), Constant(Category.COMMIT, kind=Kind.CATEGORY)
    )
    assert check(parse("Seats__c > 5"), VOCABULARY) == Compare(
        ">", Name("Seats__c", kind=Kind.NUMBER), Constant(Decimal(5), kind=Kind.NUMBER)
    )
    assert check(parse("stage in ['Proposal']"), VOCABULARY) == Membership(
        Name("stage", kind=Kind.STAGE), (Constant("Proposal", kind=Kind.STAGE),)
    )


def test_compared_with_empty_is_being_empty() -> None:
    empty = IsEmpty(Name("next_step", kind=Kind.TEXT))
    for text in ("next_step is None", "next_step == None", "None == next_step", "next_step == ''"):
        assert check(parse(text), VOCABULARY) == empty
    assert check(bind(parse("next_step == nothing"), {"nothing": None}), VOCABULARY) == empty


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stge == 'Proposal'", "at character 1: nothing is called stge; did you mean stage?"),
        ("Account.Industri is None", "at character 1: nothing is called Account.Industri; did you mean Account.Industry?"),
        ("zzz is None", "at character 1: nothing is called zzz"),
        ("stage >= 'proposal'", "at character 10: the CRM has no stage 'proposal'; did you mean Proposal?"),
        ("stage in ['Propsal']", "at character 11: the CRM has no stage 'Propsal'; did you mean Proposal?"),
        ("category >= 'Comit'", "at character 13: there is no forecast category 'Comit'; did you mean Commit?"),
        ("category == 'x'", "at character 13: there is no forecast category 'x'; expected one of Omitted, Pipeline, Best Case, Most Likely, Commit, Closed"),
        ("segment > 'A'", "at character 1: a text has no order; compare it with == or !="),
        ("close_date < '2026-09-31'", "at character 14: close_date is a day: expected a day such as '2026-09-30', not '2026-09-31'"),
        ("value == 'big'", "at character 10: value is a number: expected a number, not 'big'"),
        ("Confidential__c == 1", "at character 20: Confidential__c is a flag: expected a flag, not 1"),
        ("value", "at character 1: value is a number: expected a number, not True"),
        ("close_date < value", "at character 14: a number cannot be compared with a day"),
        ("close_date < None", "at character 14: nothing is < empty; write `is None` or `is not None`"),
        ("close_date + today > today", "at character 1: a sum is of numbers, of a day and a number of days, or the difference of two days"),
        ("segment in small", "at character 12: after `in` a list is expected: segment in ['ENT', 'MM']"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(text: str, says: str) -> None:
    assert refusal(text) == says


def test_stages_are_not_checked_while_the_crm_is_unknown() -> None:
    check(parse("stage >= 'Anything'"), Vocabulary.of({}, ()))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("X__c > 5", Kind.NUMBER),
        ("X__c in [1, 2]", Kind.NUMBER),
        ("X__c > value", Kind.NUMBER),
        ("value - X__c > 5", Kind.NUMBER),
        ("X__c < '2026-09-30'", Kind.DAY),
        ("X__c <= today", Kind.DAY),
        ("today - X__c > 30", Kind.DAY),
        ("X__c - 3 < today", Kind.DAY),
        ("X__c + 3 < today", Kind.DAY),
        ("close_date < today - X__c", Kind.NUMBER),
        ("X__c", Kind.FLAG),
        ("not X__c", Kind.FLAG),
        ("X__c == False", Kind.FLAG),
        ("X__c == 'a'", Kind.TEXT),
        ("X__c == region", Kind.TEXT),
        ("X__c == stage", Kind.TEXT),
        ("X__c is None and X__c != 3", Kind.NUMBER),
    ],
)
def test_the_kind_of_an_unknown_field_follows_from_its_use(text: str, kind: Kind) -> None:
    assert infer_kinds(parse(text), Vocabulary.of({}, ()).kinds) == {"X__c": kind}


def test_of_a_field_that_is_only_asked_whether_it_is_empty_nothing_can_be_told() -> None:
    assert infer_kinds(parse("X__c is None"), {}) == {}


def test_kinds_are_inferred_through_other_fields() -> None:
    assert infer_kinds(parse("A__c == B__c and B__c > 3"), {}) == {"A__c": Kind.NUMBER, "B__c": Kind.NUMBER}


def test_a_field_used_as_two_kinds_is_refused() -> None:
    with pytest.raises(ExpressionError, match=r"^at character 13: X__c is used as a number and as a text$"):
        infer_kinds(parse("X__c > 5 or X__c == 'a'"), {})
