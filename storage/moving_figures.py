"""Moving the day's figures with deals that are rewritten, without measuring all deals anew.

The sums behind the stored tables move by what the deals added before and add now. Their findings are judged
anew, and those of their accounts' other deals, which can be their duplicates; the scores of the people and
regions concerned move with them. What is learnt from many deals waits for the next measuring: the paces of
past quarters, which rule is a problem of the process, and how long is too long, so that a won deal moves the
findings of `stuck_in_stage` and `too_old` on other deals only then.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, select

from pipeline.findings import HygieneReport
from storage.apm import VIEWS, forget_tables
from storage.base import Base, has_base, move_sums
from storage.base_measuring import measure_base
from storage.digests import renew_findings
from storage.finding_lives import HowClosed, TheseDeals, keep_lives, rules_that_ran
from storage.hygiene import UNTRUSTED_RULES, judge_opportunities
from storage.hygiene_findings import store_findings_of
from storage.hygiene_scan import deals_that_break
from storage.refresh_ground import RefreshGround
from storage.score_moves import ScoreMove
from storage.tables import opportunity

DEALS_A_STEP = 500
"""Deals judged at a time: a statement takes only so many numbers."""


@contextmanager
def moving_figures(
    connection: Connection, ground: RefreshGround, numbers: Collection[int], how: HowClosed
) -> Iterator[None]:
    """Around what rewrites some deals in the generation that readers see. `how`: what closes their findings.

    Drops the day's stored tables, which `storage.apm.renew_tables` puts together again afterwards.
    """
    generation, day = ground.state.generation, ground.as_of.toordinal()
    keeps_sums = has_base(connection, generation, day)
    before = _sums_of(connection, ground, numbers) if keeps_sums else {}
    judged = _of_same_accounts(connection, generation, numbers)
    scores = ScoreMove(connection, ground.question, ground.staff)
    scores.remember(judged)
    yield
    forget_tables(connection, generation)
    after = _sums_of(connection, ground, numbers) if keeps_sums else {}
    for view in VIEWS if keeps_sums else ():
        move_sums(connection, generation, day, view, before[view], after[view])
    judged |= _of_same_accounts(connection, generation, numbers)
    scores.remember(judged)
    _judge(connection, ground, sorted(judged), how)
    scores.apply()


def _sums_of(connection: Connection, ground: RefreshGround, numbers: Collection[int]) -> Base:
    """What the deals add to the day's sums as they stand."""
    return measure_base(
        connection,
        ground.state.generation,
        ground.as_of,
        ground.company.definitions.metrics,
        ground.scales,
        deals_that_break(ground.question, UNTRUSTED_RULES),
        only=numbers,
    )


def _judge(connection: Connection, ground: RefreshGround, numbers: Sequence[int], how: HowClosed) -> None:
    question, generation = ground.question, ground.state.generation
    report = HygieneReport(ground.as_of, (), (), tuple(question.plan.notices))
    asked = rules_that_ran(ground.company, report)
    for start in range(0, len(numbers), DEALS_A_STEP):
        deals = TheseDeals(numbers[start : start + DEALS_A_STEP])
        judged = judge_opportunities(connection, question, deals.numbers, ground.silenced, ground.staff)
        findings = [one for found in judged.values() for one in found]
        store_findings_of(connection, deals, findings, generation)
        keep_lives(connection, deals, asked, ground.as_of, how)
        renew_findings(connection, judged)


def _of_same_accounts(connection: Connection, generation: int, numbers: Collection[int]) -> set[int]:
    """The deals and the others of their accounts: each can be another's duplicate."""
    seen = (opportunity.c.gen_from <= generation, opportunity.c.gen_to > generation)
    accounts = select(opportunity.c.account_id).where(
        opportunity.c.no.in_(list(numbers)), opportunity.c.account_id.is_not(None), *seen
    )
    ids = set(connection.execute(accounts).scalars())
    others = select(opportunity.c.no).where(
        opportunity.c.account_id.in_(ids), *seen, opportunity.c.is_deleted.is_(False)
    )
    return {*numbers, *connection.execute(others).scalars()}
