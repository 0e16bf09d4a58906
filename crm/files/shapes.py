"""What can be typed into the fields of exported opportunities, as far as the exports themselves tell."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from crm.files.clock import day_number
from crm.files.exports import Exports, Table
from crm.files.problems import ProblemLog
from crm.files.stages import StageList
from pipeline.crm_fields import DealShape, FieldShape, FieldType, PickValue
from pipeline.deal_fields import CATEGORY_FIELD, CATEGORY_LABELS
from pipeline.money import parse_amount
from pipeline.records import Category

_CHUNKS_LOOKED_AT = 10
"""Some five thousand rows tell what a column holds."""
_MOST_PICKS = 20
_FEWEST_ROWS_A_PICK = 2
"""A text that recurs at least so often on average is picked from a list, not written."""
_LONGEST_PICK = 60
_NOT_WRITABLE = frozenset(
    {
        "Id",
        "CreatedDate",
        "LastModifiedDate",
        "CreatedById",
        "LastActivityDate",
        "IsDeleted",
        "AccountId",
        "IsClosed",
        "IsWon",
        "ForecastCategory",
        "CurrencyIsoCode",
    }
)
_OWN_SHAPES = frozenset({"StageName", CATEGORY_FIELD, "Amount", "CloseDate", "NextStep", "OwnerId", "Name"})


def read_shape(exports: Exports, stages: StageList) -> DealShape:
    """The standard fields, and each further column by the values that stand in it."""
    opportunities = exports.table("Opportunity")
    further = () if opportunities is None else _further_fields(opportunities)
    fields = [*_standard_fields(stages, exports), *further]
    return DealShape(None, {field.name: field for field in fields})


def _standard_fields(stages: StageList, exports: Exports) -> Iterator[FieldShape]:
    yield FieldShape("Name", "Opportunity name", FieldType.TEXT, is_required=True)
    names = [record.name for record in stages.records]
    yield FieldShape("StageName", "Stage", FieldType.PICKLIST, is_required=True, picks=_picks(names))
    categories = _picks(CATEGORY_LABELS[one] for one in Category)
    yield FieldShape(CATEGORY_FIELD, "Forecast category", FieldType.PICKLIST, picks=categories)
    yield FieldShape("Amount", "Amount", FieldType.MONEY)
    yield FieldShape("CloseDate", "Close date", FieldType.DAY, is_required=True)
    yield FieldShape("NextStep", "Next step", FieldType.TEXT, longest=255)
    yield FieldShape("OwnerId", "Owner", FieldType.PERSON, is_required=True, picks=tuple(_people(exports)))


def _people(exports: Exports) -> Iterator[PickValue]:
    table = exports.table("User")
    id_column = None if table is None else table.column("Id")
    name = None if table is None else table.column("Name")
    if table is None or id_column is None or name is None:
        return
    for row in _rows(table):
        yield PickValue(row[id_column.index].strip(), row[name.index].strip())


def _further_fields(table: Table) -> Iterator[FieldShape]:
    rows = list(_rows(table))
    for name in sorted(table.names()):
        column = table.column(name)
        if column is None or name in _OWN_SHAPES or "." in name:
            continue
        seen = [column.values.get(text, text) for row in rows if (text := row[column.index].strip())]
        type_ = _type_of(seen)
        yield FieldShape(
            name,
            column.header,
            type_,
            is_writable=name not in _NOT_WRITABLE,
            picks=_picks(sorted(set(seen))) if type_ is FieldType.PICKLIST else (),
        )


def _type_of(seen: Sequence[str]) -> FieldType:
    """By what all values have in common; a column without any is free text."""
    distinct = set(seen)
    if not distinct:
        return FieldType.TEXT
    tests: Mapping[FieldType, Callable[[str], bool]] = {
        FieldType.FLAG: lambda text: text.casefold() in ("true", "false"),
        FieldType.DAY: lambda text: day_number(text) is not None,
        FieldType.NUMBER: _is_number,
    }
    for type_, holds in tests.items():
        if all(map(holds, distinct)):
            return type_
    recurs = len(seen) >= _FEWEST_ROWS_A_PICK * len(distinct)
    if recurs and len(distinct) <= _MOST_PICKS and max(map(len, distinct)) <= _LONGEST_PICK:
        return FieldType.PICKLIST
    return FieldType.TEXT


def _is_number(text: str) -> bool:
    try:
        parse_amount(text)
    except ValueError:
        return False
    return True


def _rows(table: Table) -> Iterator[Sequence[str]]:
    for chunk, _ in islice(table.rows.chunks(ProblemLog(table.file)), _CHUNKS_LOOKED_AT):
        yield from chunk.rows


def _picks(values: Iterable[str]) -> tuple[PickValue, ...]:
    return tuple(PickValue(value, value) for value in values)
