"""Matrices that the messages are tried on: every colour, a pair, a week before, and many rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.matrix import (
    Basis,
    Caveats,
    Cell,
    Dimension,
    Matrix,
    Metric,
    PeriodStamp,
    Row,
    Status,
    TargetState,
    Trusted,
    Unconverted,
)

AS_OF = date(2026, 11, 23)


def cell(
    metric: Metric,
    figure: str | None,
    status: Status,
    *,
    yoy: str | None = "1/10",
    gap: str | None = "0",
    target: str | None = "4000000",
    trusted: Status | None = None,
    basis: Basis = Basis.EXACT,
    derived: bool = False,
    required: str | None = None,
    why: str = "",
    deals: int = 12,
) -> Cell:
    """A cell; `trusted` is the colour without stale deals where it differs."""
    is_ratio = metric is Metric.COVERAGE
    value = None if figure is None else Fraction(figure) if is_ratio else Decimal(figure)
    kept = None if value is None else value * 3 / 4 if isinstance(value, Decimal) else value * Fraction(3, 4)
    change = None if yoy is None else Fraction(yoy)
    prior: Decimal | Fraction | None = None
    if value is not None and change is not None:
        prior = (
            value / (1 + change)
            if isinstance(value, Fraction)
            else value / (1 + Decimal(change.numerator) / Decimal(change.denominator))
        )
    return Cell(
        metric=metric,
        figure=value,
        prior=prior,
        yoy=change,
        status=status,
        measure=value,
        required=None if required is None else Fraction(required),
        gap=None if gap is None else Decimal(gap),
        target=None if target is None else Decimal(target),
        target_derived=derived,
        trusted=Trusted(kept, trusted or status, trusted is not None),
        basis=basis,
        why=why or f"{metric.value.replace('_', ' ')} is {status.value} by the numbers of the day.",
        deals=deals,
    )


def row(value: str, status: Status, cells: Mapping[Metric, Cell], **changes: object) -> Row:
    """A row with a target of $4M of which a quarter is won, unless `changes` says otherwise."""
    fields: dict[str, object] = {
        "value": value,
        "status": status,
        "state": TargetState.OPEN,
        "target": Decimal(4_000_000),
        "remaining": Decimal(3_000_000),
        "attainment": Fraction(1, 4),
        "cells": cells,
        "forecast_best_case": Decimal(3_400_000),
        "open_pipeline_rolling_4q": {
            "FY27 Q4": Decimal(6_600_000),
            "FY28 Q1": Decimal(3_100_000),
            "FY28 Q2": Decimal(900_000),
            "FY28 Q3": Decimal(120_000),
        },
        "coverage_next": Fraction(7, 5),
        "prior_full_quarter": {Metric.CLOSED_WON: Decimal(3_600_000), Metric.PIPE_GEN: Decimal(5_100_000)},
        "why": f"{value} is {status.value}: forecast and coverage decide.",
        "rows": (),
        **changes,
    }
    return Row(**fields)  # type: ignore[arg-type]


def _emea() -> Row:
    return row(
        "EMEA",
        Status.RED,
        {
            Metric.FORECAST: cell(
                Metric.FORECAST,
                "1950000",
                Status.RED,
                yoy="-18/100",
                gap="850000",
                why="Forecast is $1.95M of the $2.8M that is due by today (70%); $850K more turns it green.",
            ),
            Metric.CLOSED_WON: cell(
                Metric.CLOSED_WON, "1000000", Status.YELLOW, yoy="-5/100", gap="120000", required="28/100"
            ),
            Metric.OPEN_PIPELINE: cell(
                Metric.OPEN_PIPELINE, "5400000", Status.RED, yoy="-31/100", gap="1240000"
            ),
            Metric.PIPE_GEN: cell(
                Metric.PIPE_GEN, "1310000", Status.YELLOW, yoy="4/100", gap="90000", derived=True
            ),
            Metric.COVERAGE: cell(
                Metric.COVERAGE,
                "18/10",
                Status.RED,
                yoy="-27/100",
                gap="1200000",
                why="Coverage is 1.8× of the 2.2× needed on day 23; $1.2M of pipeline turns it green.",
            ),
        },
    )


def _amer() -> Row:
    return row(
        "AMER",
        Status.GREEN,
        {
            Metric.FORECAST: cell(Metric.FORECAST, "5120000", Status.GREEN, yoy="22/100"),
            Metric.CLOSED_WON: cell(
                Metric.CLOSED_WON, "2140000", Status.GREEN, yoy="9/100", required="28/100"
            ),
            Metric.OPEN_PIPELINE: cell(Metric.OPEN_PIPELINE, "12300000", Status.GREEN, yoy="15/100"),
            Metric.PIPE_GEN: cell(Metric.PIPE_GEN, "2900000", Status.GREEN, yoy="11"),
            Metric.COVERAGE: cell(Metric.COVERAGE, "31/10", Status.GREEN, yoy="3/100", trusted=Status.RED),
        },
        target=Decimal(6_000_000),
        attainment=Fraction(214, 600),
    )


def _apac() -> Row:
    return row(
        "APAC & Japan",
        Status.YELLOW,
        {
            Metric.FORECAST: cell(Metric.FORECAST, "1480000", Status.YELLOW, yoy="0", gap="140000"),
            Metric.CLOSED_WON: cell(
                Metric.CLOSED_WON,
                "512000",
                Status.GREEN,
                yoy="64/100",
                basis=Basis.APPROXIMATE,
                required="28/100",
            ),
            Metric.OPEN_PIPELINE: cell(
                Metric.OPEN_PIPELINE, "3980000", Status.GREEN, yoy="8/100", basis=Basis.APPROXIMATE
            ),
            Metric.PIPE_GEN: cell(Metric.PIPE_GEN, "610000", Status.YELLOW, yoy=None, gap="52000"),
            Metric.COVERAGE: cell(Metric.COVERAGE, "21/10", Status.YELLOW, yoy="-2/100", gap="310000"),
        },
        target=Decimal(2_000_000),
    )


def _unassigned() -> Row:
    return row(
        "(Unassigned)",
        Status.GREY,
        {
            metric: cell(
                metric,
                None if metric is Metric.COVERAGE else "212000",
                Status.GREY,
                yoy=None,
                gap=None,
                target=None,
            )
            for metric in Metric
        },
        state=TargetState.NO_TARGET,
        target=None,
        remaining=None,
        attainment=None,
        coverage_next=None,
    )


def _total() -> Row:
    return row(
        "TOTAL",
        Status.YELLOW,
        {
            Metric.FORECAST: cell(Metric.FORECAST, "8762000", Status.YELLOW, yoy="6/100", gap="190000"),
            Metric.CLOSED_WON: cell(
                Metric.CLOSED_WON,
                "3652000",
                Status.GREEN,
                yoy="8/100",
                required="28/100",
                basis=Basis.APPROXIMATE,
            ),
            Metric.OPEN_PIPELINE: cell(
                Metric.OPEN_PIPELINE,
                "21892000",
                Status.YELLOW,
                yoy="1/100",
                gap="400000",
                basis=Basis.APPROXIMATE,
            ),
            Metric.PIPE_GEN: cell(Metric.PIPE_GEN, "5032000", Status.GREEN, yoy="17/100"),
            Metric.COVERAGE: cell(Metric.COVERAGE, "26/10", Status.GREEN, yoy="-8/100"),
        },
        target=Decimal(12_000_000),
        remaining=Decimal(8_348_000),
        attainment=Fraction(3652, 12000),
    )


def caveats() -> Caveats:
    return Caveats(
        unconverted=(
            Unconverted("006000000000101AAA", Decimal(90_000), "BRL"),
            Unconverted("006000000000102AAA", Decimal(45_500), "TRY"),
        ),
        unassigned_share=Fraction(1, 50),
        overdue_prior_amount=Decimal(640_000),
        overdue_prior_ids=("006000000000201AAA", "006000000000202AAA", "006000000000203AAA"),
        undated_ids=("006000000000301AAA",),
        value_unknown_ids=tuple(f"00600000000040{n}AAA" for n in range(1, 8)),
        basis=Basis.APPROXIMATE,
        notices=("No renewal rule is configured: renewals count like new business.",),
    )


def matrix(rows: tuple[Row, ...] | None = None, **changes: object) -> Matrix:
    """The region table on day 23 of 92, worst row first."""
    fields: dict[str, object] = {
        "as_of": AS_OF,
        "period": PeriodStamp("FY27 Q4", date(2026, 11, 1), date(2027, 1, 31), 92, 23),
        "prior_as_of": date(2025, 11, 23),
        "prior_label": "FY26 Q4",
        "dimension": Dimension.REGION,
        "by": None,
        "rows": (_emea(), _apac(), _amer(), _unassigned()) if rows is None else rows,
        "total": _total(),
        "caveats": caveats(),
        "currency": "USD",
        "pulled_at": "2026-11-23T06:12+00:00",
        **changes,
    }
    return Matrix(**fields)  # type: ignore[arg-type]


def last_week() -> Matrix:
    """The same a week before: EMEA coverage was yellow, APAC forecast red, the rest as now."""
    emea, apac = _emea(), _apac()
    emea_then = row(
        "EMEA",
        Status.YELLOW,
        {**emea.cells, Metric.COVERAGE: cell(Metric.COVERAGE, "2", Status.YELLOW, gap="600000")},
    )
    apac_then = row(
        "APAC & Japan",
        Status.RED,
        {**apac.cells, Metric.FORECAST: cell(Metric.FORECAST, "1100000", Status.RED, gap="500000")},
    )
    return matrix((apac_then, emea_then, _amer(), _unassigned()), as_of=date(2026, 11, 16))


def pair_matrix() -> Matrix:
    """Region by product: each row with two parts."""

    def part(name: str, status: Status, share: int) -> Row:
        return row(
            name,
            status,
            {
                metric: cell(
                    metric, "2" if metric is Metric.COVERAGE else str(share * 10_000), status, gap="50000"
                )
                for metric in Metric
            },
        )

    rows = tuple(
        replace(parent, rows=(part("Cloud", Status.RED, 45), part("Data", Status.GREEN, 55)))
        for parent in (_emea(), _apac(), _amer())
    )
    return matrix(rows, by=Dimension.PRODUCT)


def many_rows(count: int) -> Matrix:
    """A matrix with `count` rows of every colour and long names."""
    statuses = (Status.RED, Status.YELLOW, Status.GREEN, Status.GREY)
    rows = tuple(
        row(
            f"Territory {number:03} of the long and winding road to the sea",
            statuses[number * 4 // max(count, 1)],
            {
                metric: cell(
                    metric,
                    "2" if metric is Metric.COVERAGE else str(10_000 * (number + 1)),
                    statuses[number * 4 // max(count, 1)],
                    gap=str(1000 * (count - number)),
                )
                for metric in Metric
            },
        )
        for number in range(count)
    )
    return matrix(rows)
