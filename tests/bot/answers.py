"""A small company's figures, worked out by hand: two regions at day 45 of a quarter of 90 days."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from pipeline.deals import DealLine
from pipeline.findings import Audience, Finding, HygieneReport, PersonName, RuleNotice, Score, Severity
from pipeline.freshness import Freshness, Staleness
from pipeline.matrix import (
    TOTAL,
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
from pipeline.waterfall import Removal, RemovalReason, Waterfall

AS_OF = date(2026, 5, 15)
PULLED = datetime(2026, 5, 15, 6, 12, tzinfo=UTC)
FRESHNESS = Freshness(PULLED, Staleness(PULLED, "Salesforce is limiting us"))
MEI = PersonName("005000000000001AAA", "Mei Tanaka-Reid")


def cell(
    metric: Metric,
    figure: Decimal | Fraction | None,
    *,
    status: Status = Status.YELLOW,
    measure: Decimal | Fraction | None = None,
    required: Decimal | Fraction | None = None,
    gap: Decimal | None = Decimal(0),
    prior: Decimal | Fraction | None = None,
    target: Decimal | None = Decimal(900),
) -> Cell:
    yoy = Fraction(figure) / Fraction(prior) - 1 if figure is not None and prior else None
    return Cell(
        metric=metric,
        figure=figure,
        prior=prior,
        yoy=yoy,
        status=status,
        measure=measure,
        required=required,
        gap=gap,
        target=target,
        target_derived=metric is Metric.PIPE_GEN,
        trusted=Trusted(figure, Status.RED, flips=status is not Status.RED),
        basis=Basis.RECONSTRUCTED,
        why=f"{metric.value} by the numbers.",
        deals=2,
    )


def emea() -> Row:
    """Target 900, won 300: remaining 600, attainment 1/3. Open pipeline 1,000.005, coverage 1000.005/600."""
    return Row(
        value="EMEA",
        status=Status.RED,
        state=TargetState.OPEN,
        target=Decimal(900),
        remaining=Decimal(600),
        attainment=Fraction(1, 3),
        cells={
            Metric.FORECAST: cell(
                Metric.FORECAST, Decimal(500), measure=Decimal(500), required=Decimal("637.505")
            ),
            Metric.CLOSED_WON: cell(
                Metric.CLOSED_WON,
                Decimal(300),
                measure=Fraction(1, 3),
                required=Fraction(1, 2),
                gap=Decimal(150),
                prior=Decimal(200),
            ),
            Metric.OPEN_PIPELINE: cell(
                Metric.OPEN_PIPELINE, Decimal("1000.005"), measure=Fraction(5, 3), required=Fraction(2)
            ),
            Metric.PIPE_GEN: cell(Metric.PIPE_GEN, Decimal("-12.345"), measure=Decimal("-12.345")),
            Metric.COVERAGE: cell(
                Metric.COVERAGE,
                Fraction("1000.005") / 600,
                status=Status.RED,
                measure=Fraction("1000.005") / 600,
                required=Fraction(2),
                gap=Decimal("199.995"),
                prior=Fraction(2),
            ),
        },
        forecast_best_case=Decimal(750),
        open_pipeline_rolling_4q={"FY26 Q2": Decimal("1000.005"), "FY26 Q3": Decimal(40)},
        coverage_next=Fraction(4, 100),
        prior_full_quarter={Metric.CLOSED_WON: Decimal(800), Metric.PIPE_GEN: Decimal(1200)},
        why="EMEA is red: coverage.",
    )


def apac() -> Row:
    """No target: amounts, and no colour."""
    bare = {
        metric: cell(
            metric,
            None if metric is Metric.COVERAGE else Decimal(10),
            status=Status.GREY,
            gap=None,
            target=None,
        )
        for metric in Metric
    }
    return replace(
        emea(),
        value="=APAC",
        status=Status.GREY,
        state=TargetState.NO_TARGET,
        target=None,
        remaining=None,
        attainment=None,
        cells=bare,
        coverage_next=None,
        prior_full_quarter={},
        why="No target, so no colour.",
    )


def matrix() -> Matrix:
    return Matrix(
        as_of=AS_OF,
        period=PeriodStamp("FY26 Q2", date(2026, 4, 1), date(2026, 6, 30), 91, 45),
        prior_as_of=date(2025, 5, 15),
        prior_label="FY25 Q2",
        dimension=Dimension.REGION,
        by=None,
        rows=(emea(), apac()),
        total=replace(emea(), value=TOTAL),
        caveats=Caveats(
            unconverted=(Unconverted("006A", Decimal("99.995"), "BRL"),),
            unassigned_share=Fraction(1, 7),
            overdue_prior_amount=Decimal("640.5"),
            overdue_prior_ids=("006B",),
            undated_ids=("006C", "006D"),
            value_unknown_ids=("006E",),
            basis=Basis.RECONSTRUCTED,
            notices=("No renewal rule is configured.",),
        ),
        currency="USD",
        pulled_at="2026-05-15T06:12:00+00:00",
    )


def pair() -> Matrix:
    parts = (replace(emea(), value="Cloud"), replace(emea(), value="Data"))
    return replace(matrix(), by=Dimension.PRODUCT, rows=(replace(emea(), rows=parts),))


def without_prior() -> Matrix:
    return replace(matrix(), prior_as_of=None, prior_label=None, pulled_at=None, rows=())


def report() -> HygieneReport:
    return HygieneReport(
        AS_OF,
        (
            Finding(
                "006A",
                "=HYPERLINK(1)",
                MEI,
                "close_date_past",
                Severity.HIGH,
                Audience.OWNER,
                "2026-05-01",
                "The close date has passed.",
                ("CloseDate", "StageName"),
                date(2026, 5, 3),
                Decimal("1000.005"),
                nudges=True,
            ),
            Finding(
                "006Z",
                "Project Nightfall",
                None,
                "account_missing",
                Severity.HIGH,
                Audience.OPERATIONS,
                None,
                "Say whose deal it is.",
                (),
                AS_OF,
                None,
                nudges=False,
                confidential=True,
            ),
        ),
        (
            Score("rep", MEI.id, MEI.name, Fraction(2, 3), Fraction(1, 2), 2, 1),
            Score("company", TOTAL, "Company", None, None, 0, 0),
        ),
        (RuleNotice("contact_missing", "There is no table of contacts."),),
    )


def waterfall() -> Waterfall:
    """1000.004 + 300.004 - 500.004 (removed) = 800.004: to the cent 1000.00 + 300.00 - 500.00 = 800.00."""
    nothing = Fraction(0)
    return Waterfall(
        from_date=date(2026, 5, 1),
        to_date=AS_OF,
        period_label="FY26 Q2",
        currency="USD",
        start=Fraction("1000.004"),
        new=Fraction("300.004"),
        pulled_in=nothing,
        pushed_in=nothing,
        increased=nothing,
        decreased=nothing,
        fx=nothing,
        reclassified=nothing,
        won=nothing,
        lost=nothing,
        pushed_out=nothing,
        pulled_out=nothing,
        removed=Fraction("500.004"),
        end=Fraction("800.004"),
        removed_ids=(Removal("006A", RemovalReason.OMITTED, Fraction("500.004")),),
    )


def a_deal(name: str, *, close_date: date | None, untrusted: bool) -> DealLine:
    """A deal of Mei at Proposal, whose value the reader may not see."""
    return DealLine(
        opportunity_id="006A",
        name=name,
        account=None,
        owner=PersonName("005M", "Mei"),
        value=None,
        stage="Proposal",
        category="Commit",
        close_date=close_date,
        confidential=False,
        untrusted=untrusted,
    )
