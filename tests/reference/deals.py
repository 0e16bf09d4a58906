"""Every deal at the end of a day, valued, placed and converted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Literal

from tests.reference.exports import Export
from tests.reference.lives import Lives
from tests.reference.money import Rates
from tests.reference.places import Places
from tests.reference.terms import Terms

DealClass = Literal["open", "won", "lost"]


@dataclass(frozen=True)
class Deal:
    id: str
    deal_class: DealClass
    stage: str
    past_gate: bool
    category: str
    close: date | None
    value: Fraction | None
    """In its own currency."""
    currency: str
    rate: Fraction | None
    first_qualified: date | None
    created: date
    places: Mapping[str, str]
    families: Mapping[str, Fraction]
    """In its own currency."""

    @property
    def in_pipeline(self) -> bool:
        """Counts in the open pipeline of the period of its close date, if its value is known."""
        return self.deal_class == "open" and self.past_gate and self.category != "Omitted"

    @property
    def is_renewal(self) -> bool:
        return self.places.get("deal_type") == "renewal"

    def worth(self) -> Fraction | None:
        """In the corporate currency."""
        return None if self.value is None or self.rate is None else self.value / self.rate

    def shares(self, dimensions: Sequence[str]) -> Mapping[tuple[str, ...], Fraction]:
        """Its worth in the corporate currency, by its slices."""
        if self.rate is None or self.value is None:
            return {}
        parts = self.families if "product" in dimensions else {"": self.value}
        return {
            tuple(family if name == "product" else self.places[name] for name in dimensions): part / self.rate
            for family, part in parts.items()
        }


class Company:
    """Deals of any day out of a series of exports."""

    def __init__(self, exports: Sequence[Export], terms: Terms) -> None:
        self.terms = terms
        self.last = exports[-1]
        self.rates = Rates(self.last, terms)
        self._lives = Lives(exports, terms)
        self._places = Places(self._lives)
        self.deals = cache(self._deals)

    def _deals(self, on: date) -> tuple[Deal, ...]:
        found = (self._deal(opportunity_id, on) for opportunity_id in self._lives.ids)
        return tuple(deal for deal in found if deal is not None)

    def _deal(self, opportunity_id: str, on: date) -> Deal | None:
        lives = self._lives
        state = lives.at(opportunity_id, on)
        if state is None:
            return None
        value = lives.value(opportunity_id, state)
        currency = (
            lives.field(opportunity_id, "CurrencyIsoCode", state.known) or self.terms.corporate_currency
        )
        is_open, is_won = lives.is_open(state.stage), lives.is_won(state.stage)
        return Deal(
            id=opportunity_id,
            deal_class="open" if is_open else "won" if is_won else "lost",
            stage=state.stage,
            past_gate=lives.is_past_gate(state.stage),
            category=state.category,
            close=state.close,
            value=value,
            currency=currency,
            rate=self.rates.of_deal(currency, state.close, on),
            first_qualified=lives.first_qualified(opportunity_id),
            created=lives.created(opportunity_id),
            places=self._places.dimensions(opportunity_id, state),
            families={} if value is None else self._places.families(opportunity_id, state, value),
        )
