"""The whole demo company, drawn once for a day and a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from crm.demo.accounts import draw_accounts
from crm.demo.company import LEVERS, QUARTERLY_PLAN, QUARTERS, SOURCES, STAGES, WON
from crm.demo.current import draw_later_quarters, draw_prospects
from crm.demo.draft import Draft
from crm.demo.origins import deal_out_origins
from crm.demo.past import draw_closed_quarters, draw_lost_so_far
from crm.demo.people import CHIEF, USER_IDS, role_records, user_records
from crm.demo.rates import draw_rates
from crm.demo.rows import DealRows, write_deal
from crm.demo.sins import neglect_records
from crm.demo.story import tell_region
from crm.demo.targets import QUARTERS_WITH_TARGETS, set_targets
from crm.records import (
    AccountRecord,
    ForecastCallRecord,
    RateRecord,
    RoleRecord,
    SpendRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)
from pipeline.matrix import TOTAL, Metric
from pipeline.money import SCALE

_MONEY_A_HEAD = 42_000
_HEADS = {"AE": 40, "BDR": 5, "SDR": 3, "ECS": 2, "Cloud Sales": 2}
_PROGRAMMES = {"events": 310_000, "demand generation": 120_000, "digital": 95_000, "account-based": 80_000,
               "brand": 150_000}  # fmt: skip

_CALLED_PERCENT, _ROUND_CALL = 97, 50_000 * SCALE


@dataclass(frozen=True)
class DemoCompany:
    """Everything that the demo company's CRM holds."""

    stages: Sequence[StageRecord]
    roles: Sequence[RoleRecord]
    users: Sequence[UserRecord]
    accounts: Sequence[AccountRecord]
    rates: Sequence[RateRecord]
    targets: Sequence[TargetRecord]
    spend: Sequence[SpendRecord]
    calls: Sequence[ForecastCallRecord]
    deals: Sequence[DealRows]


@lru_cache(maxsize=2)
def generate_company(today: date, seed: int) -> DemoCompany:
    """The same for the same day and seed. Nothing in it happened later than yesterday.

    Kept, because every pull of a running program asks for the same one again.
    """
    rng = Random(f"{seed} {today.isoformat()}")  # noqa: S311 - a company of chance, not a secret
    draft = _draw(rng, today)
    accounts = [account.record() for place in draft.accounts.values() for account in place]
    targets = set_targets(draft)
    return DemoCompany(
        stages=stage_records(),
        roles=role_records(),
        users=user_records(),
        accounts=accounts,
        rates=draft.rates.records(),
        targets=targets,
        spend=_spend(draft.quarter),
        calls=_calls(draft.quarter, targets),
        deals=[write_deal(rng, deal, draft.today) for deal in draft.deals],
    )


def _draw(rng: Random, today: date) -> Draft:
    quarter = QUARTERS.number_of(today)
    draft = Draft(rng, today.toordinal(), quarter, draw_rates(rng, quarter), draw_accounts(rng))
    draw_closed_quarters(draft)
    draw_lost_so_far(draft)
    for region in QUARTERLY_PLAN:
        tell_region(draft, region)
    draw_later_quarters(draft)
    draw_prospects(draft)
    neglect_records(draft)
    deal_out_origins(draft)
    return draft


def stage_records() -> list[StageRecord]:
    return [
        StageRecord(name, order, is_closed=number >= WON, is_won=number == WON, category=category)
        for order, (number, (name, category)) in enumerate(enumerate(STAGES), start=1)
    ]


def _calls(quarter: int, targets: Sequence[TargetRecord]) -> list[ForecastCallRecord]:
    """This quarter's, a little below the target, in round figures."""
    label, chief = QUARTERS.numbered(quarter).label, USER_IDS[CHIEF]
    company = [one for one in targets if (one.period, one.dimension) == (label, TOTAL)]
    return [
        ForecastCallRecord(label, _rounded(one.amount * _CALLED_PERCENT // 100), None, chief)
        for one in company
        if one.metric == Metric.CLOSED_WON.value
    ]


def _rounded(amount: int) -> int:
    return amount // _ROUND_CALL * _ROUND_CALL


def _spend(quarter: int) -> list[SpendRecord]:
    """People by source and programmes by lever, a little more every quarter."""
    records = []
    for ahead in QUARTERS_WITH_TARGETS:
        if ahead > 0:
            continue
        label = QUARTERS.numbered(quarter + ahead).label
        growth = 100 + 4 * ahead
        for source in (name for name in SOURCES if name in _HEADS):
            heads = max(_HEADS[source] * growth // 100, 1)
            records.append(SpendRecord(label, source, heads * _MONEY_A_HEAD * SCALE, heads))
        for lever in LEVERS.values():
            records.append(SpendRecord(label, lever, _PROGRAMMES[lever] * growth // 100 * SCALE, None))
    return records
