"""Opportunities, and the product that an export without line items has on them."""

from collections.abc import Iterator, Mapping, Sequence

from crm.files.blocks import Block, Field, OnFault, TableReader
from crm.files.cells import (
    MomentCells,
    TextCells,
    amount_cells,
    category_cells,
    currency_cells,
    day_cells,
    flag_cells,
)
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.fixes import FixBook
from crm.files.further import field_mappings, further_fields
from crm.files.lookups import Lookups
from crm.files.making import make_records
from crm.files.problems import Fault, ProblemLog
from crm.files.stages import StageList
from crm.records import Batch, FieldKind, LineItemRecord, OpportunityRecord, Record
from pipeline.crm_records import Outcome
from pipeline.money import SCALE

_SKIP = OnFault.SKIP_ROW
_DUPLICATE = Fault("this Id stands in an earlier row; row skipped", "duplicate id")
_RELATIONS = {"RecordType": "RecordType"}
_WHOLE_DEAL = SCALE
"""The price of a deal's only line item: any amount shares the whole value out to it."""


def _gap(what: str) -> Fault:
    kind = f"no {what.split(' ', 1)[1]}"
    return Fault(f"opportunities without {what}; taken in as they are", kind, Outcome.TAKEN_IN)


_GAPS = {
    "account": _gap("an account"),
    "owner": _gap("an owner"),
    "created": _gap("a creation date"),
    "close": _gap("a close date"),
    "amount": _gap("an amount"),
}
"""Fields whose empty cells are worth counting: Salesforce fills nearly all of them in."""


class OpportunityReader:
    """Reads the opportunities once; `ids` then are all that the export names, where they can repeat."""

    def __init__(
        self,
        table: Table,
        stages: StageList,
        lookups: Lookups,
        fixes: FixBook,
        clock: Clock,
        further: Mapping[str, FieldKind],
        value_field: str | None,
        *,
        has_line_items: bool,
        repeats: bool = True,
    ) -> None:
        """`repeats`: an Id may stand in several rows, as it never does in a database."""
        self.ids: set[str] = set()
        self._repeats = repeats
        self._table = table
        self._fixes = fixes
        self._further = further
        self._log = ProblemLog(table.file)
        self._product = None if has_line_items else _product_field(table, lookups)
        self._fields = self._wanted_fields(stages, lookups, clock, value_field)
        self._reader = TableReader(table, self._fields, self._log, identity="id")
        self._gaps = {name: 0 for name in _GAPS if self._fields[name].column is not None}

    @property
    def unidentified(self) -> int:
        """Rows that could not be read and do not say which opportunity they are."""
        return self._reader.unidentified

    def batches(self) -> Iterator[Batch]:
        total = self._table.rows.row_count()
        for block in self._reader.blocks():
            ours = block.without(self._doubles(block)) if self._repeats else block
            self._count_gaps(ours)
            records = self._fixes.lay_over(self._records(ours))
            yield Batch(records, self._log.take(), total)
            if self._product is not None:
                yield Batch(_line_items(ours), ())
        self._log_gaps()
        yield Batch((), self._log.take_all(), total)

    def _wanted_fields(
        self, stages: StageList, lookups: Lookups, clock: Clock, value_field: str | None
    ) -> dict[str, Field]:
        column = self._table.column
        fields = {
            "id": Field(column("Id"), TextCells(), _SKIP, is_required=True),
            "name": Field(column("Name"), TextCells()),
            "stage": Field(column("StageName"), stages.cells(), _SKIP, is_required=True),
            "category": Field(column("ForecastCategory", "ForecastCategoryName"), category_cells()),
            "amount": Field(column("Amount"), amount_cells(), _SKIP),
            "close": Field(column("CloseDate"), day_cells(clock), _SKIP),
            "created": Field(column("CreatedDate"), MomentCells(clock), _SKIP),
            "modified": Field(column("LastModifiedDate"), MomentCells(clock)),
            "owner": lookups.relation_field(self._table, "Owner"),
            "creator": lookups.relation_field(self._table, "CreatedBy"),
            "account": lookups.relation_field(self._table, "Account"),
            "currency": Field(column("CurrencyIsoCode"), currency_cells(), _SKIP),
            "next_step": Field(column("NextStep"), TextCells()),
            "activity": Field(column("LastActivityDate"), day_cells(clock)),
            "deleted": Field(column("IsDeleted"), flag_cells(), _SKIP, absent=False),
            **further_fields(self._table, self._further, clock, _RELATIONS, lookups, vital=value_field),
        }
        if self._product is not None:
            fields["product"] = self._product
            fields["product_named"] = Field(self._product.column, TextCells())
        return fields

    def _records(self, block: Block) -> list[OpportunityRecord]:
        return make_records(
            OpportunityRecord,
            block["id"],
            [name or "" for name in block["name"]],
            block["stage"],
            block["category"],
            block["amount"],
            block["close"],
            block["created"],
            block["modified"],
            block["owner"],
            block["creator"],
            block["account"],
            block["currency"],
            block["next_step"],
            block["activity"],
            [bool(deleted) for deleted in block["deleted"]],
            field_mappings(block, self._further, self._fields),
        )

    def _doubles(self, block: Block) -> set[int]:
        """Rows whose id stands in an earlier row."""
        ids: Sequence[str] = block["id"]
        fresh = set(ids)
        if len(fresh) == len(ids) and self.ids.isdisjoint(fresh):
            self.ids |= fresh
            return set()
        doubles = set()
        column = self._fields["id"].column
        for row, opportunity_id in enumerate(ids):
            if opportunity_id in self.ids:
                doubles.add(row)
                header = column.header if column else None
                self._log.gather(_DUPLICATE, line=block.line_of(row), column=header, value=opportunity_id)
            self.ids.add(opportunity_id)
        return doubles

    def _count_gaps(self, block: Block) -> None:
        for name in self._gaps:
            self._gaps[name] += list(block[name]).count(None)

    def _log_gaps(self) -> None:
        for name, count in self._gaps.items():
            if count:
                column = self._fields[name].column
                self._log.gather(_GAPS[name], column=column.header if column else None, count=count)


def _product_field(table: Table, lookups: Lookups) -> Field | None:
    """The family of the one product that each opportunity names, where the export has such a column."""
    own = table.column("Product2.Family", "ProductFamily")
    if own is not None:
        return Field(own, TextCells())
    return lookups.related_field(table, "Product2", "Product2", "Family")


def _line_items(block: Block) -> Sequence[Record]:
    rows = zip(block["id"], block["product_named"], block["product"], strict=True)
    return [
        LineItemRecord(opportunity_id, 1, _WHOLE_DEAL, family)
        for opportunity_id, named, family in rows
        if named is not None
    ]
