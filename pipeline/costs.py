"""Amounts as people type them: `5000`, `$5,000`, `2.5k`, `5000 EUR`."""

import re
from dataclasses import dataclass
from decimal import Decimal

from pipeline.errors import CouncilError
from pipeline.matching import undressed

LARGEST = Decimal(10) ** 10
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_AMOUNT = re.compile(
    r"(?P<before>[A-Za-z]{3}|[$€£¥])? ?(?P<sign>[-−])? ?(?P<inner>[$€£¥])? ?"
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,4})?|[0-9]{1,13}(?:\.[0-9]{1,4})?) ?"
    r"(?P<factor>[kKmM])? ?(?P<after>[A-Za-z]{3}|[$€£¥])?"
)


class CostNotUnderstood(CouncilError):
    """Words that are no amount, or not one of 0 or more."""


@dataclass(frozen=True)
class Cost:
    amount: Decimal
    currency: str


def read_cost(words: str, corporate_currency: str) -> Cost:
    """The amount, in the corporate currency where none is named. Raises `CostNotUnderstood`."""
    typed = " ".join(undressed(words).split())
    match = _AMOUNT.fullmatch(typed)
    if match is None:
        raise CostNotUnderstood(f"“{typed[:40]}” is not an amount. Write 5000, 2.5k or 5000 EUR.")
    named = {
        _SYMBOLS.get(name, name.upper())
        for name in (match["before"], match["inner"], match["after"])
        if name is not None
    }
    if len(named) > 1:
        raise CostNotUnderstood(f"“{typed[:40]}” names two currencies. Write 5000 EUR.")
    amount = Decimal(match["number"].replace(",", "")) * _FACTORS[(match["factor"] or "").lower()]
    if match["sign"] and amount:
        raise CostNotUnderstood(f"A cost is 0 or more, not {typed[:40]}. Write 5000, or leave it out.")
    if amount >= LARGEST:
        raise CostNotUnderstood(f"{typed[:40]} is more than any action costs. Write 5000 or 2.5k.")
    return Cost(amount, named.pop() if named else corporate_currency)
