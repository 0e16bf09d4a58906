"""`council apm --format json`: the matrix as docs/schema/apm.json describes it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from bot.output.freshness import stale_json
from messages.numbers import Number, money, ratio
from pipeline.deals import DealLine
from pipeline.matrix import Caveats, Cell, Matrix, Metric, PeriodStamp, Row, Spend

Json = dict[str, object]
Figure = Decimal | Fraction | None

_PRIOR_QUARTER = (Metric.CLOSED_WON, Metric.PIPE_GEN)


def matrix_json(matrix: Matrix) -> Json:
    """Every key is present; null where there is no value."""
    return {
        "as_of": matrix.as_of.isoformat(),
        "period": _period(matrix.period),
        "prior": {
            "as_of": matrix.prior_as_of.isoformat() if matrix.prior_as_of else None,
            "label": matrix.prior_label,
        },
        "dimension": matrix.dimension.value,
        "by": matrix.by.value if matrix.by else None,
        "currency": matrix.currency,
        "pulled_at": matrix.pulled_at,
        "stale": None if matrix.stale is None else stale_json(matrix.stale),
        "rows": [_row(row) for row in matrix.rows],
        "total": _row(matrix.total),
        "renewals": _row(matrix.renewals) if matrix.renewals else None,
        "caveats": _caveats(matrix.caveats),
    }


def why_json(matrix: Matrix, row: Row, metric: Metric, deals: Sequence[DealLine]) -> Json:
    """One cell and the deals behind it."""
    return {
        "as_of": matrix.as_of.isoformat(),
        "period": _period(matrix.period),
        "dimension": matrix.dimension.value,
        "value": row.value,
        "metric": metric.value,
        "currency": matrix.currency,
        "pulled_at": matrix.pulled_at,
        "stale": None if matrix.stale is None else stale_json(matrix.stale),
        "cell": _cell(row.cells[metric], row),
        "deals": [
            {
                "name": deal.name,
                "owner": deal.owner.name if deal.owner else None,
                "stage": deal.stage,
                "close_date": deal.close_date.isoformat() if deal.close_date else None,
                "value": money(deal.value),
                "trusted": not deal.untrusted,
            }
            for deal in deals
        ],
    }


def _period(period: PeriodStamp) -> Json:
    return {
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "days": period.days,
        "day": period.day,
    }


def _row(row: Row) -> Json:
    return {
        "value": row.value,
        "status": row.status.value,
        "state": row.state.value,
        "why": row.why,
        "target": money(row.target),
        "remaining": money(row.remaining),
        "attainment": ratio(row.attainment),
        "cells": {metric.value: _cell(row.cells[metric], row) for metric in Metric if metric in row.cells},
        "forecast_best_case": money(row.forecast_best_case),
        "open_pipeline_rolling_4q": {
            label: money(amount) for label, amount in row.open_pipeline_rolling_4q.items()
        },
        "coverage_next": ratio(row.coverage_next),
        "prior_full_quarter": {
            metric.value: money(row.prior_full_quarter.get(metric)) for metric in _PRIOR_QUARTER
        },
        "spend": _spend(row.spend) if row.spend else None,
        "call": {"amount": money(row.call.amount), "by": row.call.by} if row.call else None,
        "rows": [_row(part) for part in row.rows],
    }


def _spend(spend: Spend) -> Json:
    return {
        "amount": money(spend.amount),
        "heads": spend.heads,
        "pipe_gen_per_unit": ratio(spend.pipe_gen_per_unit),
        "closed_won_per_unit": ratio(spend.closed_won_per_unit),
    }


def _cell(cell: Cell, row: Row) -> Json:
    figure = "ratio" if cell.is_ratio else "amount"
    written: Json = {
        figure: _figure(cell, cell.figure),
        "prior": _figure(cell, cell.prior),
        "yoy": ratio(cell.yoy),
        "status": cell.status.value,
        "measure": _measure(cell.measure),
        "required": _measure(cell.required),
        "gap": money(cell.gap),
        "target": money(cell.target),
        "target_derived": cell.target_derived,
        "trusted": {
            figure: _figure(cell, cell.trusted.figure),
            "status": cell.trusted.status.value,
            "flips": cell.trusted.flips,
        },
        "basis": cell.basis.word,
        "why": cell.why,
        "deals": cell.deals,
    }
    if cell.metric is Metric.COVERAGE:
        written["state"] = row.state.value
    return written


def _figure(cell: Cell, figure: Figure) -> Number | None:
    return ratio(figure) if cell.is_ratio else money(figure)


def _measure(measure: Figure) -> Number | None:
    """Money where a cell compares money; attainment and coverage are fractions."""
    return money(measure) if isinstance(measure, Decimal) else ratio(measure)


def _caveats(caveats: Caveats) -> Json:
    return {
        "unconverted": [
            {
                "opportunity_id": deal.opportunity_id,
                "amount": money(deal.amount),
                "currency": deal.currency,
            }
            for deal in caveats.unconverted
        ],
        "unassigned_share": ratio(caveats.unassigned_share),
        "overdue_prior_period": {
            "amount": money(caveats.overdue_prior_amount),
            "ids": list(caveats.overdue_prior_ids),
        },
        "undated": list(caveats.undated_ids),
        "value_unknown": list(caveats.value_unknown_ids),
        "basis": caveats.basis.word,
        "notices": list(caveats.notices),
    }
