"""What came of one council: the actions that were opened since, and those whose status changed."""

from dataclasses import dataclass
from datetime import date

from pipeline.actions import CouncilAction


@dataclass(frozen=True)
class Recap:
    council: date
    period: str
    red_rows: tuple[str, ...]
    """Of the leading table, the one with the largest gap first."""
    opened: tuple[CouncilAction, ...]
    """From the council's day on, the one due first at the front."""
    changed: tuple[CouncilAction, ...]
    """Opened earlier, and their status changed since the council's day."""

    @property
    def undecided(self) -> tuple[str, ...]:
        """Red rows for which no action was opened."""
        decided = {action.cell.value for action in self.opened}
        return tuple(row for row in self.red_rows if row not in decided)
