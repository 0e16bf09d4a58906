"""`council hygiene`: what is wrong in the records, for the company, every rep, or one person's team."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bot.app import Council
from bot.cli.invocation import AsOf, Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.operator import visible_report
from bot.cli.rules import show_preview, show_rules
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.csv_tables import hygiene_csv
from bot.output.hygiene_json import hygiene_json, scores_csv, scores_json
from handlers.today import read_today
from messages.card import Card
from messages.freshness import with_age
from messages.hygiene import compose_company, compose_own, compose_team
from messages.scores import compose_scores
from pipeline.errors import CouncilError
from pipeline.findings import HygieneReport, PersonName, Score
from pipeline.freshness import Freshness
from pipeline.matrix import TOTAL
from pipeline.past_scores import PastScores
from pipeline.person_search import find_person
from storage.database import reading
from storage.freshness import read_freshness
from storage.hygiene_reading import read_hygiene
from storage.people import read_people
from storage.scores_by_day import read_past_scores

_EVERYBODY = "team"
_RULES = "rules"
_SCORES = "scores"

Preview = Annotated[
    Path | None,
    Parameter(
        name="--preview",
        help="A file of proposed rules, [hygiene.rules.NAME] tables or [[hygiene.custom]] rules: what they "
        "would have done over the last eight weeks, beside the rules as they are set.",
    ),
]


def show_hygiene(
    *whose: str,
    as_of: AsOf = None,
    preview: Preview = None,
    format: OutputFormat = Format.TABLE,
    invocation: Called,
) -> None:
    """What is wrong in the records, and the scores.

    Parameters
    ----------
    whose
        Nothing: the company; "team": every rep; a name, e-mail or user id: that team or rep; "rules": what
        comes of each rule; "scores": the score of every rep, team and region.
    """
    is_of_rules = [word.casefold() for word in whose] == [_RULES]
    if (preview is not None and (whose or as_of)) or (is_of_rules and as_of):
        raise CouncilError(
            "The rules are looked at over the last weeks and for everybody: type council hygiene rules or "
            "council hygiene --preview FILE, and nothing more."
        )
    with opened(invocation) as council:
        if preview is not None:
            show_preview(council, preview, format)
        elif is_of_rules:
            show_rules(council, format)
        elif [word.casefold() for word in whose] == [_SCORES]:
            _show_scores(council, as_of, format)
        else:
            _show_findings(council, " ".join(whose), as_of, format)


def _show_findings(council: Council, whose: str, as_of: date | None, format: Format) -> None:
    report, past, card = _view(council, whose, as_of)
    freshness = _freshness(council, report.as_of)
    if format is Format.TABLE:
        print_cards(with_age(card, freshness))
    elif format is Format.JSON:
        print_json(hygiene_json(report, past, freshness))
    else:
        print_text(hygiene_csv(report, freshness))


def _show_scores(council: Council, as_of: date | None, format: Format) -> None:
    report, past = _measured(council, as_of)
    freshness = _freshness(council, report.as_of)
    if format is Format.TABLE:
        users = read_people(council.engine).users.values()
        managers = {user.id: user.manager_id for user in users if user.manager_id is not None}
        public = council.company.nudges.public_scores
        card = compose_scores(report.as_of, report.scores, past, managers, are_public=public)
        print_cards(with_age(card, freshness))
    elif format is Format.JSON:
        print_json(scores_json(report.as_of, report.scores, past, freshness))
    else:
        print_text(scores_csv(report.scores, past, freshness))


def _freshness(council: Council, day: date) -> Freshness:
    with reading(council.engine) as connection:
        return read_freshness(connection, council.company, as_of=day, now=datetime.now(UTC))


def _measured(council: Council, as_of: date | None) -> tuple[HygieneReport, PastScores]:
    day = as_of or read_today(council.engine)
    report = visible_report(read_hygiene(council.engine, council.company, as_of=day))
    with reading(council.engine) as connection:
        return report, read_past_scores(connection, day)


def _view(council: Council, whose: str, as_of: date | None) -> tuple[HygieneReport, PastScores, Card]:
    """The part of the report that was asked for, what scores were, and the card."""
    report, past = _measured(council, as_of)
    currency = council.company.definitions.money.corporate_currency
    if not whose:
        whole = read_hygiene(council.engine, council.company, as_of=report.as_of)
        # It names no deal, and the money of confidential ones counts in every total.
        return report, past, compose_company(whole, currency, past=past)
    if whose.casefold() == _EVERYBODY:
        scores = _with_team_score(report.scores)
        return report, past, compose_team(_COMPANY, report.findings, scores, currency, past=_of_team(past))
    people = read_people(council.engine)
    user = find_person(people, whose)
    person, reports = PersonName(user.id, user.name), people.reports_of(user.id)
    if reports:
        team = _of_people(report, reports, team_of=user.id)
        return team, past, compose_team(person, team.findings, team.scores, currency, past=past)
    own = _of_people(report, frozenset({user.id}), team_of=None)
    score = next(iter(own.scores), None)
    return own, past, compose_own(person, own.findings, score, currency, past=past)


_COMPANY = PersonName(TOTAL, "the company")


def _with_team_score(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """The company is everybody's team: its score stands for the team's."""
    return tuple(
        replace(score, level="team") if score.level == "company" else score
        for score in scores
        if score.level in ("rep", "company")
    )


def _of_team(past: PastScores) -> PastScores:
    """With the company's as that of the team that everybody is in."""
    company = past.shares.get(("company", TOTAL))
    return past if company is None else PastScores({**past.shares, ("team", TOTAL): company})


def _of_people(report: HygieneReport, ids: frozenset[str], team_of: str | None) -> HygieneReport:
    return replace(
        report,
        findings=tuple(each for each in report.findings if each.owner is not None and each.owner.id in ids),
        scores=tuple(
            score
            for score in report.scores
            if (score.level == "rep" and score.id in ids) or (score.level == "team" and score.id == team_of)
        ),
    )
