"""How a cell of the matrix is named, and written where a button carries it."""

from dataclasses import dataclass
from datetime import date

from pipeline.matrix import Dimension, Metric


@dataclass(frozen=True)
class CellName:
    """One cell of one table."""

    dimension: Dimension
    value: str
    """The row's, or `TOTAL`."""
    metric: Metric

    def written(self, day: date | None = None) -> str:
        """`region/EMEA/coverage`, with a day behind it where one is meant; a row's name may hold a slash."""
        parts = [self.dimension.value, self.value, self.metric.value, *([day.isoformat()] if day else [])]
        return "/".join(parts)
