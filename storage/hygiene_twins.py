"""Deals that look like the same deal: same account and product family, similar value and close date."""

from collections.abc import Collection
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Numeric, Select, and_, case, cast, func, insert, select
from sqlalchemy.schema import CreateTable, DropTable

from pipeline.expressions import Name
from pipeline.hygiene.plan import ActiveRule
from pipeline.hygiene.scope import unless
from storage.expressions import ExpressionCompiler
from storage.hygiene_columns import DealColumns, HygieneQuestion, twin_table
from storage.tables import opportunity, opportunity_version, slice_table

DUPLICATES = "possible_duplicate"


def find_twins(
    connection: Connection, question: HygieneQuestion, only: Collection[int] | None = None
) -> None:
    """Fill the connection's `hygiene_twin`; `only`: look at the deals of those opportunities' accounts alone.

    Values are compared in the corporate currency. Deals without an account, value or close date, closed
    ones and those that are exempt from the rule are nobody's twin.
    """
    connection.execute(DropTable(twin_table, if_exists=True))
    connection.execute(CreateTable(twin_table))
    rule = question.plan.named(DUPLICATES)
    if rule is not None:
        connection.execute(
            insert(twin_table).from_select(["opportunity", "twin"], _pairs(question, rule, only))
        )


def _pairs(question: HygieneQuestion, rule: ActiveRule, only: Collection[int] | None) -> Select[Any]:
    settings = question.meaning.hygiene.rules.possible_duplicate
    share = Fraction(settings.value_within)
    deals = _families(question, rule, only).cte("family")
    one, other = deals.alias("one"), deals.alias("other")
    larger = case(
        (func.abs(one.c.worth) >= func.abs(other.c.worth), func.abs(one.c.worth)),
        else_=func.abs(other.c.worth),
    )
    difference = cast(func.abs(one.c.worth - other.c.worth), Numeric)
    return (
        select(one.c.no, func.min(other.c.no))
        .join(
            other,
            and_(
                other.c.account == one.c.account,
                other.c.family == one.c.family,
                other.c.no != one.c.no,
            ),
        )
        .where(
            func.abs(one.c.close_day - other.c.close_day) <= settings.close_within_days,
            difference * share.denominator <= cast(larger, Numeric) * share.numerator,
        )
        .group_by(one.c.no)
    )


def _families(question: HygieneQuestion, rule: ActiveRule, only: Collection[int] | None) -> Select[Any]:
    """A row per part of a deal: its account, product family, value and close date."""
    columns = DealColumns(question)
    compiler = ExpressionCompiler(columns.column_of, question.stage_numbers)
    version, record = columns.version, columns.record
    part, place = opportunity_version.alias("part"), slice_table.alias("place")
    worth = columns.column_of(Name("value"))
    looked_at = [columns.is_looked_at()]
    for condition in (rule.deals, unless(rule.exempt)):
        if condition is not None:
            looked_at.append(compiler.compile(condition))
    if only is not None:
        accounts = select(opportunity.c.account_id).where(
            opportunity.c.no.in_(only),
            opportunity.c.gen_from <= question.generation,
            opportunity.c.gen_to > question.generation,
        )
        looked_at.append(record.c.account_id.in_(accounts))
    same_version = and_(
        part.c.opportunity == version.c.opportunity,
        part.c.valid_from == version.c.valid_from,
        part.c.gen_from == version.c.gen_from,
    )
    return (
        select(
            version.c.opportunity.label("no"),
            record.c.account_id.label("account"),
            place.c.product.label("family"),
            worth.label("worth"),
            version.c.close_day.label("close_day"),
        )
        .select_from(columns.source().join(part, same_version).join(place, place.c.no == part.c.slice))
        .where(
            *looked_at,
            record.c.account_id.is_not(None),
            version.c.close_day.is_not(None),
            worth.is_not(None),
        )
    )
