"""Scores and money at risk at the end of each measured day: a fix moves today's, the past makes trends."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select

from pipeline.findings import Finding, HygieneReport, Score, ScoreSum
from pipeline.hygiene.scores import clean_deal_share, clean_value_share, counts_in_score
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

    def __add__(self, other: "OwnerRisk") -> "OwnerRisk":
        return OwnerRisk(self.money + other.money, self.deals + other.deals)


NO_RISK = OwnerRisk(Decimal(0), 0)


def store_scores(connection: Connection, report: HygieneReport) -> None:
    """Keep a day's scores and risks; measured again, the later measuring of the day holds."""
    day = report.as_of.toordinal()
    connection.execute(delete(score_day).where(score_day.c.day == day))
    connection.execute(delete(risk_day).where(risk_day.c.day == day))
    _insert_scores(connection, day, report.sums)
    _insert_risks(connection, day, risks_of(report.findings))


def _insert_scores(connection: Connection, day: int, sums: Collection[ScoreSum]) -> None:
    rows = [
        {
            "day": day,
            "level": one.level,
            "id": one.id,
            "value_share": _millionths(clean_value_share(one)),
            "deal_share": _millionths(clean_deal_share(one)),
            "deals": one.deals,
            "clean_deals": one.deals - one.unclean_deals,
            "value": str(one.value),
            "unclean_value": str(one.unclean_value),
        }
        for one in sums
    ]
    if rows:
        connection.execute(insert(score_day), rows)


def _insert_risks(connection: Connection, day: int, risks: Mapping[str, OwnerRisk]) -> None:
    rows = [
        {"day": day, "owner": owner, "money": int(risk.money * SCALE), "deals": risk.deals}
        for owner, risk in risks.items()
    ]
    if rows:
        connection.execute(insert(risk_day), rows)


def risks_of(findings: Collection[Finding]) -> Mapping[str, OwnerRisk]:
    """By owner; each deal once, deals of unknown value without money."""
    values: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for one in findings:
        if one.owner is not None and counts_in_score(one):
            values[one.owner.id][one.opportunity_id] = money_at_risk(one.value)
    return {owner: OwnerRisk(sum(deals.values(), Decimal(0)), len(deals)) for owner, deals in values.items()}


def money_at_risk(value: Decimal | None) -> Decimal:
    """A deal's value as it is kept: whole ten-thousandths, so that sums can be taken apart again."""
    return Decimal(int((value or 0) * SCALE)) / SCALE


def move_scores(connection: Connection, day: date, moved: Collection[ScoreSum]) -> None:
    """Add to what some scores of a day are made of; no other is read.

    Nothing on a day whose scores were kept before their exact values were: the next measuring brings it up to
    date.
    """
    number = day.toordinal()
    of_company = select(score_day.c.value).where(_is_score(number, "company", TOTAL))
    if connection.scalar(of_company) is None:
        return
    for one in moved:
        is_its = _is_score(number, one.level, one.id)
        kept = connection.execute(select(score_day).where(is_its)).one_or_none()
        after = one if kept is None else _added(kept, one)
        connection.execute(delete(score_day).where(is_its))
        if after.deals or after.level == "company":
            _insert_scores(connection, number, [after])


def _is_score(day: int, level: str, id: str) -> ColumnElement[bool]:
    return and_(score_day.c.day == day, score_day.c.level == level, score_day.c.id == id)


def _added(kept: Row[Any], more: ScoreSum) -> ScoreSum:
    return ScoreSum(
        more.level,
        more.id,
        kept.deals + more.deals,
        kept.deals - kept.clean_deals + more.unclean_deals,
        Fraction(kept.value) + more.value,
        Fraction(kept.unclean_value) + more.unclean_value,
    )


def move_risks(connection: Connection, day: date, moved: Mapping[str, OwnerRisk]) -> None:
    """Add to the money at risk of some owners on a day."""
    number = day.toordinal()
    of_day = risk_day.c.day == number
    rows = connection.execute(select(risk_day).where(of_day, risk_day.c.owner.in_(list(moved)))).all()
    kept = {row.owner: OwnerRisk(Decimal(row.money) / SCALE, row.deals) for row in rows}
    connection.execute(delete(risk_day).where(of_day, risk_day.c.owner.in_(list(moved))))
    after = {owner: kept.get(owner, NO_RISK) + risk for owner, risk in moved.items()}
    _insert_risks(connection, number, {owner: risk for owner, risk in after.items() if risk.deals})


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
