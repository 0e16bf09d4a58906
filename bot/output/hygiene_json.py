"""`council hygiene --format json` and `council hygiene scores`: findings and scores, as
docs/schema/hygiene.json and docs/schema/scores.json describe them."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.output.freshness import COLUMNS, age_columns, age_json
from messages.csv_sheet import Value, csv_sheet
from messages.numbers import money, ratio
from pipeline.findings import Finding, HygieneReport, PersonName, Score
from pipeline.freshness import Freshness
from pipeline.past_scores import PastScores

Json = dict[str, object]


_SCORE_COLUMNS = (
    "level",
    "id",
    "name",
    "value_share",
    "value_share_week_ago",
    "value_share_four_weeks_ago",
    "deal_share",
    "deals",
    "clean_deals",
)


def scores_json(day: date, scores: Sequence[Score], past: PastScores, freshness: Freshness) -> Json:
    """Scores at the end of a day, with what they were."""
    return {
        "as_of": day.isoformat(),
        **age_json(freshness),
        "scores": [_score(score, past) for score in scores],
    }


def scores_csv(scores: Sequence[Score], past: PastScores, freshness: Freshness) -> str:
    """A line per score."""
    lines: Iterator[list[Value]] = (
        [
            score.level,
            score.id,
            score.name,
            ratio(score.value_share),
            ratio(past.of(score).week_ago),
            ratio(past.of(score).four_weeks_ago),
            ratio(score.deal_share),
            score.deals,
            score.clean_deals,
            *age_columns(freshness),
        ]
        for score in scores
    )
    return csv_sheet((*_SCORE_COLUMNS, *COLUMNS), lines)


def hygiene_json(report: HygieneReport, past: PastScores, freshness: Freshness) -> Json:
    """Every key is present; null where there is no value."""
    return {
        "as_of": report.as_of.isoformat(),
        **age_json(freshness),
        "findings": [_finding(finding) for finding in report.findings],
        "scores": [_score(score, past) for score in report.scores],
        "notices": [{"rule": notice.rule, "says": notice.says} for notice in report.notices],
    }


def _finding(finding: Finding) -> Json:
    return {
        "opportunity_id": finding.opportunity_id,
        "opportunity_name": finding.opportunity_name,
        "owner": _person(finding.owner),
        "rule": finding.rule,
        "severity": finding.severity.value,
        "audience": finding.audience.value,
        "seen": finding.seen,
        "says": finding.says,
        "fixes": list(finding.fixes),
        "since": finding.since.isoformat(),
        "value": money(finding.value),
        "nudges": finding.nudges,
        "waived": finding.waived,
    }


def _person(person: PersonName | None) -> Json | None:
    return None if person is None else {"id": person.id, "name": person.name}


def _score(score: Score, past: PastScores) -> Json:
    return {
        "level": score.level,
        "id": score.id,
        "name": score.name,
        "value_share": ratio(score.value_share),
        "value_share_week_ago": ratio(past.of(score).week_ago),
        "value_share_four_weeks_ago": ratio(past.of(score).four_weeks_ago),
        "deal_share": ratio(score.deal_share),
        "deals": score.deals,
        "clean_deals": score.clean_deals,
    }
