"""Queries as text: nothing that a value holds can end it, and none is longer than Salesforce reads."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.salesforce.ids import is_id
from crm.salesforce.soql import LONGEST_ADDRESS, LONGEST_QUERY, Select, day, moment, quoted
from crm.salesforce.values import place_of
from tests.salesforce.soql import Comparison, parse
from tests.salesforce.values import long_id


@given(st.text())
def test_a_text_arrives_as_it_is_and_ends_nothing(text: str) -> None:
    where = parse(f"SELECT Id FROM Opportunity WHERE Name = {quoted(text)}").where
    assert isinstance(where, Comparison)
    assert not isinstance(where.values, tuple) or where.values[0].text == text


@given(st.integers(1, 3_000), st.integers(1, 200))
def test_many_ids_are_asked_for_in_addresses_that_salesforce_reads(count: int, fields: int) -> None:
    ids = [long_id(f"0065f{number:010d}") for number in range(count)]
    select = Select(
        "Opportunity", ("Id", *(f"Field_{number}__c" for number in range(fields))), ("IsWon = true",)
    )
    selects = list(select.of_each("Id", ids))
    assert all(len(quote(one.text, safe="")) <= LONGEST_ADDRESS for one in selects)
    assert all(len(one.text) <= LONGEST_QUERY for one in selects)
    named = "".join(one.where[-1] for one in selects)
    assert [id_ for id_ in ids if f"'{id_}'" in named] == ids
    assert len(selects) == 1 or sum(one.text.count("'") for one in selects) == 2 * count


def test_conditions_are_kept_apart_and_moments_have_no_quotes() -> None:
    select = Select("Task", ("WhatId",), ("IsClosed = false OR IsClosed = true",))
    text = select.also(f"SystemModstamp >= {moment(1_790_000_000)}", f"ActivityDate >= {day(739_880)}").text
    assert text == (
        "SELECT WhatId FROM Task WHERE (IsClosed = false OR IsClosed = true) AND "
        "(SystemModstamp >= 2026-09-21T14:13:20Z) AND (ActivityDate >= 2026-09-21)"
    )


@pytest.mark.parametrize(
    ("text", "holds"),
    [("0065f0000000001", True), ("0065f0000000001AAA", True), ("006nothing", False), ("' OR Id != '", False)],
)
def test_only_what_looks_like_an_id_is_compared_with_ids(text: str, holds: bool) -> None:
    assert is_id(text) is holds


def test_rows_of_a_deal_are_ordered_as_they_were_made() -> None:
    """9 comes before A, Z before a: 61 is the last digit of 62."""
    ids = ["00k5f000000000" + letter for letter in "09AZaz"]
    assert [place_of(one) for one in ids] == [0, 9, 10, 35, 36, 61]
    assert place_of("00k5fzzzzzzzzzz") == 62**5 - 1 < 2**31
