"""The same three answers as CSV, a line per row, finding or term."""

from collections.abc import Iterator

from bot.output.freshness import COLUMNS, age_columns
from messages.csv_sheet import Value, csv_sheet
from messages.numbers import money, ratio
from pipeline.findings import HygieneReport
from pipeline.freshness import Freshness
from pipeline.matrix import Cell, Matrix, Metric, Row
from pipeline.waterfall import Term, Waterfall

_CELL_COLUMNS = ("", "_prior", "_yoy", "_target", "_gap", "_status", "_trusted", "_trusted_status", "_basis")


def matrix_csv(matrix: Matrix) -> str:
    """A line per row, a pair's parts below their row (whose part is TOTAL), the total last."""
    cuts = [matrix.dimension.value, *([matrix.by.value] if matrix.by else [])]
    header = [
        *cuts,
        "status",
        "state",
        "target",
        "remaining",
        "attainment",
        *(f"{metric.value}{column}" for metric in Metric for column in _CELL_COLUMNS),
        "forecast_best_case",
        "coverage_next",
        *COLUMNS,
    ]
    return csv_sheet(header, _matrix_lines(matrix))


def _matrix_lines(matrix: Matrix) -> Iterator[list[Value]]:
    age = (matrix.pulled_at, "no" if matrix.stale is None else "yes")
    for row in matrix.rows:
        if matrix.by is None:
            yield [row.value, *_figures(row), *age]
        else:
            yield [row.value, matrix.total.value, *_figures(row), *age]
            yield from ([row.value, part.value, *_figures(part), *age] for part in row.rows)
    totals = [matrix.total.value] * (1 if matrix.by is None else 2)
    yield [*totals, *_figures(matrix.total), *age]


def _figures(row: Row) -> list[Value]:
    return [
        row.status.value,
        row.state.value,
        money(row.target),
        money(row.remaining),
        ratio(row.attainment),
        *(value for metric in Metric for value in _cell(row.cells[metric])),
        money(row.forecast_best_case),
        ratio(row.coverage_next),
    ]


def _cell(cell: Cell) -> list[Value]:
    number = ratio if cell.is_ratio else money
    return [
        number(cell.figure),
        number(cell.prior),
        ratio(cell.yoy),
        money(cell.target),
        money(cell.gap),
        cell.status.value,
        number(cell.trusted.figure),
        cell.trusted.status.value,
        cell.basis.word,
    ]


def hygiene_csv(report: HygieneReport, freshness: Freshness) -> str:
    """A line per finding; scores are in the JSON."""
    header = (
        "opportunity_id",
        "opportunity_name",
        "owner_id",
        "owner",
        "rule",
        "severity",
        "audience",
        "seen",
        "says",
        "fixes",
        "since",
        "value",
        "waived",
        *COLUMNS,
    )
    return csv_sheet(
        header,
        (
            (
                finding.opportunity_id,
                finding.opportunity_name,
                finding.owner.id if finding.owner else None,
                finding.owner.name if finding.owner else None,
                finding.rule,
                finding.severity.value,
                finding.audience.value,
                finding.seen,
                finding.says,
                " ".join(finding.fixes),
                finding.since.isoformat(),
                money(finding.value),
                "yes" if finding.waived else "no",
                *age_columns(freshness),
            )
            for finding in report.findings
        ),
    )


def waterfall_csv(waterfall: Waterfall) -> str:
    """A line per term, each counted in the sense of its name."""
    rounded = waterfall.rounded_to_cents()
    terms = ((term.value, money(rounded.term(term))) for term in Term)
    lines = (("start", money(rounded.start)), *terms, ("end", money(rounded.end)))
    return csv_sheet(("term", "amount"), lines)
