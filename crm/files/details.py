"""What hangs on an opportunity: history, products, contacts, splits and activities."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice

from crm.files.blocks import Block, Field, OnFault, TableReader
from crm.files.cells import (
    Cells,
    MomentCells,
    TextCells,
    amount_cells,
    category_cells,
    day_cells,
    flag_cells,
)
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.lookups import Lookups
from crm.files.making import make_records
from crm.files.problems import ProblemLog
from crm.files.stages import StageList
from crm.records import (
    ActivityRecord,
    Batch,
    ContactRoleRecord,
    FieldChangeRecord,
    HistoryRecord,
    LineItemRecord,
    Record,
    SplitRecord,
)

_SKIP = OnFault.SKIP_ROW
_CLOSED_STATUSES = frozenset({"completed", "closed", "done"})


def read_history(table: Table, stages: StageList, clock: Clock) -> Iterator[Batch]:
    amount = table.column("Amount")
    category = table.column("ForecastCategory", "ForecastCategoryName")
    fields = {
        "opportunity": _on_opportunity(table),
        "at": Field(table.column("CreatedDate"), MomentCells(clock), _SKIP, is_required=True),
        "stage": Field(table.column("StageName"), stages.cells(), _SKIP),
        "amount": Field(amount, amount_cells(), _SKIP),
        "close": Field(table.column("CloseDate"), day_cells(clock), _SKIP),
        "category": Field(category, category_cells()),
    }

    def records(block: Block) -> Sequence[Record]:
        has_amount = [amount is not None] * len(block)
        return make_records(HistoryRecord, *(block[name] for name in fields), has_amount)

    return _read(table, fields, records)


def read_field_history(table: Table, clock: Clock) -> Iterator[Batch]:
    fields = {
        "opportunity": _on_opportunity(table),
        "at": Field(table.column("CreatedDate"), MomentCells(clock), _SKIP, is_required=True),
        "field": Field(table.column("Field"), TextCells(), _SKIP, is_required=True),
        "old": Field(table.column("OldValue"), TextCells()),
        "new": Field(table.column("NewValue"), TextCells()),
    }
    return _read(
        table, fields, lambda block: make_records(FieldChangeRecord, *(block[name] for name in fields))
    )


def read_line_items(table: Table, lookups: Lookups, places: Cells | None = None) -> Iterator[Batch]:
    """Line items in the order of the table; the family from the item itself or its product.

    `places`: read an item's place among the others from its Id, where the table has no order.
    """
    own = table.column("Product2.Family", "PricebookEntry.Product2.Family", "ProductFamily")
    family = (
        Field(own, TextCells()) if own else lookups.related_field(table, "Product2", "Product2", "Family")
    )
    fields = {
        "opportunity": _on_opportunity(table),
        "price": Field(table.column("TotalPrice"), amount_cells(), _SKIP),
        "family": family or Field(None, TextCells()),
        **_places(table, places),
        **_deleted(table),
    }
    order_of = _order(places)

    def records(block: Block) -> Sequence[Record]:
        order = order_of(block)
        return make_records(LineItemRecord, block["opportunity"], order, block["price"], block["family"])

    return _read(table, fields, records)


def read_contact_roles(table: Table) -> Iterator[Batch]:
    fields = {
        "opportunity": _on_opportunity(table),
        "contact": Field(table.column("ContactId"), TextCells(), _SKIP, is_required=True),
        "role": Field(table.column("Role"), TextCells()),
        **_deleted(table),
    }
    return _read(
        table,
        fields,
        lambda block: make_records(ContactRoleRecord, block["opportunity"], block["contact"], block["role"]),
    )


def read_splits(table: Table, lookups: Lookups, places: Cells | None = None) -> Iterator[Batch]:
    """Splits of the types that add up to 100 %; others (overlays) are passed over. `places`: as there."""
    validated = lookups.related_field(table, "SplitType", "OpportunitySplitType", "IsTotalValidated")
    fields = {
        "opportunity": _on_opportunity(table),
        "owner": replace(lookups.relation_field(table, "SplitOwner"), is_required=True),
        "percentage": Field(table.column("SplitPercentage"), amount_cells(), _SKIP, is_required=True),
        "validated": validated or Field(None, TextCells()),
        **_places(table, places),
        **_deleted(table),
    }
    order_of = _order(places)

    def records(block: Block) -> Sequence[Record]:
        flags = flag_cells().read([text or "" for text in block["validated"]])
        counted = block.without({row for row, flag in enumerate(flags) if not flag})
        order = order_of(counted)
        return make_records(
            SplitRecord, counted["opportunity"], order, counted["owner"], counted["percentage"]
        )

    return _read(table, fields, records)


def read_activities(table: Table, clock: Clock, is_opportunity: Callable[[str], bool]) -> Iterator[Batch]:
    """Tasks or events; those on anything but an opportunity are passed over."""
    day = table.column("ActivityDate", "EndDateTime", "ActivityDateTime", "StartDateTime")
    fields = {
        "opportunity": Field(table.column("WhatId"), TextCells()),
        "day": Field(day, day_cells(clock)),
        "closed": Field(table.column("IsClosed"), flag_cells()),
        "status": Field(table.column("Status"), TextCells()),
        **_deleted(table),
    }
    is_task = table.name == "Task"

    def records(block: Block) -> Sequence[Record]:
        others = {
            row for row, what in enumerate(block["opportunity"]) if what is None or not is_opportunity(what)
        }
        ours = block.without(others)
        closed = [
            flag if flag is not None else (status or "").casefold() in _CLOSED_STATUSES
            for flag, status in zip(ours["closed"], ours["status"], strict=True)
        ]
        return make_records(ActivityRecord, ours["opportunity"], ours["day"], closed, [is_task] * len(ours))

    return _read(table, fields, records)


def splits_are_typed(table: Table, types: Table | None) -> bool:
    """Whether anything says which types of split add up to 100 %."""
    return types is not None or table.column("SplitType.IsTotalValidated") is not None


def _read(
    table: Table, fields: Mapping[str, Field], records: Callable[[Block], Sequence[Record]]
) -> Iterator[Batch]:
    log = ProblemLog(table.file)
    total = table.rows.row_count()
    for block in TableReader(table, fields, log).blocks():
        kept = block
        if "deleted" in fields:
            kept = block.without({row for row, deleted in enumerate(block["deleted"]) if deleted})
        yield Batch(records(kept), log.take(), total)
    yield Batch((), log.take_all(), total)


def _places(table: Table, places: Cells | None) -> dict[str, Field]:
    return {"place": Field(table.column("Id"), places)} if places else {}


def _order(places: Cells | None) -> Callable[[Block], Sequence[int]]:
    numbers = count(1)
    if places is None:
        return lambda block: list(islice(numbers, len(block)))
    return lambda block: block["place"]


def _on_opportunity(table: Table) -> Field:
    return Field(table.column("OpportunityId"), TextCells(), _SKIP, is_required=True)


def _deleted(table: Table) -> dict[str, Field]:
    column = table.column("IsDeleted")
    return {"deleted": Field(column, flag_cells())} if column else {}
