"""What a pull took in, and what it could not use: every problem with its place."""

from collections.abc import Iterator, Sequence

from messages.card import (
    Block,
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
from messages.deal_findings import field_label
from messages.wording import NO_VALUE, Wording
from pipeline.pull_report import PullProblem, PullReport

FIRST = 10


def compose_pull_report(report: PullReport, wording: Wording | None = None) -> Card:
    """The counts of a pull; its first problems stand open, the others folded, and each kind is counted."""
    wording = wording or Wording()
    problems = report.problems
    blocks: list[Block] = [
        Facts(tuple(_facts(report, wording))),
        *(Paragraph(text(notice), Tone.NOTE) for notice in report.notices),
    ]
    if problems:
        blocks.append(Paragraph(text(f"Not usable: {_kinds(report, wording)}. Every good row was taken in.")))
        blocks.append(_table("The first problems", problems[:FIRST]))
    else:
        blocks.append(Paragraph(text("Every row could be used.")))
    if len(problems) > FIRST:
        rest = problems[FIRST:]
        words = f"Show all: {wording.count(len(rest), 'more problem', 'more problems')}"
        blocks.append(Folded(words, (_table("The other problems", rest),)))
    left_out = sum(report.problem_counts.values()) - len(problems)
    if left_out > 0:
        more = wording.count(left_out, "further problem is", "further problems are")
        blocks.append(Paragraph(text(f"{more} counted above and not listed."), Tone.NOTE))
    title = f"Pull from {report.source}"
    total = wording.count(sum(report.problem_counts.values()), "problem", "problems")
    return Card("pull", title, tuple(blocks), f"{title}: {total}.")


def _facts(report: PullReport, wording: Wording) -> Iterator[Fact]:
    for kind, count in report.taken.items():
        yield Fact(field_label(kind), text(wording.number(count)))
    changes = (
        (report.new, "new"),
        (report.changed, "changed"),
        (report.unchanged, "unchanged"),
        (report.deleted, "deleted"),
        (report.kept, "kept as before, because the new row was bad"),
    )
    words = ", ".join(f"{wording.number(count)} {word}" for count, word in changes if count)
    yield Fact("Of the opportunities", text(words or "none"))
    yield Fact("Took", text(wording.count(max(1, round(report.seconds)), "second", "seconds")))


def _kinds(report: PullReport, wording: Wording) -> str:
    ordered = sorted(report.problem_counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{wording.number(count)} {kind}" for kind, count in ordered)


def _table(title: str, problems: Sequence[PullProblem]) -> Table:
    lines = tuple(
        TableRow(
            (
                TextCell(text(_place(problem))),
                TextCell(text(problem.column or NO_VALUE)),
                TextCell(text(problem.value or "(empty)")),
                TextCell(text(problem.says)),
            )
        )
        for problem in problems
    )
    return Table(title, (Column("Where"), Column("Column"), Column("Value"), Column("What is wrong")), lines)


def _place(problem: PullProblem) -> str:
    return problem.file if problem.line is None else f"{problem.file}, line {problem.line}"
