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
    """The proposed rule's figures, each with that of the current rule behind it where there is one."""
    now = {} if trial.is_same or trial.current is None else _figures(trial.current, wording)
    facts = tuple(
        Fact(name, text(Bold(words), *((f", as set {now[name]}",) if name in now else ())))
        for name, words in _figures(course, wording).items()
    )
    is_new = not trial.is_same and trial.current is None
    alone = (Paragraph(text("There is no such rule now."), Tone.NOTE),) if is_new else ()
    return (Facts(facts), *alone)


def _figures(course: Course, wording: Wording) -> Mapping[str, str]:
    weeks = max(1, len(course.weeks))
    messages = wording.number(course.messages)
    if weeks > 1:
        messages += f" ({wording.number(round(Fraction(course.messages, weeks)))} a week)"
    share = course.fixed_anyway_share
    return {
        "Messages": messages,
        "Asks": wording.number(course.asks),
        "Findings": f"{wording.number(course.findings)} ({wording.number(course.standing)} there at first)",
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
    """A line a week: a second table would make a second message of the card on Slack."""
    if len(course.weeks) < 2:
        return ()
    now: dict[date, int] = (
        {}
        if trial.is_same or trial.current is None
        else {week.monday: week.messages for week in trial.current.weeks}
    )
    lines = tuple(
        Fact(
            wording.day(week.monday).words,
            text(
                wording.count(week.findings, "new finding", "new findings"),
                f", {wording.count(week.messages, 'message', 'messages')}",
                *((f" (as set {wording.number(now[week.monday])})",) if week.monday in now else ()),
            ),
        )
        for week in course.weeks
    )
    return (Folded(f"Week by week: {wording.count(len(lines), 'week', 'weeks')}", (Facts(lines),)),)


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
