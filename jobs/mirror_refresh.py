"""Bringing single deals up to date in the mirror that readers see, a lot a transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from jobs.pulling import Progress, Pulling
from pipeline.crm_records import DealEvidence
from storage.apm import renew_tables, store_tables
from storage.base import has_base
from storage.database import Connection, reading, writing_a_part
from storage.deals_to_read import forget_deals_to_read
from storage.hygiene_reading import store_hygiene
from storage.mirror import move_measured_day, pulled_state
from storage.refresh_ground import GroundMoved, RefreshGround, read_ground
from storage.refreshing import RefreshCounts, end_gone_deals, refresh_deals, rewrite_deals
from storage.scales import read_calendar
from storage.staging import Reference

DEALS_A_WRITE = 200
"""Deals a transaction: it stays within a few hundred milliseconds."""
ATTEMPTS = 5

Done = TypeVar("Done")


class MirrorRefresh:
    """One going over deals that changed. Made and used under the pull's lock.

    Where the day has to be measured anyhow, since it is a new one or its sums are gone, nothing is moved
    before.
    """

    def __init__(self, pulling: Pulling, reference: Reference | None = None) -> None:
        """`reference`: the small tables as the CRM has just given them; else as the mirror has them."""
        self._pulling = pulling
        self._engine = pulling.engine
        self._reference = reference
        self._ground: RefreshGround | None = None
        self._today = self._day_of_pull()
        self._measures_anew = self._is_to_be_measured()
        self.counts = RefreshCounts()
        self.taken = 0
        """Deals that were looked at, changed or not."""

    def take(self, deals: Iterable[DealEvidence]) -> None:
        """Bring deals up to date; what was noted to be read again of them is done."""
        refresh = rewrite_deals if self._measures_anew else refresh_deals

        def take_lot(connection: Connection, ground: RefreshGround) -> RefreshCounts:
            forget_deals_to_read(connection, [deal.opportunity.id for deal in lot])
            return refresh(connection, ground, lot, self._pulling.now)

        for lot in _lots(deals):
            self.counts += self._on_firm_ground(take_lot)
            self.taken += len(lot)
            self._pulling.progress(Progress("Reading Opportunity", self.taken, None))

    def end(self, opportunity_ids: Sequence[str]) -> None:
        """End deals that the CRM does not hold any more."""

        def end_lot(connection: Connection, ground: RefreshGround) -> int:
            return end_gone_deals(connection, ground, lot, self._pulling.now)

        for start in range(0, len(opportunity_ids), DEALS_A_WRITE):
            lot = opportunity_ids[start : start + DEALS_A_WRITE]
            self.counts += RefreshCounts(deleted=self._on_firm_ground(end_lot))

    def show(self) -> None:
        """Let the tables of the day say what is in the mirror now."""
        company = self._pulling.company
        if not self._measures_anew:
            renew_tables(self._engine, company)
            return
        self._pulling.progress(Progress("Measuring", 0, None))
        store_tables(self._engine, company, self._today)
        store_hygiene(self._engine, company, self._today)
        move_measured_day(self._engine, self._today)

    def _on_firm_ground(self, act: Callable[[Connection, RefreshGround], Done]) -> Done:
        """In a write transaction of its own; again where the mirror's state has moved meanwhile."""
        for _ in range(ATTEMPTS):
            self._ground = self._ground or self._read_ground()
            try:
                with writing_a_part(self._engine) as connection:
                    return act(connection, self._ground)
            except GroundMoved:
                self._ground = None
        raise GroundMoved()

    def _read_ground(self) -> RefreshGround:
        ground = read_ground(self._engine, self._pulling.company)
        return ground if self._reference is None else replace(ground, reference=self._reference)

    def _day_of_pull(self) -> date:
        with reading(self._engine) as connection:
            calendar = read_calendar(connection, self._pulling.company.definitions)
        return calendar.day_of(self._pulling.now)

    def _is_to_be_measured(self) -> bool:
        today = self._today.toordinal()
        with reading(self._engine) as connection:
            state = pulled_state(connection)
            return state.measured_day != today or not has_base(connection, state.generation, today)


def _lots(deals: Iterable[DealEvidence]) -> Iterator[Sequence[DealEvidence]]:
    """As many as one transaction has time for; of a deal that comes twice in a lot the later one holds."""
    lot: dict[str, DealEvidence] = {}
    for deal in deals:
        lot[deal.opportunity.id] = deal
        if len(lot) == DEALS_A_WRITE:
            yield list(lot.values())
            lot = {}
    if lot:
        yield list(lot.values())
