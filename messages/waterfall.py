"""The waterfall: how open pipeline went from one figure to another between two dates."""

from datetime import date
from decimal import Decimal
from typing import Protocol

from messages.card import Align, Card, Column, Paragraph, RowKind, Table, TableRow, TextCell, text
from messages.wording import Wording


class WaterfallFigures(Protocol):
    """The terms of a waterfall (DOMAIN section 6), in the corporate currency."""

    @property
    def start(self) -> Decimal: ...
    @property
    def new(self) -> Decimal: ...
    @property
    def pulled_in(self) -> Decimal: ...
    @property
    def pushed_in(self) -> Decimal: ...
    @property
    def increased(self) -> Decimal: ...
    @property
    def decreased(self) -> Decimal: ...
    @property
    def fx(self) -> Decimal: ...
    @property
    def reclassified(self) -> Decimal: ...
    @property
    def won(self) -> Decimal: ...
    @property
    def lost(self) -> Decimal: ...
    @property
    def pushed_out(self) -> Decimal: ...
    @property
    def pulled_out(self) -> Decimal: ...
    @property
    def removed(self) -> Decimal: ...
    @property
    def end(self) -> Decimal: ...
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
    change = waterfall.end - waterfall.start
    summary = text(
        "Open pipeline for ",
        waterfall.period_label,
        " went from ",
        wording.money(waterfall.start, waterfall.currency),
        " on ",
        first,
        " to ",
        wording.money(waterfall.end, waterfall.currency),
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


def _terms(waterfall: WaterfallFigures) -> tuple[tuple[str, Decimal, RowKind], ...]:
    return (
        ("Start", waterfall.start, RowKind.TOTAL),
        ("New", waterfall.new, RowKind.PLAIN),
        ("Pulled in from later", waterfall.pulled_in, RowKind.PLAIN),
        ("Pushed in from earlier", waterfall.pushed_in, RowKind.PLAIN),
        ("Increased", waterfall.increased, RowKind.PLAIN),
        ("Decreased", -waterfall.decreased, RowKind.PLAIN),
        ("Exchange rates", waterfall.fx, RowKind.PLAIN),
        ("Reclassified", waterfall.reclassified, RowKind.PLAIN),
        ("Won", -waterfall.won, RowKind.PLAIN),
        ("Lost", -waterfall.lost, RowKind.PLAIN),
        ("Pushed out to later", -waterfall.pushed_out, RowKind.PLAIN),
        ("Pulled out to earlier", -waterfall.pulled_out, RowKind.PLAIN),
        ("Removed", -waterfall.removed, RowKind.PLAIN),
        ("End", waterfall.end, RowKind.TOTAL),
    )


def _line(term: str, amount: Decimal, kind: RowKind, currency: str, wording: Wording) -> TableRow:
    is_total = kind is RowKind.TOTAL
    words = wording.full_money(amount, currency) if is_total else _full_signed(amount, currency, wording)
    return TableRow((TextCell(text(term)), TextCell(text(words))), kind)


def _signed(amount: Decimal, currency: str, wording: Wording) -> str:
    return f"{'+' if amount > 0 else ''}{wording.short_money(amount, currency)}"


def _full_signed(amount: Decimal, currency: str, wording: Wording) -> str:
    return f"{'+' if amount > 0 else ''}{wording.full_money(amount, currency)}"
