"""What each deal is about and where it came from: product families, sources, creators and names.

Families and sources are dealt out so that each kind of deal (won in a quarter, open in a quarter, …) has
them in the company's shares by value: chance alone would make small rows jump from week to week.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from random import Random

from crm.demo.company import FAMILIES, MARKETING, QUARTERS, SOURCES
from crm.demo.deals import Deal
from crm.demo.draft import Draft
from crm.demo.people import GENERATORS, INTEGRATION, USER_IDS
from pipeline.records import Category

_ENDINGS = ("", "", "", " rollout", " expansion", " pilot", " phase 2", " consolidation", " for new sites")
_CONFIDENTIAL = 3


def deal_out_origins(draft: Draft) -> None:
    """Families, sources, creators and names of all deals, and which few are confidential."""
    for kind in _by_kind(draft.deals):
        _deal_out_families(draft.rng, kind)
        _deal_out_sources(kind)
    for deal in draft.deals:
        deal.creator_id = _creator_of(draft.rng, deal)
        deal.name = f"{deal.account.name}: {deal.families[0][0]}{draft.rng.choice(_ENDINGS)}"
    later = draft.period.end.toordinal()
    ahead = [deal for deal in draft.deals if deal.is_open and deal.now.close_day > later]
    for deal in sorted(ahead, key=lambda deal: (-deal.now.value, deal.number))[:_CONFIDENTIAL]:
        deal.is_confidential = True


def _by_kind(deals: Iterable[Deal]) -> list[list[Deal]]:
    kinds: defaultdict[tuple[int, int], list[Deal]] = defaultdict(list)
    for deal in deals:
        now = deal.now
        kind = (-1 if now.category is Category.COMMIT else 0) if deal.is_open else now.stage
        kinds[kind, QUARTERS.number_of(date.fromordinal(now.close_day))].append(deal)
    return [sorted(kinds[key], key=lambda deal: (-deal.now.value, deal.number)) for key in sorted(kinds)]


class _Shares:
    """Gives the next piece to whoever is farthest below their share."""

    def __init__(self, shares: Mapping[str, int]) -> None:
        self._shares = shares
        self._given = dict.fromkeys(shares, 0)

    def next(self, value: int) -> str:
        whole = sum(self._given.values()) + value
        name = max(self._shares, key=lambda one: whole * self._shares[one] / 100 - self._given[one])
        self.give(name, value)
        return name

    def give(self, name: str, value: int) -> None:
        self._given[name] += value


def _deal_out_families(rng: Random, deals: Iterable[Deal]) -> None:
    shares = _Shares(FAMILIES)
    for deal in deals:
        value = deal.now.value
        if rng.random() < 0.7:
            deal.families = ((shares.next(value), 100),)
            continue
        second_part = rng.choice((20, 30, 40))
        first = shares.next(value * (100 - second_part) // 100)
        second = rng.choice([family for family in FAMILIES if family != first])
        shares.give(second, value * second_part // 100)
        deal.families = ((first, 100 - second_part), (second, second_part))


def _deal_out_sources(deals: Iterable[Deal]) -> None:
    shares = _Shares(SOURCES)
    for deal in deals:
        deal.source = shares.next(deal.now.value)


def _creator_of(rng: Random, deal: Deal) -> str:
    if deal.source == "AE":
        return deal.former_owner[1] if deal.former_owner else deal.owner_id
    if deal.source in MARKETING:
        return USER_IDS[rng.choice((*GENERATORS["Marketing"], INTEGRATION))]
    return USER_IDS[rng.choice(GENERATORS[deal.source])]
