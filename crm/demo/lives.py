"""How a deal lives: stages, close dates, values and categories over time, drawn backwards from its end."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from crm.demo.company import (
    DISCOVERY,
    NEGOTIATION,
    PROPOSAL,
    PROSPECTING,
    QUALIFICATION,
    STAGES,
    WON,
    Segment,
)
from crm.demo.deals import Step
from pipeline.records import Category

_SATURDAY = 5
_LONGEST_CYCLE = 470


def is_weekend(day: int) -> bool:
    return (day - 1) % 7 >= _SATURDAY  # ordinal 1 is a Monday


def workday_before(day: int) -> int:
    """The day itself, or the Friday before a weekend."""
    return day - max((day - 1) % 7 - _SATURDAY + 1, 0)


def draw_workday(rng: Random, first: int, last: int) -> int:
    """A day of the range, most of the time not on a weekend; the range has one day at least."""
    day = rng.randint(first, last)
    if is_weekend(day) and rng.random() < 0.93:
        day = workday_before(day)
    return max(day, first)


def draw_cycle(rng: Random, segment: Segment, longer_than: int = 0) -> int:
    """Days from creation to close. A deal that still has days to go is one of the longer ones."""
    for _ in range(8):
        days = round(segment.typical_cycle * math.exp(rng.gauss(0.0, 0.45)))
        if days > longer_than:
            return min(max(days, 9), max(_LONGEST_CYCLE, longer_than + 1))
    return round(longer_than * rng.uniform(1.1, 1.4)) + 1


@dataclass(frozen=True)
class OpenDeal:
    """How an open deal stands today."""

    stage: int
    category: Category
    close_day: int
    value: int
    age: int
    pushes: int = 0
    committed_on: int | None = None
    """The day of its step to its category; drawn where it is not given."""


Timeline = Sequence[tuple[int, int]]
"""Day and the value from then on, in order."""


def closed_life(rng: Random, segment: Segment, close_day: int, value: int, end: int) -> list[Step]:
    """A deal that ended `WON` or `LOST` on a day."""
    created = workday_before(close_day - draw_cycle(rng, segment))
    reached = NEGOTIATION if end == WON else _last_stage_of_lost(rng)
    stages = [*_stage_entries(rng, created, close_day, reached), (close_day, end)]
    if end == WON:
        expected = close_day + round(rng.gauss(0, 9))
    else:
        expected = close_day + min(round(rng.expovariate(1 / 26)), 200)
    expected = max(expected, created + 3)
    pushes = rng.choices((0, 1, 2, 3), weights=(50, 30, 14, 6))[0]
    closes = _close_dates(rng, created, close_day - 1, expected, pushes)
    if closes[-1][1] != close_day:
        closes = [*closes, (close_day, close_day)]
    categories = _categories(rng, stages, may_commit=end == WON)
    return _merge(created, stages, closes, _values(rng, stages, value), categories)


def open_life(rng: Random, state: OpenDeal, today: int) -> list[Step]:
    """A deal that is open at the end of yesterday and stands as described."""
    created = workday_before(today - max(state.age, 1))
    last_day = today - 1
    entered = _entry_of_current_stage(rng, created, state.committed_on or last_day, state.stage)
    stages = _stage_entries(rng, created, entered, state.stage - 1)
    if state.stage > stages[-1][1]:
        stages = [*stages, (max(entered, stages[-1][0]), state.stage)]
    closes = _close_dates(rng, created, last_day, state.close_day, state.pushes)
    categories = [entry for entry in _categories(rng, stages, may_commit=False) if entry[0] < entered]
    lowest = stages[-1][0]
    if state.committed_on is not None:
        stepped_on = max(state.committed_on, created)
        categories.append((lowest, Category.BEST_CASE))
    else:
        stepped_on = draw_workday(rng, lowest, max(lowest, last_day))
        categories.append((lowest, STAGES[state.stage][1]))
    categories.append((stepped_on, state.category))
    return _merge(created, stages, closes, _values(rng, stages, state.value), categories)


def moved(life: Sequence[Step], day: int, close_day: int) -> list[Step]:
    """The same life with its close date moved on a day not before its last step."""
    last = life[-1]
    kept = list(life if last.day < day else life[:-1])
    return [*kept, last._replace(day=max(day, last.day), close_day=close_day)]


def _last_stage_of_lost(rng: Random) -> int:
    stages = (PROSPECTING, QUALIFICATION, DISCOVERY, PROPOSAL, NEGOTIATION)
    return rng.choices(stages, weights=(10, 26, 28, 25, 11))[0]


def _entry_of_current_stage(rng: Random, created: int, last_day: int, stage: int) -> int:
    """Some weeks ago at most; what is only qualified has been so for most of its life."""
    age = max(last_day - created, 0)
    if stage == QUALIFICATION:
        in_stage = min(round(age * rng.uniform(0.35, 0.95)), 34)
    else:
        in_stage = min(round(rng.expovariate(1 / 12)) + 2, age // 2, 75)
    return max(workday_before(last_day - in_stage), created)


def _stage_entries(rng: Random, created: int, before: int, reached: int) -> list[tuple[int, int]]:
    """Entries into the stages up to the one reached, all on days from `created` up to `before`."""
    first = QUALIFICATION if reached >= QUALIFICATION and rng.random() < 0.3 else PROSPECTING
    entries = [(created, first)]
    length = before - created
    for stage in range(first + 1, reached + 1):
        if stage == DISCOVERY and rng.random() < 0.06:
            continue  # some deals skip a step
        portion = (stage - 0.4 + rng.uniform(-0.3, 0.3)) / (reached + 1)
        day = created + int(length * min(max(portion, 0.02), 0.97))
        day = max(workday_before(day), entries[-1][0])
        entries.append((day, stage))
    return entries


def _close_dates(rng: Random, created: int, last_day: int, final: int, pushes: int) -> list[tuple[int, int]]:
    """What people expected: `final` in the end, before it `pushes` earlier dates, each moved when near."""
    dates = [(created, final)]
    latest = last_day
    for _ in range(pushes):
        pushed_on, later = dates[0]
        earlier = later - rng.randint(18, 52)
        first_possible = created + 4
        if earlier <= created + 5 or first_possible >= latest:
            break
        pushed_on = min(max(earlier + rng.randint(-7, 3), first_possible), latest)
        pushed_on = max(workday_before(pushed_on), first_possible)
        dates[0] = (pushed_on, later)
        dates.insert(0, (created, earlier))
        latest = pushed_on - 2
    return dates


def _values(rng: Random, stages: Timeline, final: int) -> list[tuple[int, int]]:
    """Half of the deals change their value once, when an offer is written or when they qualify."""
    created = stages[0][0]
    if rng.random() < 0.5 or len(stages) < 2:
        return [(created, final)]
    changed_on = next((day for day, stage in stages if stage >= PROPOSAL), stages[-1][0])
    if changed_on == created:
        return [(created, final)]
    before = round_value(final * rng.uniform(0.7, 1.3))
    return [(created, before), (changed_on, final)]


def round_value(value: float) -> int:
    """To hundreds below 50 000, to five hundreds above, as people write offers."""
    step = 100 if value < 50_000 else 500
    return max(round(value / step), 1) * step


def _categories(rng: Random, stages: Timeline, *, may_commit: bool) -> list[tuple[int, int]]:
    """The category that each stage brings; a deal that will be won is committed to on the way."""
    categories: list[tuple[int, int]] = []
    for position, (day, stage) in enumerate(stages):
        category = STAGES[stage][1]
        if stage == DISCOVERY and rng.random() < 0.3:
            category = Category.BEST_CASE
        categories.append((day, category))
        if stage == NEGOTIATION and may_commit:
            until = stages[position + 1][0] if position + 1 < len(stages) else day
            categories.append((day + int((until - day) * rng.uniform(0, 0.4)), Category.COMMIT))
    return categories


def _merge(
    created: int, stages: Timeline, closes: Timeline, values: Timeline, categories: Timeline
) -> list[Step]:
    """One step for every day on which something changed."""
    days = sorted({day for line in (stages, closes, values, categories) for day, _ in line})
    steps: list[Step] = []
    cursor = _Cursor([stages, categories, closes, values])
    for day in days:
        stage, category, close_day, value = cursor.advance(day)
        step = Step(max(day, created), stage, Category(category), close_day, value)
        if not steps or step[1:] != steps[-1][1:]:
            steps.append(step)
    return steps


class _Cursor:
    """Reads several timelines side by side."""

    def __init__(self, lines: Iterable[Timeline]) -> None:
        self._lines = [list(line) for line in lines]
        self._places = [0] * len(self._lines)

    def advance(self, day: int) -> list[int]:
        values = []
        for index, line in enumerate(self._lines):
            place = self._places[index]
            while place + 1 < len(line) and line[place + 1][0] <= day:
                place += 1
            self._places[index] = place
            values.append(line[place][1])
        return values
