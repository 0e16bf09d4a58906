"""The steps of the sales process: from the export, the configuration, or Salesforce's standard list."""

from collections import Counter
from collections.abc import Iterator, Sequence

from crm.files.blocks import Field, OnFault, TableReader
from crm.files.cells import Cells, ParsedCells, TextCells, amount_cells, category_cells, flag_cells
from crm.files.definition import FilesDefinition
from crm.files.exports import Table, TableSet
from crm.files.problems import ProblemLog
from crm.records import Problem, StageRecord
from pipeline.nearest import did_you_mean
from pipeline.records import Category, parse_category

_PER_CENT = 10_000
_STANDARD: tuple[tuple[str, int], ...] = (
    ("Prospecting", 10),
    ("Qualification", 10),
    ("Discovery", 15),
    ("Needs Analysis", 20),
    ("Value Proposition", 50),
    ("Id. Decision Makers", 60),
    ("Perception Analysis", 70),
    ("Proposal/Price Quote", 75),
    ("Proposal", 75),
    ("Negotiation/Review", 90),
    ("Negotiation", 90),
)
"""Salesforce's standard open stages with their probability in per cent, and their short names."""

_STEP = 10
"""Between two standard stages, so that others can be placed between them."""

STANDARD_NOTICE = (
    "There is no OpportunityStage.csv and no [[crm.files.stages]]: Salesforce's standard stages are taken, "
    "in their usual order."
)


class StageList:
    """The known stages; the export's texts are read as the names of them."""

    def __init__(self, records: Sequence[StageRecord], labels: dict[str, str]) -> None:
        self.records = tuple(records)
        self._names = {record.name: record.name for record in records}
        self._loosely = {_loose(record.name): record.name for record in records}
        for label, name in labels.items():
            self._names.setdefault(label, name)
            self._loosely.setdefault(_loose(label), name)

    def cells(self) -> Cells:
        return ParsedCells(self.parse, "unknown stage")

    def parse(self, text: str) -> str:
        """The stage that a text names, by API name or label. Raises `ValueError` for an unknown one."""
        name = self._names.get(text) or self._loosely.get(_loose(text))
        if name is None:
            known = ", ".join(record.name for record in self.records)
            raise ValueError(f"expected one of the stages {known}{did_you_mean(text, self._names)}")
        return name


def read_stages(exports: TableSet) -> tuple[StageList, list[Problem]]:
    """The stages of the export, else the configured ones, else Salesforce's standard list.

    Stages that the standard list lacks are placed by the columns IsClosed, IsWon and Probability of the
    opportunities themselves.
    """
    table = exports.table("OpportunityStage")
    if table is not None:
        return read_stage_table(table)
    if exports.definition.stages:
        return StageList(_configured(exports.definition), {}), []
    opportunities = exports.table("Opportunity")
    placed = list(_place_others(opportunities)) if opportunities else []
    return StageList(sorted([*_standard(), *placed], key=lambda stage: stage.order), {}), []


def read_stage_table(table: Table) -> tuple[StageList, list[Problem]]:
    """The stages of a table OpportunityStage."""
    log = ProblemLog(table.file)
    skip = OnFault.SKIP_ROW
    name = table.column("ApiName", "MasterLabel")
    fields = {
        "name": Field(name, TextCells(), skip, is_required=True),
        "label": Field(table.column("MasterLabel"), TextCells()),
        "order": Field(table.column("SortOrder"), amount_cells(), skip, is_required=True),
        "closed": Field(table.column("IsClosed"), flag_cells(), skip, is_required=True),
        "won": Field(table.column("IsWon"), flag_cells(), skip, is_required=True),
        "category": Field(table.column("ForecastCategory", "ForecastCategoryName"), category_cells()),
    }
    records: dict[str, StageRecord] = {}
    labels: dict[str, str] = {}
    for block in TableReader(table, fields, log).blocks():
        columns = (block[field] for field in fields)
        for name_, label, order, closed, won, category in zip(*columns, strict=True):
            record = StageRecord(name_, order // _PER_CENT, closed, won, category or _category(closed, won))
            records.setdefault(name_, record)
            labels.setdefault(label or name_, name_)
    ordered = sorted(records.values(), key=lambda stage: stage.order)
    return StageList(ordered, labels), list(log.take_all())


def _configured(definition: FilesDefinition) -> list[StageRecord]:
    return [
        StageRecord(
            stage.name,
            order,
            is_closed=stage.closed or stage.won,
            is_won=stage.won,
            category=parse_category(stage.category or "") or _category(stage.closed or stage.won, stage.won),
        )
        for order, stage in enumerate(definition.stages, start=1)
    ]


def _standard() -> list[StageRecord]:
    stages = [
        StageRecord(name, order * _STEP, is_closed=False, is_won=False, category=Category.PIPELINE)
        for order, (name, _) in enumerate(_STANDARD, start=1)
    ]
    end = (len(_STANDARD) + 1) * _STEP
    won = StageRecord("Closed Won", end, is_closed=True, is_won=True, category=Category.CLOSED)
    lost = StageRecord("Closed Lost", end + _STEP, is_closed=True, is_won=False, category=Category.OMITTED)
    return [*stages, won, lost]


def _place_others(table: Table) -> Iterator[StageRecord]:
    """Stages beside the standard ones, by what most of their rows say of themselves."""
    closed, probability = table.column("IsClosed"), table.column("Probability")
    if closed is None and probability is None:
        return
    fields = {
        "stage": Field(table.column("StageName"), TextCells()),
        "closed": Field(closed, flag_cells()),
        "won": Field(table.column("IsWon"), flag_cells()),
        "probability": Field(probability, amount_cells()),
    }
    seen: dict[str, Counter[tuple[bool | None, bool | None, int | None]]] = {}
    standard = StageList(_standard(), {})
    known: set[str | None] = {None}
    for block in TableReader(table, fields, ProblemLog(table.file)).blocks():
        if known.issuperset(block["stage"]):
            continue
        columns = (block[field] for field in fields)
        for stage, is_closed, is_won, chance in zip(*columns, strict=True):
            if stage in known:
                continue
            if stage in seen or not _is_known(standard, stage):
                seen.setdefault(stage, Counter())[is_closed, is_won, chance] += 1
            else:
                known.add(stage)
    for stage, votes in seen.items():
        placed = _place(stage, *votes.most_common(1)[0][0])
        if placed is not None:
            yield placed


def _place(stage: str, is_closed: bool | None, is_won: bool | None, chance: int | None) -> StageRecord | None:
    end = (len(_STANDARD) + 1) * _STEP
    if is_closed or is_won:
        order = end + (1 if is_won else _STEP + 1)
        return StageRecord(stage, order, True, bool(is_won), _category(True, bool(is_won)))
    if chance is None:
        return None
    below = sum(1 for _, per_cent in _STANDARD if per_cent * _PER_CENT <= chance)
    return StageRecord(stage, below * _STEP + 1, False, False, Category.PIPELINE)


def _is_known(stages: StageList, text: str) -> bool:
    try:
        stages.parse(text)
    except ValueError:
        return False
    return True


def _category(is_closed: bool, is_won: bool) -> Category:
    if is_won:
        return Category.CLOSED
    return Category.OMITTED if is_closed else Category.PIPELINE


def _loose(name: str) -> str:
    return " ".join(name.split()).casefold()
