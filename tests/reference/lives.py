"""What an opportunity was at the end of a day: own observations from the first pull on, before that
OpportunityHistory, before that what is carried back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from tests.reference.exports import Export, Row, amount, day, flag, local_day, moment
from tests.reference.terms import Terms

CATEGORIES = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "BestCase": "BestCase",
    "Best Case": "BestCase",
    "MostLikely": "MostLikely",
    "Most Likely": "MostLikely",
    "Forecast": "Commit",
    "Commit": "Commit",
    "Closed": "Closed",
}


@dataclass(frozen=True)
class View:
    """A record as one export shows it, brought to a moment by field history."""

    export: Export
    until: datetime


@dataclass(frozen=True)
class State:
    """A deal at a moment, and where what history lacks is to be looked up."""

    stage: str
    category: str
    own_amount: Fraction | None
    close: date | None
    known: View
    """Where its value and currency are looked up."""
    placed: View
    """Where its account, people, line items and other dimensions are looked up."""


class Lives:
    """Every deal of a series of exports."""

    def __init__(self, exports: Sequence[Export], terms: Terms) -> None:
        self.exports = list(exports)
        self.terms = terms
        self.stages = {
            row["ApiName"]: row for export in self.exports for row in export.rows("OpportunityStage")
        }
        self._gate = int(self.stages[terms.qualified_stage]["SortOrder"])
        self.ids = sorted({row["Id"] for export in self.exports for row in export.rows("Opportunity")})

    # What a stage is

    def is_won(self, stage: str) -> bool:
        return flag(self.stages[stage]["IsWon"])

    def is_open(self, stage: str) -> bool:
        return not flag(self.stages[stage]["IsClosed"])

    def is_past_gate(self, stage: str) -> bool:
        """At or past the qualified stage; lost is no stage at or past it."""
        if self.is_won(stage):
            return True
        return self.is_open(stage) and int(self.stages[stage]["SortOrder"]) >= self._gate

    def _category(self, text: str | None, stage: str) -> str:
        return CATEGORIES[text or self.stages[stage]["ForecastCategory"]]

    # What is known

    def record(self, export: Export, opportunity_id: str) -> Row | None:
        found = [row for row in export.rows("Opportunity") if row["Id"] == opportunity_id]
        return found[0] if found else None

    def _sightings(self, opportunity_id: str) -> list[tuple[Export, Row]]:
        """The exports that show the deal alive."""
        seen = [(export, self.record(export, opportunity_id)) for export in self.exports]
        return [(export, row) for export, row in seen if row is not None and not flag(row.get("IsDeleted"))]

    def _first_known(self, opportunity_id: str) -> tuple[Export, Row]:
        alive = self._sightings(opportunity_id)
        if alive:
            return alive[0]
        return next(
            (export, row)
            for export in self.exports
            if (row := self.record(export, opportunity_id)) is not None
        )

    def history(self, opportunity_id: str) -> list[Row]:
        rows = {
            tuple(row.items()): row
            for export in self.exports
            for row in export.of_opportunity("OpportunityHistory", opportunity_id)
        }
        return sorted(rows.values(), key=lambda row: moment(row["CreatedDate"]))

    def changes(self, opportunity_id: str, field: str) -> list[Row]:
        rows = {
            tuple(row.items()): row
            for export in self.exports
            for row in export.of_opportunity("OpportunityFieldHistory", opportunity_id)
            if row["Field"] == field
        }
        return sorted(rows.values(), key=lambda row: moment(row["CreatedDate"]))

    def created(self, opportunity_id: str) -> date:
        return local_day(self._first_known(opportunity_id)[1]["CreatedDate"], self.terms.zone)

    def deleted(self, opportunity_id: str) -> date | None:
        """The day on which the deal ends, or None."""
        known = False
        for export in self.exports:
            row = self.record(export, opportunity_id)
            if row is not None and flag(row.get("IsDeleted")):
                at = row.get("LastModifiedDate")
                return local_day(at, self.terms.zone) if at else export.now.astimezone(self.terms.zone).date()
            if row is None and known and self.terms.complete:
                return export.now.astimezone(self.terms.zone).date()
            known = known or row is not None
        return None

    # The state

    def end_of(self, on: date) -> datetime:
        return datetime.combine(on + timedelta(days=1), time(), self.terms.zone).astimezone(UTC)

    def at(self, opportunity_id: str, on: date) -> State | None:
        """The state at the end of a day; None where the deal did not exist."""
        deleted = self.deleted(opportunity_id)
        if on < self.created(opportunity_id) or (deleted is not None and on >= deleted):
            return None
        state = self._at_moment(opportunity_id, self.end_of(on))
        if self.is_won(state.stage):
            return self._as_when_won(opportunity_id, state, on)
        return state

    def _at_moment(self, opportunity_id: str, end: datetime) -> State:
        """As known just before `end`."""
        own = [seen for seen in self._sightings(opportunity_id) if seen[0].now < end]
        if own:
            export, row = own[-1]
            state = self._of_record(export, row, end)
            later = [
                change
                for change in self.history(opportunity_id)
                if export.now < moment(change["CreatedDate"]) < end
            ]
            return self._of_history(state, later[-1]) if later else state
        return self._before_first_sight(opportunity_id, end)

    def _before_first_sight(self, opportunity_id: str, end: datetime) -> State:
        export, row = self._first_known(opportunity_id)
        state = self._of_record(export, row, end)
        rows = self.history(opportunity_id)
        if rows:
            before = [change for change in rows if moment(change["CreatedDate"]) < end]
            return self._of_history(state, before[-1] if before else rows[0])
        if export.has("OpportunityHistory") or self.is_open(state.stage):
            return state
        if state.close is not None and self.end_of(state.close) <= end:
            return state
        assumed = self.terms.assumed_open_stage
        return replace(state, stage=assumed, category=self._category(None, assumed))

    def _of_record(self, export: Export, row: Row, end: datetime) -> State:
        return State(
            stage=row["StageName"],
            category=self._category(row.get("ForecastCategory"), row["StageName"]),
            own_amount=amount(row["Amount"]),
            close=day(row["CloseDate"]),
            known=View(export, end),
            placed=View(export, end),
        )

    def _of_history(self, state: State, row: Row) -> State:
        return replace(
            state,
            stage=row["StageName"],
            category=self._category(row.get("ForecastCategory"), row["StageName"]),
            own_amount=amount(row["Amount"]) if "Amount" in row else state.own_amount,
            close=day(row["CloseDate"]),
        )

    def _as_when_won(self, opportunity_id: str, state: State, on: date) -> State:
        """Won deals keep the dimensions they had when won."""
        first = on
        while first > self.created(opportunity_id) and self.is_won(
            self._at_moment(opportunity_id, self.end_of(first - timedelta(days=1))).stage
        ):
            first -= timedelta(days=1)
        won = self._at_moment(opportunity_id, self.end_of(first))
        return replace(state, placed=won.placed)

    # Fields that history lacks

    def field(self, opportunity_id: str, name: str, view: View) -> str | None:
        """A field of the record as it was, by field history where there is one."""
        record = self.record(view.export, opportunity_id)
        assert record is not None
        value = record.get("OwnerId" if name == "Owner" else name) or None
        changes = self.changes(opportunity_id, name)
        if view.export.now < view.until:
            for change in changes:
                if view.export.now < moment(change["CreatedDate"]) < view.until:
                    value = change["NewValue"] or None
            return value
        for change in reversed(changes):
            if view.until <= moment(change["CreatedDate"]) <= view.export.now:
                value = change["OldValue"] or None
        return value

    def value(self, opportunity_id: str, state: State) -> Fraction | None:
        """In its own currency: the value field; where it is null, Amount."""
        if self.terms.value_field == "Amount":
            return state.own_amount
        custom = amount(self.field(opportunity_id, self.terms.value_field, state.known))
        return state.own_amount if custom is None else custom

    def first_qualified(self, opportunity_id: str) -> date | None:
        """The day of the first entry into the qualified stage or later."""
        events = [datetime.combine(self.created(opportunity_id), time(), self.terms.zone)]
        events += [moment(row["CreatedDate"]) for row in self.history(opportunity_id)]
        for export, row in self._sightings(opportunity_id) or [self._first_known(opportunity_id)]:
            events.append(export.now)
            if not export.has("OpportunityHistory") and (close := day(row["CloseDate"])) is not None:
                events.append(self.end_of(close) - timedelta(seconds=1))
        entries = []
        created_at = moment(self._first_known(opportunity_id)[1]["CreatedDate"])
        for event in sorted(max(event, created_at) for event in events):
            state = self._at_moment(opportunity_id, event + timedelta(seconds=1))
            if self.is_past_gate(state.stage):
                entries.append(event.astimezone(self.terms.zone).date())
        return min(entries, default=None)
