"""Dimensions: where a deal stands in each table of the matrix (DOMAIN section 5).

Each dimension is an ordered list of resolvers; the first that yields a value wins, else the deal is
`(Unassigned)`. What a resolver may read is given as `DealFields`, so that this stays pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from pipeline.definitions import DimensionsDefinition, Resolver
from pipeline.matrix import UNASSIGNED
from pipeline.money import SCALE

DEAL_TYPES = ("new_business", "expansion", "renewal", "other")
RENEWAL = "renewal"


class Place(NamedTuple):
    """A deal's value in every dimension but product, which comes from its line items."""

    region: str
    segment: str
    source: str
    lever: str
    deal_type: str


class DealFields(Protocol):
    """What resolvers read of a deal."""

    def value(self, path: str) -> str | int | None:
        """The value at a field path; numbers in ten-thousandths; `None` where it is empty or absent."""

    def role_chain(self, whose: str) -> Iterator[str]:
        """Role names of the `owner` or the `creator`, from their own role upwards; nothing for
        integration users, who create records on behalf of others."""


@dataclass(frozen=True)
class Resolvers:
    """The resolvers of a company, ready to place deals."""

    definition: DimensionsDefinition

    def place(self, fields: DealFields) -> Place:
        return Place(
            region=resolve(self.definition.region, fields) or UNASSIGNED,
            segment=resolve(self.definition.segment, fields) or UNASSIGNED,
            source=resolve(self.definition.source, fields) or UNASSIGNED,
            lever=resolve(self.definition.lever, fields) or UNASSIGNED,
            deal_type=resolve(self.definition.deal_type, fields) or UNASSIGNED,
        )


def resolve(resolvers: Sequence[Resolver], fields: DealFields) -> str | None:
    """The first value that a resolver yields."""
    for resolver in resolvers:
        value = _resolve_one(resolver, fields)
        if value is not None:
            return value
    return None


def _resolve_one(resolver: Resolver, fields: DealFields) -> str | None:
    if resolver.value is not None:
        return resolver.value
    if resolver.role_chain is not None:
        return _first_mapped(fields.role_chain(resolver.role_chain), resolver.map or {})
    raw = fields.value(resolver.field or "")
    if raw is None or raw == "":
        return None
    if resolver.bands is not None:
        return _band_of(raw, resolver.bands) if isinstance(raw, int) else None
    text = str(raw)
    return text if resolver.map is None else resolver.map.get(text)


def _first_mapped(names: Iterator[str], mapping: Mapping[str, str]) -> str | None:
    return next((mapping[name] for name in names if name in mapping), None)


def _band_of(scaled: int, bands: Mapping[str, tuple[Decimal, ...]]) -> str | None:
    for name, (low, *high) in bands.items():
        if low * SCALE <= scaled and all(scaled <= end * SCALE for end in high):
            return name
    return None
