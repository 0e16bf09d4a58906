"""Scores and money at risk at the end of each measured day, for trends."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from pipeline.findings import Finding, HygieneReport, Score
from pipeline.hygiene.scores import counts_in_score
from pipeline.matrix import TOTAL
from pipeline.money import SCALE
from pipeline.past_scores import FOUR_WEEKS_AGO, WEEK_AGO, PastScores, PastShare
from storage.nudge_tables import risk_day, score_day

MILLION = 1_000_000


@dataclass(frozen=True)
class OwnerRisk:
    """Deals of one owner with a finding that counts in the score, and their value in the corporate
    currency."""

    money: Decimal
    deals: int


NO_RISK = OwnerRisk(Decimal(0), 0)


def store_scores(connection: Connection, report: HygieneReport) -> None:
    """Keep a day's scores and risks; measured again, the later measuring of the day holds."""
    day = report.as_of.toordinal()
    connection.execute(delete(score_day).where(score_day.c.day == day))
    connection.execute(delete(risk_day).where(risk_day.c.day == day))
    scores = [
        {
            "day": day,
            "level": one.level,
            "id": one.id,
            "value_share": _millionths(one.value_share),
            "deal_share": _millionths(one.deal_share),
            "deals": one.deals,
            "clean_deals": one.clean_deals,
        }
        for one in report.scores
    ]
    if scores:
        connection.execute(insert(score_day), scores)
    risks = [
        {"day": day, "owner": owner, "money": int(risk.money * SCALE), "deals": risk.deals}
        for owner, risk in risks_of(report.findings).items()
    ]
    if risks:
        connection.execute(insert(risk_day), risks)


def risks_of(findings: Collection[Finding]) -> Mapping[str, OwnerRisk]:
    """By owner; each deal once, deals of unknown value without money."""
    values: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for one in findings:
        if one.owner is not None and counts_in_score(one):
            values[one.owner.id][one.opportunity_id] = one.value or Decimal(0)
    return {owner: OwnerRisk(sum(deals.values(), Decimal(0)), len(deals)) for owner, deals in values.items()}


def read_scores(connection: Connection, day: date, level: str, names: Mapping[str, str]) -> tuple[Score, ...]:
    """Scores of the last day measured up to and with `day`, of those named by id; none before the first."""
    last = _last_measured(connection, day)
    rows = connection.execute(
        select(score_day)
        .where(score_day.c.day == last, score_day.c.level == level, score_day.c.id.in_(list(names)))
        .order_by(score_day.c.id)
    )
    return tuple(_score(row, names[row.id]) for row in rows)


def _score(row: Row[Any], name: str) -> Score:
    return Score(
        row.level,
        row.id,
        name,
        _share(row.value_share),
        _share(row.deal_share),
        row.deals,
        row.clean_deals,
    )


def read_all_scores(connection: Connection, day: date, names: Mapping[str, str]) -> tuple[Score, ...]:
    """Scores of every level, of the last day measured up to and with `day`. `names`: by id, of people;
    whoever has none is left out."""
    rows = connection.execute(
        select(score_day)
        .where(score_day.c.day == _last_measured(connection, day))
        .order_by(score_day.c.level, score_day.c.id)
    )
    known = {**names, TOTAL: TOTAL}
    return tuple(
        _score(row, row.id if row.level == "region" else known[row.id])
        for row in rows
        if row.level == "region" or row.id in known
    )


def read_past_scores(connection: Connection, day: date) -> PastScores:
    """What all scores were a week and four weeks before `day`, at the end of the last day measured in the
    week up to then."""
    week, four_weeks = (_shares_by(connection, day - ago) for ago in (WEEK_AGO, FOUR_WEEKS_AGO))
    return PastScores(
        {key: PastShare(week.get(key), four_weeks.get(key)) for key in week.keys() | four_weeks.keys()}
    )


def _shares_by(connection: Connection, day: date) -> Mapping[tuple[str, str], Fraction]:
    last = _last_measured(connection, day)
    if last is None or last <= (day - WEEK_AGO).toordinal():
        return {}
    rows = connection.execute(
        select(score_day.c.level, score_day.c.id, score_day.c.value_share).where(
            score_day.c.day == last, score_day.c.value_share.is_not(None)
        )
    )
    return {(row.level, row.id): Fraction(row.value_share, MILLION) for row in rows}


def read_risks(connection: Connection, day: date, owners: Collection[str]) -> Mapping[str, OwnerRisk]:
    """Money at risk at the end of the last day measured up to and with `day`; owners without are absent."""
    rows = connection.execute(
        select(risk_day).where(
            risk_day.c.day == _last_measured(connection, day), risk_day.c.owner.in_(list(owners))
        )
    )
    return {row.owner: OwnerRisk(Decimal(row.money) / SCALE, row.deals) for row in rows}


def has_scores_of(connection: Connection, day: date) -> bool:
    """Whether there are scores of that very day."""
    return _last_measured(connection, day) == day.toordinal()


def was_measured_by(connection: Connection, day: date) -> bool:
    """Whether there are scores of that day or one before."""
    return _last_measured(connection, day) is not None


def _last_measured(connection: Connection, day: date) -> int | None:
    last: int | None = connection.scalar(
        select(func.max(score_day.c.day)).where(score_day.c.day <= day.toordinal())
    )
    return last


def _millionths(share: Fraction | None) -> int | None:
    return None if share is None else int(share * MILLION)


def _share(stored: int | None) -> Fraction | None:
    return None if stored is None else Fraction(stored, MILLION)
