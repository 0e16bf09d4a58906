"""Rebuilding one opportunity: from all evidence of it to the rows of the next generation.

Everything that the deals of a pull share (stages, resolvers, registries of small numbers) is prepared
once; `Rebuilding.rows` then turns each deal's evidence into its record, versions and observations.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pipeline.calendar import FiscalCalendar
from pipeline.company import Company
from pipeline.crm_records import Capabilities, FieldKind
from pipeline.dimensions import Place, Resolvers
from pipeline.matrix import NO_PRODUCT, Basis
from pipeline.placement import portions
from pipeline.records import Stage
from pipeline.versions import (
    CUSTOM_VALUE,
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
from storage.confidential import Confidentiality
from storage.evidence import Evidence
from storage.facts import RecordFacts, record_facts
from storage.json_text import flat_json
from storage.registries import (
    CurrencyRegistry,
    PersonRegistry,
    SliceRegistry,
    count_numbered,
    lock_numbering,
    stage_numbers,
)
from storage.related import DimensionInputs, InputFields, People, related_value
from storage.shares import read_lines, read_splits
from storage.staging import Reference
from storage.states import States
from storage.tables import FOREVER, staged_opportunity

SCHEME = 2
"""Raised when versions are built differently, so that the next pull builds all of them anew."""


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


@dataclass(frozen=True)
class DealRows:
    """The rows of one opportunity."""

    record: tuple[Any, ...]
    versions: list[tuple[Any, ...]]
    observations: list[tuple[int, int, str]]
    """Of before the record: number, moment and state."""


class Rebuilding:
    """Rebuilds opportunities for one merge."""

    def __init__(self, connection: Connection, request: MergeRequest, tracked: Collection[str]) -> None:
        """`connection` may write: stages that are new get their numbers. `tracked`: the fields whose
        changes the CRM keeps."""
        self._request = request
        self._people = People(request.reference.users, request.reference.roles)
        definitions = request.company.definitions
        self._resolvers = Resolvers(definitions.dimensions)
        self._inputs = DimensionInputs(self._resolvers, self._people)
        self._stages = stage_numbers(connection, request.reference.stages)
        self.read_numbers(connection)
        self._states = States(
            definitions.metrics, self._inputs, request.fields, self._stages, self._people.knows
        )
        self._rules = self._version_rules(tracked)
        self._confidentiality = Confidentiality(
            request.company.council.confidential, request.fields, [stage.name for stage in self._in_order()]
        )
        self._rules_hash = self._hash_of_rules()
        self._places: dict[tuple[StateValue, ...], Place] = {}

    @property
    def today(self) -> int:
        return self._rules.day_of(self._request.now)

    @property
    def unknown_stages(self) -> Sequence[str]:
        """Stages that history names and the CRM does not know (any more)."""
        return sorted(self._states.unknown_stages)

    def learns_of(self, fields: Collection[str]) -> bool:
        """Whether the CRM keeps changes of a field that counts and that it kept none of until now. Then every
        opportunity is to be built anew: an absent change of it means that it was always the same."""
        return not self._states.places_of(fields) <= self._rules.tracked

    def knows_stage(self, name: str) -> bool:
        return name in self._stages

    def state_of(self, evidence: Evidence) -> State:
        """The state that the CRM shows now."""
        return self._states.of_record(evidence)

    def hash_of(self, evidence: Evidence, state: State) -> str:
        """A digest of all that an opportunity's rows are made of."""
        digest = hashlib.blake2b(self._rules_hash, digest_size=16)
        record = tuple(evidence.record[: len(staged_opportunity.columns)])
        digest.update(repr((record, evidence.account_id, evidence.account, state)).encode())
        hanging = (
            *map(repr, evidence.history),
            *map(repr, evidence.changes),
            *sorted(map(repr, evidence.contacts)),  # they come in no order
            *sorted(map(repr, evidence.activities)),
        )
        digest.update("\n".join(hanging).encode())
        return digest.hexdigest()

    def rows(self, number: int, evidence: Evidence, state: State, content_hash: str) -> DealRows:
        """All rows of an opportunity whose evidence has changed; `number` is our own number of it."""
        stored = self._observed(evidence, state)
        observations = self._states.observations(stored, state)
        changes = self._states.changes(evidence.history, evidence.changes)
        created_at = evidence.record.created_at
        life = build_life(Deal(created_at, changes, observations, self._parts), self._rules)
        facts = self._facts_of(evidence, [version.close_day for version in life.versions])
        observed_at, latest = stored[-1]
        return DealRows(
            record=self._opportunity_row(number, evidence, state, facts, content_hash, observed_at, latest),
            versions=self._version_rows(number, life, created_at),
            observations=[
                (number, at, flat_json(named) if named is not None else "null") for at, named in stored[:-1]
            ],
        )

    def read_numbers(self, connection: Connection) -> None:
        """Learn which numbers slices, currencies and people have; numbers not yet written are forgotten."""
        corporate = self._request.company.definitions.money.corporate_currency
        self._numbered = count_numbered(connection)
        self._slices = SliceRegistry(connection)
        self._currencies = CurrencyRegistry(connection, corporate)
        self._persons = PersonRegistry(connection)
        self._whole_slices: dict[tuple[StateValue, ...], int] = {}
        """By dimension inputs, the slice of a deal without products."""

    def numbers_hold(self, connection: Connection) -> bool:
        """Whether nobody else has given out numbers since ours were read. Keeps others from it until the
        transaction ends."""
        lock_numbering(connection)
        return count_numbered(connection) == self._numbered

    def write_numbers(self, connection: Connection) -> None:
        """Write down what the registries have numbered since the last time."""
        for registry in (self._slices, self._currencies, self._persons):
            registry.write(connection)
        self._numbered = count_numbered(connection)

    def _observed(self, evidence: Evidence, state: State) -> list[tuple[int, Mapping[str, Any] | None]]:
        """All that our pulls saw of it, this one included, in time order; `None` is a deletion."""
        now = self._request.now
        live = evidence.live
        seen = dict(evidence.observed)
        if live is not None:
            seen[live.observed_at] = live.state()
        earlier: list[tuple[int, Mapping[str, Any] | None]] = sorted(seen.items(), key=lambda item: item[0])
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
            state[CUSTOM_VALUE],
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

    def _day_of(self, moment: int | None) -> int | None:
        return None if moment is None else self._rules.day_of(moment)

    def _version_rules(self, tracked: Collection[str]) -> VersionRules:
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
