"""Finding deals by what somebody remembers of their names."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from pipeline.records import DealClass
from storage.current_deals import is_seen
from storage.tables import FOREVER, opportunity, opportunity_version, person

_CHECKSUM_LENGTHS = (15, 18)
_LOOKED_AT = 200
"""Whoever has more deals than that with such a name has to type more of it."""


@dataclass(frozen=True)
class NamedDeal:
    """A deal as it is told from others of its name."""

    id: str
    name: str
    owner_id: str | None
    owner: str | None
    is_confidential: bool
    is_open: bool
    amount: int | None
    """In ten-thousandths of its own currency."""
    currency: str | None


def find_deals(connection: Connection, owners: Collection[str], typed: str) -> tuple[NamedDeal, ...]:
    """Deals of these owners whose name holds what was typed, or whose id it is.

    Those called exactly so come first, then the open ones, by name.
    """
    wanted = " ".join(typed.split())
    version = opportunity_version
    statement = (
        select(opportunity, version.c.deal_class, person.c.name.label("owner"))
        .select_from(opportunity)
        .outerjoin(
            version,
            and_(
                version.c.opportunity == opportunity.c.no,
                version.c.part == 0,
                version.c.valid_to == FOREVER,
                is_seen(version),
            ),
        )
        .outerjoin(person, person.c.crm_id == opportunity.c.owner_id)
        .where(
            opportunity.c.owner_id.in_(owners),
            opportunity.c.is_deleted.is_(False),
            is_seen(opportunity),
            _is_called(wanted),
        )
        .limit(_LOOKED_AT)
    )
    is_open = (DealClass.OPEN_QUALIFIED, DealClass.OPEN_UNQUALIFIED)
    found = [
        NamedDeal(
            row.crm_id,
            row.name,
            row.owner_id,
            row.owner,
            bool(row.confidential),
            row.deal_class in is_open,
            row.amount,
            row.currency,
        )
        for row in connection.execute(statement)
    ]
    folded = wanted.casefold()
    found.sort(
        key=lambda deal: (deal.name.casefold() != folded, not deal.is_open, deal.name.casefold(), deal.id)
    )
    return tuple(found)


def _is_called(wanted: str) -> ColumnElement[bool]:
    """SQLite knows small and capital letters of English alone, so others are tried in the usual spellings."""
    spellings = {wanted, wanted.lower(), wanted.upper(), wanted.title(), wanted.capitalize()}
    names = [opportunity.c.name.icontains(spelling, autoescape=True) for spelling in sorted(spellings)]
    if len(wanted) in _CHECKSUM_LENGTHS:  # an id of 15 characters is that of 18 without its check-sum
        return or_(*names, opportunity.c.crm_id.startswith(wanted[:15], autoescape=True))
    return or_(*names)
