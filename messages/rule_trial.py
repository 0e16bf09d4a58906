"""`/hygiene preview`: what a rule would have done over the last weeks, for sales operations."""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from messages.card import (
    Align,
    Block,
    Bold,
    Card,
    Column,
    Fact,
    Facts,
    Folded,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    Tone,
    text,
)
from messages.deal_findings import rule_label, sentence
from messages.wording import NO_VALUE, Wording
from pipeline.rule_trial import Course, RuleTrial

TOP = 5
MOSTLY = Fraction(1, 2)
"""Where more than this share is fixed anyway, asking would add little."""


def compose_trial(trial: RuleTrial, wording: Wording | None = None) -> Card:
    """One rule: how it compares, week by week, and who would have got most."""
    wording = wording or Wording()
    title = f"Rule preview · {rule_label(trial.rule)}"
    key = f"hygiene:preview:{trial.rule}"
    notes = tuple(Paragraph(text(words), Tone.NOTE) for words in _notes(trial, wording))
    if trial.proposed is None:
        says = "It could not be asked."
        return Card(key, title, (Paragraph(text(says)), *notes), f"{title}: {says}")
    course = trial.proposed
    blocks: tuple[Block, ...] = (
        Paragraph(text(Bold(_in_one_line(course, wording)), f" {_standing_of(trial)}")),
        *_compared(trial, course, wording),
        Paragraph(text(_fixed_anyway(trial, course, wording))),
        *_people(trial, course, wording),
        *_weeks(trial, course, wording),
        *notes,
    )
    return Card(key, title, blocks, f"{title}: {_in_one_line(course, wording)}")


def _in_one_line(course: Course, wording: Wording) -> str:
    asked = [one for one in course.people if one.messages]
    messages = wording.count(course.messages, "message", "messages")
    people = wording.count(len(asked), "person", "people")
    findings = wording.count(course.findings, "finding", "findings")
    days = wording.count(len(course.days), "day of digests", "days of digests")
    return f"{messages} to {people} about {findings}, on {days}."


def _standing_of(trial: RuleTrial) -> str:
    if not trial.is_same:
        return "As proposed, and as if it nudged."
    if trial.nudges_now:
        return "This is the rule as it is set."
    return "It only observes now: this is what comes with nudge = true."


# --- Figures --------------------------------------------------------------------------------------


def _compared(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    """The proposed rule beside the current one, or alone where there is nothing to compare."""
    if trial.is_same or trial.current is None:
        facts = tuple(Fact(name, text(words)) for name, words in _figures(course, wording).items())
        alone = () if trial.is_same else (Paragraph(text("There is no such rule now."), Tone.NOTE),)
        return (Facts(facts), *alone)
    now = _figures(trial.current, wording)
    lines = tuple(
        TableRow((TextCell(text(name)), TextCell(text(words)), TextCell(text(now[name]))))
        for name, words in _figures(course, wording).items()
    )
    columns = (Column("Over the weeks"), Column("Proposed", Align.RIGHT), Column("As set", Align.RIGHT))
    return (Table("Proposed and as set", columns, lines),)


def _figures(course: Course, wording: Wording) -> Mapping[str, str]:
    weeks = max(1, len(course.weeks))
    messages = wording.number(course.messages)
    if weeks > 1:
        messages += f" ({wording.number(round(Fraction(course.messages, weeks)))} a week)"
    share = course.fixed_anyway_share
    return {
        "Messages": messages,
        "Asks": wording.number(course.asks),
        "Findings": wording.number(course.findings),
        "Of these there at first": wording.number(course.standing),
        "Still open": wording.number(course.open_at_end),
        "Fixed anyway": NO_VALUE if share is None else wording.percent(share),
    }


def _fixed_anyway(trial: RuleTrial, course: Course, wording: Wording) -> str:
    days = wording.count(trial.wait_days, "day", "days")
    share = course.fixed_anyway_share
    if share is None:
        return f"No finding is old enough to tell whether it is fixed anyway within {days}."
    found = (
        f"{wording.number(course.fixed_anyway)} of {wording.count(course.told_apart, 'finding', 'findings')} "
        f"({wording.percent(share)}) "
    )
    says = f"{found}{'was' if course.fixed_anyway == 1 else 'were'} fixed within {days} without us."
    return f"{says} Asking would add little." if share > MOSTLY else says


def _people(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    asked = [one for one in course.people if one.messages]
    if not asked:
        return ()
    now = {} if trial.current is None else {one.person.id: one.messages for one in trial.current.people}
    is_compared = not trial.is_same and trial.current is not None
    lines = tuple(
        TableRow(
            (
                TextCell(text(one.person.name)),
                TextCell(text(wording.number(one.messages))),
                *((TextCell(text(wording.number(now.get(one.person.id, 0)))),) if is_compared else ()),
                TextCell(text(wording.number(one.findings))),
            )
        )
        for one in asked[:TOP]
    )
    columns = (
        Column("Who"),
        Column("Messages", Align.RIGHT),
        *((Column("As set", Align.RIGHT),) if is_compared else ()),
        Column("Findings", Align.RIGHT),
    )
    rest = len(asked) - TOP
    more = f"And {wording.count(rest, 'other person', 'other people')} with fewer messages."
    return (
        Table("Who would have got most", columns, lines),
        *((Paragraph(text(more), Tone.NOTE),) if rest > 0 else ()),
    )


def _weeks(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    if len(course.weeks) < 2:
        return ()
    is_compared = not trial.is_same and trial.current is not None
    now: dict[date, int] = (
        {week.monday: week.messages for week in trial.current.weeks} if trial.current is not None else {}
    )
    lines = tuple(
        TableRow(
            (
                TextCell(text(wording.day(week.monday))),
                TextCell(text(wording.number(week.findings))),
                TextCell(text(wording.number(week.messages))),
                *((TextCell(text(wording.number(now.get(week.monday, 0)))),) if is_compared else ()),
            )
        )
        for week in course.weeks
    )
    columns = (
        Column("Week of"),
        Column("New findings", Align.RIGHT),
        Column("Messages", Align.RIGHT),
        *((Column("As set", Align.RIGHT),) if is_compared else ()),
    )
    words = f"Week by week: {wording.count(len(lines), 'week', 'weeks')}"
    return (Folded(words, (Table("Week by week", columns, lines),)),)


# --- What has to be known of it -------------------------------------------------------------------


def _notes(trial: RuleTrial, wording: Wording) -> Iterator[str]:
    yield from map(sentence, trial.notices)
    if trial.left_out is not None:
        day = wording.full_day(trial.left_out.before).words
        yield f"Days before {day} are left out: {trial.left_out.because} is known only since then."
    if trial.rebuilt_before is not None:
        day = wording.full_day(trial.rebuilt_before).words
        yield f"Days before {day}, the first pull, are rebuilt from the CRM's history, with today's owners."
    course = trial.proposed
    if course is None:
        return
    if course.problem_days:
        days = wording.count(len(course.problem_days), "day", "days")
        yield f"On {days} so many deals broke it that it would have asked nobody: a problem of the process."
    yield "A message is a digest that asks about this rule; where another rule asks too, it is the same one."
