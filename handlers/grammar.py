"""What people type of figures and hygiene: `/apm region by product`, `/apm why EMEA coverage`.

A small parser of our own reads better here than the command line's: commands are half sentences
(`why EMEA coverage`, `region EMEA by product on ...`) with values of several words, not options.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.words import CommandNotUnderstood
from pipeline.errors import UnknownName
from pipeline.matching import match_name
from pipeline.matrix import TOTAL, Dimension, Metric


class HygieneScope(StrEnum):
    OWN = "own"
    TEAM = "team"
    COMPANY = "company"
    SCORES = "scores"


@dataclass(frozen=True)
class ShowMatrix:
    """A table, or one row of it; nothing named: the table that the council leads with."""

    dimension: Dimension | None = None
    value: str | None = None
    """As typed: its right name is looked up where values are known."""
    by: Dimension | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class ShowWhy:
    """Why a cell has its colour. Without a dimension the value is looked for in all of them."""

    value: str
    metric: Metric
    dimension: Dimension | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class ShowHygiene:
    scope: HygieneScope = HygieneScope.OWN


@dataclass(frozen=True)
class ShowHygieneOf:
    """How the deals of one person stand."""

    person: str
    """As typed."""


_METRIC_NAMES = {
    "forecast": Metric.FORECAST,
    "closed won": Metric.CLOSED_WON,
    "won": Metric.CLOSED_WON,
    "open pipeline": Metric.OPEN_PIPELINE,
    "pipeline": Metric.OPEN_PIPELINE,
    "pipe gen": Metric.PIPE_GEN,
    "pipegen": Metric.PIPE_GEN,
    "pipe generation": Metric.PIPE_GEN,
    "coverage": Metric.COVERAGE,
}


def read_metric(word: str) -> Metric:
    """Raises `UnknownName`."""
    metric = _metric(word)
    if metric is None:
        name = match_name(word, [metric.value for metric in Metric], "metric")
        return Metric(name)
    return metric


def is_metric(words: str) -> bool:
    """Whether somebody who writes so means a figure: `coverage`, `pipe gen`, `won`."""
    return _metric(words) is not None


def is_whole_metric(words: str) -> bool:
    """Whether a figure's name is written out: `coverage` or `pipe-gen`, not `cov`."""
    return _metric_words(words) in _METRIC_NAMES


def read_dimension(word: str) -> Dimension:
    """`region`, `Regions`, `reg`. Raises `UnknownName`."""
    names = [dimension.value for dimension in Dimension]
    singular = word[:-1] if word.casefold().endswith("s") else word
    return Dimension(match_name(singular or word, names, "dimension"))


# --- /apm -----------------------------------------------------------------------------------------


def read_apm_words(words: Sequence[str]) -> ShowMatrix | ShowWhy:
    """What stands after `apm`. Raises `CommandNotUnderstood` or `UnknownName`."""
    words, as_of = _without_day(words)
    if words and words[0].casefold() == "why":
        return read_why(words[1:], as_of)
    words, by = _without_cut(words)
    if not words:
        if by is not None:
            raise CommandNotUnderstood(f"By {by} what? For example: /apm region by {by}.")
        return ShowMatrix(as_of=as_of)
    dimension = _dimension_or_none(words[0])
    value = " ".join(words if dimension is None else words[1:]) or None
    if dimension is not None and dimension is by:
        raise CommandNotUnderstood(f"{dimension.value} by {by} says the same twice. Name two dimensions.")
    return ShowMatrix(dimension, value, by, as_of)


def read_why(words: Sequence[str], as_of: date | None = None) -> ShowWhy:
    """What stands after `why`: a value and, last, a metric. Raises `CommandNotUnderstood`."""
    for length in (2, 1):
        metric = _metric(" ".join(words[-length:])) if len(words) >= length else None
        if metric is not None:
            named = words[:-length]
            dimension = _dimension_or_none(named[0]) if len(named) > 1 else None
            value = " ".join(named if dimension is None else named[1:])
            return ShowWhy(value or TOTAL, metric, dimension, as_of)
    about = " ".join(words) or "EMEA"
    raise CommandNotUnderstood(
        "Which figure? End with forecast, closed won, open pipeline, pipe gen or coverage: "
        f"/apm why {about} coverage."
    )


def _without_day(words: Sequence[str]) -> tuple[Sequence[str], date | None]:
    """`on 2026-10-01` or `as of 2026-10-01` at the end."""
    folded = [word.casefold() for word in words]
    for start in (["as", "of"], ["as-of"], ["--as-of"], ["on"]):
        at = len(words) - 1 - len(start)
        if at >= 0 and folded[at:-1] == start:
            return words[:at], read_day(words[-1])
    return words, None


def read_day(word: str) -> date:
    """An ISO date. Raises `CommandNotUnderstood`."""
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise CommandNotUnderstood(f"“{word}” is not a date. Write it as 2026-10-01.") from error


def _without_cut(words: Sequence[str]) -> tuple[Sequence[str], Dimension | None]:
    """`by product` at the end."""
    if words and words[-1].casefold() == "by":
        raise CommandNotUnderstood("By what? For example: /apm region by product.")
    if len(words) >= 2 and words[-2].casefold() == "by":
        return words[:-2], read_dimension(words[-1])
    return words, None


def _dimension_or_none(word: str) -> Dimension | None:
    """A word that is no dimension is taken for a value."""
    try:
        return read_dimension(word)
    except UnknownName:
        return None


def _metric(words: str) -> Metric | None:
    wanted = _metric_words(words)
    exact = _METRIC_NAMES.get(wanted)
    if exact is not None or len(wanted) < 3:
        return exact
    beginning = {metric for name, metric in _METRIC_NAMES.items() if name.startswith(wanted)}
    return beginning.pop() if len(beginning) == 1 else None


def _metric_words(words: str) -> str:
    return " ".join(words.replace("_", " ").replace("-", " ").split()).casefold()


# --- /hygiene -------------------------------------------------------------------------------------


def read_hygiene_words(words: Sequence[str]) -> ShowHygiene | ShowHygieneOf:
    """What stands after `hygiene`: a view, else somebody's name."""
    if not words:
        return ShowHygiene()
    typed = " ".join(words)
    try:
        return ShowHygiene(HygieneScope(match_name(typed, list(HygieneScope), "view of hygiene")))
    except UnknownName:
        return ShowHygieneOf(typed)
