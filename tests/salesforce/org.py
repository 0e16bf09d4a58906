"""An organisation in memory: rows with their stamps, and a history that writes itself."""

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

from tests.salesforce.errors import Refused
from tests.salesforce.query import Source
from tests.salesforce.schema import SObject
from tests.salesforce.standard_objects import ANY, standard_objects
from tests.salesforce.values import Row, Value, ids, moment_of

_IN_HISTORY = ("StageName", "Amount", "CloseDate", "ForecastCategory", "Probability")


@dataclass(frozen=True)
class _Change:
    """New values of one record, stamped."""

    at: datetime
    name: str
    row_id: str
    changes: Row
    by: str | None


@dataclass
class Org(Source):
    """What administrators and people do in it, as plain methods; the server only reads and writes here."""

    clock: Callable[[], float] = time.time
    objects: dict[str, SObject] = field(default_factory=standard_objects)
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)
    """What field-level security keeps from the account: (object, field)."""
    hidden_objects: set[str] = field(default_factory=set)
    closed_objects: set[str] = field(default_factory=set)
    """Described, and refused to every query: forecasts, where the user lacks the right to them."""
    locked: set[str] = field(default_factory=set)
    """Ids of records in an approval."""
    read_only_for: set[tuple[str, str]] = field(default_factory=set)
    """(user id, record id): seen, but not to be edited."""
    hidden_from: set[tuple[str, str]] = field(default_factory=set)
    """(user id, record id): not shared with that person."""
    closed_fields: set[tuple[str, str]] = field(default_factory=set)
    """(user id, field): to be seen by that person, but not to be edited."""
    is_holding_commits: bool = False
    """Changes are stamped now and become visible with `commit`."""

    def __post_init__(self) -> None:
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in self.objects}
        self._ids = {name: ids(found.prefix) for name, found in self.objects.items()}
        self._held: list[Callable[[], None]] = []
        self._numbers = count(1)

    # --- what is there ----------------------------------------------------------------------------

    def visible(self, name: str) -> SObject | None:
        found = next((each for key, each in self.objects.items() if key.lower() == name.lower()), None)
        if found is None or found.name in self.hidden_objects:
            return None
        seen = copy.copy(found)
        seen.fields = {
            key: each for key, each in found.fields.items() if (found.name, key) not in self.hidden_fields
        }
        return seen

    def rows(self, name: str) -> Iterator[Row]:
        if name in self.closed_objects:
            raise Refused(403, "INSUFFICIENT_ACCESS", f"insufficient access rights on {name}")
        return iter(list(self._rows[name].values()))

    def row(self, name: str, row_id: str) -> Row | None:
        if name == ANY:
            return self._any(row_id)
        return self._rows[name].get(row_id)

    def _any(self, row_id: str) -> Row | None:
        for name, rows in self._rows.items():
            if row_id in rows:
                return {"Id": row_id, "Name": rows[row_id].get("Name"), "Type": name}
        return None

    def today(self) -> date:
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def remove_object(self, name: str) -> None:
        """As in an organisation that never switched the feature on."""
        del self.objects[name]
        del self._rows[name]

    # --- what people do ---------------------------------------------------------------------------

    def insert(
        self, object_name: str, *, by: str | None = None, at: datetime | None = None, **values: Value
    ) -> str:
        """The new record's id."""
        return self.insert_row(object_name, values, by=by, at=at)

    def insert_row(
        self, object_name: str, values: Row, *, by: str | None = None, at: datetime | None = None
    ) -> str:
        """The new record's id."""
        sobject, moment = self.objects[object_name], at or moment_of(self.clock)
        row_id = next(self._ids[object_name])
        system: Row = {
            "Id": row_id, "CreatedDate": moment, "LastModifiedDate": moment, "SystemModstamp": moment,
            "CreatedById": by, "LastModifiedById": by, "IsDeleted": False,
        }  # fmt: skip
        row: Row = {name: system.get(name) for name in sobject.fields} | values
        self._now_or_later(lambda: self._keep(object_name, row, values))
        return row_id

    def _keep(self, name: str, row: Row, values: Row) -> None:
        moment, by = row.get("CreatedDate"), row.get("CreatedById")
        if name == "Opportunity":
            row.update(self._of_stage(row["StageName"]) | values)
            row["HasOpportunityLineItem"] = False
        self._rows[name][str(row["Id"])] = row
        if not isinstance(moment, datetime):
            return
        if name == "Opportunity":
            self._write_history(row, moment, _text(by))
            self._write_field_change(row, "created", None, None, moment, _text(by))
        if name == "OpportunityLineItem":
            self._roll_up(row, moment, _text(by))

    def update(self, object_name: str, row_id: str, *, by: str | None = None, **changes: Value) -> None:
        """Without any check: as the system itself would, or a person after all checks."""
        change = _Change(moment_of(self.clock), object_name, row_id, dict(changes), by)
        self._now_or_later(lambda: self._apply(change))

    def commit(self) -> None:
        """What was held becomes visible, with the stamps of when it was done."""
        self.is_holding_commits = False
        held, self._held = self._held, []
        for act in held:
            act()

    def _now_or_later(self, act: Callable[[], None]) -> None:
        if self.is_holding_commits:
            self._held.append(act)
        else:
            act()

    def delete(self, object_name: str, row_id: str) -> None:
        """Into the recycle bin."""
        at = moment_of(self.clock)
        self._now_or_later(lambda: self._bin(object_name, row_id, at, is_deleted=True))

    def restore(self, object_name: str, row_id: str) -> None:
        """Out of the recycle bin."""
        at = moment_of(self.clock)
        self._now_or_later(lambda: self._bin(object_name, row_id, at, is_deleted=False))

    def purge(self, object_name: str, row_id: str) -> None:
        """Gone for good: no query finds it."""
        del self._rows[object_name][row_id]

    def _bin(self, object_name: str, row_id: str, at: datetime, *, is_deleted: bool) -> None:
        row = self._rows[object_name][row_id]
        row["IsDeleted"] = is_deleted
        row["SystemModstamp"] = row["LastModifiedDate"] = at
        if object_name == "Opportunity":
            for part in (
                "OpportunityHistory",
                "OpportunityLineItem",
                "OpportunityContactRole",
                "OpportunitySplit",
            ):
                for each in self._rows.get(part, {}).values():
                    if each["OpportunityId"] == row_id:
                        each["IsDeleted"] = is_deleted
        if object_name == "OpportunityLineItem":
            self._roll_up(row, at, None)

    def rename_stage(self, old: str, new: str) -> None:
        """Rows and their history show the new name at once, and no stamp moves."""
        for row in self._rows["OpportunityStage"].values():
            if row["ApiName"] == old:
                row["ApiName"] = row["MasterLabel"] = new
        for name in ("Opportunity", "OpportunityHistory"):
            for row in self._rows[name].values():
                if row["StageName"] == old:
                    row["StageName"] = new

    # --- what follows by itself -------------------------------------------------------------------

    def _apply(self, change: _Change) -> None:
        row = self._rows[change.name].get(change.row_id)
        if row is None:
            return  # purged before the transaction ended
        before = dict(row)
        changes = dict(change.changes)
        if change.name == "Opportunity" and changes.get("StageName", row["StageName"]) != row["StageName"]:
            changes = self._of_stage(changes["StageName"]) | changes
        if change.name == "Opportunity" and "ForecastCategoryName" in changes:
            changes["ForecastCategory"] = _CATEGORY_OF.get(str(changes["ForecastCategoryName"]))
        if change.name == "Opportunity" and row["HasOpportunityLineItem"]:
            changes.pop("Amount", None)  # the sum of the products stands, and nobody is told
        row.update(changes)
        stamps = {"LastModifiedDate": change.at, "SystemModstamp": change.at, "LastModifiedById": change.by}
        row.update({name: value for name, value in stamps.items() if name in row})
        if change.name == "Opportunity":
            self._write_changes(before, row, change)
        if change.name == "OpportunityLineItem":
            self._roll_up(row, change.at, change.by)

    def _write_changes(self, before: Row, row: Row, change: _Change) -> None:
        if any(before.get(name) != row.get(name) for name in _IN_HISTORY):
            self._write_history(row, change.at, change.by)
        for name, found in self.objects["Opportunity"].fields.items():
            if found.is_tracked and before.get(name) != row.get(name):
                self._write_field_change(row, name, before.get(name), row.get(name), change.at, change.by)

    def _of_stage(self, stage: Value) -> Row:
        for row in self._rows["OpportunityStage"].values():
            if row["ApiName"] == stage:
                return {
                    "IsClosed": row["IsClosed"], "IsWon": row["IsWon"],
                    "Probability": row["DefaultProbability"],
                    "ForecastCategory": row["ForecastCategory"],
                    "ForecastCategoryName": row["ForecastCategoryName"],
                }  # fmt: skip
        return {"IsClosed": False, "IsWon": False}

    def _write_history(self, row: Row, at: datetime, by: str | None) -> None:
        values = {name: row.get(name) for name in (*_IN_HISTORY, "CurrencyIsoCode")}
        fields = self.objects["OpportunityHistory"].fields
        self.insert(
            "OpportunityHistory", by=by, at=at, OpportunityId=row["Id"],
            **{name: value for name, value in values.items() if name in fields},
        )  # fmt: skip

    def _write_field_change(
        self, row: Row, name: str, old: Value, new: Value, at: datetime, by: str | None
    ) -> None:
        """A link is written twice: with the names, and with the ids."""
        if "OpportunityFieldHistory" not in self.objects:
            return
        pairs = [(old, new)]
        if name == "OwnerId":
            pairs.insert(0, (self._name_of(old), self._name_of(new)))
        written = {"CloseDate": "CloseDate", "OwnerId": "Owner"}.get(name, name)
        for was, became in pairs:
            self.insert(
                "OpportunityFieldHistory", by=by, at=at, OpportunityId=row["Id"], Field=written,
                OldValue=_as_text(was), NewValue=_as_text(became),
            )  # fmt: skip

    def _name_of(self, user_id: Value) -> Value:
        return (self._rows["User"].get(str(user_id)) or {}).get("Name")

    def _roll_up(self, line: Row, at: datetime, by: str | None) -> None:
        """An opportunity's amount is the sum of its products."""
        deal = self._rows["Opportunity"][str(line["OpportunityId"])]
        lines = [
            each
            for each in self._rows["OpportunityLineItem"].values()
            if each["OpportunityId"] == deal["Id"] and not each["IsDeleted"]
        ]
        deal["HasOpportunityLineItem"] = False
        total = sum(_number(each["TotalPrice"]) for each in lines) if lines else deal["Amount"]
        self._apply(_Change(at, "Opportunity", str(deal["Id"]), {"Amount": total}, by))
        deal["HasOpportunityLineItem"] = bool(lines)


_CATEGORY_OF: Mapping[str, str] = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Commit": "Forecast",
    "Closed": "Closed",
}


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _as_text(value: Value) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)
