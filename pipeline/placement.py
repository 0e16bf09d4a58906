"""Sharing a deal's value over its products and owners, to the cent (DOMAIN section 4)."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.matrix import NO_FAMILY, NO_PRODUCT
from pipeline.money import share_out


class Line(NamedTuple):
    """A line item; `total_price` in ten-thousandths."""

    total_price: int | None
    family: str | None


class OwnerShare(NamedTuple):
    """A split that counts: `percentage` in ten-thousandths of a per cent."""

    owner_id: str
    percentage: int


class Portion(NamedTuple):
    """What of a deal's value belongs to one owner and one product family."""

    owner_id: str | None
    family: str
    value: int | None


def portions(
    value: int | None, owner_id: str | None, lines: Sequence[Line], splits: Sequence[OwnerShare]
) -> list[Portion]:
    """A deal's portions, in the order of its splits and lines; their values sum to the deal's.

    The value is shared over the splits first and each share over the line items in proportion to
    their `TotalPrice`, then summed per family. Without line items, or with a total price of zero, all
    of it is `(No product)`. An unknown value stays one unknown portion.
    """
    shares = _owner_shares(value, owner_id, splits)
    result: dict[tuple[str | None, str], int | None] = {}
    for owner, share in shares:
        for family, part in _family_shares(share, lines):
            key = (owner, family)
            known = result.get(key, 0)
            result[key] = None if part is None or known is None else known + part
    return [Portion(owner, family, part) for (owner, family), part in result.items()]


def _owner_shares(
    value: int | None, owner_id: str | None, splits: Sequence[OwnerShare]
) -> list[tuple[str | None, int | None]]:
    if value is None or sum(split.percentage for split in splits) == 0:
        return [(owner_id, value)]
    parts = share_out(value, [split.percentage for split in splits])
    return [(split.owner_id, part) for split, part in zip(splits, parts, strict=True)]


def _family_shares(value: int | None, lines: Sequence[Line]) -> list[tuple[str, int | None]]:
    prices = [line.total_price or 0 for line in lines]
    if sum(prices) == 0:
        return [(NO_PRODUCT, value)]
    families = [line.family or NO_FAMILY for line in lines]
    if value is None or len(set(families)) == 1:
        return [(families[0], value)]
    return list(zip(families, share_out(value, prices), strict=True))
