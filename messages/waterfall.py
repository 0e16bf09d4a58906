"""The waterfall: how open pipeline went from one figure to another between two dates."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from messages.card import Align, Card, Column, Paragraph, RowKind, Table, TableRow, TextCell, text
from messages.wording import Wording
from pipeline.money import round_cents

Amount = Decimal | Fraction


class WaterfallFigures(Protocol):
    """The terms of `pipeline.waterfall.Waterfall`, exact or rounded to cents, in the corporate currency."""

    @property
    def start(self) -> Amount: ...
    @property
    def new(self) -> Amount: ...
    @property
    def pulled_in(self) -> Amount: ...
    @property
    def pushed_in(self) -> Amount: ...
    @property
    def increased(self) -> Amount: ...
    @property
    def decreased(self) -> Amount: ...
    @property
    def fx(self) -> Amount: ...
    @property
    def reclassified(self) -> Amount: ...
    @property
    def won(self) -> Amount: ...
    @property
    def lost(self) -> Amount: ...
    @property
    def pushed_out(self) -> Amount: ...
    @property
    def pulled_out(self) -> Amount: ...
    @property
    def removed(self) -> Amount: ...
    @property
    def end(self) -> Amount: ...
    @property
    def period_label(self) -> str: ...
    @property
    def from_date(self) -> date: ...
    @property
    def to_date(self) -> date: ...
    @property
    def currency(self) -> str: ...


def compose_waterfall(waterfall: WaterfallFigures, wording: Wording | None = None) -> Card:
    """A line per term, with its sign, from the start to the end."""
    wording = wording or Wording()
    first, last = wording.full_day(waterfall.from_date), wording.full_day(waterfall.to_date)
    title = f"Pipeline waterfall · {waterfall.period_label}"
    lines = tuple(
        _line(term, amount, kind, waterfall.currency, wording) for term, amount, kind in _terms(waterfall)
    )
    start, end = round_cents(waterfall.start), round_cents(waterfall.end)
    change = end - start
    summary = text(
        "Open pipeline for ",
        waterfall.period_label,
        " went from ",
        wording.money(start, waterfall.currency),
        " on ",
        first,
        " to ",
        wording.money(end, waterfall.currency),
        " on ",
        last,
        f" ({_signed(change, waterfall.currency, wording)}).",
    )
    columns = (Column("What happened"), Column("Amount", Align.RIGHT))
    return Card(
        key=f"waterfall:{waterfall.period_label}:{waterfall.from_date}:{waterfall.to_date}",
        title=title,
        blocks=(Paragraph(summary), Table(f"{first.words} to {last.words}", columns, lines)),
        fallback=f"{title}: {_signed(change, waterfall.currency, wording)} since {first.words}.",
    )


def _terms(waterfall: WaterfallFigures) -> Iterator[tuple[str, Decimal, RowKind]]:
    yield "Start", round_cents(waterfall.start), RowKind.TOTAL
    for term, amount in (
        ("New", waterfall.new),
        ("Pulled in from later", waterfall.pulled_in),
        ("Pushed in from earlier", waterfall.pushed_in),
        ("Increased", waterfall.increased),
        ("Decreased", -waterfall.decreased),
        ("Exchange rates", waterfall.fx),
        ("Reclassified", waterfall.reclassified),
        ("Won", -waterfall.won),
        ("Lost", -waterfall.lost),
        ("Pushed out to later", -waterfall.pushed_out),
        ("Pulled out to earlier", -waterfall.pulled_out),
        ("Removed", -waterfall.removed),
    ):
        yield term, round_cents(amount), RowKind.PLAIN
    yield "End", round_cents(waterfall.end), RowKind.TOTAL


def _line(term: str, amount: Decimal, kind: RowKind, currency: str, wording: Wording) -> TableRow:
    is_total = kind is RowKind.TOTAL
    words = wording.full_money(amount, currency) if is_total else _full_signed(amount, currency, wording)
    return TableRow((TextCell(text(term)), TextCell(text(words))), kind)


def _signed(amount: Decimal, currency: str, wording: Wording) -> str:
    return f"{'+' if amount > 0 else ''}{wording.short_money(amount, currency)}"


def _full_signed(amount: Decimal, currency: str, wording: Wording) -> str:
    return f"{'+' if amount > 0 else ''}{wording.full_money(amount, currency)}"
