"""How many of a manager's open deals the manager has looked at in the last fortnight."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import Connection, case, exists, func, select

from pipeline.people import People
from pipeline.records import DealClass
from storage.current_deals import is_seen
from storage.nudge_tables import inspection
from storage.tables import FOREVER, opportunity_version, person

FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True)
class InspectedShare:
    """Of one manager: open qualified deals of everybody below, and how many of them were inspected."""

    manager_id: str
    deals: int
    inspected: int

    @property
    def share(self) -> Fraction | None:
        """`None` where there is no open deal."""
        return Fraction(self.inspected, self.deals) if self.deals else None


def inspected_shares(connection: Connection, people: People, day: date) -> tuple[InspectedShare, ...]:
    """Of every active manager with open deals below, by the manager's id. Two statements for all."""
    deals = _open_deals(connection)
    inspected = _inspected(connection, day)
    shares = []
    for manager_id, user in sorted(people.users.items()):
        below = people.reports_of(manager_id)
        owned = sum(deals[owner] for owner in below)
        if user.is_active and owned:
            seen = sum(inspected[manager_id][owner] for owner in below)
            shares.append(InspectedShare(manager_id, owned, seen))
    return tuple(shares)


def company_share(connection: Connection, day: date) -> Fraction | None:
    """Of all open qualified deals, how many some manager has inspected in the last fortnight; `None` where no
    deal is open. One statement."""
    since = (day - FORTNIGHT).toordinal()
    was_inspected = exists().where(
        inspection.c.opportunity == _now.c.opportunity,
        inspection.c.day > since,
        inspection.c.day <= day.toordinal(),
    )
    seen = func.coalesce(func.sum(case((was_inspected, 1), else_=0)), 0)
    deals, inspected = connection.execute(select(func.count(), seen).select_from(_now).where(*_IS_OPEN)).one()
    return Fraction(int(inspected), int(deals)) if deals else None


_now = opportunity_version.alias("now")
_IS_OPEN = (
    _now.c.part == 0,
    _now.c.valid_to == FOREVER,
    is_seen(_now),
    _now.c.deal_class == int(DealClass.OPEN_QUALIFIED),
)


def _open_deals(connection: Connection) -> Counter[str]:
    rows = connection.execute(
        select(person.c.crm_id, func.count().label("deals"))
        .join(_now, _now.c.owner == person.c.no)
        .where(*_IS_OPEN)
        .group_by(person.c.crm_id)
    )
    return Counter({row.crm_id: row.deals for row in rows})


def _inspected(connection: Connection, day: date) -> defaultdict[str, Counter[str]]:
    """Deals that each manager has inspected, by owner."""
    since = (day - FORTNIGHT).toordinal()
    rows = connection.execute(
        select(inspection.c.manager, person.c.crm_id, func.count())
        .join(_now, _now.c.opportunity == inspection.c.opportunity)
        .join(person, person.c.no == _now.c.owner)
        .where(*_IS_OPEN, inspection.c.day > since, inspection.c.day <= day.toordinal())
        .group_by(inspection.c.manager, person.c.crm_id)
    )
    gathered: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for manager, owner, count in rows:
        gathered[manager][owner] = count
    return gathered
