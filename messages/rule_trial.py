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
from messages.wording import Wording
from pipeline.findings import Audience
from pipeline.rule_trial import Course, PersonOfCourse, RuleTrial

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
        Paragraph(text(Bold(_in_one_line(trial, course, wording)), f" {_standing_of(trial)}")),
        *(_compared(trial, course, wording) if _has_findings(trial) else ()),
        *_people(trial, course, wording),
        *_weeks(trial, course, wording),
        *notes,
    )
    return Card(key, title, blocks, f"{title}: {_in_one_line(trial, course, wording)}")


def _in_one_line(trial: RuleTrial, course: Course, wording: Wording) -> str:
    days = wording.count(len(course.days), "day of digests", "days of digests")
    if course.findings == 0:
        return f"It would have found nothing, on {days}."
    if trial.audience is not Audience.OWNER:
        return f"{wording.count(course.findings, 'finding', 'findings')}, and no message of its own."
    asked = [one for one in course.people if one.messages]
    messages = wording.count(course.messages, "message", "messages")
    people = wording.count(len(asked), "person", "people")
    findings = wording.count(course.findings, "finding", "findings")
    return f"{messages} to {people} about {findings}, on {days}."


def _standing_of(trial: RuleTrial) -> str:
    if not trial.is_same:
        return "As proposed, and as if it nudged."
    if trial.nudges_now or trial.audience is not Audience.OWNER:
        return "This is the rule as it is set."
    return "It only observes now: this is what comes with nudge = true."


# --- Figures --------------------------------------------------------------------------------------


def _has_findings(trial: RuleTrial) -> bool:
    return any(one is not None and one.findings > 0 for one in (trial.proposed, trial.current))


def _compared(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    """The proposed rule's figures, each with that of the current rule behind it where there is one."""
    now = {} if trial.is_same or trial.current is None else _figures(trial, trial.current, wording)
    facts = tuple(
        Fact(name, text(Bold(words), *((f"; as set {now[name]}",) if name in now else ())))
        for name, words in _figures(trial, course, wording).items()
    )
    is_new = not trial.is_same and trial.current is None
    alone = (Paragraph(text("There is no such rule now."), Tone.NOTE),) if is_new else ()
    share = course.fixed_anyway_share
    adds_little = share is not None and share > MOSTLY
    advice = (Paragraph(text("Most was fixed without us: asking would add little.")),) if adds_little else ()
    return (Facts(facts), *alone, *advice)


def _figures(trial: RuleTrial, course: Course, wording: Wording) -> Mapping[str, str]:
    """The wording of each figure, by its name."""
    return {
        **(_sent(course, wording) if trial.audience is Audience.OWNER else {}),
        "Findings": f"{wording.number(course.findings)} ({wording.number(course.standing)} there at first)",
        "Still open": wording.number(course.open_at_end),
        f"Fixed within {trial.wait_days} days without us": _fixed_anyway(course, wording),
    }


def _sent(course: Course, wording: Wording) -> Mapping[str, str]:
    weeks = max(1, len(course.weeks))
    messages = wording.number(course.messages)
    if weeks > 1:
        messages += f" ({wording.number(round(Fraction(course.messages, weeks)))} a week)"
    return {
        "Messages": messages,
        "Held back by the weekly cap": wording.number(course.held),
        "Questions in them": wording.number(course.asks),
    }


def _fixed_anyway(course: Course, wording: Wording) -> str:
    share = course.fixed_anyway_share
    if share is None:
        return "none is old enough to tell"
    fixed, of = wording.number(course.fixed_anyway), wording.number(course.told_apart)
    return f"{fixed} of {of} ({wording.percent(share)})"


def _people(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    """Who would have got most messages; of a rule that sends none of its own, who has most findings."""
    is_asked = trial.audience is Audience.OWNER
    people = [one for one in course.people if one.messages or one.held or not is_asked]
    if not people:
        return ()
    if not is_asked:
        people.sort(key=lambda one: -one.findings)
    now = {} if trial.current is None else {one.person.id: one.messages for one in trial.current.people}
    is_compared = is_asked and not trial.is_same and trial.current is not None

    def row(one: PersonOfCourse) -> TableRow:
        messages = (one.messages, *((now.get(one.person.id, 0),) if is_compared else ())) if is_asked else ()
        figures = (*messages, one.findings)
        return TableRow(
            (TextCell(text(one.person.name)), *(TextCell(text(wording.number(each))) for each in figures))
        )

    titles = (*(("Messages", *(("As set",) if is_compared else ())) if is_asked else ()), "Findings")
    columns = (Column("Who"), *(Column(title, Align.RIGHT) for title in titles))
    rest = len(people) - TOP
    more = f"And {wording.count(rest, 'other person', 'other people')} with fewer."
    return (
        Table(
            "Who would have got most" if is_asked else "Whose findings they are",
            columns,
            tuple(map(row, people[:TOP])),
        ),
        *((Paragraph(text(more), Tone.NOTE),) if rest > 0 else ()),
    )


def _weeks(trial: RuleTrial, course: Course, wording: Wording) -> tuple[Block, ...]:
    """A line a week: a second table would make a second message of the card on Slack."""
    if len(course.weeks) < 2 or not _has_findings(trial):
        return ()
    is_asked = trial.audience is Audience.OWNER
    now: dict[date, int] = (
        {}
        if trial.is_same or trial.current is None or not is_asked
        else {week.monday: week.messages for week in trial.current.weeks}
    )
    lines = tuple(
        Fact(
            wording.day(week.monday).words,
            text(
                wording.count(week.findings, "new finding", "new findings"),
                *((f", {wording.count(week.messages, 'message', 'messages')}",) if is_asked else ()),
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
    yield _HOW_IT_SPEAKS[trial.audience]


_HOW_IT_SPEAKS = {
    Audience.OWNER: "A message is a digest that asks about this rule; where another rule asks too, it is the "
    "same one. Counted as digests are sent: each finding so often and so far apart as set, no snoozed or "
    "waived deal, no new owner, only what the edges of a quarter allow, and within the weekly cap.",
    Audience.MANAGER: "It sends no message of its own: its findings stand in the managers' weekly digest.",
    Audience.OPERATIONS: "It sends no message of its own: its findings stand in /hygiene company.",
}
