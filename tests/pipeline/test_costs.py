"""Amounts as people type them, with a corporate currency of USD and deals in EUR and GBP too."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.costs import Cost, CostNotUnderstood, looks_like_a_cost, read_cost

CURRENCIES = frozenset({"EUR", "GBP"})


@pytest.mark.parametrize(
    ("words", "amount", "currency"),
    [
        ("5000", "5000", "USD"),
        ("$5,000", "5000", "USD"),
        ("5 000 EUR", "5000", "EUR"),
        ("5\u00a0000\u00a0€", "5000", "EUR"),
        ("eur 2.5k", "2500", "EUR"),
        ("£1,250.50", "1250.5", "GBP"),
        ("1.5m", "1500000", "USD"),
        ("2.125k", "2125", "USD"),
        ("0", "0", "USD"),
        ("-0", "0", "USD"),
        ("USD 5000,", "5000", "USD"),
    ],
)
def test_an_amount_is_read_as_it_is_meant(words: str, amount: str, currency: str) -> None:
    assert read_cost(words, "USD", CURRENCIES) == Cost(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("five", "“five” is not an amount. Write 5000, 2.5k or 5000 EUR."),
        ("1.234,56", "“1.234,56” is not an amount."),
        ("-5000", "A cost is 0 or more, not -5000."),
        ("−5 EUR", "A cost is 0 or more"),
        ("$5 EUR", "names two currencies"),
        ("5000 XYZ", "There is no currency XYZ here. Write the cost in EUR or GBP or USD."),
        ("¥5000", "There is no currency JPY here."),
        ("5.000", "“5.000” could be 5 or 5000. Write 5000, or 5."),
        ("99999999999", "is more than any action costs"),
        ("9" * 5000, "is not an amount"),
    ],
)
def test_what_is_no_amount_is_told_with_what_to_write(words: str, says: str) -> None:
    with pytest.raises(CostNotUnderstood) as refused:
        read_cost(words, "USD", CURRENCIES)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("5000", True),
        ("5000 for", False),
        ("5000 eur", True),
        ("5000 XYZ", True),
        ("-5", True),
        ("of", False),
    ],
)
def test_three_small_letters_belong_to_an_amount_only_as_a_currency(words: str, is_one: bool) -> None:
    assert looks_like_a_cost(words, CURRENCIES) is is_one


@given(st.text(max_size=30))
def test_anything_is_a_cost_of_0_or_more_or_refused_in_words(words: str) -> None:
    try:
        cost = read_cost(words, "USD", CURRENCIES)
    except CostNotUnderstood:
        return
    assert cost.amount >= 0
    assert cost.currency in {"USD", *CURRENCIES}


@given(st.decimals(0, 999_999, places=2), st.sampled_from(["", " EUR", " GBP"]))
def test_an_amount_that_was_written_plainly_comes_back_exactly(amount: Decimal, currency: str) -> None:
    assert read_cost(f"{amount:,f}{currency}", "USD", CURRENCIES).amount == amount
