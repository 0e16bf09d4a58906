"""`council hygiene --format json`: findings and scores as docs/schema/hygiene.json describes them."""

from messages.numbers import money, ratio
from pipeline.findings import Finding, HygieneReport, PersonName, Score

Json = dict[str, object]


def hygiene_json(report: HygieneReport) -> Json:
    """Every key is present; null where there is no value."""
    return {
        "as_of": report.as_of.isoformat(),
        "findings": [_finding(finding) for finding in report.findings],
        "scores": [_score(score) for score in report.scores],
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


def _score(score: Score) -> Json:
    return {
        "level": score.level,
        "id": score.id,
        "name": score.name,
        "value_share": ratio(score.value_share),
        "deal_share": ratio(score.deal_share),
        "deals": score.deals,
        "clean_deals": score.clean_deals,
    }
