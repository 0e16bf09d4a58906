"""`council pull --format json` and its CSV: what a pull took in, and what it could not use."""

from bot.output.csv_sheet import csv_sheet
from pipeline.pull_report import PullReport

Json = dict[str, object]


def pull_json(report: PullReport) -> Json:
    return {
        "source": report.source,
        "taken": dict(report.taken),
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "kept": report.kept,
        "versions": report.versions,
        "seconds": round(report.seconds, 3),
        "problem_counts": dict(report.problem_counts),
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "value": problem.value,
                "says": problem.says,
                "kind": problem.kind,
            }
            for problem in report.problems
        ],
        "notices": list(report.notices),
    }


def pull_csv(report: PullReport) -> str:
    """A line per problem that is listed."""
    return csv_sheet(
        ("file", "line", "column", "value", "says", "kind"),
        (
            (problem.file, problem.line, problem.column, problem.value, problem.says, problem.kind)
            for problem in report.problems
        ),
    )
