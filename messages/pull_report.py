"""What a pull took in, what it could not use, and what is odd about the rest: each with its place."""

from collections.abc import Iterator, Mapping, Sequence

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
from messages.deal_findings import field_label
from messages.wording import NO_VALUE, Wording
from pipeline.pull_report import PullProblem, PullReport, PullWay

FIRST = 10


def compose_pull_report(report: PullReport, wording: Wording | None = None) -> Card:
    """The counts of a pull, what could not be used, and what was taken in and is worth knowing."""
    wording = wording or Wording()
    blocks: tuple[Block, ...] = (
        Facts(tuple(_facts(report, wording))),
        *(Paragraph(text(notice), Tone.NOTE) for notice in report.notices),
        *_unusable(report, wording),
        *_quirks(report, wording),
    )
    title = f"Pull from {report.source}"
    total = sum(report.problem_counts.values())
    outcome = wording.count(total, "problem", "problems") if total else "every row could be used"
    return Card("pull", title, blocks, f"{title}: {outcome}.")


def _unusable(report: PullReport, wording: Wording) -> tuple[Block, ...]:
    """The first problems stand open, the others folded, and each kind is counted."""
    problems = report.problems
    if not problems:
        return (Paragraph(text("Every row could be used.")),)
    kinds = _kinds(report.problem_counts, wording)
    blocks: list[Block] = [
        Paragraph(text(Bold("Not usable"), f": {kinds}. Every good row was taken in.")),
        _table("The first problems", problems[:FIRST], wording),
    ]
    if len(problems) > FIRST:
        rest = problems[FIRST:]
        words = f"Show all: {wording.count(len(rest), 'more problem', 'more problems')}"
        blocks.append(Folded(words, (_table("The other problems", rest, wording),)))
    left_out = sum(report.problem_counts.values()) - sum(problem.times for problem in problems)
    if left_out > 0:
        more = wording.count(left_out, "further problem is", "further problems are")
        blocks.append(Paragraph(text(f"{more} counted above and not listed."), Tone.NOTE))
    return tuple(blocks)


def _quirks(report: PullReport, wording: Wording) -> tuple[Block, ...]:
    if not report.quirks:
        return ()
    kinds = _kinds(report.quirk_counts, wording)
    words = text(Bold("Worth knowing"), f": {kinds}. These rows were taken in.")
    return (Paragraph(words), Folded("Where", (_table("Worth knowing", report.quirks, wording),)))


_READ = {
    PullWay.CHANGES: "what has changed since the last pull",
    PullWay.REST: "the rest of a pull that broke off, and what has changed since it began",
}


def _facts(report: PullReport, wording: Wording) -> Iterator[Fact]:
    if report.way in _READ:
        yield Fact("Read", text(_READ[report.way]))
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


def _kinds(counts: Mapping[str, int], wording: Wording) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{wording.number(count)} {kind}" for kind, count in ordered)


def _table(title: str, problems: Sequence[PullProblem], wording: Wording) -> Table:
    lines = tuple(
        TableRow(
            (
                TextCell(text(_place(problem))),
                TextCell(text(problem.column or NO_VALUE)),
                TextCell(text(problem.value or "(empty)")),
                TextCell(text(wording.number(problem.times))),
                TextCell(text(problem.says)),
            )
        )
        for problem in problems
    )
    columns = (
        Column("Where"),
        Column("Column"),
        Column("Value"),
        Column("Times", Align.RIGHT),
        Column("What about it"),
    )
    return Table(title, columns, lines)


def _place(problem: PullProblem) -> str:
    return problem.file if problem.line is None else f"{problem.file}, line {problem.line}"
