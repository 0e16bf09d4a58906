"""The open pipeline that the scores divide by, summed by owner and region in the database."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from sqlalchemy import BigInteger, Connection, Integer, case, cast, func, literal, null, select

from pipeline.hygiene.scores import SCORED, Share
from pipeline.matrix import UNASSIGNED
from pipeline.money import convert
from storage.expressions import ExpressionCompiler
from storage.hygiene_columns import DealColumns, HygieneQuestion
from storage.hygiene_people import Staff


def pipeline_shares(connection: Connection, question: HygieneQuestion, staff: Staff) -> Iterator[Share]:
    """The scored deals of the day by owner and region; several shares of one pair where rates differ."""
    columns = DealColumns(question)
    state = columns.version.c
    scored = ExpressionCompiler(columns.column_of, question.stage_numbers).compile(SCORED)
    corporate = [
        number for number, code in question.currencies.items() if code == question.rates.corporate_currency
    ]
    is_foreign = state.currency.not_in(corporate)
    by_close_day = question.rates.mode == "dated_by_close_date"
    rate_day = case((is_foreign, state.close_day), else_=null()) if by_close_day else literal(None, Integer)
    worth = case((state.deal_value > 0, state.deal_value), else_=0)
    groups = (state.owner, columns.region().label("region"), state.currency, rate_day.label("rate_day"))
    deals = (
        select(*groups, cast(worth, BigInteger).label("worth"))
        .select_from(columns.source())
        .where(columns.is_looked_at(), scored)
        .subquery()
    )
    keys = (deals.c.owner, deals.c.region, deals.c.currency, deals.c.rate_day)
    statement = select(*keys, func.count(), func.sum(deals.c.worth)).group_by(*keys)
    for owner, region, currency, day, count, total in connection.execute(statement):
        person = staff.owner(owner)
        worth_total = worth_in_corporate(question, int(total), currency, day)
        yield Share(None if person is None else person.id, region or UNASSIGNED, count, worth_total)


def worth_in_corporate(
    question: HygieneQuestion, value: int | None, currency: int, close_day: int | None
) -> Fraction:
    """What a deal weighs in a score: nothing where its value is not above 0, unknown or without a rate."""
    if value is None or value <= 0:
        return Fraction(0)
    return converted(question, value, currency, close_day) or Fraction(0)


def converted(question: HygieneQuestion, value: int, currency: int, close_day: int | None) -> Fraction | None:
    """Exact units of the corporate currency; `None` where there is no rate."""
    by_close_day = question.rates.mode == "dated_by_close_date" and close_day is not None
    day = date.fromordinal(close_day) if by_close_day and close_day is not None else question.as_of
    units = question.rates.rate_on(question.currencies.get(currency), day)
    return None if units is None else convert(value, units)
