"""The sins of real pipelines, in believable shares: what chance lets people neglect."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from crm.demo.company import (
    AMER,
    APAC,
    DISCOVERY,
    EMEA,
    LATAM,
    LOST,
    NEGOTIATION,
    PROPOSAL,
    PROSPECTING,
    QUALIFICATION,
    QUARTERS,
    SEGMENT_NAMED,
)
from crm.demo.current import add_open, add_open_in
from crm.demo.deals import Deal, Neglect, Step
from crm.demo.draft import Draft
from crm.demo.lives import OpenDeal, open_life, round_value, workday_before
from crm.demo.people import LEFT, USER_IDS, cast_rep_id, reps_of
from pipeline.records import Category

_CAST_REP_DEALS = 8
_SHARES: tuple[tuple[Neglect, int, int, int], ...] = (
    # What, in how many of 100 deals, from which stage and up to which.
    (Neglect.NEXT_STEP_MISSING, 7, QUALIFICATION, NEGOTIATION),
    (Neglect.NO_CONTACT, 6, QUALIFICATION, NEGOTIATION),
    (Neglect.ONE_CONTACT, 20, PROPOSAL, NEGOTIATION),
    (Neglect.NO_BUYER, 24, PROPOSAL, NEGOTIATION),
    (Neglect.NO_PRODUCTS, 16, PROSPECTING, DISCOVERY),
    (Neglect.NO_PRODUCTS, 6, PROPOSAL, NEGOTIATION),
    (Neglect.AMOUNT_MISSING, 5, PROSPECTING, DISCOVERY),
    (Neglect.AMOUNT_MISSING, 1, PROPOSAL, PROPOSAL),
    (Neglect.VALUE_MISSING, 3, PROPOSAL, NEGOTIATION),
    (Neglect.QUALIFICATION_THIN, 20, PROPOSAL, NEGOTIATION),
    (Neglect.COMPETITOR_MISSING, 26, PROPOSAL, NEGOTIATION),
    (Neglect.NOTHING_PLANNED, 20, PROSPECTING, NEGOTIATION),
    (Neglect.TASK_OVERDUE, 7, QUALIFICATION, NEGOTIATION),
    (Neglect.SOURCE_MISSING, 1, PROSPECTING, PROPOSAL),
    (Neglect.LOSS_REASON_MISSING, 8, LOST, LOST),
)


def neglect_records(draft: Draft) -> None:
    """Lay the sins over the deals that are there, and add the deals that are themselves a sin."""
    for deal in draft.deals:
        _neglect_by_chance(draft, deal)
    ordinary = [deal for deal in draft.deals if _may_go_wrong(deal)]
    _let_go_stale(draft, ordinary)
    _push_again_and_again(draft, ordinary)
    _miss_close_dates(draft, ordinary)
    _guess_close_dates(draft, ordinary)
    _hope_too_soon(draft, ordinary)
    _omit(draft, ordinary)
    _mistake_categories(draft, ordinary)
    _lose_owners(draft, ordinary)
    _enter_twice(draft, ordinary)
    _leave_empty(ordinary)
    _hand_over(draft)
    _add_overdue_of_earlier_quarters(draft)
    _add_deal_in_pounds(draft)
    give_cast_rep_a_handful(draft)


def _neglect_by_chance(draft: Draft, deal: Deal) -> None:
    is_commit = deal.is_open and deal.now.category is Category.COMMIT
    for what, share, first, last in _SHARES:
        if not first <= deal.now.stage <= last or draft.rng.random() >= share / 100:
            continue
        if is_commit and what in (Neglect.NEXT_STEP_MISSING, Neglect.NO_CONTACT, Neglect.NO_PRODUCTS):
            continue
        deal.neglect.add(what)


def _may_go_wrong(deal: Deal) -> bool:
    """Open, qualified, not in the forecast, and not part of a story of its own."""
    now = deal.now
    return (
        deal.is_open
        and now.stage >= QUALIFICATION
        and now.category is not Category.COMMIT
        and deal.account.region != LATAM
        and deal.owner_id != cast_rep_id()
    )


def _is_old(draft: Draft, deal: Deal, days: int) -> bool:
    return draft.today - deal.created >= days


def _let_go_stale(draft: Draft, deals: Sequence[Deal]) -> None:
    for deal in deals:
        fate = draft.rng.random()
        if fate < 0.10 and _is_old(draft, deal, 50) and _is_small(deal):
            both = {Neglect.NEXT_STEP_STALE, Neglect.QUIET}
            deal.neglect |= both if fate < 0.03 else {draft.rng.choice(sorted(both, key=lambda n: n.value))}
    commits = [d for d in draft.deals if d.is_open and d.now.category is Category.COMMIT]
    at_hand = [
        deal
        for deal in commits
        if deal.account.region in (AMER, EMEA) and deal.now.value < 25_000 and _is_old(draft, deal, 15)
    ]
    for deal in at_hand[:3]:
        deal.neglect.add(Neglect.QUIET)


def _is_small(deal: Deal) -> bool:
    """The biggest deals are looked after; otherwise a single one would tell a story of its own."""
    return deal.now.value < 240_000


def _relive(draft: Draft, deal: Deal, state: OpenDeal) -> None:
    deal.steps = open_life(draft.rng, state, draft.today)


def _state_of(draft: Draft, deal: Deal) -> OpenDeal:
    now = deal.now
    return OpenDeal(now.stage, now.category, now.close_day, now.value, draft.today - deal.created)


def _push_again_and_again(draft: Draft, deals: Sequence[Deal]) -> None:
    """Deals that moved three or four times since they qualified, by a month or more each time."""
    able = [deal for deal in deals if _is_old(draft, deal, 40) and _is_small(deal)]
    for deal in draft.rng.sample(able, k=min(len(able) // 22, len(able))):
        times = draft.rng.choice((3, 3, 4))
        _push(draft, deal, times)


def _push(draft: Draft, deal: Deal, times: int) -> None:
    """Give a deal a long life in which its close date moved to a later month so many times."""
    now = deal.now
    first = _qualified_first(draft, deal, 45 * times + 70)
    close_day = now.close_day - 45 * times
    steps = [first._replace(close_day=close_day)]
    last_push = draft.today - 9
    for time in range(1, times + 1):
        day = workday_before(last_push - 40 * (times - time))
        steps.append(first._replace(day=day, close_day=now.close_day - 45 * (times - time)))
    stage_day = workday_before(draft.today - 33)
    deal.steps = _with_stage_from(steps, stage_day, now)


def _qualified_first(draft: Draft, deal: Deal, age: int) -> Step:
    created = workday_before(draft.today - age)
    return deal.now._replace(day=created, stage=QUALIFICATION, category=Category.PIPELINE)


def _with_stage_from(steps: Sequence[Step], day: int, now: Step) -> list[Step]:
    """The same steps, at the stage and category of `now` from a day on."""
    before = [step for step in steps if step.day < day]
    after = [step for step in steps if step.day > day]
    at_day = [step for step in steps if step.day <= day][-1]
    later = [step._replace(stage=now.stage, category=now.category) for step in after]
    return [*before, at_day._replace(day=day, stage=now.stage, category=now.category), *later]


def _miss_close_dates(draft: Draft, deals: Sequence[Deal]) -> None:
    """Some deals of this quarter whose date has passed and nobody has said why."""
    first = draft.period.start.toordinal()
    latest = draft.today - 4
    if latest <= first:
        return
    able = [
        deal
        for deal in deals
        if first <= deal.now.close_day <= draft.period.end.toordinal() and _is_small(deal)
    ]
    for deal in draft.rng.sample(able, k=len(able) // 16):
        close_day = draft.rng.randint(max(first, draft.today - 40), latest)
        _relive(draft, deal, replace(_state_of(draft, deal), close_day=close_day))


def _guess_close_dates(draft: Draft, deals: Sequence[Deal]) -> None:
    """Early deals that close, somebody once typed, on the last day of a quarter."""
    for deal in deals:
        now = deal.now
        is_early = now.stage <= DISCOVERY and now.close_day > draft.period.end.toordinal()
        if is_early and draft.rng.random() < 0.12:
            quarter = QUARTERS.number_of(date.fromordinal(now.close_day))
            last = QUARTERS.numbered(quarter).end.toordinal()
            _relive(draft, deal, replace(_state_of(draft, deal), close_day=last))


def _hope_too_soon(draft: Draft, deals: Sequence[Deal]) -> None:
    """Barely qualified, and said to close within days."""
    able = [deal for deal in deals if deal.now.stage == QUALIFICATION and deal.now.value < 60_000]
    for deal in draft.rng.sample(able, k=min(5, len(able))):
        close_day = draft.today + draft.rng.randint(3, 12)
        _relive(draft, deal, replace(_state_of(draft, deal), close_day=close_day))


def _omit(draft: Draft, deals: Sequence[Deal]) -> None:
    able = [deal for deal in deals if _is_old(draft, deal, 70)]
    for deal in draft.rng.sample(able, k=min(14, len(able))):
        day = workday_before(draft.today - 45)
        at_day = deal.at(day) or deal.steps[0]
        deal.steps = _with_category_from(deal.steps, at_day._replace(day=day), Category.OMITTED)


def _with_category_from(steps: Sequence[Step], at_day: Step, category: Category) -> list[Step]:
    before = [step for step in steps if step.day < at_day.day]
    after = [step for step in steps if step.day > at_day.day]
    return [*before, *(step._replace(category=category) for step in (at_day, *after))]


def _mistake_categories(draft: Draft, deals: Sequence[Deal]) -> None:
    """Late deals that still say Pipeline, and a few early ones that say Commit."""
    late = [deal for deal in deals if deal.now.stage == NEGOTIATION]
    for deal in draft.rng.sample(late, k=len(late) // 25):
        deal.steps = _with_category_from(deal.steps, deal.now, Category.PIPELINE)
    next_quarter = draft.period.end.toordinal()
    early = [deal for deal in deals if deal.now.stage == PROPOSAL and deal.now.close_day > next_quarter]
    for deal in draft.rng.sample(early, k=min(3, len(early))):
        deal.steps = _with_category_from(deal.steps, deal.now, Category.COMMIT)


def _lose_owners(draft: Draft, deals: Sequence[Deal]) -> None:
    """Who left still owns what they closed, and some deals that nobody has taken over."""
    for region, name in LEFT.items():
        theirs = [deal for deal in draft.deals if deal.account.region == region]
        long_ago = [d for d in theirs if not d.is_open and d.now.close_day < draft.today - 130]
        left_behind = [d for d in deals if d.account.region == region and _is_old(draft, d, 60)]
        for deal in [
            *draft.rng.sample(long_ago, k=len(long_ago) // 25),
            *draft.rng.sample(left_behind, k=min(9, len(left_behind))),
        ]:
            deal.owner_id = USER_IDS[name]


def _enter_twice(draft: Draft, deals: Sequence[Deal]) -> None:
    """The same business entered a second time, by a colleague."""
    able = [deal for deal in deals if 8_000 < deal.now.value < 60_000 and deal.now.stage <= PROPOSAL]
    for deal in draft.rng.sample(able, k=min(11, len(able))):
        state = replace(
            _state_of(draft, deal),
            value=round_value(deal.now.value * draft.rng.uniform(0.95, 1.05)),
            close_day=deal.now.close_day + draft.rng.randint(0, 20),
            age=draft.rng.randint(3, 25),
            stage=QUALIFICATION,
            category=Category.PIPELINE,
        )
        steps = open_life(draft.rng, state, draft.today)
        colleague = draft.rng.choice(reps_of(deal.account.region))
        number = len(draft.deals) + 1
        twin = Deal(number, deal.account, colleague, deal.currency, steps, deal.region_stamp)
        twin.families = deal.families
        draft.deals.append(twin)


def _leave_empty(deals: Sequence[Deal]) -> None:
    small = [deal for deal in deals if deal.now.value < 40_000 and deal.now.stage <= DISCOVERY]
    for deal in small[:2]:
        deal.neglect.add(Neglect.CLOSE_DATE_MISSING)
    for deal in small[2:5]:
        deal.neglect.add(Neglect.ACCOUNT_MISSING)


def _hand_over(draft: Draft) -> None:
    """Deals that another rep had before, and a few that were moved to another region."""
    for deal in draft.deals:
        chance = draft.rng.random()
        if chance >= 0.06 or deal.now.day - deal.created < 30 or deal.owner_id == cast_rep_id():
            continue
        day = workday_before(deal.created + (deal.now.day - deal.created) // 2)
        others = [rep for rep in reps_of(deal.account.region) if rep != deal.owner_id]
        deal.former_owner = (day, draft.rng.choice(others))
        if chance < 0.006 and deal.region_stamp == EMEA and not deal.is_open:
            deal.former_region = (day, AMER)


def _add_overdue_of_earlier_quarters(draft: Draft) -> None:
    last = draft.period.start.toordinal() - 1
    for place in range(13):
        region = (AMER, EMEA, AMER)[place % 3]
        segment = SEGMENT_NAMED[("SMB", "MM")[place % 2]]
        state = OpenDeal(
            draft.rng.choice((DISCOVERY, PROPOSAL)),
            Category.BEST_CASE,
            last - draft.rng.randint(1, 75),
            value=0,
            age=draft.rng.randint(150, 240),
        )
        deal = add_open(draft, region, segment, draft.draw_value(segment), state)
        deal.neglect |= {Neglect.NEXT_STEP_STALE, Neglect.QUIET}


def _add_deal_in_pounds(draft: Draft) -> None:
    """The company has no rate for pounds: this deal stands outside the totals until it has one."""
    close_day = min(draft.today + 20, draft.period.end.toordinal())
    state = OpenDeal(PROPOSAL, Category.BEST_CASE, close_day, 0, age=70)
    deal = add_open_in(draft, EMEA, SEGMENT_NAMED["MM"], "GBP", 64_000, state)
    deal.region_stamp = EMEA


def give_cast_rep_a_handful(draft: Draft) -> None:
    """Tidy the records of the rep whom visitors are first, but for a handful."""
    ordinary = _ordinary_deals_of_cast_rep(draft)
    for deal in draft.deals:
        if deal.owner_id == cast_rep_id() and deal.is_open:
            deal.neglect.clear()
    ordinary.sort(key=lambda deal: (abs(deal.now.value - 60_000), deal.number))
    overdue, silent, empty, pushed = ordinary[:4]
    _relive(draft, overdue, replace(_state_of(draft, overdue), close_day=draft.today - 6, age=60))
    _relive(draft, silent, replace(_state_of(draft, silent), age=45))
    silent.neglect.add(Neglect.NEXT_STEP_MISSING)
    _relive(draft, empty, replace(_state_of(draft, empty), age=45))
    empty.neglect.add(Neglect.AMOUNT_MISSING)
    _push(draft, pushed, times=3)


def _ordinary_deals_of_cast_rep(draft: Draft) -> list[Deal]:
    """Those that no story needs; where there are few, colleagues hand some over."""
    ordinary = [
        deal
        for deal in draft.deals
        if deal.is_open
        and deal.account.region == APAC
        and deal.now.stage >= QUALIFICATION
        and deal.now.category in (Category.PIPELINE, Category.BEST_CASE, Category.MOST_LIKELY)
    ]
    hers = [deal for deal in ordinary if deal.owner_id == cast_rep_id()]
    others = [deal for deal in ordinary if deal.owner_id != cast_rep_id()]
    for deal in others[: max(_CAST_REP_DEALS - len(hers), 0)]:
        deal.owner_id, deal.former_owner = cast_rep_id(), None
        hers.append(deal)
    return hers
