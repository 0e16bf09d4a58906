"""Versions: what an opportunity was, day by day, built from everything that is known of it.

DOMAIN section 3. Three kinds of evidence make one stream of events in time order:

- our own pulls (`Observation`): the whole tracked state at a moment, exact from then on;
- `OpportunityHistory`: stage, amount, close date and category *after* a change;
- `OpportunityFieldHistory`: one field's old and new value.

Before the first event that speaks of a field, the field has its earliest known value: a field
change's old value, else the value that the first event gives it. What no event before the first
observation names is carried back from that observation.

This runs over every change of every deal, so a state is a plain list with known places
(`STAGE` … `CURRENCY`, then the fields that dimensions read) rather than an object.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import NamedTuple

from pipeline.matrix import Basis
from pipeline.records import Category, DealClass, Stage

FOREVER = 2**31 - 1
"""`valid_to` of a version that still holds."""

STAGE, AMOUNT, CUSTOM_VALUE, CLOSE_DAY, CATEGORY, OWNER, CURRENCY = range(7)
"""Places in a state: stage name, scaled Amount and value field, day, category, owner id, ISO code."""
DIMENSION_FIELDS = 7
"""From here on: the values of the fields that dimensions read, in the order of the configuration."""

StateValue = str | int | None
State = list[StateValue]
Updates = tuple[tuple[int, StateValue], ...]
"""Place in the state and the value there."""


class Change(NamedTuple):
    """Something the CRM's history says: values after a moment and, where known, before it."""

    at: int
    after: Updates
    before: Updates = ()


class Observation(NamedTuple):
    """Something our own pull saw: the whole state, or `None` for a deal deleted in the CRM."""

    at: int
    state: State | None


class Part(NamedTuple):
    """A share of a deal's value that sits in one slice."""

    slice: int
    value: int | None


class Version(NamedTuple):
    """What an opportunity was from `valid_from` (inclusive) to `valid_to` (exclusive)."""

    valid_from: int
    valid_to: int
    deal_class: DealClass
    category: Category
    stage: int
    value: int | None
    """The configured value field, Amount where that is empty; scaled, in `currency`."""
    currency: str | None
    close_day: int | None
    owner: str | None
    parts: tuple[Part, ...]
    observed_from: int
    """The state is exact from this day on."""
    state_basis: Basis
    """Basis of the state before `observed_from`."""
    slice_basis: Basis
    """Basis of the slice before `observed_from`; of a won deal's slice always."""
    stage_since: int | None
    category_since: int | None
    pushes: int
    """Moves of the close date to a later month since the deal qualified."""


@dataclass(frozen=True)
class Deal:
    """Everything known of one opportunity."""

    created_at: int | None
    changes: Sequence[Change]
    """In time order."""
    observations: Sequence[Observation]
    """In time order; the first has a state, the last is the current record."""
    place: Callable[[State, int | None], tuple[Part, ...]]
    """State and value -> the deal's parts."""


@dataclass(frozen=True)
class VersionRules:
    """What all deals of a company share."""

    day_of: Callable[[int], int]
    """Moment -> day in the organisation's time zone."""
    stages: Mapping[str, Stage]
    qualified_order: int
    assumed_open_stage: str
    has_history: bool
    """The CRM gave us OpportunityHistory: a deal without rows there never changed."""
    value_is_custom: bool
    """A value field other than Amount is configured."""
    tracked: frozenset[int]
    """Places that OpportunityFieldHistory follows, so that no row there means no change."""
    state_size: int

    @cached_property
    def standings(self) -> Mapping[StateValue, "_Standing"]:
        """What each stage, by name, makes of a deal."""
        return {
            stage.name: _Standing(
                stage.number,
                classify(stage, self.qualified_order),
                stage.is_closed,
                Category.CLOSED if stage.is_closed else stage.category,
            )
            for stage in self.stages.values()
        }

    @cached_property
    def slice_is_tracked(self) -> bool:
        """Every field that the dimensions read has a history of its own."""
        return self.tracked.issuperset([OWNER, *range(DIMENSION_FIELDS, self.state_size)])


class _Standing(NamedTuple):
    stage: int
    deal_class: DealClass
    is_closed: bool
    category: Category
    """Of a deal that does not say one of its own; of a closed deal always."""


class _Moment(NamedTuple):
    day: int
    state: State | None
    is_observed: bool
    is_assumed: bool


class Entry(NamedTuple):
    """The first entry into the qualified stage or later."""

    day: int
    basis: Basis


class Life(NamedTuple):
    """All versions of a deal in time order, and when it first qualified."""

    versions: list[Version]
    entry: Entry | None


def build_life(deal: Deal, rules: VersionRules) -> Life:
    """The versions of a deal do not overlap, and at most one begins per day.

    A deal whose creation nobody knows begins at its first evidence: a change, its close date where it
    is closed, or our first pull. A closed deal of an export without history was open in the assumed
    stage from its creation to its close date.
    """
    moments = _moments(deal, rules)
    return Life(_versions_of(_last_of_each_day(moments), deal, rules), _first_entry(moments, rules))


def _first_entry(moments: Sequence[_Moment], rules: VersionRules) -> Entry | None:
    """A deal that qualified and was lost on one day entered, though no day ended so."""
    reached = 0
    for index, moment in enumerate(moments):
        reached = max(reached, moment.day)
        state = moment.state
        if state is not None and rules.standings[state[STAGE]].deal_class in _QUALIFIED:
            if any(later.is_observed for later in moments[index:] if later.day <= reached):
                return Entry(reached, Basis.EXACT)
            return Entry(reached, Basis.APPROXIMATE if moment.is_assumed else Basis.RECONSTRUCTED)
    return None


def is_qualified(stage: Stage, qualified_order: int) -> bool:
    """Whether a stage is at or past the gate. Closed Won is, Closed Lost is not."""
    return stage.is_won or (not stage.is_closed and stage.order >= qualified_order)


def classify(stage: Stage, qualified_order: int) -> DealClass:
    """What a deal in this stage is."""
    if stage.is_won:
        return DealClass.WON
    if stage.is_closed:
        return DealClass.LOST
    return DealClass.OPEN_QUALIFIED if stage.order >= qualified_order else DealClass.OPEN_UNQUALIFIED


def value_of(state: State) -> int | None:
    """The configured value field; Amount where it is empty, not where it is 0."""
    custom = state[CUSTOM_VALUE]
    return _number(state[AMOUNT] if custom is None else custom)


def _moments(deal: Deal, rules: VersionRules) -> list[_Moment]:
    """The deal's states in time order, from its creation to the last observation."""
    state = _earliest_state(deal)
    created_day = None if deal.created_at is None else rules.day_of(deal.created_at)
    closing = _assumed_closing(state, created_day, deal, rules)
    is_assumed = closing is not None or not (rules.has_history or _has_stage_history(deal))
    if closing is not None:
        state = _in_stage(state, rules.assumed_open_stage, None)
    moments = [] if created_day is None else [_Moment(created_day, state, False, is_assumed)]
    events: list[Change | Observation] = [*deal.changes, *deal.observations]
    events.sort(key=_MOMENT_OF)
    day_of = rules.day_of
    for event in events:
        day = day_of(event.at)
        if closing is not None and day >= closing.day:
            state = _in_stage(state, closing.stage, closing.category)
            moments.append(_Moment(closing.day, state, False, True))
            closing = None
        if isinstance(event, Change):
            state = state.copy()
            for place, value in event.after:
                state[place] = value
            moments.append(_Moment(day, state, False, is_assumed))
        else:
            is_assumed = False
            if event.state is not None:
                state = event.state
            moments.append(_Moment(day, event.state, True, False))
    return moments


_MOMENT_OF = itemgetter(0)
"""When an event was."""


def _earliest_state(deal: Deal) -> State:
    first = deal.observations[0]
    if first.state is None:
        raise ValueError("the first observation of a deal has a state; only a later one can be a deletion")
    state = first.state.copy()
    for change in reversed(deal.changes):
        if change.at <= first.at:
            for place, value in change.after:
                state[place] = value
            for place, value in change.before:
                state[place] = value
    return state


class _Closing(NamedTuple):
    """When a deal without a history of its stages is taken to have closed, and as what."""

    day: int
    stage: StateValue
    category: StateValue


def _assumed_closing(
    state: State, created_day: int | None, deal: Deal, rules: VersionRules
) -> _Closing | None:
    """On its close date, and by the first time that we saw it closed; it was open before."""
    close_day = state[CLOSE_DAY]
    if _has_stage_history(deal) or not rules.standings[state[STAGE]].is_closed:
        return None
    if not isinstance(close_day, int) or close_day <= (created_day or 0):
        return None
    first_seen = rules.day_of(deal.observations[0].at)
    return _Closing(min(close_day, first_seen), state[STAGE], state[CATEGORY])


def _has_stage_history(deal: Deal) -> bool:
    return any(place == STAGE for change in deal.changes for place, _ in change.after)


def _in_stage(state: State, stage: StateValue, category: StateValue) -> State:
    moved = state.copy()
    moved[STAGE], moved[CATEGORY] = stage, category
    return moved


def _last_of_each_day(moments: Sequence[_Moment]) -> list[_Moment]:
    """The state at the end of a day counts; an event dated before its forerunner joins its day."""
    latest: list[_Moment] = []
    for moment in moments:
        if latest and moment.day <= latest[-1].day:
            latest[-1] = moment._replace(day=latest[-1].day)
        else:
            latest.append(moment)
    return latest


def _versions_of(moments: Sequence[_Moment], deal: Deal, rules: VersionRules) -> list[Version]:
    versions: list[Version] = []
    previous: State | None = None
    seen_before = False
    has_qualified = False
    for moment in moments:
        state = moment.state
        if state is None:
            _end(versions, moment.day)
            previous = None
            continue
        last = versions[-1] if previous is not None else None
        if last is not None and previous is not None and last.deal_class is DealClass.WON:
            state = _keep_dimensions_of_win(state, previous, rules)
        if last is not None and state == previous:
            if moment.is_observed and last.observed_from > moment.day:
                versions[-1] = last._replace(observed_from=moment.day)
        else:
            version = _version(moment, state, last, deal, rules, seen_before, has_qualified)
            _end(versions, moment.day)
            versions.append(version)
            previous = state
            has_qualified = has_qualified or version.deal_class in _QUALIFIED
        seen_before = seen_before or moment.is_observed
    return versions


_QUALIFIED = frozenset({DealClass.OPEN_QUALIFIED, DealClass.WON})


def _version(
    moment: _Moment,
    state: State,
    last: Version | None,
    deal: Deal,
    rules: VersionRules,
    seen_before: bool,
    has_qualified: bool,
) -> Version:
    """The version that begins with a state; `last` is the one it follows without a gap."""
    stage, deal_class, is_closed, category = rules.standings[state[STAGE]]
    if not is_closed and state[CATEGORY] is not None:
        category = _CATEGORIES[state[CATEGORY]]
    value = value_of(state)
    close_day = _number(state[CLOSE_DAY])
    knows_age = not moment.is_assumed and (rules.has_history or last is not None)
    since = moment.day if knows_age else None
    stays_won = last is not None and last.deal_class is deal_class is DealClass.WON
    return Version(  # by position: names would double the cost of what happens to every change of every deal
        moment.day,
        FOREVER,
        deal_class,
        category,
        stage,
        value,
        _text(state[CURRENCY]),
        close_day,
        _text(state[OWNER]),
        deal.place(state, value),
        moment.day if moment.is_observed else FOREVER,
        _state_basis(moment, state, rules, seen_before),
        last.slice_basis if last and stays_won else _slice_basis(moment, rules, seen_before),
        since if last is None or last.stage != stage else last.stage_since,
        since if last is None or last.category is not category else last.category_since,
        _pushes(last, close_day) if has_qualified else 0,
    )


_CATEGORIES: Mapping[StateValue, Category] = {int(category): category for category in Category}


def _end(versions: list[Version], day: int) -> None:
    """End the last version on a day; one that began on that very day never was."""
    if not versions or versions[-1].valid_to != FOREVER:
        return
    if versions[-1].valid_from >= day:
        versions.pop()
    else:
        last = versions[-1]
        versions[-1] = Version(last[0], day, *last[2:])


def _keep_dimensions_of_win(state: State, previous: State, rules: VersionRules) -> State:
    """A won deal keeps the owner and the dimensions it had when it was won."""
    if rules.standings[state[STAGE]].deal_class is not DealClass.WON:
        return state
    kept = state.copy()
    kept[OWNER] = previous[OWNER]
    kept[DIMENSION_FIELDS:] = previous[DIMENSION_FIELDS:]
    return kept


def _state_basis(moment: _Moment, state: State, rules: VersionRules, seen_before: bool) -> Basis:
    """Basis before the state was observed: history, or something that history lacks."""
    if moment.is_assumed:
        return Basis.APPROXIMATE
    needs_custom_value = rules.value_is_custom and state[CUSTOM_VALUE] is not None
    if needs_custom_value and not seen_before and CUSTOM_VALUE not in rules.tracked:
        return Basis.APPROXIMATE
    return Basis.RECONSTRUCTED


def _slice_basis(moment: _Moment, rules: VersionRules, seen_before: bool) -> Basis:
    """Basis of the dimensions: history has none, unless all their fields are tracked one by one."""
    if seen_before:
        return Basis.EXACT
    if moment.is_assumed or not rules.slice_is_tracked:
        return Basis.APPROXIMATE
    return Basis.RECONSTRUCTED


def _pushes(last: Version | None, close_day: int | None) -> int:
    if last is None:
        return 0
    if last.close_day is None or close_day is None:
        return last.pushes
    return last.pushes + (_month_of(close_day) > _month_of(last.close_day))


@lru_cache(maxsize=65536)
def _month_of(day: int) -> int:
    when = date.fromordinal(day)
    return when.year * 12 + when.month


def _text(value: StateValue) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: StateValue) -> int | None:
    return value if isinstance(value, int) else None
