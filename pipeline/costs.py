"""Amounts as people type them: `5000`, `$5,000`, `2.5k`, `5000 EUR`."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from pipeline.errors import CouncilError
from pipeline.matching import undressed

LARGEST = Decimal(10) ** 10
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_AMOUNT = re.compile(
    r"(?P<before>[A-Za-z]{3}|[$€£¥])? ?(?P<sign>[-−])? ?(?P<inner>[$€£¥])? ?"
    r"(?P<number>[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]{1,4})?|[0-9]{1,13}(?:\.[0-9]{1,4})?) ?"
    r"(?P<factor>[kKmM])? ?(?P<after>[A-Za-z]{3}|[$€£¥])?"
)
_DOT_OF_THOUSANDS = re.compile(r"[0-9]{1,3}\.[0-9]{3}")


class CostNotUnderstood(CouncilError):
    """Words that are no amount, or not one of 0 or more."""


@dataclass(frozen=True)
class Cost:
    amount: Decimal
    currency: str


def read_cost(words: str, corporate_currency: str, currencies: Collection[str]) -> Cost:
    """The amount, in the corporate currency where none is named; `currencies`: the others that there are.

    Raises `CostNotUnderstood`.
    """
    typed = _plain(words).rstrip(",;")
    match = _AMOUNT.fullmatch(typed)
    if match is None:
        raise CostNotUnderstood(f"“{typed[:40]}” is not an amount. Write 5000, 2.5k or 5000 EUR.")
    named = _named(match)
    if len(named) > 1:
        raise CostNotUnderstood(f"“{typed[:40]}” names two currencies. Write 5000 EUR.")
    currency = next(iter(named), corporate_currency)
    known = sorted({*currencies, corporate_currency})
    if currency not in known:
        raise CostNotUnderstood(
            f"There is no currency {currency} here. Write the cost in {' or '.join(known)}."
        )
    if _DOT_OF_THOUSANDS.fullmatch(match["number"]) and not match["factor"]:
        whole = match["number"].replace(".", "")
        small = f"{Decimal(match['number']).normalize():f}"
        raise CostNotUnderstood(f"“{typed[:40]}” could be {small} or {whole}. Write {whole}, or {small}.")
    amount = Decimal(re.sub("[, ]", "", match["number"])) * _FACTORS[(match["factor"] or "").lower()]
    if match["sign"] and amount:
        raise CostNotUnderstood(f"A cost is 0 or more, not {typed[:40]}. Write 5000, or leave it out.")
    if amount >= LARGEST:
        raise CostNotUnderstood(f"{typed[:40]} is more than any action costs. Write 5000 or 2.5k.")
    return Cost(amount, currency)


def looks_like_a_cost(words: str, currencies: Collection[str]) -> bool:
    """Whether the words say an amount at all, be it negative or in a currency that there is not; three small
    letters are a currency only where there is such a one (`5000 for`)."""
    match = _AMOUNT.fullmatch(_plain(words).rstrip(",;"))
    letters = [match[name] for name in ("before", "after") if match[name]] if match is not None else []
    return match is not None and all(
        one in _SYMBOLS or one.isupper() or one.upper() in currencies for one in letters
    )


def _plain(words: str) -> str:
    return " ".join(undressed(words).split())


def _named(match: re.Match[str]) -> set[str]:
    groups = (match["before"], match["inner"], match["after"])
    return {_SYMBOLS.get(name, name.upper()) for name in groups if name is not None}
