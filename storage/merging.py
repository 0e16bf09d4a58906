"""Merging a staged pull into the next generation of the mirror.

Walks through the staged opportunities in order of their ids, a chunk per write transaction. An
opportunity whose evidence has not changed is left alone. A changed one is rebuilt from everything
known of it (`storage.rebuilding`), and only rows that differ are written: old
rows end with the current generation, new ones begin with the next. Readers see none of it until
`storage.mirror.switch_over` moves them over, and a merge that died leaves nothing that they could see.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, select

from pipeline.crm_records import DealEvidence
from storage.bulk import insert_rows, read_rows
from storage.database import reading, writing
from storage.deal_rows import begin_generation, number_of, write_deal
from storage.ended_deals import deleted_record, ended_version, remember_last_states
from storage.evidence import Evidence, read_evidence, remember_observations
from storage.field_history import FieldHistory
from storage.rebuilding import MergeRequest, Rebuilding
from storage.tables import (
    FOREVER,
    opportunity,
    opportunity_key,
    opportunity_version,
    staged_change,
    staged_kept,
    staged_opportunity,
)


@dataclass
class MergeCounts:
    """What became of the opportunities of a pull."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0
    versions: int = 0
    unknown_creation: int = 0
    notices: list[str] = field(default_factory=list)


@dataclass
class _ChunkRows:
    """Rows of one write transaction."""

    keys: list[tuple[int, str]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    opportunities: list[tuple[Any, ...]] = field(default_factory=list)
    observations: list[tuple[int, int, str]] = field(default_factory=list)
    versions: list[tuple[Any, ...]] = field(default_factory=list)

    def changed(self) -> list[tuple[Any, ...]]:
        """The new records of opportunities that had one before."""
        ended = set(self.ended)
        return [record for record in self.opportunities if record[0] in ended]


class Merge:
    """One merge. Build it inside the pull's lock and run it once."""

    def __init__(self, engine: Engine, request: MergeRequest) -> None:
        self._engine = engine
        self._request = request
        self.counts = MergeCounts()
        with writing(engine) as connection:
            self.tracked = frozenset(connection.execute(select(staged_change.c.field).distinct()).scalars())
            self._rebuilding = Rebuilding(connection, request, self.tracked)
            self._fields = FieldHistory(connection)
            self._next_no = 1 + (connection.execute(select(func.max(opportunity_key.c.no))).scalar() or 0)

    def run(self, progress: Callable[[int], None]) -> MergeCounts:
        """Merge everything; `progress` hears how many opportunities are done."""
        after = ""
        done = 0
        while True:
            with reading(self._engine) as connection:
                chunk = read_evidence(connection, after)
            if not chunk:
                break
            self._merge_chunk(chunk)
            after = chunk[-1].record.crm_id
            done += len(chunk)
            progress(done)
        if self._rebuilding.unknown_stages:
            names = ", ".join(self._rebuilding.unknown_stages)
            self.counts.notices.append(
                f"The history names stages that the CRM does not know (any more): {names}. Those changes "
                "of stage were left out; list the stages to count them."
            )
        return self.counts

    def refresh(self, deal: DealEvidence) -> None:
        """Bring a deal that somebody has fixed meanwhile up to date in the generation that is written."""
        with writing(self._engine) as connection:
            if not self._rebuilding.numbers_hold(connection):
                self._rebuilding.read_numbers(connection)
            number = number_of(connection, deal.opportunity.id)
            if number is None:
                return
            generation = self._request.generation
            begin_generation(connection, number, generation)
            write_deal(connection, self._rebuilding, generation, number, deal)

    def absent(self) -> list[int]:
        """Live opportunities that the staged pull does not hold, those with a bad row aside."""
        with reading(self._engine) as connection:
            return _absent_opportunities(connection)

    def standing(self) -> int:
        """How many opportunities the mirror holds now."""
        is_live = and_(opportunity.c.gen_to == FOREVER, opportunity.c.is_deleted.is_(False))
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).where(is_live)).scalar() or 0

    def delete_absent(self, absent: Sequence[int]) -> None:
        """End the versions of opportunities that a complete pull no longer holds."""
        today = self._rebuilding.today
        for start in range(0, len(absent), 500):
            with writing(self._engine) as connection:
                self._delete(connection, absent[start : start + 500], today)
        self.counts.deleted += len(absent)

    def _merge_chunk(self, chunk: Sequence[Evidence]) -> None:
        """Rebuild and write; once more where a refreshed deal got a number that we gave out as well."""
        counts, next_no = replace(self.counts), self._next_no
        while not self._write(self._rebuilt(chunk)):
            self.counts, self._next_no = replace(counts), next_no
            with reading(self._engine) as connection:
                self._rebuilding.read_numbers(connection)

    def _rebuilt(self, chunk: Sequence[Evidence]) -> _ChunkRows:
        rows = _ChunkRows()
        for evidence in chunk:
            self._merge_one(evidence, rows)
        return rows

    def _merge_one(self, evidence: Evidence, rows: _ChunkRows) -> None:
        record = evidence.record
        if not self._rebuilding.knows_stage(record.stage):
            self.counts.kept += 1
            return
        state = self._rebuilding.state_of(evidence)
        content_hash = self._rebuilding.hash_of(evidence, state)
        if evidence.live is not None and evidence.live.content_hash == content_hash:
            self.counts.unchanged += 1
            return
        number = evidence.no
        if number is None:
            number, self._next_no = self._next_no, self._next_no + 1
            rows.keys.append((number, record.crm_id))
        if evidence.live is None:  # it can have its number from a merge that died
            self.counts.new += 1
        else:
            rows.ended.append(number)
            self.counts.changed += 1
        rebuilt = self._rebuilding.rows(number, evidence, state, content_hash)
        rows.opportunities.append(rebuilt.record)
        rows.versions.extend(rebuilt.versions)
        rows.observations.extend(rebuilt.observations)
        self.counts.deleted += record.is_deleted and (evidence.live is None or not evidence.live.is_deleted)
        self.counts.unknown_creation += record.created_at is None and evidence.live is None

    def _write(self, rows: _ChunkRows) -> bool:
        """False, and nothing is written, where somebody else has given out numbers meanwhile."""
        with writing(self._engine) as connection:
            if not self._rebuilding.numbers_hold(connection):
                return False
            self._rebuilding.write_numbers(connection)
            insert_rows(connection, opportunity_key, rows.keys)
            self._fields.remember(connection, rows.changed(), self._rebuilding.today)
            self._end_records(connection, rows.ended)
            insert_rows(connection, opportunity, rows.opportunities)
            remember_observations(connection, rows.observations)
            added = self._end_versions(connection, rows.ended, rows.versions)
            insert_rows(connection, opportunity_version, added)
            self.counts.versions += len(added)
            return True

    def _end_records(self, connection: Connection, numbers: Sequence[int]) -> None:
        """The current records of opportunities end with the current generation."""
        if numbers:
            connection.execute(
                opportunity.update()
                .where(opportunity.c.no.in_(numbers), opportunity.c.gen_to == FOREVER)
                .values(gen_to=self._request.generation)
            )

    def _end_versions(
        self, connection: Connection, numbers: Sequence[int], new: list[tuple[Any, ...]]
    ) -> list[tuple[Any, ...]]:
        """End the live rows that are not among the new ones; give back the new rows still to write."""
        if not numbers:
            return new
        columns = opportunity_version.c
        live = read_rows(
            connection,
            select(opportunity_version).where(columns.opportunity.in_(numbers), columns.gen_to == FOREVER),
        )
        standing = {_without_generation(row): row for row in live}
        added = []
        for row in new:
            if standing.pop(_without_generation(row), None) is None:
                added.append(row)
        if standing:
            key = list(opportunity_version.primary_key.columns)
            names = [f"its_{column.name}" for column in key]  # the first columns of a row
            ending = opportunity_version.update().where(
                *(column == bindparam(name) for column, name in zip(key, names, strict=True))
            )
            connection.execute(
                ending.values(gen_to=self._request.generation),
                [dict(zip(names, row, strict=False)) for row in standing.values()],
            )
        return added

    def _delete(self, connection: Connection, numbers: Sequence[int], today: int) -> None:
        records = connection.execute(
            select(opportunity).where(opportunity.c.no.in_(numbers), opportunity.c.gen_to == FOREVER)
        ).all()
        versions = connection.execute(
            select(opportunity_version).where(
                opportunity_version.c.opportunity.in_(numbers), opportunity_version.c.gen_to == FOREVER
            )
        ).all()
        generation, now = self._request.generation, self._request.now
        self._end_records(connection, numbers)
        remember_last_states(connection, records)
        insert_rows(connection, opportunity, [deleted_record(row, generation, now) for row in records])
        ended = [ended_version(row, generation, today) for row in versions if row.valid_from < today]
        insert_rows(connection, opportunity_version, self._end_versions(connection, numbers, ended))


def _absent_opportunities(connection: Connection) -> list[int]:
    """Live opportunities that the staged pull does not hold, those with a bad row aside."""
    key = opportunity_key
    statement = (
        select(opportunity.c.no)
        .join(key, key.c.no == opportunity.c.no)
        .outerjoin(staged_opportunity, staged_opportunity.c.crm_id == key.c.crm_id)
        .where(
            opportunity.c.gen_to == FOREVER,
            opportunity.c.is_deleted.is_(False),
            staged_opportunity.c.crm_id.is_(None),
            key.c.crm_id.not_in(select(staged_kept.c.crm_id)),
        )
    )
    return list(connection.execute(statement).scalars())


def _without_generation(row: Sequence[Any]) -> tuple[Any, ...]:
    """A version row's meaning: all but `gen_from` (its fourth) and `gen_to` (its sixth column)."""
    return (*row[:3], row[4], *row[6:])
