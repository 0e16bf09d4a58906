"""The words of the CRM that the rules know: forecast categories and the classes of a deal."""

from dataclasses import dataclass
from enum import IntEnum


class Category(IntEnum):
    """Forecast category. The API value `Forecast` is the label Commit."""

    OMITTED = 0
    PIPELINE = 1
    BEST_CASE = 2
    MOST_LIKELY = 3
    COMMIT = 4
    CLOSED = 5


CATEGORY_NAMES: dict[str, Category] = {
    "omitted": Category.OMITTED,
    "pipeline": Category.PIPELINE,
    "bestcase": Category.BEST_CASE,
    "mostlikely": Category.MOST_LIKELY,
    "forecast": Category.COMMIT,
    "commit": Category.COMMIT,
    "closed": Category.CLOSED,
}


def parse_category(text: str) -> Category | None:
    """The category of an API value (`BestCase`) or a label (`Best Case`); `None` if it is neither."""
    return CATEGORY_NAMES.get(text.replace(" ", "").lower())


class DealClass(IntEnum):
    """What a deal is at a moment, which is all that sums need to know of its stage."""

    OPEN_UNQUALIFIED = 0
    OPEN_QUALIFIED = 1
    WON = 2
    LOST = 3


@dataclass(frozen=True)
class Stage:
    """A step of the sales process, in the CRM's order."""

    number: int
    """Our own number of it, stable from pull to pull."""
    name: str
    order: int
    is_closed: bool
    is_won: bool
    category: Category
    """The category of deals that do not say one of their own."""
