"""What a pull took in, and what it could not use: every problem with its place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

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
from messages.wording import NO_VALUE, Wording

FIRST = 10


class PullProblem(Protocol):
    """One value or row that could not be used."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def column(self) -> str | None: ...
    @property
    def value(self) -> str | None: ...
    @property
    def says(self) -> str: ...
    @property
    def kind(self) -> str: ...


def compose_pull_report(
    source: str,
    counts: Mapping[str, int],
    problems: Sequence[PullProblem],
    finished: datetime,
    notices: Sequence[str] = (),
    wording: Wording | None = None,
) -> Card:
    """`counts` by kind of record (`opportunities`, `history rows`) is what was taken in; the first
    problems stand open, the others folded, and each kind is counted."""
    wording = wording or Wording()
    taken = Facts(
        tuple(Fact(kind.capitalize(), text(wording.number(count))) for kind, count in counts.items())
    )
    kinds = Counter(problem.kind for problem in problems)
    summary = ", ".join(f"{wording.number(count)} {kind}" for kind, count in kinds.most_common())
    blocks: list[Block] = [taken, *(Paragraph(text(notice), Tone.NOTE) for notice in notices)]
    if problems:
        blocks.append(Paragraph(text(f"Not usable: {summary}. Every good row was taken in.")))
        blocks.append(_table("The first problems", problems[:FIRST]))
    else:
        blocks.append(Paragraph(text("Every row could be used.")))
    if len(problems) > FIRST:
        rest = problems[FIRST:]
        words = f"Show all: {wording.count(len(rest), 'more problem', 'more problems')}"
        blocks.append(Folded(words, (_table("The other problems", rest),)))
    moment = finished.isoformat(timespec="minutes")
    title = f"Pull from {source}"
    fallback = f"{title} done at {moment}: {wording.count(len(problems), 'problem', 'problems')}."
    blocks.append(Paragraph(text(f"Finished at {moment}."), Tone.NOTE))
    return Card(f"pull:{moment}", title, tuple(blocks), fallback)


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
