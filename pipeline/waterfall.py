"""How a period's open pipeline came from one day's figure to another's (DOMAIN section 6, waterfall).

Only the two endpoints count. The terms always balance, exactly:

    start + new + pulled_in + pushed_in + increased - decreased + fx + reclassified
        - won - lost - pushed_out - pulled_out - removed = end

The waterfalls of a dimension's slices add up to the company's, term by term; `reclassified` to zero.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from pipeline.calendar import Period
from pipeline.money import convert, round_cents
from pipeline.records import Category, DealClass


@dataclass(frozen=True)
class Part:
    """How much of a deal's value lies in one slice of a dimension."""

    slice_value: str
    amount: int
    """Ten-thousandths of the deal's own currency."""


@dataclass(frozen=True)
class DealState:
    """One deal at the end of one day. A deal that did not exist, or was deleted, has no state."""

    deal_class: DealClass
    category: Category | None
    value: int | None
    """Ten-thousandths of its own currency; `None` where it is unknown."""
    currency: str | None
    """`None` is the corporate currency."""
    close_day: date | None
    parts: tuple[Part, ...] = ()
    """The value over the slices of the dimension that is asked for; they sum to the value."""


@dataclass(frozen=True)
class DealPair:
    """One deal at both endpoints."""

    opportunity_id: str
    start: DealState | None
    end: DealState | None


class RemovalReason(StrEnum):
    """Why a deal left the pipeline without being won, lost or moved to another period."""

    DELETED = "deleted"
    OMITTED = "omitted"
    DISQUALIFIED = "disqualified"
    """Open, but before the qualified stage again."""
    UNDATED = "undated"
    VALUE_UNKNOWN = "value_unknown"
    UNCONVERTED = "unconverted"


@dataclass(frozen=True)
class Removal:
    """One deal inside the term `removed`."""

    opportunity_id: str
    reason: RemovalReason
    amount: Fraction
    """At start value."""


class Term(StrEnum):
    """What can happen to a deal between the endpoints."""

    NEW = "new"
    PULLED_IN = "pulled_in"
    PUSHED_IN = "pushed_in"
    INCREASED = "increased"
    DECREASED = "decreased"
    FX = "fx"
    RECLASSIFIED = "reclassified"
    WON = "won"
    LOST = "lost"
    PUSHED_OUT = "pushed_out"
    PULLED_OUT = "pulled_out"
    REMOVED = "removed"

    @property
    def sign(self) -> int:
        """How the term enters the balance."""
        return -1 if self in _SUBTRACTED else 1


_SUBTRACTED = (Term.DECREASED, Term.WON, Term.LOST, Term.PUSHED_OUT, Term.PULLED_OUT, Term.REMOVED)

RateOf = Callable[[DealState, date], Decimal | None]
"""Units of a state's currency per corporate unit, seen from an endpoint's day; `None` without a rate.
It is asked only of states that have a close day."""


@dataclass(frozen=True)
class Waterfall:
    """The terms in the corporate currency. All count in the sense of their name; `fx` and
    `reclassified` are signed."""

    from_date: date
    to_date: date
    period_label: str
    currency: str
    start: Fraction
    new: Fraction
    """In no period's open pipeline at the start; at end value."""
    pulled_in: Fraction
    """From a later period; at end value."""
    pushed_in: Fraction
    """From an earlier period; at end value."""
    increased: Fraction
    """In the deal's own currency, at the start rate."""
    decreased: Fraction
    fx: Fraction
    """What of a change comes from the rates alone."""
    reclassified: Fraction
    """Moved between slices, at the start rate; zero without slices."""
    won: Fraction
    """At end value: its change of value is increased, decreased or fx."""
    lost: Fraction
    """At start value, like all exits that follow."""
    pushed_out: Fraction
    pulled_out: Fraction
    removed: Fraction
    end: Fraction
    removed_ids: tuple[Removal, ...]

    def term(self, term: Term) -> Fraction:
        amount: Fraction = getattr(self, term.value)
        return amount

    def rounded_to_cents(self) -> "Waterfall":
        """The same in whole cents, such that what is printed balances too.

        Start and end are rounded half up, the terms between them by largest remainder.
        """
        start, end = Fraction(round_cents(self.start)), Fraction(round_cents(self.end))
        signed = {term: term.sign * self.term(term) * 100 for term in Term}
        cents = _round_to_sum(signed, int((end - start) * 100))
        return _assemble(
            _Heading(self.from_date, self.to_date, self.period_label, self.currency),
            start=start,
            end=end,
            terms={term: Fraction(term.sign * cents[term], 100) for term in Term},
            removals=[replace(one, amount=Fraction(round_cents(one.amount))) for one in self.removed_ids],
        )


def bridge(
    pairs: Iterable[DealPair],
    *,
    period: Period,
    from_date: date,
    to_date: date,
    rate_of: RateOf,
    currency: str,
    slice_value: str | None = None,
) -> Waterfall:
    """The waterfall of a period's open pipeline between the ends of two days.

    With a slice value, states carry their `parts` and only what lies in that slice counts. Deals that were
    in the period's open pipeline at neither endpoint may be among the pairs; they change nothing.
    """
    scope = _Scope(period, from_date, rate_of, slice_value)
    start = end = Fraction(0)
    terms = dict.fromkeys(Term, Fraction(0))
    removals: list[Removal] = []
    for pair in pairs:
        before, after = scope.standing(pair.start, from_date), scope.standing(pair.end, to_date)
        if isinstance(before, _Here):
            start += before.spread.get(scope.wanted, 0)
        if isinstance(after, _Here):
            end += after.spread.get(scope.wanted, 0)
        for term, amount in _movements(before, after, scope):
            terms[term] += amount
        removal = _removal(pair.opportunity_id, before, after, scope.wanted)
        if removal is not None:
            removals.append(removal)
    heading = _Heading(from_date, to_date, period.label, currency)
    return _assemble(heading, start=start, end=end, terms=terms, removals=removals)


# --- Where a deal stands at an endpoint -------------------------------------------------------------

_WHOLE = ""
"""The one slice that everything lies in where no dimension is asked for."""

_Spread = Mapping[str, Fraction]
"""A deal's value in the corporate currency by slice."""


@dataclass(frozen=True)
class _Here:
    """In the period's open pipeline."""

    state: DealState
    units: Decimal
    spread: _Spread


@dataclass(frozen=True)
class _Elsewhere:
    """In the open pipeline of another period."""

    is_later: bool


@dataclass(frozen=True)
class _Won:
    state: DealState
    spread: _Spread


class _Lost:
    """Closed without a deal."""


@dataclass(frozen=True)
class _Gone:
    """In no open pipeline at all."""

    reason: RemovalReason


_Standing = _Here | _Elsewhere | _Won | _Lost | _Gone


@dataclass(frozen=True)
class _Scope:
    """What the waterfall is about."""

    period: Period
    from_date: date
    rate_of: RateOf
    slice_value: str | None

    @property
    def wanted(self) -> str:
        return _WHOLE if self.slice_value is None else self.slice_value

    def standing(self, state: DealState | None, day: date) -> _Standing:
        if state is None:
            return _Gone(RemovalReason.DELETED)
        if state.deal_class is DealClass.LOST:
            return _Lost()
        reason = _exclusion(state)
        units = self.rate_of(state, day) if reason is None else None
        if units is None:
            return _Gone(reason or RemovalReason.UNCONVERTED)
        if state.deal_class is DealClass.WON:
            return _Won(state, self.spread(state, units))
        if state.close_day is not None and not self.period.contains(state.close_day):
            return _Elsewhere(is_later=state.close_day > self.period.end)
        return _Here(state, units, self.spread(state, units))

    def spread(self, state: DealState, units: Decimal) -> _Spread:
        if self.slice_value is None:
            return {_WHOLE: convert(state.value or 0, units)}
        spread: dict[str, Fraction] = {}
        for part in state.parts:
            spread[part.slice_value] = spread.get(part.slice_value, Fraction(0)) + convert(part.amount, units)
        return spread

    def at_start_rate(self, before: _Here, after: _Here | _Won) -> _Spread:
        """The end's value at the start's rate. Where the deal's own currency has changed, at the rate that
        the new one had at the start; without such a rate there is no fx to tell apart."""
        if after.state.currency == before.state.currency:
            return self.spread(after.state, before.units)
        at_start = replace(before.state, currency=after.state.currency)
        units = self.rate_of(at_start, self.from_date)
        return after.spread if units is None else self.spread(after.state, units)


def _exclusion(state: DealState) -> RemovalReason | None:
    """Why a deal that is not lost counts in no period, whatever its rate."""
    if state.deal_class is DealClass.OPEN_UNQUALIFIED:
        return RemovalReason.DISQUALIFIED
    if state.deal_class is DealClass.OPEN_QUALIFIED and state.category is Category.OMITTED:
        return RemovalReason.OMITTED
    if state.close_day is None:
        return RemovalReason.UNDATED
    return RemovalReason.VALUE_UNKNOWN if state.value is None else None


# --- What happened to it ----------------------------------------------------------------------------


def _movements(before: _Standing, after: _Standing, scope: _Scope) -> Iterator[tuple[Term, Fraction]]:
    if isinstance(before, _Here):
        if isinstance(after, _Here | _Won):
            yield from _changes(before, after, scope)
        if not isinstance(after, _Here):
            yield _exit(before, after, scope.wanted)
    elif isinstance(after, _Here):
        yield _entry(before), after.spread.get(scope.wanted, Fraction(0))


def _entry(before: _Standing) -> Term:
    if not isinstance(before, _Elsewhere):
        return Term.NEW
    return Term.PULLED_IN if before.is_later else Term.PUSHED_IN


def _exit(before: _Here, after: _Elsewhere | _Won | _Lost | _Gone, wanted: str) -> tuple[Term, Fraction]:
    if isinstance(after, _Won):
        return Term.WON, after.spread.get(wanted, Fraction(0))
    at_start = before.spread.get(wanted, Fraction(0))
    match after:
        case _Lost():
            return Term.LOST, at_start
        case _Elsewhere():
            return (Term.PUSHED_OUT if after.is_later else Term.PULLED_OUT), at_start
        case _Gone():
            return Term.REMOVED, at_start


def _removal(opportunity_id: str, before: _Standing, after: _Standing, wanted: str) -> Removal | None:
    if isinstance(before, _Here) and isinstance(after, _Gone) and wanted in before.spread:
        return Removal(opportunity_id, after.reason, before.spread[wanted])
    return None


def _changes(before: _Here, after: _Here | _Won, scope: _Scope) -> Iterator[tuple[Term, Fraction]]:
    """What turns the start value into the end value inside the slice: move, then change, then fx."""
    none = Fraction(0)
    at_start_rate = scope.at_start_rate(before, after)
    start, end = before.spread.get(scope.wanted, none), at_start_rate.get(scope.wanted, none)
    moved = _moved(before.spread, at_start_rate, scope.wanted)
    change = end - start - moved
    yield Term.RECLASSIFIED, moved
    yield (Term.INCREASED if change > 0 else Term.DECREASED), abs(change)
    yield Term.FX, after.spread.get(scope.wanted, none) - end


def _moved(start: _Spread, end: _Spread, wanted: str) -> Fraction:
    """What came into a slice from the deal's other slices, negative for what left it.

    A deal that lies wholly in one slice moves with its start value, and changes in the new one. Of a deal
    with several parts only so much has moved as some parts lost and others gained: the smaller of both
    sums, in proportion; the rest is increase or decrease.
    """
    whole_before, whole_after = _only_slice(start), _only_slice(end)
    if whole_before is not None and whole_after is not None:
        leaves, arrives = whole_before == wanted, whole_after == wanted
        return start[whole_before] * (arrives - leaves)
    differences = {name: end.get(name, 0) - start.get(name, 0) for name in {*start, *end}}
    gained = sum((difference for difference in differences.values() if difference > 0), Fraction(0))
    lost = -sum((difference for difference in differences.values() if difference < 0), Fraction(0))
    difference = Fraction(differences.get(wanted, 0))
    if difference == 0:
        return difference
    return min(gained, lost) * difference / (gained if difference > 0 else lost)


def _only_slice(spread: _Spread) -> str | None:
    filled = [name for name, amount in spread.items() if amount]
    return filled[0] if len(filled) == 1 else None


# --- Putting it together ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Heading:
    from_date: date
    to_date: date
    period_label: str
    currency: str


def _assemble(
    heading: _Heading,
    *,
    start: Fraction,
    end: Fraction,
    terms: Mapping[Term, Fraction],
    removals: Iterable[Removal],
) -> Waterfall:
    return Waterfall(
        from_date=heading.from_date,
        to_date=heading.to_date,
        period_label=heading.period_label,
        currency=heading.currency,
        start=start,
        new=terms[Term.NEW],
        pulled_in=terms[Term.PULLED_IN],
        pushed_in=terms[Term.PUSHED_IN],
        increased=terms[Term.INCREASED],
        decreased=terms[Term.DECREASED],
        fx=terms[Term.FX],
        reclassified=terms[Term.RECLASSIFIED],
        won=terms[Term.WON],
        lost=terms[Term.LOST],
        pushed_out=terms[Term.PUSHED_OUT],
        pulled_out=terms[Term.PULLED_OUT],
        removed=terms[Term.REMOVED],
        end=end,
        removed_ids=tuple(removals),
    )


def _round_to_sum(cents: Mapping[Term, Fraction], total: int) -> Mapping[Term, int]:
    """Whole numbers that sum to the total, none further than one from its own: the largest remainders
    are rounded up, of equal ones that of the largest amount."""
    rounded = {term: floor(amount) for term, amount in cents.items()}
    by_remainder = sorted(cents, key=lambda term: (rounded[term] - cents[term], -abs(cents[term])))
    for term in by_remainder[: total - sum(rounded.values())]:
        rounded[term] += 1
    return rounded
