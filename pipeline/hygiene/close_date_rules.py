"""Rules about the close date and the commitment to it."""

from pipeline.findings import Audience, Severity
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.rule import Rule, edits, fields, needs
from pipeline.hygiene.wording import ago, ahead, counted, day_month

_CLOSE_DATE = needs(fields("CloseDate"))


def _iso_close_date(deal: DealFacts) -> str | None:
    day = deal.day("close_date")
    return day.isoformat() if day else None


def _close_day(deal: DealFacts) -> str:
    return day_month(deal.require_day("close_date"), deal.today)


def _closes_ahead(deal: DealFacts) -> str:
    return ahead(-deal.days_since("close_date"))


def _says_too_far(deal: DealFacts) -> str:
    months = -deal.days_since("close_date") * 12 // 365
    return f"Close date is {_close_day(deal)}, {counted(months, 'month')} away: is that when it can be won?"


def _says_left_quarter(deal: DealFacts) -> str:
    committed = day_month(deal.require_day("commit_close_date"), deal.today)
    return f"This was in Commit for {committed} and now closes on {_close_day(deal)}, in a later quarter."


CLOSE_DATE_RULES = (
    Rule(
        name="close_date_missing",
        summary="An open deal without a close date.",
        severity=Severity.HIGH,
        broken="close_date is None",
        says=lambda _: "There is no close date: when do you expect to win it?",
        seen=lambda _: "empty",
        fixes=edits("CloseDate"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="close_date_past",
        summary="An open deal whose close date has passed.",
        severity=Severity.HIGH,
        broken="close_date + grace_days < today",
        says=lambda deal: f"Close date was {_close_day(deal)}, {ago(deal.days_since('close_date'))}.",
        seen=_iso_close_date,
        fixes=edits("CloseDate", "StageName"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="close_date_placeholder",
        summary="A deal in an early stage that was given the last day of a quarter or year and kept it.",
        severity=Severity.LOW,
        applies="stage_position <= early_stages",
        broken="close_date_ends_quarter and not close_date_edited",
        says=lambda deal: (
            f"Close date {_close_day(deal)} is the end of a quarter and was never changed: is it a real date?"
        ),
        seen=_iso_close_date,
        fixes=edits("CloseDate"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="close_date_too_soon",
        summary="A deal in an early stage that is to close within days.",
        severity=Severity.MEDIUM,
        applies="stage_position <= early_stages",
        broken="close_date >= today and close_date <= today + within_days",
        says=lambda deal: (
            f"Close date is {_close_day(deal)}, {_closes_ahead(deal)}, and the stage is still "
            f"{deal.word('stage')}."
        ),
        seen=_iso_close_date,
        fixes=edits("CloseDate", "StageName"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="close_date_too_far",
        summary="A close date further away than any forecast looks.",
        severity=Severity.LOW,
        broken="(segment in enterprise and close_date > enterprise_far_day)"
        " or (segment not in enterprise and close_date > far_day)",
        says=_says_too_far,
        seen=_iso_close_date,
        fixes=edits("CloseDate"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="close_date_pushed",
        summary="A close date that has been moved to a later month again and again since the deal qualified.",
        severity=Severity.HIGH,
        audience=Audience.MANAGER,
        broken="(category == 'Commit' and pushes >= commit_times)"
        " or (category != 'Commit' and pushes >= times)",
        says=lambda deal: (
            f"The close date was moved to a later month {counted(deal.count('pushes'), 'time')}"
            + (f"; it is now {_close_day(deal)}." if deal.day("close_date") else ".")
        ),
        seen=lambda deal: str(deal.count("pushes")),
        fixes=edits("CloseDate", "ForecastCategoryName"),
        needs=_CLOSE_DATE,
    ),
    Rule(
        name="commit_left_quarter",
        summary="In Commit a week ago, and now closing in a later quarter.",
        severity=Severity.HIGH,
        audience=Audience.MANAGER,
        applies="commit_close_date is not None",
        broken="close_date > commit_close_date and close_quarter > commit_quarter",
        says=_says_left_quarter,
        seen=_iso_close_date,
        fixes=edits("CloseDate", "ForecastCategoryName"),
        needs=needs(fields("CloseDate"), fields("ForecastCategoryName", "ForecastCategory")),
    ),
)
