"""Exchange rates, fiscal periods, targets, spend and calls."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.files.blocks import Block, Field, OnFault, TableReader
from crm.files.cells import (
    Cells,
    ParsedCells,
    TextCells,
    amount_cells,
    currency_cells,
    day_cells,
    whole_number_cells,
)
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.making import make_records
from crm.files.problems import Fault, ProblemLog
from crm.records import Batch, ForecastCallRecord, PeriodRecord, RateRecord, SpendRecord, TargetRecord
from pipeline.matrix import Dimension
from pipeline.nearest import did_you_mean
from pipeline.targets import DEAL_TYPE

TOTAL = "TOTAL"
_TARGET_DIMENSIONS = (*(dimension.value for dimension in Dimension), DEAL_TYPE)
_TARGET_METRICS = ("closed_won", "pipe_gen")


def _vital(table: Table, names: str | tuple[str, ...], cells: Cells) -> Field:
    columns = (names,) if isinstance(names, str) else names
    return Field(table.column(*columns), cells, OnFault.SKIP_ROW, is_required=True)


def read_static_rates(table: Table) -> Iterator[Batch]:
    fields = {
        "currency": _vital(table, "IsoCode", currency_cells()),
        "units": _vital(table, "ConversionRate", _rate_cells()),
    }
    log = ProblemLog(table.file)
    for block in TableReader(table, fields, log).blocks():
        nothing = [None] * len(block)
        yield Batch(make_records(RateRecord, block["currency"], block["units"], nothing, nothing), log.take())
    yield Batch((), log.take_all())


def read_dated_rates(table: Table, clock: Clock) -> Iterator[Batch]:
    fields = {
        "currency": _vital(table, "IsoCode", currency_cells()),
        "units": _vital(table, "ConversionRate", _rate_cells()),
        "start": _vital(table, "StartDate", day_cells(clock)),
        "end": Field(table.column("NextStartDate"), day_cells(clock), OnFault.SKIP_ROW),
    }
    log = ProblemLog(table.file)
    for block in TableReader(table, fields, log).blocks():
        yield Batch(make_records(RateRecord, *(block[name] for name in fields)), log.take())
    yield Batch((), log.take_all())


def read_periods(table: Table, clock: Clock) -> Iterator[Batch]:
    """The quarters of a custom calendar; other types of period are passed over."""
    start, end = table.column("StartDate", "start"), table.column("EndDate", "end")
    fields = {
        "type": Field(table.column("Type"), TextCells(), absent="Quarter"),
        "label": Field(table.column("FullyQualifiedLabel", "label"), TextCells()),
        "year": Field(table.column("FiscalYearSettings.Name", "FiscalYear"), TextCells()),
        "number": Field(table.column("Number"), whole_number_cells()),
        "start": Field(start, day_cells(clock), OnFault.SKIP_ROW, is_required=True),
        "end": Field(end, day_cells(clock), OnFault.SKIP_ROW, is_required=True),
    }
    log = ProblemLog(table.file)
    seen: set[str] = set()
    for block in TableReader(table, fields, log).blocks():
        records = []
        columns = (block[name] for name in fields)
        for row, (kind, label, year, number, first, last) in enumerate(zip(*columns, strict=True)):
            if (kind or "").casefold() != "quarter":
                continue
            name = label or _quarter_label(year, number)
            fault = _period_fault(name, first, last, seen)
            if fault is not None:
                log.gather(fault, line=block.line_of(row), value=name)
                continue
            records.append(PeriodRecord(name or "", first, last))
            seen.add(name or "")
        yield Batch(records, log.take())
    yield Batch((), log.take_all())


def read_targets(table: Table) -> Iterator[Batch]:
    fields = {
        "period": _vital(table, "period", TextCells()),
        "dimension": _vital(table, "dimension", ParsedCells(_parse_dimension, "unknown dimension")),
        "value": _vital(table, "value", TextCells()),
        "metric": _vital(table, "metric", ParsedCells(_parse_metric, "unknown metric")),
        "amount": _vital(table, "amount", amount_cells()),
        "currency": Field(table.column("currency"), currency_cells(), OnFault.SKIP_ROW),
    }
    log = ProblemLog(table.file)
    seen: set[Any] = set()
    for block in TableReader(table, fields, log).blocks():
        records = make_records(TargetRecord, *(block[name] for name in fields))
        doubles = _doubles(block, [record[:4] for record in records], seen, log, "target")
        records = [record for row, record in enumerate(records) if row not in doubles]
        yield Batch(records, log.take())
    yield Batch((), log.take_all())


def read_spend(table: Table) -> Iterator[Batch]:
    names = ("lever_or_source", "lever", "source")
    fields = {
        "period": _vital(table, "period", TextCells()),
        "of": _vital(table, names, TextCells()),
        "amount": _vital(table, "amount", amount_cells()),
        "heads": Field(table.column("heads"), whole_number_cells()),
    }
    log = ProblemLog(table.file)
    seen: set[Any] = set()
    for block in TableReader(table, fields, log).blocks():
        records = make_records(SpendRecord, *(block[name] for name in fields))
        doubles = _doubles(block, [record[:2] for record in records], seen, log, "spend")
        yield Batch([record for row, record in enumerate(records) if row not in doubles], log.take())
    yield Batch((), log.take_all())


def read_calls(table: Table) -> Iterator[Batch]:
    """What the manager at the top says each quarter will bring."""
    fields = {
        "period": _vital(table, "period", TextCells()),
        "amount": _vital(table, "amount", amount_cells()),
        "currency": Field(table.column("currency"), currency_cells(), OnFault.SKIP_ROW),
        "owner": Field(table.column("owner"), TextCells()),
    }
    log = ProblemLog(table.file)
    seen: set[Any] = set()
    for block in TableReader(table, fields, log).blocks():
        records = make_records(ForecastCallRecord, *(block[name] for name in fields))
        doubles = _doubles(block, [record[:1] for record in records], seen, log, "call")
        yield Batch([record for row, record in enumerate(records) if row not in doubles], log.take())
    yield Batch((), log.take_all())


def _doubles(block: Block, keys: list[Any], seen: set[Any], log: ProblemLog, what: str) -> set[int]:
    """Rows that say again what an earlier row has said."""
    doubles = set()
    for row, key in enumerate(keys):
        if key in seen:
            fault = Fault(f"an earlier row holds this {what}; row skipped", f"duplicate {what}")
            log.gather(fault, line=block.line_of(row), value=" · ".join(key))
            doubles.add(row)
        seen.add(key)
    return doubles


def _rate_cells() -> Cells:
    return ParsedCells(_parse_rate, "bad rate")


def _parse_rate(text: str) -> str:
    try:
        units = Decimal(text)
    except InvalidOperation:
        units = Decimal(0)
    if not units.is_finite() or units <= 0:
        raise ValueError(
            "expected units of the currency per one corporate unit, a number above 0, such as 0.92"
        )
    return text


def _quarter_label(year: str | None, number: int | None) -> str | None:
    """`FY27 Q1` from the fiscal year's name, such as 2027, and the quarter's number in it."""
    if year is None or number is None:
        return None
    return f"FY{year[-2:]} Q{number}" if year.isdigit() else f"{year} Q{number}"


def _period_fault(label: str | None, first: int, last: int, seen: set[str]) -> Fault | None:
    if label is None:
        says = "expected a FullyQualifiedLabel, or FiscalYearSettings.Name and Number; row skipped"
        return Fault(says, "empty cell")
    if last < first:
        return Fault("the period ends before it starts; row skipped", "bad period")
    if label in seen:
        return Fault("an earlier row has this label; row skipped", "duplicate period")
    return None


def _parse_dimension(text: str) -> str:
    """A dimension, the deal type (for renewals), `TOTAL`, or a pair `region+product`. Raises `ValueError`."""
    if text.upper() == TOTAL:
        return TOTAL
    parts = [part.strip().lower() for part in text.split("+")]
    for part in parts:
        if part not in _TARGET_DIMENSIONS:
            known = ", ".join(_TARGET_DIMENSIONS)
            nearest = did_you_mean(part, _TARGET_DIMENSIONS)
            raise ValueError(f"expected {TOTAL}, {known}, or a pair such as region+product{nearest}")
    return "+".join(parts)


def _parse_metric(text: str) -> str:
    metric = text.lower()
    if metric not in _TARGET_METRICS:
        expected = " or ".join(_TARGET_METRICS)
        raise ValueError(f"expected {expected}{did_you_mean(text, _TARGET_METRICS)}")
    return metric
