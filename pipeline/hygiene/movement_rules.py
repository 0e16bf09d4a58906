"""Rules about whether a deal moves: next step, activity, stage and age."""

from pipeline.findings import Audience, Severity
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.rule import Rule, edits, fields, needs, tables
from pipeline.hygiene.wording import ago, counted, day_month

_CLOSES_SOON = "(category == 'Commit' or close_date <= today + closing_within_days)"


def _iso(deal: DealFacts, fact: str) -> str:
    day = deal.day(fact)
    return day.isoformat() if day else "empty"


def _days(deal: DealFacts, fact: str) -> str:
    return counted(deal.days_since(fact), "day")


def _says_no_activity(deal: DealFacts) -> str:
    if deal.day("last_activity") is None:
        return f"No activity is recorded in the {_days(deal, 'active_on')} that we can see."
    shown = day_month(deal.require_day("last_activity"), deal.today)
    return f"The last activity was on {shown}, {ago(deal.days_since('last_activity'))}."


def _says_nothing_planned(deal: DealFacts) -> str:
    closing = day_month(deal.require_day("close_date"), deal.today)
    return f"Close date is {closing} and nothing is planned: no open task and no coming event."


def _says_overdue(deal: DealFacts) -> str:
    due = day_month(deal.require_day("oldest_task"), deal.today)
    return f"A task was due on {due}, {ago(deal.days_since('oldest_task'))}."


def _says_stuck(deal: DealFacts) -> str:
    allowed = counted(deal.days_since("stage_limit_day"), "day")
    spent = _days(deal, "stage_since")
    return f"In {deal.word('stage')} for {spent}; the limit, by deals that were won, is {allowed}."


def _says_too_old(deal: DealFacts) -> str:
    usual = counted(deal.days_since("age_limit_day"), "day")
    return f"This deal is {_days(deal, 'started')} old; the limit, by the wins of its segment, is {usual}."


MOVEMENT_RULES = (
    Rule(
        name="next_step_missing",
        summary="A qualified deal without a next step.",
        severity=Severity.MEDIUM,
        high_when="category == 'Commit'",
        deals="is_qualified",
        applies="started + after_days < today",
        broken="next_step is None",
        says=lambda _: "There is no next step: what happens next, and when?",
        seen=lambda _: "empty",
        fixes=edits("NextStep"),
        needs=needs(fields("NextStep")),
    ),
    Rule(
        name="next_step_stale",
        summary="A next step that has not changed for a while.",
        severity=Severity.MEDIUM,
        applies="next_step is not None",
        broken=f"({_CLOSES_SOON} and next_step_since + commit_after_days <= today)"
        f" or (not {_CLOSES_SOON} and stage_position <= early_stages"
        " and next_step_since + early_after_days <= today)"
        f" or (not {_CLOSES_SOON} and not stage_position <= early_stages"
        " and next_step_since + after_days <= today)",
        says=lambda deal: (
            f"The next step has not changed for {_days(deal, 'next_step_since')}: “{deal.word('next_step')}”."
        ),
        seen=lambda deal: deal.text("next_step"),
        fixes=edits("NextStep"),
        needs=needs(fields("NextStep")),
    ),
    Rule(
        name="no_recent_activity",
        summary="No activity for a while; an activity in the future counts as active.",
        severity=Severity.MEDIUM,
        high_when="category == 'Commit'",
        applies="started + exempt_younger_than_days <= today",
        broken="(category == 'Commit' and active_on + commit_after_days < today)"
        " or (category != 'Commit' and ("
        "(segment in mid and active_on + mid_after_days < today)"
        " or (segment in small and active_on + small_after_days < today)"
        " or (segment not in mid and segment not in small and active_on + after_days < today)))",
        says=_says_no_activity,
        seen=lambda deal: _iso(deal, "last_activity"),
        fixes=edits(),
        needs=needs(fields("LastActivityDate")),
    ),
    Rule(
        name="nothing_planned",
        summary="A deal that closes soon, without an open activity.",
        severity=Severity.MEDIUM,
        applies="close_date <= today + closing_within_days",
        broken="oldest_task is None and (next_activity is None or next_activity < today)",
        says=_says_nothing_planned,
        seen=lambda _: "empty",
        fixes=edits(),
        needs=needs(tables("Task", "Event")),
    ),
    Rule(
        name="overdue_task",
        summary="An open task that is overdue.",
        severity=Severity.LOW,
        broken="oldest_task + after_days < today",
        says=_says_overdue,
        seen=lambda deal: _iso(deal, "oldest_task"),
        fixes=edits(),
        needs=needs(tables("Task")),
    ),
    Rule(
        name="stuck_in_stage",
        summary="Much longer in its stage than deals that are won.",
        severity=Severity.MEDIUM,
        audience=Audience.MANAGER,
        broken="stage_since < stage_limit_day",
        says=_says_stuck,
        seen=lambda deal: _days(deal, "stage_since"),
        fixes=edits("StageName"),
    ),
    Rule(
        name="too_old",
        summary="Much older than a win in its segment takes.",
        severity=Severity.MEDIUM,
        audience=Audience.MANAGER,
        applies="age_limit_day is not None",
        broken="started < age_limit_day",
        says=_says_too_old,
        seen=lambda deal: _days(deal, "started"),
        fixes=edits("StageName"),
    ),
)
