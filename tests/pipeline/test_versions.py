"""Versions: what a deal was, day by day, from everything that is known of it (DOMAIN section 3)."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.matrix import Basis
from pipeline.records import Category, DealClass, Stage
from pipeline.versions import (
    AMOUNT,
    CATEGORY,
    CLOSE_DAY,
    CUSTOM_VALUE,
    DIMENSION_FIELDS,
    FOREVER,
    OWNER,
    STAGE,
    Change,
    Deal,
    Entry,
    Life,
    Observation,
    Part,
    State,
    Updates,
    VersionRules,
    build_life,
)

EXACT, RECONSTRUCTED, APPROXIMATE = Basis.EXACT, Basis.RECONSTRUCTED, Basis.APPROXIMATE
STAGES = {
    stage.name: stage
    for stage in (
        Stage(1, "Prospecting", 10, False, False, Category.PIPELINE),
        Stage(2, "Qualification", 20, False, False, Category.PIPELINE),
        Stage(3, "Negotiation", 30, False, False, Category.COMMIT),
        Stage(4, "Won", 40, True, True, Category.CLOSED),
        Stage(5, "Lost", 50, True, False, Category.OMITTED),
    )
}
REGION = DIMENSION_FIELDS
PULL = "2026-06-01T12:00"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def state(stage: str, amount: int | None = 100, close: str = "2026-06-30", region: str = "EMEA") -> State:
    return [stage, amount, None, day(close), None, "005A", "USD", region]


def rules(*, has_history: bool = True, tracked: Sequence[int] = (), custom: bool = False) -> VersionRules:
    return VersionRules(
        day_of=lambda moment: datetime.fromtimestamp(moment, UTC).toordinal(),
        stages=STAGES,
        qualified_order=20,
        assumed_open_stage="Qualification",
        has_history=has_history,
        value_is_custom=custom,
        tracked=frozenset(tracked),
        state_size=DIMENSION_FIELDS + 1,
    )


def stage_change(moment: str, stage: str, **more: int | None) -> Change:
    places = {"amount": AMOUNT, "close_day": CLOSE_DAY}
    others: Updates = tuple((places[name], value) for name, value in more.items())
    return Change(at(moment), ((STAGE, stage), (CATEGORY, None), *others))


def field_change(moment: str, place: int, old: str | int | None, new: str | int | None) -> Change:
    return Change(at(moment), ((place, new),), ((place, old),))


def life(
    created: str | None,
    changes: Sequence[Change],
    *observations: tuple[str, State | None],
    by: VersionRules | None = None,
) -> Life:
    deal = Deal(
        None if created is None else at(created),
        changes,
        [Observation(at(moment), seen) for moment, seen in observations],
        lambda seen, value: (Part({"EMEA": 1, "AMER": 2, "APAC": 3}[str(seen[REGION])], value),),
    )
    return build_life(deal, by or rules())


def spans(lived: Life) -> list[tuple[str, str | None, DealClass]]:
    """From, to and class of each version."""
    return [
        (
            date.fromordinal(one.valid_from).isoformat(),
            None if one.valid_to == FOREVER else date.fromordinal(one.valid_to).isoformat(),
            one.deal_class,
        )
        for one in lived.versions
    ]


OPEN, EARLY, WON, LOST = (
    DealClass.OPEN_QUALIFIED,
    DealClass.OPEN_UNQUALIFIED,
    DealClass.WON,
    DealClass.LOST,
)


def test_history_holds_the_values_after_each_change() -> None:
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Prospecting", amount=50),
            stage_change("2026-02-10T09:00", "Qualification", amount=80),
            stage_change("2026-03-20T09:00", "Won", amount=100),
        ],
        (PULL, state("Won")),
    )
    assert spans(lived) == [
        ("2026-01-05", "2026-02-10", EARLY),
        ("2026-02-10", "2026-03-20", OPEN),
        ("2026-03-20", None, WON),
    ]
    assert [version.value for version in lived.versions] == [50, 80, 100]
    assert lived.entry == Entry(day("2026-02-10"), RECONSTRUCTED)


def test_the_end_of_a_day_decides() -> None:
    """Two changes on one day leave the later one."""
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Prospecting"),
            stage_change("2026-02-10T09:00", "Negotiation"),
            stage_change("2026-02-10T17:00", "Qualification"),
        ],
        (PULL, state("Qualification")),
    )
    assert spans(lived) == [("2026-01-05", "2026-02-10", EARLY), ("2026-02-10", None, OPEN)]


def test_a_deal_that_qualified_and_was_lost_on_one_day_entered() -> None:
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Prospecting"),
            stage_change("2026-02-10T09:00", "Qualification"),
            stage_change("2026-02-10T17:00", "Lost"),
        ],
        (PULL, state("Lost")),
    )
    assert spans(lived) == [("2026-01-05", "2026-02-10", EARLY), ("2026-02-10", None, LOST)]
    assert lived.entry == Entry(day("2026-02-10"), RECONSTRUCTED)


def test_a_deal_that_was_lost_before_the_gate_never_entered() -> None:
    lived = life(
        "2026-01-05T09:00",
        [stage_change("2026-01-05T09:00", "Prospecting"), stage_change("2026-02-10T09:00", "Lost")],
        (PULL, state("Lost")),
    )
    assert lived.entry is None


def test_a_reopened_deal_entered_at_its_first_entry() -> None:
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Qualification"),
            stage_change("2026-02-10T09:00", "Lost"),
            stage_change("2026-04-10T09:00", "Prospecting"),
            stage_change("2026-05-10T09:00", "Negotiation"),
        ],
        (PULL, state("Negotiation")),
    )
    assert [deal_class for *_, deal_class in spans(lived)] == [OPEN, LOST, EARLY, OPEN]
    assert lived.entry == Entry(day("2026-01-05"), RECONSTRUCTED)


def test_a_deal_that_never_changed_begins_at_its_creation() -> None:
    lived = life("2026-01-05T09:00", [], (PULL, state("Qualification")))
    assert spans(lived) == [("2026-01-05", None, OPEN)]
    (version,) = lived.versions
    assert (version.state_basis, version.observed_from) == (RECONSTRUCTED, day("2026-06-01"))
    assert version.slice_basis is APPROXIMATE


def test_before_its_first_row_a_deal_was_what_that_row_says() -> None:
    lived = life(
        "2026-01-05T09:00",
        [stage_change("2026-02-10T09:00", "Qualification", amount=80)],
        (PULL, state("Qualification", amount=100)),
    )
    assert spans(lived) == [("2026-01-05", "2026-06-01", OPEN), ("2026-06-01", None, OPEN)]
    assert [version.value for version in lived.versions] == [80, 100]


def test_without_any_history_an_open_deal_was_always_what_it_is() -> None:
    lived = life("2026-01-05T09:00", [], (PULL, state("Negotiation")), by=rules(has_history=False))
    assert spans(lived) == [("2026-01-05", None, OPEN)]
    assert lived.versions[0].state_basis is APPROXIMATE
    assert lived.entry == Entry(day("2026-01-05"), APPROXIMATE)


def test_without_any_history_a_closed_deal_was_open_until_its_close_date() -> None:
    won = state("Won", close="2026-03-15")
    lived = life("2026-01-05T09:00", [], (PULL, won), by=rules(has_history=False))
    assert spans(lived) == [("2026-01-05", "2026-03-15", OPEN), ("2026-03-15", None, WON)]
    assert lived.versions[0].stage == STAGES["Qualification"].number
    assert [version.close_day for version in lived.versions] == [day("2026-03-15")] * 2
    assert {version.state_basis for version in lived.versions} == {APPROXIMATE}


def test_tracked_fields_of_a_deal_without_history_of_its_stages_change_on_their_days() -> None:
    """Won on 15 March, as far as we know; its region changed in February, while it was open."""
    lived = life(
        "2026-01-05T09:00",
        [field_change("2026-02-10T09:00", REGION, "APAC", "EMEA")],
        (PULL, state("Won", close="2026-03-15", region="EMEA")),
        by=rules(has_history=False, tracked=[REGION, OWNER]),
    )
    assert spans(lived) == [
        ("2026-01-05", "2026-02-10", OPEN),
        ("2026-02-10", "2026-03-15", OPEN),
        ("2026-03-15", None, WON),
    ]
    assert [version.parts[0].slice for version in lived.versions] == [3, 1, 1]
    assert {version.state_basis for version in lived.versions} == {APPROXIMATE}


def test_a_deal_won_with_a_close_date_to_come_was_won_by_our_first_pull() -> None:
    won = state("Won", close="2026-08-15")
    lived = life("2026-01-05T09:00", [], (PULL, won), by=rules(has_history=False))
    assert spans(lived) == [("2026-01-05", "2026-06-01", OPEN), ("2026-06-01", None, WON)]


def test_our_own_pulls_are_exact_from_their_day_on() -> None:
    lived = life(
        "2026-01-05T09:00",
        [],
        (PULL, state("Qualification")),
        ("2026-06-08T12:00", state("Won", amount=90)),
    )
    assert spans(lived) == [("2026-01-05", "2026-06-08", OPEN), ("2026-06-08", None, WON)]
    assert [version.observed_from for version in lived.versions] == [day("2026-06-01"), day("2026-06-08")]


def test_history_fills_the_days_between_two_pulls() -> None:
    lived = life(
        "2026-01-05T09:00",
        [stage_change("2026-01-05T09:00", "Qualification"), stage_change("2026-06-04T09:00", "Won")],
        (PULL, state("Qualification")),
        ("2026-06-08T12:00", state("Won")),
    )
    assert spans(lived) == [("2026-01-05", "2026-06-04", OPEN), ("2026-06-04", None, WON)]
    won = lived.versions[-1]
    assert (won.state_basis, won.observed_from) == (RECONSTRUCTED, day("2026-06-08"))


def test_deleted_in_the_crm_versions_end_and_stay() -> None:
    lived = life("2026-01-05T09:00", [], (PULL, state("Qualification")), ("2026-06-20T12:00", None))
    assert spans(lived) == [("2026-01-05", "2026-06-20", OPEN)]


def test_a_deal_deleted_on_the_day_it_was_created_never_was() -> None:
    lived = life("2026-06-01T09:00", [], (PULL, state("Qualification")), ("2026-06-01T18:00", None))
    assert lived.versions == []


def test_a_restored_deal_lives_again() -> None:
    lived = life(
        "2026-01-05T09:00",
        [],
        (PULL, state("Qualification")),
        ("2026-06-20T12:00", None),
        ("2026-07-01T12:00", state("Qualification")),
    )
    assert spans(lived) == [("2026-01-05", "2026-06-20", OPEN), ("2026-07-01", None, OPEN)]


def test_won_deals_keep_the_dimensions_they_had_when_won() -> None:
    lived = life(
        "2026-01-05T09:00",
        [],
        (PULL, state("Won", close="2026-03-15", region="EMEA")),
        ("2026-06-08T12:00", state("Won", amount=120, close="2026-03-15", region="AMER")),
    )
    shown = [(one.deal_class, one.value, one.parts[0].slice) for one in lived.versions]
    assert shown == [(OPEN, 100, 1), (WON, 100, 1), (WON, 120, 1)]
    assert lived.versions[-1].slice_basis is APPROXIMATE


def test_open_deals_move_with_their_dimensions() -> None:
    lived = life(
        "2026-01-05T09:00",
        [],
        (PULL, state("Qualification", region="EMEA")),
        ("2026-06-08T12:00", state("Qualification", region="AMER")),
    )
    assert [version.parts[0].slice for version in lived.versions] == [1, 2]
    assert lived.versions[-1].slice_basis is EXACT


def test_a_won_deal_that_is_reopened_moves_again() -> None:
    lived = life(
        "2026-01-05T09:00",
        [],
        (PULL, state("Won", close="2026-03-15", region="EMEA")),
        ("2026-06-08T12:00", state("Qualification", region="AMER")),
    )
    shown = [(one.deal_class, one.parts[0].slice) for one in lived.versions]
    assert shown == [(OPEN, 1), (WON, 1), (OPEN, 2)]


def test_field_history_tells_the_dimension_of_the_past() -> None:
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Qualification"),
            field_change("2026-03-01T09:00", REGION, "APAC", "EMEA"),
        ],
        (PULL, state("Qualification", region="EMEA")),
        by=rules(tracked=[REGION, OWNER]),
    )
    assert [version.parts[0].slice for version in lived.versions] == [3, 1]
    assert {version.slice_basis for version in lived.versions} == {RECONSTRUCTED}


def test_a_dimension_that_changed_after_the_win_leaves_the_win_alone() -> None:
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Won"),
            field_change("2026-03-01T09:00", REGION, "APAC", "EMEA"),
        ],
        (PULL, state("Won", region="EMEA")),
        by=rules(tracked=[REGION, OWNER]),
    )
    assert {version.parts[0].slice for version in lived.versions} == {3}


@pytest.mark.parametrize(("tracked", "basis"), [((), APPROXIMATE), ((CUSTOM_VALUE,), RECONSTRUCTED)])
def test_a_value_field_without_history_is_carried_back(tracked: tuple[int, ...], basis: Basis) -> None:
    now = state("Qualification")
    now[CUSTOM_VALUE] = 70
    lived = life("2026-01-05T09:00", [], (PULL, now), by=rules(custom=True, tracked=tracked))
    (version,) = lived.versions
    assert (version.value, version.state_basis) == (70, basis)


def test_a_value_field_of_zero_is_a_value_and_an_empty_one_is_not() -> None:
    zero, empty = state("Qualification"), state("Qualification")
    zero[CUSTOM_VALUE] = 0
    by = rules(custom=True)
    assert life("2026-01-05T09:00", [], (PULL, zero), by=by).versions[0].value == 0
    assert life("2026-01-05T09:00", [], (PULL, empty), by=by).versions[0].value == 100


def test_a_category_of_its_own_goes_before_that_of_the_stage_but_not_for_closed_deals() -> None:
    own = state("Negotiation")
    own[CATEGORY] = int(Category.BEST_CASE)
    closed = state("Won")
    closed[CATEGORY] = int(Category.COMMIT)
    assert life("2026-01-05T09:00", [], (PULL, own)).versions[0].category is Category.BEST_CASE
    assert life("2026-01-05T09:00", [], (PULL, closed)).versions[-1].category is Category.CLOSED
    assert life("2026-01-05T09:00", [], (PULL, state("Negotiation"))).versions[0].category is Category.COMMIT


def test_pushes_count_moves_to_a_later_month_after_it_qualified() -> None:
    """June to August while prospecting does not count; August to September and on to December do."""
    lived = life(
        "2026-01-05T09:00",
        [
            stage_change("2026-01-05T09:00", "Prospecting", close_day=day("2026-06-30")),
            stage_change("2026-02-01T09:00", "Prospecting", close_day=day("2026-08-10")),
            stage_change("2026-03-01T09:00", "Qualification", close_day=day("2026-08-10")),
            stage_change("2026-03-10T09:00", "Qualification", close_day=day("2026-08-31")),
            stage_change("2026-03-20T09:00", "Qualification", close_day=day("2026-09-01")),
            stage_change("2026-04-01T09:00", "Qualification", close_day=day("2026-12-01")),
            stage_change("2026-05-01T09:00", "Qualification", close_day=day("2026-10-01")),
        ],
        (PULL, state("Qualification", close="2026-10-01")),
    )
    assert [version.pushes for version in lived.versions] == [0, 0, 0, 0, 1, 2, 2]


def test_a_deal_whose_creation_nobody_knows_begins_at_its_first_evidence() -> None:
    assert spans(life(None, [], (PULL, state("Qualification")))) == [("2026-06-01", None, OPEN)]
    changed = [stage_change("2026-02-10T09:00", "Qualification")]
    assert spans(life(None, changed, (PULL, state("Qualification")))) == [("2026-02-10", None, OPEN)]


# Properties

MOMENTS = st.integers(at("2026-01-01T00:00"), at("2026-09-01T00:00"))
STATES = st.builds(
    state,
    st.sampled_from(sorted(STAGES)),
    st.none() | st.integers(-500, 500),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(date.isoformat),
    st.sampled_from(["EMEA", "AMER", "APAC"]),
)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    stages = st.sampled_from(sorted(STAGES)).map(lambda name: ((STAGE, name),))
    changes = draw(st.lists(st.builds(Change, MOMENTS, stages, st.just(()))))
    seen = sorted(draw(st.lists(MOMENTS, min_size=1, max_size=4, unique=True)))
    states = [draw(STATES), *(draw(st.none() | STATES) for _ in seen[1:])]
    return Deal(
        draw(st.none() | MOMENTS),
        sorted(changes, key=lambda change: change.at),
        [Observation(moment, one) for moment, one in zip(seen, states, strict=True)],
        lambda one, value: (Part({"EMEA": 1, "AMER": 2, "APAC": 3}[str(one[REGION])], value),),
    )


@given(deals(), st.booleans())
def test_versions_never_overlap_and_come_in_order(deal: Deal, has_history: bool) -> None:
    versions = build_life(deal, rules(has_history=has_history)).versions
    for one in versions:
        assert one.valid_from < one.valid_to
    for one, following in itertools.pairwise(versions):
        assert one.valid_to <= following.valid_from


@given(deals(), st.booleans())
def test_the_last_observation_is_what_holds_unless_history_goes_on(deal: Deal, has_history: bool) -> None:
    versions = build_life(deal, rules(has_history=has_history)).versions
    last = deal.observations[-1]
    if any(change.at >= last.at for change in deal.changes):
        return
    if last.state is None:
        assert all(one.valid_to != FOREVER for one in versions)
    else:
        assert versions[-1].valid_to == FOREVER
        assert versions[-1].stage == STAGES[str(last.state[STAGE])].number
        assert versions[-1].value == last.state[AMOUNT]


@given(deals())
def test_a_won_deal_never_changes_its_slice(deal: Deal) -> None:
    versions = build_life(deal, rules()).versions
    for one, following in itertools.pairwise(versions):
        if one.deal_class is following.deal_class is WON and one.valid_to == following.valid_from:
            assert [part.slice for part in one.parts] == [part.slice for part in following.parts]
