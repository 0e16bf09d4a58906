"""`/hygiene rules`: what comes of each rule, for sales operations."""

from collections.abc import Sequence
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
    Heading,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    Tone,
    text,
)
from messages.deal_findings import rule_label, sentence
from messages.wording import NO_VALUE, Wording
from pipeline.rule_statistics import RuleBook, RuleStatistics


def compose_rules(book: RuleBook, wording: Wording | None = None) -> Card:
    """Rules to mute first, then those that nudge, those that observe, and those that do not run.

    One table in all: a second one would make a second message of it on Slack.
    """
    wording = wording or Wording()
    running = [rule for rule in book.rules if rule.silent_because is None]
    nudging = [rule for rule in running if rule.nudges]
    observing = [rule for rule in running if not rule.nudges]
    muted = [rule for rule in running if book.deserves_muting(rule)]
    in_one_line = _in_one_line(nudging, observing, muted, wording)
    blocks: tuple[Block, ...] = (
        Paragraph(text(in_one_line)),
        *_recommendations(book, muted, wording),
        *_objections(running, wording),
        *((_table("Rules that nudge", nudging, wording),) if nudging else ()),
        *_observing(observing, wording),
        *_silent([rule for rule in book.rules if rule.silent_because is not None], wording),
        Paragraph(text(_explained(book, wording)), Tone.NOTE),
    )
    title = "Hygiene rules"
    return Card("hygiene:rules", title, blocks, f"{title}: {in_one_line}")


def _in_one_line(
    nudging: Sequence[RuleStatistics],
    observing: Sequence[RuleStatistics],
    muted: Sequence[RuleStatistics],
    wording: Wording,
) -> str:
    nudge = wording.count(len(nudging), "rule nudges", "rules nudge")
    observe = wording.count(len(observing), "only observes", "only observe")
    if not muted:
        return f"{nudge}, {observe}."
    return f"{nudge}, {observe}. {wording.count(len(muted), 'rule', 'rules')} should be muted."


def _recommendations(book: RuleBook, muted: Sequence[RuleStatistics], wording: Wording) -> tuple[Block, ...]:
    lines = tuple(
        Paragraph(
            text(
                Bold(rule_label(rule.rule)),
                f": {wording.number(rule.fixed)} of {wording.number(rule.counted)} findings were fixed "
                f"({_rate(rule, wording)}), less than {wording.percent(Fraction(book.floor))}. Few "
                f"react: set nudge = false for {rule.rule}, or make it narrower.",
            )
        )
        for rule in muted
    )
    return (Heading("Better muted"), *lines) if lines else ()


def _objections(rules: Sequence[RuleStatistics], wording: Wording) -> tuple[Block, ...]:
    """What people say against rules: that they are wrong, and wishes for a waiver that wait."""
    disputed = [
        f"{rule_label(rule.rule)} ({wording.count(rule.disputed, 'time', 'times')})"
        for rule in sorted(rules, key=lambda one: (-one.disputed, one.rule))
        if rule.disputed
    ]
    wishes = [
        f"{rule_label(rule.rule)} ({wording.number(rule.waiver_wishes)})"
        for rule in rules
        if rule.waiver_wishes
    ]
    facts = (
        *((Fact("Called wrong", text(", ".join(disputed))),) if disputed else ()),
        *((Fact("Waivers that wait for a manager", text(", ".join(wishes))),) if wishes else ()),
    )
    return (Facts(facts),) if facts else ()


def _observing(rules: Sequence[RuleStatistics], wording: Wording) -> tuple[Block, ...]:
    if not rules:
        return ()
    words = wording.count(len(rules), "rule only observes", "rules only observe")
    facts = tuple(Fact(rule_label(rule.rule), text(_in_words(rule, wording))) for rule in rules)
    return (Folded(words, (Facts(facts),)),)


def _in_words(rule: RuleStatistics, wording: Wording) -> str:
    """Its figures on one line; those that are nothing are left out."""
    parts = [f"{wording.number(rule.open)} open"]
    if rule.fixed:
        parts.append(f"{wording.number(rule.fixed)} fixed")
    if rule.median_days is not None:
        parts.append(f"{_days(rule.median_days, wording)} days to fix")
    if rule.waived:
        parts.append(f"{wording.number(rule.waived)} waived")
    return ", ".join(parts)


def _table(title: str, rules: Sequence[RuleStatistics], wording: Wording) -> Table:
    lines = tuple(
        TableRow(
            (
                TextCell(text(f"{rule_label(rule.rule)} ({rule.severity.value})")),
                TextCell(text(wording.number(rule.open))),
                TextCell(text(wording.number(rule.asked))),
                TextCell(text(_fixed(rule, wording))),
                TextCell(text(_days(rule.median_days, wording))),
                TextCell(text(wording.number(rule.waived))),
            )
        )
        for rule in rules
    )
    figures = ("Open", "Asked", "Fixed", "Days", "Waived")
    columns = (Column("Rule"), *(Column(name, Align.RIGHT) for name in figures))
    return Table(title, columns, lines)


def _fixed(rule: RuleStatistics, wording: Wording) -> str:
    """`35 (80%)`: how many, and which share of what could have been."""
    share = "" if rule.fix_rate is None else f" ({wording.percent(rule.fix_rate)})"
    return f"{wording.number(rule.fixed)}{share}"


def _rate(rule: RuleStatistics, wording: Wording) -> str:
    return NO_VALUE if rule.fix_rate is None else wording.percent(rule.fix_rate)


def _days(days: Fraction | None, wording: Wording) -> str:
    """Half days up: nobody plans by half a day."""
    return NO_VALUE if days is None else wording.number(int(days + Fraction(1, 2)))


def _silent(rules: Sequence[RuleStatistics], wording: Wording) -> tuple[Block, ...]:
    if not rules:
        return ()
    lines = tuple(
        Paragraph(text(Bold(rule_label(rule.rule)), f": {sentence(rule.silent_because or '')}"), Tone.NOTE)
        for rule in rules
    )
    return (Folded(wording.count(len(rules), "rule does not run", "rules do not run"), lines),)


def _explained(book: RuleBook, wording: Wording) -> str:
    weeks = wording.count(book.weeks, "week", "weeks")
    return (
        f"Of the last {weeks}. Fixed: or acknowledged, and their share of all findings that were closed, or "
        f"asked about two weeks ago and still open; below {wording.percent(Fraction(book.floor))} of at "
        f"least {wording.number(book.enough)} a rule is better muted. Days: the median from first seen to "
        "fixed. Waived: exempt now. Try a rule with /hygiene preview and its name."
    )
