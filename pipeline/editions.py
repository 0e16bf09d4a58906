"""Editions of the council: its frozen figures, and the cells that its messages and people are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.cell_names import CellName
from pipeline.matrix import Dimension, Matrix, Metric
from pipeline.restating import Restatement


@dataclass(frozen=True)
class ThreadCell:
    """What a message of the council's post is about."""

    edition: date
    """The council's day."""
    dimension: Dimension
    value: str
    metric: Metric
    """The row's worst."""
    is_red_again: bool = False
    """The row was red a week before too."""

    @property
    def cell(self) -> CellName:
        return CellName(self.dimension, self.value, self.metric)


@dataclass(frozen=True)
class RuleCount:
    """How many deals broke a rule on an edition's day."""

    rule: str
    deals: int


@dataclass(frozen=True)
class Edition:
    """What one council saw; it never changes."""

    day: date
    """The council's day, by which the edition is known."""
    as_of: date
    """The day before: its figures are those at the end of it."""
    frozen_at: datetime
    definitions_hash: str
    """Of the configuration that its figures were measured with."""
    tables: Mapping[Dimension, Matrix]
    findings: tuple[RuleCount, ...]


@dataclass(frozen=True)
class Context:
    """What somebody said about a cell before a council."""

    cell: CellName
    person_id: str
    name: str
    words: str
    said_at: datetime


@dataclass(frozen=True)
class CouncilWeek:
    """All that one council's post is made of, but the actions."""

    edition: Edition
    last_week: Mapping[Dimension, Matrix]
    """The frozen tables of the council before, else those of a week ago; none across a quarter's first day,
    where a cell stands against another target and a new colour says nothing."""
    restated: tuple[Restatement, ...]
    """What has changed since in the figures that the council before saw, of the leading table."""
    restated_of: date | None
    """The day of those figures; `None` where no council was before."""
    contexts: tuple[Context, ...]
    asked: Mapping[CellName, str]
    """Who was asked for a word, by name."""
