"""From a CRM's rows to the states and changes that versions are built of (`pipeline.versions`)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.crm_records import FieldKind
from pipeline.definitions import MetricsDefinition
from pipeline.money import parse_amount
from pipeline.records import Stage, parse_category
from pipeline.versions import (
    AMOUNT,
    CATEGORY,
    CLOSE_DAY,
    CURRENCY,
    CUSTOM_VALUE,
    DIMENSION_FIELDS,
    OWNER,
    STAGE,
    Change,
    Observation,
    State,
    StateValue,
)
from storage.evidence import ChangeRow, Evidence, HistoryRow
from storage.related import DimensionInputs
from storage.shares import LINE_ITEMS, SPLITS, lines_text, splits_text

_OWN_NAMES = ("StageName", "Amount", "", "CloseDate", "ForecastCategory", "OwnerId", "CurrencyIsoCode")


class States:
    """Makes states of records and changes of history rows, for one configuration."""

    def __init__(
        self,
        metrics: MetricsDefinition,
        inputs: DimensionInputs,
        kinds: Mapping[str, FieldKind],
        stages: Mapping[str, Stage],
        known_users: Callable[[str], bool],
    ) -> None:
        self._inputs = inputs
        self._stages = stages
        self._known_users = known_users
        self._value_field = None if metrics.value_field == "Amount" else metrics.value_field
        own = list(_OWN_NAMES)
        own[CUSTOM_VALUE] = f"value:{metrics.value_field}"
        self._uses_splits = metrics.splits
        self.names: tuple[str, ...] = (*own, *inputs.names, LINE_ITEMS, SPLITS)
        self.unknown_stages: set[str] = set()
        """Stages that history names and the CRM does not know (any more)."""
        self._readers = self._field_readers(kinds)

    @property
    def value_is_custom(self) -> bool:
        return self._value_field is not None

    def of_record(self, evidence: Evidence) -> State:
        """The state that the CRM shows now."""
        record = evidence.record
        custom = evidence.fields.get(self._value_field) if self._value_field else None
        return [
            record.stage,
            record.amount,
            custom,
            record.close_day,
            record.category,
            record.owner_id,
            record.currency,
            *self._inputs.of(record.owner_id, record.creator_id, evidence.account, evidence.fields),
            lines_text(evidence.lines),
            splits_text(evidence.splits) if self._uses_splits else None,
        ]

    def named(self, state: State) -> dict[str, StateValue]:
        """A state as it is stored: by name, so that it survives a change of the configuration."""
        return dict(zip(self.names, state, strict=True))

    def observations(
        self, stored: Iterable[tuple[int, Mapping[str, Any] | None]], latest: State
    ) -> list[Observation]:
        """Stored observations as states; what an older one did not hold is taken from a later one."""
        following = latest
        newest_first: list[Observation] = []
        for at, named in sorted(stored, key=lambda item: item[0], reverse=True):
            if named is None:
                newest_first.append(Observation(at, None))
                continue
            state = [named.get(name, later) for name, later in zip(self.names, following, strict=True)]
            newest_first.append(Observation(at, state))
            following = state
        return newest_first[::-1]

    def changes(self, history: Sequence[HistoryRow], tracked: Sequence[ChangeRow]) -> list[Change]:
        """Both kinds of history as changes, in time order."""
        changes = [self._of_history(row) for row in history]
        for row in tracked:
            change = self._of_field_change(row)
            if change is not None:
                changes.append(change)
        if tracked:
            changes.sort(key=lambda change: change.at)
        return changes

    def places_of(self, fields: Iterable[str]) -> frozenset[int]:
        """The places in a state that the CRM tracks one by one, from the fields its history names."""
        return frozenset(self._readers[field][0] for field in fields if field in self._readers)

    def places_without_past(self, tables: Collection[str]) -> frozenset[int]:
        """The places that are empty in every state, so that there is nothing to carry back."""
        absent = {LINE_ITEMS} if "OpportunityLineItem" not in tables else set()
        if not self._uses_splits:
            absent.add(SPLITS)
        return frozenset(self.names.index(name) for name in absent)

    def _of_history(self, row: HistoryRow) -> Change:
        _, at, stage, amount, close_day, category, has_amount = row
        after: list[tuple[int, StateValue]] = []
        if stage is not None:
            if stage in self._stages:
                after.append((STAGE, stage))
                after.append((CATEGORY, category))
            else:
                self.unknown_stages.add(stage)
        if has_amount:
            after.append((AMOUNT, amount))
        if close_day is not None:
            after.append((CLOSE_DAY, close_day))
        return Change(at, tuple(after))

    def _of_field_change(self, row: ChangeRow) -> Change | None:
        reader = self._readers.get(row.field)
        if reader is None:
            return None
        place, read = reader
        try:
            old, new = read(row.old), read(row.new)
        except ValueError:
            return None  # a label of a lookup beside its id, or a text that is no value of the field
        if place == OWNER:
            return Change(row.at, self._with_owner(new), self._with_owner(old))
        return Change(row.at, ((place, new),), ((place, old),))

    def _with_owner(self, owner: StateValue) -> tuple[tuple[int, StateValue], ...]:
        owner_id = owner if isinstance(owner, str) else None
        followers = self._inputs.of_owner(owner_id)
        return ((OWNER, owner), *((DIMENSION_FIELDS + index, value) for index, value in followers))

    def _field_readers(
        self, kinds: Mapping[str, FieldKind]
    ) -> dict[str, tuple[int, Callable[[str | None], StateValue]]]:
        readers: dict[str, tuple[int, Callable[[str | None], StateValue]]] = {
            "StageName": (STAGE, self._read_stage),
            "Amount": (AMOUNT, _read_number),
            "CloseDate": (CLOSE_DAY, _read_day),
            "ForecastCategory": (CATEGORY, _read_category),
            "ForecastCategoryName": (CATEGORY, _read_category),
            "Owner": (OWNER, self._read_user),
            "OwnerId": (OWNER, self._read_user),
            "CurrencyIsoCode": (CURRENCY, _read_text),
        }
        if self._value_field:
            readers[self._value_field] = (CUSTOM_VALUE, _read_number)
        by_kind = {
            FieldKind.TEXT: _read_text,
            FieldKind.NUMBER: _read_number,
            FieldKind.DAY: _read_day,
            FieldKind.FLAG: _read_flag,
        }
        for index, name in enumerate(self._inputs.names):
            readers.setdefault(name, (DIMENSION_FIELDS + index, by_kind[kinds.get(name, FieldKind.TEXT)]))
        return readers

    def _read_stage(self, text: str | None) -> str:
        if text is None or text not in self._stages:
            if text:
                self.unknown_stages.add(text)
            raise ValueError("not a stage")
        return text

    def _read_user(self, text: str | None) -> str:
        if text is None or not self._known_users(text):
            raise ValueError("not a user's id")
        return text


def _read_text(text: str | None) -> str | None:
    return text or None


def _read_number(text: str | None) -> int | None:
    return parse_amount(text) if text else None


def _read_day(text: str | None) -> int | None:
    return date.fromisoformat(text[:10]).toordinal() if text else None


def _read_flag(text: str | None) -> int | None:
    return int(text.lower() in ("true", "1")) if text else None


def _read_category(text: str | None) -> int | None:
    if not text:
        return None
    category = parse_category(text)
    if category is None:
        raise ValueError("not a forecast category")
    return category
