"""A red row of a council's post as it stands in a channel: what is known of it by now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.actions import CouncilAction
from pipeline.cell_names import CellName
from pipeline.editions import Context
from pipeline.matrix import Matrix


@dataclass(frozen=True)
class PostedRow:
    """The frozen figures of a row, and what people said and decided about it since."""

    key: str
    """Of its message, which heads its thread."""
    council: date
    table: Matrix
    """The frozen one."""
    value: str
    is_red_again: bool
    """It was red a week before too."""
    contexts: tuple[Context, ...]
    asked: Mapping[CellName, str]
    """Who was asked for a word, by name."""
    actions: tuple[CouncilAction, ...]
    """All that were ever opened for the row."""

    @property
    def shown_actions(self) -> tuple[CouncilAction, ...]:
        """Those that are open, and those that were closed since the council."""
        return tuple(one for one in self.actions if one.is_unfinished or one.changed_on >= self.council)
