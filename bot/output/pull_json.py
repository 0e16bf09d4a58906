"""`council pull --format json` and its CSV: what a pull took in, and what it could not use."""

from messages.csv_sheet import csv_sheet
from pipeline.pull_report import PullProblem, PullReport

Json = dict[str, object]


def pull_json(report: PullReport) -> Json:
    return {
        "source": report.source,
        "read": report.way.value,
        "taken": dict(report.taken),
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "kept": report.kept,
        "versions": report.versions,
        "seconds": round(report.seconds, 3),
        "problem_counts": dict(report.problem_counts),
        "problems": [_problem(problem) for problem in report.problems],
        "quirk_counts": dict(report.quirk_counts),
        "quirks": [_problem(quirk) for quirk in report.quirks],
        "notices": list(report.notices),
    }


def _problem(problem: PullProblem) -> Json:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "value": problem.value,
        "says": problem.says,
        "kind": problem.kind,
        "times": problem.times,
    }


def pull_csv(report: PullReport) -> str:
    """A line per problem and quirk that is listed, what could not be used first."""
    listed = [("left out", problem) for problem in report.problems]
    listed += [("taken in", quirk) for quirk in report.quirks]
    return csv_sheet(
        ("file", "line", "column", "value", "says", "kind", "times", "outcome"),
        (
            (
                problem.file,
                problem.line,
                problem.column,
                problem.value,
                problem.says,
                problem.kind,
                problem.times,
                outcome,
            )
            for outcome, problem in listed
        ),
    )
