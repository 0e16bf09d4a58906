"""Moving today's scores and money at risk with a deal, without looking at any other.

What a deal adds is read before something happens to it and after. Findings count as they are stored, so
that what is subtracted is what the last measuring or move has added.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import Connection, Integer, case, select

from pipeline.company import Company
from pipeline.findings import ScoreSum, Severity
from pipeline.hygiene.scores import SCORED, Group, Share, sum_shares
from pipeline.matrix import UNASSIGNED
from pipeline.money import to_decimal
from storage.deal_heads import DealHead
from storage.exemptions import read_exemptions
from storage.expressions import ExpressionCompiler
from storage.hygiene import ask_hygiene
from storage.hygiene_columns import DealColumns, HygieneQuestion
from storage.hygiene_people import Staff, read_staff
from storage.hygiene_scores import converted, worth_in_corporate
from storage.mirror import MirrorState, pulled_state
from storage.refreshes import note_refresh
from storage.registries import lock_numbering
from storage.scales import read_scales
from storage.scores_by_day import NO_RISK, OwnerRisk, money_at_risk, move_risks, move_scores
from storage.tables import finding

DEALS_A_STEP = 1_000
"""Deals looked at in one statement, which takes only so many numbers."""


@dataclass(frozen=True)
class _Added:
    """What one deal adds."""

    share: Share
    is_scored: bool
    is_unclean: bool
    """It has a finding that counts in the scores."""
    risk: OwnerRisk


class ScoreMove:
    """One move: `remember` deals before something happens to them, then `apply`."""

    def __init__(self, connection: Connection, question: HygieneQuestion, staff: Staff) -> None:
        self._connection = connection
        self._as_of = question.as_of
        self._question = question
        self._staff = staff
        self._before: dict[int, _Added | None] = {}

    def remember(self, numbers: Collection[int]) -> None:
        """Those that are remembered already stay as they were."""
        new = [number for number in numbers if number not in self._before]
        found = self._read(new)
        self._before |= {number: found.get(number) for number in new}

    def apply(self) -> None:
        """Take away what the remembered deals added, and add what they add now."""
        before = [one for one in self._before.values() if one is not None]
        after = list(self._read(list(self._before)).values())
        risks: defaultdict[str, OwnerRisk] = defaultdict(lambda: NO_RISK)
        for sign, found in ((-1, before), (1, after)):
            for one in found:
                if one.share.owner is not None:
                    risks[one.share.owner] += OwnerRisk(sign * one.risk.money, sign * one.risk.deals)
        moved = _moved(self._sums_of(before), self._sums_of(after))
        move_scores(self._connection, self._as_of, moved)
        move_risks(self._connection, self._as_of, risks)

    def _sums_of(self, added: Collection[_Added]) -> Mapping[Group, ScoreSum]:
        """What the scores that some deals are part of have of these deals."""
        scored = [one for one in added if one.is_scored]
        unclean = [one.share for one in scored if one.is_unclean]
        sums = sum_shares([one.share for one in scored], unclean, self._staff.hierarchy)
        return {(one.level, one.id): one for one in sums}

    def _read(self, numbers: Collection[int]) -> Mapping[int, _Added]:
        added: dict[int, _Added] = {}
        wanted = list(numbers)
        for start in range(0, len(wanted), DEALS_A_STEP):
            some = wanted[start : start + DEALS_A_STEP]
            added |= _read_added(self._connection, self._question, self._staff, some)
        return added


@contextmanager
def moving_scores(connection: Connection, company: Company, deal: DealHead, now: datetime) -> Iterator[None]:
    """Around what changes how a deal counts and leaves the deal as it is, say a waiver.

    A measuring under way that has looked at the deal before measures again.
    """
    lock_numbering(connection)
    state = pulled_state(connection)
    question = _question(connection, company, state, date.fromordinal(state.measured_day or 1))
    move = ScoreMove(connection, question, read_staff(connection))
    move.remember([deal.number])
    yield
    move.apply()
    note_refresh(connection, [deal.id], int(now.timestamp()))


def _moved(before: Mapping[Group, ScoreSum], after: Mapping[Group, ScoreSum]) -> Collection[ScoreSum]:
    """What has to be added to the sums that the deals were or are part of; those that stay are left out."""
    moved: list[ScoreSum] = []
    for level, id in before.keys() | after.keys():
        nothing = ScoreSum(level, id, 0, 0, Fraction(0), Fraction(0))
        old, new = before.get((level, id), nothing), after.get((level, id), nothing)
        if old != new:
            moved.append(
                ScoreSum(
                    level,
                    id,
                    new.deals - old.deals,
                    new.unclean_deals - old.unclean_deals,
                    new.value - old.value,
                    new.unclean_value - old.unclean_value,
                )
            )
    return moved


def _question(connection: Connection, company: Company, state: MirrorState, as_of: date) -> HygieneQuestion:
    """How long is too long decides about findings, which are stored, and about nothing that is read here."""
    scales = read_scales(connection, company.definitions)
    return ask_hygiene(
        connection,
        as_of=as_of,
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
        measures_limits=False,
    )


def _read_added(
    connection: Connection, question: HygieneQuestion, staff: Staff, numbers: Collection[int]
) -> Mapping[int, _Added]:
    unclean = _with_counting_finding(connection, question, numbers)
    columns = DealColumns(question)
    state = columns.version.c
    scored = ExpressionCompiler(columns.column_of, question.stage_numbers).compile(SCORED)
    is_scored = case((scored, 1), else_=0).cast(Integer).label("is_scored")
    wanted = (
        state.owner,
        columns.region().label("region"),
        state.deal_value,
        state.currency,
        state.close_day,
    )
    rows = connection.execute(
        select(state.opportunity, *wanted, is_scored)
        .select_from(columns.source())
        .where(columns.is_looked_at(), state.opportunity.in_(numbers), state.part == 0)
    )
    added: dict[int, _Added] = {}
    for row in rows:
        person = staff.owner(row.owner)
        owner = None if person is None else person.id
        worth = worth_in_corporate(question, row.deal_value, row.currency, row.close_day)
        share = Share(owner, row.region or UNASSIGNED, 1, worth)
        is_unclean = row.opportunity in unclean
        risk = _risk(question, row.deal_value, row.currency, row.close_day) if is_unclean else NO_RISK
        added[row.opportunity] = _Added(share, bool(row.is_scored), is_unclean, risk)
    return added


def _risk(question: HygieneQuestion, value: int | None, currency: int, close_day: int | None) -> OwnerRisk:
    money = None if value is None else converted(question, value, currency, close_day)
    return OwnerRisk(money_at_risk(None if money is None else to_decimal(money)), 1)


def _with_counting_finding(
    connection: Connection, question: HygieneQuestion, numbers: Collection[int]
) -> frozenset[int]:
    exemptions = read_exemptions(connection, question.as_of)
    rows = connection.execute(
        select(finding.c.opportunity, finding.c.rule).where(
            finding.c.opportunity.in_(numbers),
            finding.c.gen_from <= question.generation,
            finding.c.gen_to > question.generation,
            finding.c.nudges,
            finding.c.severity != Severity.LOW.value,
        )
    )
    return frozenset(row.opportunity for row in rows if not exemptions.is_waived(row.opportunity, row.rule))
