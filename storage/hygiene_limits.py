"""How long won deals took: the limits of `stuck_in_stage` and `too_old`, worked out once for all deals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Connection, Subquery, and_, func, or_, select

from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.rule_settings import StuckInStage
from pipeline.matrix import Basis
from pipeline.records import DealClass, Stage
from storage.tables import opportunity_version, slice_table


@dataclass(frozen=True)
class Limits:
    """Whole days; a deal that has taken longer breaks the rule."""

    stage_days: Mapping[int, int]
    """By number of an open stage, where no median is known."""
    median_days: Mapping[tuple[int, str], int]
    """By number of a stage and segment."""
    cycle_days: Mapping[str, int]
    """By segment."""


def measure_limits(
    connection: Connection,
    *,
    definition: HygieneDefinition,
    stages: Sequence[Stage],
    day: int,
    generation: int,
) -> Limits:
    """The limits at the end of a day; medians only of the rules that are switched on."""
    stuck, old = definition.rules.stuck_in_stage, definition.rules.too_old
    medians = _stage_medians(connection, stuck, day, generation) if stuck.enabled else {}
    cycles = _medians(connection, _cycles(day, generation), old.minimum_won_deals) if old.enabled else {}
    return Limits(
        stage_days=_fallback(stuck, [stage for stage in stages if not stage.is_closed]),
        median_days=medians,
        cycle_days={
            segment: int(median * Fraction(old.median_factor)) for (_, segment), median in cycles.items()
        },
    )


def configured_limits(definition: HygieneDefinition, stages: Sequence[Stage]) -> Limits:
    """The limits without anything learnt from won deals."""
    open_stages = [stage for stage in stages if not stage.is_closed]
    return Limits(_fallback(definition.rules.stuck_in_stage, open_stages), {}, {})


def _fallback(stuck: StuckInStage, open_stages: Sequence[Stage]) -> Mapping[int, int]:
    """The configured days by the stage's place among the open ones; from the last on, the last."""
    allowed = stuck.stage_days
    return {
        stage.number: max(stuck.at_least_days, allowed[min(place, len(allowed) - 1)])
        for place, stage in enumerate(open_stages)
    }


def _stage_medians(
    connection: Connection, stuck: StuckInStage, day: int, generation: int
) -> Mapping[tuple[int, str], int]:
    medians = _medians(connection, _times_in_stage(day, generation), stuck.minimum_won_deals)
    factor = Fraction(stuck.median_factor)
    return {key: max(stuck.at_least_days, int(median * factor)) for key, median in medians.items()}


def _cycles(day: int, generation: int) -> Subquery:
    """Days from creation to close date of every deal that is won on the day."""
    version, place = opportunity_version.alias("v"), slice_table.alias("s")
    return (
        select(
            (version.c.deal_class * 0).label("stage"),
            place.c.segment.label("segment"),
            (version.c.close_day - version.c.created_day).label("days"),
        )
        .join(place, place.c.no == version.c.slice)
        .where(
            version.c.part == 0,
            version.c.deal_class == DealClass.WON,
            version.c.gen_from <= generation,
            version.c.gen_to > generation,
            version.c.valid_from <= day,
            version.c.valid_to > day,
            version.c.close_day >= version.c.created_day,
        )
        .subquery()
    )


def _times_in_stage(day: int, generation: int) -> Subquery:
    """Days that every deal that is won on the day had spent in each open stage, as far as known."""
    version, won, place = (
        opportunity_version.alias("v"),
        opportunity_version.alias("won"),
        slice_table.alias("s"),
    )
    is_known = or_(version.c.state_basis < Basis.APPROXIMATE, version.c.observed_from <= version.c.valid_from)
    return (
        select(
            version.c.stage.label("stage"),
            place.c.segment.label("segment"),
            func.sum(version.c.valid_to - version.c.valid_from).label("days"),
        )
        .join(won, won.c.opportunity == version.c.opportunity)
        .join(place, place.c.no == won.c.slice)
        .where(
            and_(
                won.c.part == 0,
                won.c.deal_class == DealClass.WON,
                won.c.gen_from <= generation,
                won.c.gen_to > generation,
                won.c.valid_from <= day,
                won.c.valid_to > day,
            ),
            version.c.part == 0,
            version.c.deal_class <= DealClass.OPEN_QUALIFIED,
            version.c.gen_from <= generation,
            version.c.gen_to > generation,
            version.c.valid_to <= day,
            is_known,
        )
        .group_by(version.c.opportunity, version.c.stage, place.c.segment)
        .subquery()
    )


def _medians(connection: Connection, spans: Subquery, minimum: int) -> Mapping[tuple[int, str], Fraction]:
    """The median of `days` by stage and segment, where there are at least so many."""
    group = (spans.c.stage, spans.c.segment)
    ranked = select(
        *group,
        spans.c.days,
        func.row_number().over(partition_by=group, order_by=spans.c.days).label("place"),
        func.count().over(partition_by=group).label("deals"),
    ).subquery()
    middle = or_(ranked.c.place == (ranked.c.deals + 1) // 2, ranked.c.place == (ranked.c.deals + 2) // 2)
    rows = connection.execute(
        select(ranked.c.stage, ranked.c.segment, func.sum(ranked.c.days), func.count())
        .where(middle, ranked.c.deals >= minimum)
        .group_by(ranked.c.stage, ranked.c.segment)
    )
    return {(stage, segment): Fraction(int(days), count) for stage, segment, days, count in rows}
