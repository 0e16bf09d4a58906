"""Findings, deals, a waterfall, problems of a pull and naughty names that the messages are tried on."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.deals import DealLine
from pipeline.findings import Audience, Finding, HygieneReport, PersonName, RuleNotice, Score, Severity
from pipeline.past_scores import PastScores, PastShare
from pipeline.pull_report import PullProblem, PullReport
from pipeline.waterfall import Waterfall
from tests.messages.matrix_examples import AS_OF

NAUGHTY_NAMES = (
    "<!channel>",
    "<@U1>",
    "[x](https://evil)",
    "Marks & Spencer <b>bold</b>",
    "*bold* _it_ ~st~ `code`",
    "a\u202egnp.exe\u202c b",
    "שלום עולם",
    "شركة 42",
    "🚀 Röckét 👩‍👩‍👧",
    "N" * 255,
    "two\nlines\r\nthree\u2028four",
    '"><script>alert(1)</script>',
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}} ${x}",
    "\x1b[31mred\x1b[0m\x00",
    "[bold]rich[/bold]",
    "=HYPERLINK('x')",
    "<https://evil|click>",
    "\ud800 lone",
    " ",
    "",
)


ANA = PersonName("005000000000001AAA", "Ana Lima")
BEN = PersonName("005000000000002AAA", "Ben Okafor")
CARA = PersonName("005000000000003AAA", "Cara Novak")


def deal_lines() -> tuple[DealLine, ...]:
    return (
        _deal_line("Acme renewal & expansion", ANA, "Negotiation", date(2026, 12, 18), Decimal(840_000)),
        _deal_line("Globex data cloud", BEN, "Proposal", date(2026, 11, 2), Decimal(410_000), untrusted=True),
        _deal_line("Initech", ANA, "Qualification", None, None),
    )


def _deal_line(
    name: str,
    owner: PersonName,
    stage: str,
    close_date: date | None,
    value: Decimal | None,
    *,
    untrusted: bool = False,
) -> DealLine:
    return DealLine(
        opportunity_id="006000000000901AAA",
        name=name,
        account=None,
        owner=owner,
        value=value,
        stage=stage,
        category="Commit",
        close_date=close_date,
        confidential=False,
        untrusted=untrusted,
    )


def finding(
    number: int,
    name: str,
    rule: str,
    severity: Severity,
    *,
    owner: PersonName | None = ANA,
    seen: str | None = None,
    says: str = "",
    fixes: tuple[str, ...] = ("CloseDate",),
    since: date = date(2026, 11, 9),
    value: str | None = "100000",
    waived: bool = False,
) -> Finding:
    return Finding(
        opportunity_id=f"006{number:012}AAA",
        opportunity_name=name,
        owner=owner,
        rule=rule,
        severity=severity,
        audience=Audience.OWNER,
        seen=seen,
        says=says or f"{rule.replace('_', ' ').capitalize()}.",
        fixes=fixes,
        since=since,
        value=None if value is None else Decimal(value),
        nudges=True,
        waived=waived,
    )


def findings() -> tuple[Finding, ...]:
    """Ana's findings on seven deals, one of them waived."""
    return (
        finding(
            1,
            "Acme renewal & expansion",
            "close_date_past",
            Severity.HIGH,
            seen="2026-11-02",
            says="The close date has passed. When will it close?",
            value="840000",
        ),
        finding(
            1,
            "Acme renewal & expansion",
            "next_step_missing",
            Severity.MEDIUM,
            says="There is no next step.",
            fixes=("NextStep",),
            value="840000",
        ),
        finding(
            2,
            "Globex data cloud",
            "amount_missing",
            Severity.HIGH,
            seen="empty",
            says="There is no amount although a proposal is out.",
            fixes=("Amount",),
            value=None,
            since=date(2026, 11, 20),
        ),
        finding(
            3,
            "Initech phase two",
            "commit_left_quarter",
            Severity.HIGH,
            seen="2027-02-14",
            says="A week ago this was Commit for this quarter; it now closes in the next.",
            fixes=("CloseDate", "ForecastCategoryName"),
            value="410000",
            since=AS_OF,
        ),
        *(
            finding(
                number,
                f"Umbrella site {number}",
                "next_step_missing",
                Severity.MEDIUM,
                says="There is no next step.",
                fixes=("NextStep",),
                value=str(number * 10_000),
            )
            for number in range(4, 7)
        ),
        finding(9, "Waived deal", "close_date_past", Severity.HIGH, waived=True),
    )


def team_findings() -> tuple[Finding, ...]:
    return (
        *findings(),
        finding(11, "Soylent green field", "close_date_missing", Severity.HIGH, owner=BEN, value="1200000"),
        finding(12, "Stark tower", "next_step_missing", Severity.LOW, owner=BEN, value="50000"),
        finding(13, "Wayne lab", "owner_inactive", Severity.HIGH, owner=None, value="75000"),
    )


def scores() -> tuple[Score, ...]:
    return (
        Score("company", "TOTAL", "Company", Fraction(83, 100), Fraction(79, 100), 312, 246),
        Score("team", CARA.id, CARA.name, Fraction(71, 100), Fraction(7, 10), 40, 28),
        Score("rep", ANA.id, ANA.name, Fraction(64, 100), Fraction(2, 3), 18, 12),
        Score("rep", BEN.id, BEN.name, Fraction(996, 1000), Fraction(21, 22), 22, 21),
        Score("region", "EMEA", "EMEA", Fraction(68, 100), Fraction(7, 10), 100, 70),
        Score("region", "AMER", "AMER", Fraction(91, 100), Fraction(9, 10), 200, 180),
        Score("region", "APAC", "APAC", None, None, 0, 0),
    )


def past_scores() -> PastScores:
    """What they were: Ben's is new, and AMER has nothing to compare with last week."""
    return PastScores(
        {
            ("company", "TOTAL"): PastShare(Fraction(81, 100), Fraction(74, 100)),
            ("team", CARA.id): PastShare(Fraction(73, 100), Fraction(71, 100)),
            ("rep", ANA.id): PastShare(Fraction(61, 100), Fraction(57, 100)),
            ("region", "EMEA"): PastShare(Fraction(70, 100), Fraction(72, 100)),
            ("region", "AMER"): PastShare(None, Fraction(91, 100)),
        }
    )


def _unasked(rule: str, because: str) -> RuleNotice:
    return RuleNotice(rule, f"Not looked at: {because}", because)


def hygiene_report() -> HygieneReport:
    notices = (
        _unasked("contact_missing", "the CRM has no table OpportunityContactRole."),
        _unasked("loss_reason_missing", "the CRM has no field Loss_Reason__c."),
        _unasked("single_threaded", "the CRM has no table OpportunityContactRole."),
        RuleNotice("close_date_missing", "Broken by 9 of the 21 deals it applies to (43%)."),
    )
    return HygieneReport(AS_OF, team_findings(), scores(), notices)


def waterfall() -> Waterfall:
    """Balances: 10 + 3 + 1 + 0.5 + 0.4 − 0.2 + 0.05 − 0.1 − 2 − 1.5 − 1.2 − 0.3 − 0.15 = 9.5 million."""
    return Waterfall(
        from_date=date(2026, 11, 16),
        to_date=AS_OF,
        period_label="FY27 Q4",
        currency="USD",
        start=Fraction(10_000_000),
        new=Fraction(3_000_000),
        pulled_in=Fraction(1_000_000),
        pushed_in=Fraction(500_000),
        increased=Fraction(400_000),
        decreased=Fraction(200_000),
        fx=Fraction(50_000),
        reclassified=Fraction(-100_000),
        won=Fraction(2_000_000),
        lost=Fraction(1_500_000),
        pushed_out=Fraction(1_200_000),
        pulled_out=Fraction(300_000),
        removed=Fraction(150_000),
        end=Fraction(9_500_000),
        removed_ids=(),
    )


def pull_report(unknown_stages: int = 12) -> PullReport:
    """A pull with a bad date, a bad number, and so many rows of unknown stages; 30 more of them uncounted."""
    file = "Opportunity.csv"
    problems = (
        PullProblem(file, 812, "CloseDate", "31.02.2026", "expected a date such as 2026-09-30", "bad date"),
        PullProblem(file, 813, "Amount", "1.234,56", "expected a number such as 1234.56", "bad number"),
        *(
            PullProblem(file, 900 + number, "StageName", f"Stage {number}", "no such stage", "unknown stage")
            for number in range(unknown_stages)
        ),
    )
    return PullReport(
        source="exports/",
        taken={"Opportunity": 8800, "OpportunityHistory": 41_200, "Account": 85},
        new=120,
        changed=310,
        unchanged=8370,
        deleted=0,
        kept=2,
        problems=problems,
        problem_counts={"unknown stage": unknown_stages + 30, "bad date": 1, "bad number": 1},
        quirks=(PullProblem(file, None, "AccountId", None, "deals without an account", "no account", 1425),),
        quirk_counts={"no account": 1425},
        notices=("OpportunityContactRole.csv is not there: rules about contacts do not run.",),
        versions=9102,
        seconds=12.4,
    )
