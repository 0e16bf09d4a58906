"""Merging a staged pull into the next generation of the mirror.

Walks through the staged opportunities in order of their ids, a chunk per write transaction. An
opportunity whose evidence has not changed is left alone. Of a changed one all versions are built
anew from everything known of it (`pipeline.versions`), and only rows that differ are written: old
rows end with the current generation, new ones begin with the next. Readers see none of it until
`storage.mirror.switch` moves them over, and a merge that died leaves nothing that they could see.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, select

from pipeline.calendar import FiscalCalendar
from pipeline.company import Company
from pipeline.crm_records import Capabilities, FieldKind
from pipeline.dimensions import Place, Resolvers
from pipeline.matrix import NO_PRODUCT, Basis
from pipeline.placement import portions
from pipeline.records import Stage
from pipeline.versions import (
    DIMENSION_FIELDS,
    OWNER,
    Deal,
    Life,
    Part,
    State,
    StateValue,
    VersionRules,
    build_life,
)
from storage.bulk import insert_rows, read_rows
from storage.confidential import Confidentiality
from storage.database import reading, writing
from storage.evidence import Evidence, read_evidence
from storage.facts import RecordFacts, record_facts
from storage.json_text import flat_json
from storage.registries import CurrencyRegistry, PersonRegistry, SliceRegistry, stage_numbers
from storage.related import DimensionInputs, InputFields, People, related_value
from storage.shares import read_lines, read_splits
from storage.staging import Reference
from storage.states import States
from storage.tables import (
    FOREVER,
    opportunity,
    opportunity_key,
    opportunity_version,
    staged_change,
    staged_kept,
    staged_opportunity,
)

SCHEME = 2
"""Raised when versions are built differently, so that the next pull builds all of them anew."""

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True)
class MergeRequest:
    """What a merge needs beside the staged rows."""

    company: Company
    calendar: FiscalCalendar
    reference: Reference
    capabilities: Capabilities
    fields: Mapping[str, FieldKind]
    now: int
    generation: int
    """The generation that is being written."""


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


class Merge:
    """One merge. Build it inside the pull's lock and run it once."""

    def __init__(self, engine: Engine, request: MergeRequest) -> None:
        self._engine = engine
        self._request = request
        self.counts = MergeCounts()
        self._people = People(request.reference.users, request.reference.roles)
        definitions = request.company.definitions
        self._resolvers = Resolvers(definitions.dimensions)
        self._inputs = DimensionInputs(self._resolvers, self._people)
        with writing(engine) as connection:
            self._stages = stage_numbers(connection, request.reference.stages)
            self._next_no = 1 + (connection.execute(select(func.max(opportunity_key.c.no))).scalar() or 0)
        with reading(engine) as connection:
            self._slices = SliceRegistry(connection)
            self._currencies = CurrencyRegistry(connection, definitions.money.corporate_currency)
            self._persons = PersonRegistry(connection)
            tracked = connection.execute(select(staged_change.c.field).distinct()).scalars().all()
        self._states = States(
            definitions.metrics, self._inputs, request.fields, self._stages, self._people.knows
        )
        self._rules = self._version_rules(tracked)
        self._confidentiality = Confidentiality(
            request.company.council.confidential, request.fields, [stage.name for stage in self._in_order()]
        )
        self._rules_hash = self._hash_of_rules()
        self._places: dict[tuple[StateValue, ...], Place] = {}
        self._whole_slices: dict[tuple[StateValue, ...], int] = {}
        """By dimension inputs, the slice of a deal without products."""

    def run(self, progress: Callable[[int], None]) -> MergeCounts:
        """Merge everything; `progress` hears how many opportunities are done."""
        after = ""
        done = 0
        while True:
            with reading(self._engine) as connection:
                chunk = read_evidence(connection, after)
            if not chunk:
                break
            rows = _ChunkRows()
            for evidence in chunk:
                self._merge_one(evidence, rows)
            self._write(rows)
            after = chunk[-1].record.crm_id
            done += len(chunk)
            progress(done)
        if self._states.unknown_stages:
            names = ", ".join(sorted(self._states.unknown_stages))
            self.counts.notices.append(
                f"The history names stages that the CRM does not know (any more): {names}. Those changes "
                "of stage were left out; list the stages to count them."
            )
        return self.counts

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
        today = self._rules.day_of(self._request.now)
        for start in range(0, len(absent), 500):
            with writing(self._engine) as connection:
                self._delete(connection, absent[start : start + 500], today)
        self.counts.deleted += len(absent)

    def _merge_one(self, evidence: Evidence, rows: _ChunkRows) -> None:
        record = evidence.record
        if record.stage not in self._stages:
            self.counts.kept += 1
            return
        state = self._states.of_record(evidence)
        content_hash = self._hash_of(evidence, state)
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
        stored = self._observed(evidence, state)
        rows.observations.extend(
            (number, at, flat_json(named) if named is not None else "null") for at, named in stored[:-1]
        )
        observations = self._states.observations(stored, state)
        changes = self._states.changes(evidence.history, evidence.changes)
        life = build_life(Deal(record.created_at, changes, observations, self._parts), self._rules)
        close_days = [version.close_day for version in life.versions]
        facts = self._facts_of(evidence, close_days)
        observed_at, latest = stored[-1]
        rows.opportunities.append(
            self._opportunity_row(number, evidence, state, facts, content_hash, observed_at, latest)
        )
        rows.versions.extend(self._version_rows(number, life, record.created_at))
        self.counts.deleted += record.is_deleted and (evidence.live is None or not evidence.live.is_deleted)
        self.counts.unknown_creation += record.created_at is None and evidence.live is None

    def _observed(self, evidence: Evidence, state: State) -> list[tuple[int, Mapping[str, Any] | None]]:
        """All that our pulls saw of it, this one included, in time order; `None` is a deletion."""
        now = self._request.now
        live = evidence.live
        earlier: list[tuple[int, Mapping[str, Any] | None]] = list(evidence.observed)
        if live is not None:
            earlier.append((live.observed_at, live.state()))
        named = self._states.named(state)
        if not evidence.record.is_deleted:
            same = bool(earlier) and earlier[-1][1] is not None and self._is_same(earlier[-1][1], named)
            return earlier if same else [*earlier, (now, named)]
        if earlier and earlier[-1][1] is None:
            return earlier
        deleted_at = min(evidence.record.modified_at or now, now)
        if not earlier:
            return [(deleted_at - 1, named), (deleted_at, None)]
        return [*earlier, (max(deleted_at, earlier[-1][0] + 1), None)]

    @staticmethod
    def _is_same(stored: Mapping[str, Any] | None, named: Mapping[str, Any]) -> bool:
        return stored is not None and all(stored.get(name) == value for name, value in named.items())

    def _parts(self, state: State, value: int | None) -> tuple[Part, ...]:
        """The deal's parts, equal slices summed, in the order in which they first come."""
        *fields, line_items, splits = state[DIMENSION_FIELDS:]
        inputs = tuple(fields)
        if line_items is None and splits is None:
            return (Part(self._whole_slice(inputs), value),)
        owner_id = state[OWNER]
        owner = owner_id if isinstance(owner_id, str) else None
        values: dict[int, int | None] = {}
        for portion in portions(value, owner, read_lines(line_items), read_splits(splits)):
            place = self._place_of(inputs, portion.owner_id, owner)
            number = self._slices.number(place, portion.family)
            known = values.get(number, 0)
            values[number] = None if portion.value is None or known is None else known + portion.value
        return tuple(Part(number, part) for number, part in values.items())

    def _whole_slice(self, inputs: tuple[StateValue, ...]) -> int:
        """The slice of a deal without products and splits, which is a single part."""
        number = self._whole_slices.get(inputs)
        if number is None:
            number = self._slices.number(self._place_of(inputs, None, None), NO_PRODUCT)
            self._whole_slices[inputs] = number
        return number

    def _place_of(
        self, inputs: tuple[StateValue, ...], portion_owner: str | None, deal_owner: str | None
    ) -> Place:
        if portion_owner != deal_owner:
            changed = list(inputs)
            for index, value in self._inputs.of_owner(portion_owner):
                changed[index] = value
            inputs = tuple(changed)
        place = self._places.get(inputs)
        if place is None:
            place = self._resolvers.place(InputFields(self._inputs.names, inputs))
            self._places[inputs] = place
        return place

    def _facts_of(self, evidence: Evidence, close_days: Sequence[int | None]) -> RecordFacts:
        record = evidence.record
        step_changes = [row.at for row in evidence.changes if row.field == "NextStep"]
        return record_facts(
            evidence,
            capabilities=self._request.capabilities,
            buyer_roles=self._request.company.hygiene.economic_buyer_roles,
            close_days=close_days,
            today=self._rules.day_of(self._request.now),
            modified_day=self._day_of(record.modified_at),
            day_of_change=self._day_of(max(step_changes, default=None)),
        )

    def _opportunity_row(
        self,
        number: int,
        evidence: Evidence,
        state: State,
        facts: RecordFacts,
        content_hash: str,
        observed_at: int,
        latest: Mapping[str, Any] | None,
    ) -> tuple[Any, ...]:
        record = evidence.record
        fields = {
            path: related_value(
                path, record.owner_id, record.creator_id, evidence.account, evidence.fields, self._people
            )
            for path in self._request.fields
        }
        known = {
            "name": record.name,
            "stage": record.stage,
            "owner": record.owner_id,
            "account": evidence.account_id,
            "currency": record.currency,
        }
        return (
            number,
            self._request.generation,
            FOREVER,
            record.crm_id,
            record.name,
            record.owner_id,
            evidence.account_id,
            evidence.account.name,
            self._stages[record.stage].number,
            record.amount,
            state[2],
            record.currency,
            self._day_of(record.created_at),
            self._day_of(record.modified_at),
            record.next_step,
            facts.next_step_day,
            facts.close_edited,
            record.last_activity_day,
            facts.contact_count,
            facts.buyer_count,
            facts.line_count,
            facts.next_activity_day,
            facts.overdue_task_day,
            self._confidentiality.covers(known, fields),
            flat_json({path: value for path, value in fields.items() if value is not None}),
            flat_json(latest) if latest is not None else "null",
            content_hash,
            bool(record.is_deleted),
            observed_at,
        )

    def _version_rows(self, number: int, life: Life, created_at: int | None) -> list[tuple[Any, ...]]:
        created_day = self._day_of(created_at)
        return [
            (
                number,
                version.valid_from,
                part_number,
                self._request.generation,
                version.valid_to,
                FOREVER,
                int(version.deal_class),
                int(version.category),
                version.stage,
                part.value,
                version.value,
                self._currencies.number(version.currency),
                version.close_day,
                None if life.entry is None else life.entry.day,
                int(Basis.EXACT if life.entry is None else life.entry.basis),
                created_day,
                part.slice,
                self._persons.number(version.owner),
                version.observed_from,
                int(version.state_basis),
                int(version.slice_basis),
                version.stage_since,
                version.category_since,
                version.pushes,
            )
            for version in life.versions
            for part_number, part in enumerate(version.parts)
        ]

    def _write(self, rows: _ChunkRows) -> None:
        with writing(self._engine) as connection:
            for registry in (self._slices, self._currencies, self._persons):
                registry.write(connection)
            insert_rows(connection, opportunity_key, rows.keys)
            self._end_records(connection, rows.ended)
            insert_rows(connection, opportunity, rows.opportunities)
            self._remember(connection, rows.observations)
            added = self._end_versions(connection, rows.ended, rows.versions)
            insert_rows(connection, opportunity_version, added)
            self.counts.versions += len(added)

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

    def _remember(self, connection: Connection, rows: Sequence[tuple[int, int, str]]) -> None:
        """Keep earlier observations; those of a merge that died half-way are there already."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "INSERT INTO observation VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", list(rows)
            )
        else:
            connection.exec_driver_sql("INSERT OR IGNORE INTO observation VALUES (?, ?, ?)", list(rows))

    def _delete(self, connection: Connection, numbers: Sequence[int], today: int) -> None:
        records = connection.execute(
            select(opportunity).where(opportunity.c.no.in_(numbers), opportunity.c.gen_to == FOREVER)
        ).all()
        versions = connection.execute(
            select(opportunity_version).where(
                opportunity_version.c.opportunity.in_(numbers), opportunity_version.c.gen_to == FOREVER
            )
        ).all()
        self._end_records(connection, numbers)
        self._remember(connection, [(row.no, row.observed_at, _json(row.state)) for row in records])
        insert_rows(connection, opportunity, [self._deleted_record(row) for row in records])
        ended = [self._ended_version(row, today) for row in versions if row.valid_from < today]
        insert_rows(connection, opportunity_version, self._end_versions(connection, numbers, ended))

    def _deleted_record(self, row: Any) -> tuple[Any, ...]:
        values = dict(row._mapping) | {
            "gen_from": self._request.generation,
            "gen_to": FOREVER,
            "fields": _json(row.fields),
            "state": "null",
            "content_hash": "",
            "is_deleted": True,
            "observed_at": self._request.now,
        }
        return tuple(values[column.name] for column in opportunity.columns)

    def _ended_version(self, row: Any, today: int) -> tuple[Any, ...]:
        values = dict(row._mapping) | {"gen_from": self._request.generation, "gen_to": FOREVER}
        values["valid_to"] = min(row.valid_to, today)
        return tuple(values[column.name] for column in opportunity_version.columns)

    def _day_of(self, moment: int | None) -> int | None:
        return None if moment is None else self._rules.day_of(moment)

    def _version_rules(self, tracked: Sequence[str]) -> VersionRules:
        metrics = self._request.company.definitions.metrics
        qualified = self._stages[metrics.qualified_stage]
        calendar = self._request.calendar
        tables = self._request.capabilities.tables
        return VersionRules(
            day_of=calendar.ordinal_of,
            stages=self._stages,
            qualified_order=qualified.order,
            assumed_open_stage=metrics.assumed_open_stage or qualified.name,
            has_history="OpportunityHistory" in tables,
            value_is_custom=self._states.value_is_custom,
            tracked=self._states.places_of(tracked) | self._states.places_without_past(tables),
            state_size=len(self._states.names),
        )

    def _in_order(self) -> list[Stage]:
        return sorted(self._stages.values(), key=lambda stage: stage.order)

    def _hash_of_rules(self) -> bytes:
        """A change here builds every opportunity anew."""
        company = self._request.company
        known = (
            SCHEME,
            company.definitions.metrics.model_dump_json(),
            company.definitions.dimensions.model_dump_json(),
            company.definitions.calendar.timezone,
            company.council.confidential,
            company.hygiene.economic_buyer_roles,
            sorted(self._request.fields.items()),
            sorted(self._request.capabilities.tables),
            [(stage.name, stage.order, stage.is_closed, stage.is_won) for stage in self._in_order()],
            sorted(self._rules.tracked),
        )
        return hashlib.blake2b(repr(known).encode(), digest_size=16).digest()

    def _hash_of(self, evidence: Evidence, state: State) -> str:
        """A digest of all that an opportunity's rows are made of."""
        digest = hashlib.blake2b(self._rules_hash, digest_size=16)
        record = tuple(evidence.record[: len(staged_opportunity.columns)])
        digest.update(repr((record, evidence.account_id, evidence.account, state)).encode())
        hanging = (evidence.history, evidence.changes, evidence.contacts)
        digest.update(repr(hanging).encode())
        digest.update(repr(evidence.activities).encode())
        return digest.hexdigest()


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
