"""What measuring yields: sums per slice, and how they add up to rows (DOMAIN section 6)."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeVar

from pipeline.dimensions import RENEWAL
from pipeline.matrix import Basis, Dimension
from pipeline.money import SCALE


class SliceSums(NamedTuple):
    """Sums of all deals that share a slice, a currency, a rate and bases; ten-thousandths of the currency.

    Counts are of deals with a part in the slice; `*_firsts` only of those whose first part it is, so
    that a total counts each deal once.
    """

    slice_no: int
    currency: int
    rate_day: int
    """The day whose rate converts the sums; 0 where it does not matter."""
    state_basis: int
    slice_basis: int
    qualified_basis: int
    closed_won: int
    commit: int
    best_case: int
    open_pipeline: int
    pipe_gen: int
    open_next_1: int
    open_next_2: int
    open_next_3: int
    overdue: int
    closed_deals: int
    closed_firsts: int
    commit_deals: int
    commit_firsts: int
    open_deals: int
    open_firsts: int
    generated_deals: int
    generated_firsts: int

    @property
    def money(self) -> tuple[int, ...]:
        """The nine sums, `closed_won` to `overdue`."""
        return tuple(self)[6:15]

    @property
    def counts(self) -> tuple[int, ...]:
        """The eight counts."""
        return tuple(self)[15:]


KEYS = 6
"""So many leading fields of `SliceSums` say what is summed; the others are sums."""


def add_sums(rows: Iterable[SliceSums], further: Iterable[SliceSums], *, sign: int = 1) -> list[SliceSums]:
    """The rows with others added (`sign` 1) or taken away (-1); rows in which nothing is left are gone."""
    totals: dict[tuple[int, ...], list[int]] = {tuple(row[:KEYS]): list(row[KEYS:]) for row in rows}
    for row in further:
        known = totals.setdefault(tuple(row[:KEYS]), [0] * len(row[KEYS:]))
        for place, amount in enumerate(row[KEYS:]):
            known[place] += sign * amount
    return [SliceSums._make((*key, *sums)) for key, sums in totals.items() if any(sums)]


class SliceValues(NamedTuple):
    """A slice's value in every dimension."""

    region: str
    segment: str
    source: str
    product: str
    lever: str
    deal_type: str

    def of(self, dimension: Dimension) -> str:
        value: str = getattr(self, dimension.value)
        return value


@dataclass(frozen=True)
class Sums:
    """The sums of one row, exact, in the corporate currency."""

    closed_won: Fraction = Fraction(0)
    commit: Fraction = Fraction(0)
    best_case: Fraction = Fraction(0)
    """Open pipeline in the categories MostLikely and BestCase."""
    open_pipeline: Fraction = Fraction(0)
    pipe_gen: Fraction = Fraction(0)
    open_next: tuple[Fraction, Fraction, Fraction] = (Fraction(0), Fraction(0), Fraction(0))
    """Open pipeline of the next three quarters."""
    overdue: Fraction = Fraction(0)
    closed_deals: int = 0
    commit_deals: int = 0
    open_deals: int = 0
    generated_deals: int = 0
    closed_basis: Basis = Basis.EXACT
    open_basis: Basis = Basis.EXACT
    commit_basis: Basis = Basis.EXACT
    generated_basis: Basis = Basis.EXACT

    @property
    def forecast(self) -> Fraction:
        return self.closed_won + self.commit

    @property
    def forecast_best_case(self) -> Fraction:
        return self.forecast + self.best_case

    @property
    def is_nothing(self) -> bool:
        """No deal stands behind it, in this quarter or in one of the next three."""
        deals = (self.closed_deals, self.commit_deals, self.open_deals, self.generated_deals)
        return not (any(deals) or any(self.open_next))

    def plus(self, other: "Sums") -> "Sums":
        """Both together; the basis is the weaker one."""
        return Sums(
            closed_won=self.closed_won + other.closed_won,
            commit=self.commit + other.commit,
            best_case=self.best_case + other.best_case,
            open_pipeline=self.open_pipeline + other.open_pipeline,
            pipe_gen=self.pipe_gen + other.pipe_gen,
            open_next=(
                self.open_next[0] + other.open_next[0],
                self.open_next[1] + other.open_next[1],
                self.open_next[2] + other.open_next[2],
            ),
            overdue=self.overdue + other.overdue,
            closed_deals=self.closed_deals + other.closed_deals,
            commit_deals=self.commit_deals + other.commit_deals,
            open_deals=self.open_deals + other.open_deals,
            generated_deals=self.generated_deals + other.generated_deals,
            closed_basis=max(self.closed_basis, other.closed_basis),
            open_basis=max(self.open_basis, other.open_basis),
            commit_basis=max(self.commit_basis, other.commit_basis),
            generated_basis=max(self.generated_basis, other.generated_basis),
        )

    def without(self, other: "Sums") -> "Sums":
        """What is left without some of the deals."""
        return Sums(
            closed_won=self.closed_won - other.closed_won,
            commit=self.commit - other.commit,
            best_case=self.best_case - other.best_case,
            open_pipeline=self.open_pipeline - other.open_pipeline,
            pipe_gen=self.pipe_gen - other.pipe_gen,
        )


NOTHING = Sums()

UnitsOf = Callable[[int, int], Decimal | None]
"""Currency number and day -> units of it per corporate unit; `None` where there is no rate."""

Key = TypeVar("Key", bound=Hashable)


def is_renewal(values: SliceValues) -> bool:
    return values.deal_type == RENEWAL


def roll_up(
    rows: Iterable[SliceSums],
    slices: Mapping[int, SliceValues],
    units_of: UnitsOf,
    key_of: Callable[[SliceValues], Key | None],
    *,
    is_total: bool = False,
) -> dict[Key, Sums]:
    """Sums per key; a slice whose key is `None` is left out, and so is what has no rate.

    `is_total` counts each deal once and takes the basis of the state alone: a total needs no slice.
    """
    gathered: defaultdict[Key, _Gathered] = defaultdict(_Gathered)
    for row in rows:
        key = key_of(slices[row.slice_no])
        units = units_of(row.currency, row.rate_day)
        if key is not None and units is not None:
            gathered[key].add(row, units, is_total)
    return {key: sums.finish() for key, sums in gathered.items()}


class _Gathered:
    """Sums under way: integers per rate, divided once at the end, so that nothing is rounded between."""

    def __init__(self) -> None:
        self._by_units: dict[Decimal, list[int]] = {}
        self._counts = [0] * 4
        self._bases = [Basis.EXACT] * 4

    def add(self, row: SliceSums, units: Decimal, is_total: bool) -> None:
        money = row.money
        known = self._by_units.get(units)
        if known is None:
            self._by_units[units] = list(money)
        else:
            self._by_units[units] = [one + other for one, other in zip(known, money, strict=True)]
        counts = row.counts
        basis = row.state_basis if is_total else max(row.state_basis, row.slice_basis)
        for index in range(4):
            deals = counts[2 * index + 1] if is_total else counts[2 * index]
            self._counts[index] += deals
            if counts[2 * index]:
                self._bases[index] = Basis(max(self._bases[index], basis))
        if row.generated_deals:
            self._bases[3] = Basis(max(self._bases[3], row.qualified_basis))

    def finish(self) -> Sums:
        totals = [Fraction(0)] * 9
        for units, money in self._by_units.items():
            divisor = Fraction(units) * SCALE
            totals = [total + amount / divisor for total, amount in zip(totals, money, strict=True)]
        closed, commit, best, open_now, generated, *following, overdue = totals
        closed_deals, commit_deals, open_deals, generated_deals = self._counts
        closed_basis, commit_basis, open_basis, generated_basis = self._bases
        return Sums(
            closed_won=closed,
            commit=commit,
            best_case=best,
            open_pipeline=open_now,
            pipe_gen=generated,
            open_next=(following[0], following[1], following[2]),
            overdue=overdue,
            closed_deals=closed_deals,
            commit_deals=commit_deals,
            open_deals=open_deals,
            generated_deals=generated_deals,
            closed_basis=closed_basis,
            open_basis=open_basis,
            commit_basis=commit_basis,
            generated_basis=generated_basis,
        )
