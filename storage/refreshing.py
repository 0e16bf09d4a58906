"""Bringing deals up to date in the generation that readers see: a fix counts at once, and what a pull finds
changed needs no new generation.

Deals are rebuilt from everything that the CRM holds of them, as a pull that reads everything would
(`storage.rebuilding`), in short transactions, and the day's figures move with them
(`storage.moving_figures`). The tables are put together after the transactions.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from pipeline.company import Company
from pipeline.crm_records import DealEvidence
from storage.apm import renew_tables
from storage.deal_rows import (
    ChangedDeal,
    changed_deal,
    evidence_of,
    give_numbers,
    number_of,
    numbers_of,
    write_deals,
)
from storage.ended_deals import end_deals
from storage.finding_lives import HowClosed
from storage.mirror import MirrorState, pulled_state
from storage.moving_figures import moving_figures
from storage.rebuilding import Rebuilding
from storage.refresh_ground import GroundMoved, RefreshGround, prepare_refresh
from storage.refreshes import note_refresh
from storage.registries import lock_numbering
from storage.tables import opportunity

__all__ = [
    "GroundMoved",
    "HistoryGrew",
    "RefreshCounts",
    "RefreshGround",
    "count_at_once",
    "end_gone_deals",
    "prepare_refresh",
    "refresh_deal",
    "refresh_deals",
    "rewrite_deals",
]

REFRESH_ATTEMPTS = 3

Done = TypeVar("Done")


class HistoryGrew(Exception):
    """The CRM keeps changes of a field that it kept none of before, so that the past of every deal looks
    different: everything has to be pulled."""


@dataclass(frozen=True)
class RefreshCounts:
    """What became of the deals that a pull found changed."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0
    """Their stage is none that anybody knows: they stay as they were."""
    versions: int = 0

    def __add__(self, other: "RefreshCounts") -> "RefreshCounts":
        return RefreshCounts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
            self.kept + other.kept,
            self.versions + other.versions,
        )


def count_at_once(
    engine: Engine, company: Company, now: datetime, act: Callable[[RefreshGround], Done]
) -> Done:
    """Do what ends in `refresh_deal`, in a write transaction of its own, and renew the day's tables after it.

    `act` is done again where a pull came between: its transaction was rolled back then. Raises
    `NothingPulled` before the first pull, `GroundMoved` where pulls never stop, and whatever `act` raises.
    """
    for _ in range(REFRESH_ATTEMPTS):
        with suppress(GroundMoved):
            done = act(prepare_refresh(engine, company, now))
            renew_tables(engine, company)
            return done
    raise GroundMoved()


def refresh_deal(connection: Connection, ground: RefreshGround, deal: DealEvidence, now: datetime) -> bool:
    """After a fix. False where the mirror does not know the deal, or its stage. Raises `GroundMoved`."""
    _hold(connection, ground)
    number = number_of(connection, deal.opportunity.id)
    if number is None:
        return False
    tracked = ground.state.tracked | {change.field for change in deal.changes}
    changed, counts = _compare(connection, ground, {number: deal}, tracked, int(now.timestamp()))
    if counts.kept:
        return False
    with moving_figures(connection, ground, [number], HowClosed.FIXED_IN_CHAT):
        _write(connection, ground, changed)
    return True


def refresh_deals(
    connection: Connection, ground: RefreshGround, deals: Sequence[DealEvidence], now: int
) -> RefreshCounts:
    """Bring some hundred deals up to date that a pull found changed, new ones and deleted ones among them.

    Deals that are as they were are left alone, so that the same change may come twice. Raises `GroundMoved`,
    and `HistoryGrew` where single deals cannot be brought up to date.
    """
    changed, counts = _find_changed(connection, ground, deals, now)
    if changed.deals:
        numbers = [one.number for one in changed.deals]
        with moving_figures(connection, ground, numbers, HowClosed.FIXED_IN_CRM):
            versions = _write(connection, ground, changed)
        counts = replace(counts, versions=versions)
    return counts


def rewrite_deals(
    connection: Connection, ground: RefreshGround, deals: Sequence[DealEvidence], now: int
) -> RefreshCounts:
    """As `refresh_deals`, for a day that is going to be measured anew: its figures stay where they are."""
    changed, counts = _find_changed(connection, ground, deals, now)
    if changed.deals:
        counts = replace(counts, versions=_write(connection, ground, changed))
    return counts


def end_gone_deals(
    connection: Connection, ground: RefreshGround, opportunity_ids: Sequence[str], now: int
) -> int:
    """End deals that the CRM no longer holds; gives how many stood until now. Raises `GroundMoved`."""
    _hold(connection, ground)
    numbers = numbers_of(connection, opportunity_ids)
    generation = ground.state.generation
    seen = {
        row.no: row.crm_id
        for row in connection.execute(
            select(opportunity.c.no, opportunity.c.crm_id).where(
                opportunity.c.no.in_(list(numbers.values())),
                opportunity.c.gen_from <= generation,
                opportunity.c.gen_to > generation,
                opportunity.c.is_deleted.is_(False),
            )
        )
    }
    if not seen:
        return 0
    today = ground.scales.calendar.day_of(now).toordinal()
    with moving_figures(connection, ground, list(seen), HowClosed.FIXED_IN_CRM):
        end_deals(connection, generation, list(seen), now=now, today=today)
    note_refresh(connection, list(seen.values()), now)
    return len(seen)


@dataclass(frozen=True)
class _Changed:
    deals: Sequence[ChangedDeal]
    rebuilding: Rebuilding
    moment: int
    """When they were seen: what is seen now has to come after what was seen before, be it in the same
    second."""


def _hold(connection: Connection, ground: RefreshGround) -> None:
    lock_numbering(connection)
    if pulled_state(connection) != ground.state:
        raise GroundMoved()


def _find_changed(
    connection: Connection, ground: RefreshGround, deals: Sequence[DealEvidence], now: int
) -> tuple[_Changed, RefreshCounts]:
    _hold(connection, ground)
    by_id = {deal.opportunity.id: deal for deal in deals}
    known = numbers_of(connection, list(by_id))
    given = give_numbers(connection, [one for one in by_id if one not in known])
    by_number = {({**known, **given})[id]: deal for id, deal in by_id.items()}
    return _compare(connection, ground, by_number, ground.state.tracked, now)


def _compare(
    connection: Connection,
    ground: RefreshGround,
    deals: dict[int, DealEvidence],
    tracked: Collection[str],
    now: int,
) -> tuple[_Changed, RefreshCounts]:
    state = ground.state
    found = evidence_of(
        connection, state.generation, {number: _as_pulled(deal, state) for number, deal in deals.items()}
    )
    moment = max(now, *(1 + one.live.observed_at for one in found if one.live is not None), 0)
    rebuilding = Rebuilding(connection, ground.request(moment), tracked)
    if rebuilding.learns_of({change.field for one in found for change in one.changes}):
        raise HistoryGrew
    changed: list[ChangedDeal] = []
    unchanged = kept = 0
    for evidence in found:
        if not rebuilding.knows_stage(evidence.record.stage):
            kept += 1
            continue
        one = changed_deal(evidence.no or 0, evidence, rebuilding)
        if evidence.live is not None and evidence.live.content_hash == one.content_hash:
            unchanged += 1
        else:
            changed.append(one)
    new = sum(one.is_new for one in changed)
    deleted = sum(_is_deleted_now(one) for one in changed)
    counts = RefreshCounts(new, len(changed) - new, unchanged, deleted, kept)
    return _Changed(changed, rebuilding, moment), counts


def _is_deleted_now(one: ChangedDeal) -> bool:
    live = one.evidence.live
    return bool(one.evidence.record.is_deleted) and (live is None or not live.is_deleted)


def _write(connection: Connection, ground: RefreshGround, changed: _Changed) -> int:
    versions = write_deals(connection, changed.rebuilding, ground.state.generation, changed.deals)
    note_refresh(connection, [one.evidence.record.crm_id for one in changed.deals], changed.moment)
    return versions


def _as_pulled(deal: DealEvidence, state: MirrorState) -> DealEvidence:
    """Without the fields that only a form asked for: the next pull then finds nothing changed."""
    fields = {name: value for name, value in deal.opportunity.fields.items() if name in state.fields}
    return replace(deal, opportunity=deal.opportunity._replace(fields=fields))
