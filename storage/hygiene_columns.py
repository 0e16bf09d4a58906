"""The facts of the hygiene rules as columns of one query over versions and records.

A query joins only the tables that the facts it names stand in: `source()` is asked for last.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from pipeline.calendar import FiscalCalendar, Period
from pipeline.errors import PeriodMissing
from pipeline.expressions import Kind, Name
from pipeline.hygiene.plan import RulePlan
from pipeline.hygiene.rule import Meaning
from pipeline.matrix import NO_FAMILY, NO_PRODUCT, UNASSIGNED
from pipeline.money import SCALE, RateTable
from pipeline.records import Category, DealClass, Stage
from storage.field_history import past_field_table, recorded_name
from storage.hygiene_limits import Limits
from storage.tables import opportunity, opportunity_version, person, rate, slice_table

QUARTERS_BACK, QUARTERS_AHEAD = 12, 24
"""The quarters around today that rules tell apart; close dates further away count as the outermost."""

_WHOLE = frozenset({Kind.NUMBER, Kind.DAY, Kind.FLAG})
"""Kinds of fields that are stored as whole numbers."""

twin_table = Table(
    "hygiene_twin",
    MetaData(),
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("twin", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
"""Lives as long as the connection: each deal that looks like another one, and the first of those."""


@dataclass(frozen=True)
class HygieneQuestion:
    """Everything that the rules of one day depend on."""

    as_of: date
    generation: int
    first_pull: int
    """Day: from here on closed deals are looked at, and ages that nobody knows start here."""
    meaning: Meaning
    plan: RulePlan
    stages: tuple[Stage, ...]
    """In the CRM's order."""
    calendar: FiscalCalendar
    rates: RateTable
    currencies: Mapping[int, str]
    """Number -> ISO code."""
    limits: Limits
    dialect: str
    past_fields: frozenset[str] = frozenset()
    """Fields that some deals held otherwise at the end of the day: those stand in `past_field_table`."""

    @property
    def today(self) -> int:
        return self.as_of.toordinal()

    @property
    def stage_numbers(self) -> Mapping[str, int]:
        return {stage.name: stage.number for stage in self.stages}


class DealColumns:
    """Columns by fact. One instance belongs to one query."""

    def __init__(self, question: HygieneQuestion) -> None:
        self._question = question
        self.version = opportunity_version.alias("v")
        self.record = opportunity.alias("o")
        self._slice = slice_table.alias("s")
        self._person = person.alias("p")
        self._twin = twin_table.alias("t")
        self._past: dict[str, FromClause] = {}
        """By field, the deals that held something else at the end of the day."""
        self._joined: set[FromClause] = set()
        self._columns: Mapping[str, Callable[[], ColumnElement[Any]]] = {
            **self._state_columns(),
            **self._record_columns(),
            **self._worked_out_columns(),
        }

    def column_of(self, name: Name) -> ColumnElement[Any]:
        """The column of a fact, or of one of the CRM's further fields."""
        column = self._columns.get(name.path)
        if column is not None:
            return column()
        return self.field(name.path, name.kind or self._question.plan.field_kinds.get(name.path, Kind.TEXT))

    def source(self) -> FromClause:
        """The tables behind all columns that were asked for so far."""
        version, record, generation = self.version, self.record, self._question.generation
        source: FromClause = version.join(
            record,
            and_(
                record.c.no == version.c.opportunity,
                record.c.gen_from <= generation,
                record.c.gen_to > generation,
            ),
        )
        if self._slice in self._joined:
            source = source.outerjoin(self._slice, self._slice.c.no == version.c.slice)
        if self._person in self._joined:
            source = source.outerjoin(self._person, self._person.c.no == version.c.owner)
        if self._twin in self._joined:
            source = source.outerjoin(self._twin, self._twin.c.opportunity == version.c.opportunity)
        for field, past in self._past.items():
            its_field = and_(past.c.opportunity == version.c.opportunity, past.c.field == field)
            source = source.outerjoin(past, its_field)
        return source

    def is_looked_at(self) -> ColumnElement[bool]:
        """The versions of the day: of open deals, and of those closed since the first pull."""
        version, question = self.version, self._question
        return and_(
            stands_on(version, question.today, question.generation),
            or_(
                version.c.deal_class <= DealClass.OPEN_QUALIFIED,
                version.c.stage_since >= question.first_pull,
            ),
        )

    def field(self, path: str, kind: Kind) -> ColumnElement[Any]:
        """A further field; empty where what is stored is not of the kind."""
        return self._as_it_was(path, kind, self._field_of_record(path, kind))

    def _as_it_was(self, field: str, kind: Kind, in_record: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a field held at the end of the day, which is not always what the record holds now."""
        if field not in self._question.past_fields:
            return in_record
        if field not in self._past:
            self._past[field] = past_field_table.alias(f"past_{len(self._past)}")
        past = self._past[field]
        held = past.c.number if kind in _WHOLE else func.nullif(past.c.text, "")
        was = held == 1 if kind is Kind.FLAG else held
        return case((past.c.opportunity.is_not(None), was), else_=in_record)

    def _field_of_record(self, path: str, kind: Kind) -> ColumnElement[Any]:
        if self._question.dialect == "sqlite":
            return self._sqlite_field(path, kind)
        stored = self.record.c.fields
        text = stored.op("->>", return_type=Text())(path)
        of_type = func.json_typeof(stored.op("->")(path))
        if kind in _WHOLE:
            number = case((of_type == "number", cast(text, BigInteger)))
            return number == 1 if kind is Kind.FLAG else number
        return case((of_type == "string", func.nullif(text, "")))

    def _sqlite_field(self, path: str, kind: Kind) -> ColumnElement[Any]:
        """Texts are stored as nothing else, so only numbers are checked: a look into JSON has its price."""
        stored, place = self.record.c.fields, f'$."{path}"'
        if kind in _WHOLE:
            whole = func.json_extract(stored, place, type_=BigInteger())
            number = case((func.json_type(stored, place) == "integer", whole))
            return number == 1 if kind is Kind.FLAG else number
        return func.nullif(func.json_extract(stored, place, type_=Text()), "")

    def region(self) -> ColumnElement[Any]:
        return self._from_slice().c.region

    def _state_columns(self) -> Mapping[str, Callable[[], ColumnElement[Any]]]:
        """What stands in the version and its slice."""
        state, question = self.version.c, self._question
        return {
            "stage": lambda: state.stage,
            "category": lambda: state.category,
            "is_open": lambda: state.deal_class <= DealClass.OPEN_QUALIFIED,
            "is_qualified": lambda: state.deal_class == DealClass.OPEN_QUALIFIED,
            "is_won": lambda: state.deal_class == DealClass.WON,
            "is_lost": lambda: state.deal_class == DealClass.LOST,
            "region": lambda: _given(self._from_slice().c.region, UNASSIGNED),
            "segment": lambda: _given(self._from_slice().c.segment, UNASSIGNED),
            "source": lambda: _given(self._from_slice().c.source, UNASSIGNED),
            "lever": lambda: _given(self._from_slice().c.lever, UNASSIGNED),
            "product": lambda: _given(self._from_slice().c.product, NO_PRODUCT, NO_FAMILY),
            "deal_type": lambda: _given(self._from_slice().c.deal_type, UNASSIGNED),
            "close_date": lambda: state.close_day,
            "created": lambda: state.created_day,
            "started": lambda: func.coalesce(state.created_day, question.first_pull),
            "stage_since": lambda: func.coalesce(state.stage_since, self._earliest_known()),
            "category_since": lambda: func.coalesce(state.category_since, self._earliest_known()),
            "closed_on": lambda: state.stage_since,
            "pushes": lambda: _number(state.pushes),
            "currency": self._currency_code,
            "value": self._value,
        }

    def _record_columns(self) -> Mapping[str, Callable[[], ColumnElement[Any]]]:
        """What stands in the record, as it was at the end of the day."""
        text, number, earliest = self._text_of_record, self._number_of_record, self._earliest_known
        rules = self._question.meaning.hygiene.rules
        return {
            "name": lambda: _given(text("name")),
            "amount": lambda: number("amount"),
            "custom_value": lambda: number("custom_value"),
            "next_step": lambda: _given(text("next_step")),
            "next_step_since": lambda: func.coalesce(number("next_step_day"), earliest()),
            "last_activity": lambda: number("last_activity_day"),
            "active_on": lambda: func.coalesce(number("last_activity_day"), earliest()),
            "next_activity": lambda: number("next_activity_day"),
            "oldest_task": lambda: number("overdue_task_day"),
            "account": lambda: text("account_id"),
            "close_date_edited": lambda: self._as_it_was(
                recorded_name("close_edited"), Kind.FLAG, self.record.c.close_edited
            ),
            "contact_count": lambda: _number(func.coalesce(number("contact_count"), 0)),
            "buyer_count": lambda: _number(func.coalesce(number("buyer_count"), 0)),
            "line_count": lambda: _number(func.coalesce(number("line_count"), 0)),
            "competitor": lambda: self.field(rules.competitor_missing.field, Kind.TEXT),
            "loss_reason": lambda: self.field(rules.loss_reason_missing.field, Kind.TEXT),
            "filled_fields": self._filled_fields,
        }

    def _text_of_record(self, column: str) -> ColumnElement[Any]:
        return self._as_it_was(recorded_name(column), Kind.TEXT, self.record.c[column])

    def _number_of_record(self, column: str) -> ColumnElement[Any]:
        """Amounts, counts and days."""
        return self._as_it_was(recorded_name(column), Kind.NUMBER, self.record.c[column])

    def _worked_out_columns(self) -> Mapping[str, Callable[[], ColumnElement[Any]]]:
        """What follows from the day, the calendar, the stages and other deals."""
        state, question = self.version.c, self._question
        fields = len(question.plan.qualification_fields)
        return {
            "today": lambda: literal(question.today, Integer),
            "age_days": lambda: _number(question.today - state.created_day),
            "days_to_close": lambda: _number(state.close_day - question.today),
            "stage_position": self._stage_position,
            "close_date_ends_quarter": self._ends_quarter,
            "close_quarter": lambda: self._quarter_of(state.close_day),
            "closed_quarter": lambda: self._quarter_of(state.stage_since),
            "commit_quarter": lambda: self._when_in_commit(self._quarter_of),
            "commit_close_date": lambda: self._when_in_commit(lambda close_day: close_day),
            "stage_limit_day": self._stage_limit_day,
            "age_limit_day": self._age_limit_day,
            "qualification_fields": lambda: literal(fields * SCALE, BigInteger),
            "has_twin": lambda: state.opportunity.in_(select(twin_table.c.opportunity)),
            "twin_name": self._twin_name,
            "owner": lambda: self._from_person().c.crm_id,
            "owner_name": lambda: _given(self._from_person().c.name),
            "owner_is_inactive": lambda: state.owner.in_(
                select(person.c.no).where(person.c.is_active.is_(False))
            ),
        }

    def _from_slice(self) -> FromClause:
        self._joined.add(self._slice)
        return self._slice

    def _from_person(self) -> FromClause:
        self._joined.add(self._person)
        return self._person

    def _earliest_known(self) -> ColumnElement[Any]:
        """Where an age starts that nobody knows: the first pull, or a later creation."""
        created, first_pull = self.version.c.created_day, self._question.first_pull
        return case((created > first_pull, created), else_=first_pull)

    def _value(self) -> ColumnElement[Any]:
        """In the corporate currency, rounded to ten-thousandths; NULL without a rate."""
        state, question = self.version.c, self._question
        if set(question.currencies.values()) <= {question.rates.corporate_currency}:
            return state.deal_value
        is_corporate = self._currency_code() == question.rates.corporate_currency
        converted = func.round(cast(state.deal_value, Float) / self._units())
        return case((is_corporate, state.deal_value), else_=cast(converted, BigInteger))

    def _currency_code(self) -> ColumnElement[Any]:
        return case(self._question.currencies, value=self.version.c.currency, else_=null())

    def _units(self) -> ColumnElement[Any]:
        """Units of the deal's currency per corporate unit."""
        question, state = self._question, self.version.c
        if question.rates.mode == "dated_by_close_date":
            day = func.coalesce(state.close_day, question.today)
            return (
                select(cast(rate.c.units, Float))
                .where(
                    rate.c.currency == self._currency_code(),
                    rate.c.start_day <= day,
                    or_(rate.c.end_day.is_(None), rate.c.end_day > day),
                )
                .order_by(rate.c.start_day.desc())
                .limit(1)
                .scalar_subquery()
            )
        units = {
            number: question.rates.rate_on(code, question.as_of)
            for number, code in question.currencies.items()
        }
        known = {number: float(of_one) for number, of_one in units.items() if of_one is not None}
        return case(known, value=state.currency, else_=null())

    def _filled_fields(self) -> ColumnElement[Any]:
        plan = self._question.plan
        filled: ColumnElement[Any] = literal(0, BigInteger)
        for path in plan.qualification_fields:
            kind = plan.field_kinds.get(path, Kind.TEXT)
            filled = filled + case((self.field(path, kind).is_not(None), SCALE), else_=0)
        return filled

    def _stage_position(self) -> ColumnElement[Any]:
        open_stages = [stage for stage in self._question.stages if not stage.is_closed]
        places = {stage.number: place * SCALE for place, stage in enumerate(open_stages, start=1)}
        if not places:
            return cast(null(), BigInteger)
        return case(places, value=self.version.c.stage, else_=null())

    def _ends_quarter(self) -> ColumnElement[bool]:
        year = self._question.as_of.year
        year_ends = [date(year + offset, 12, 31) for offset in range(-3, 8) if year + offset < date.max.year]
        ends = {end.toordinal() for end in [*year_ends, *(period.end for period in self._periods())]}
        return self.version.c.close_day.in_(sorted(ends))

    def _quarter_of(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """Quarters numbered on from 1, the outermost known one for days beyond."""
        starts = [period.start.toordinal() for period in self._periods()]
        numbered = reversed(list(enumerate(starts, start=1)))
        arms = [(day >= start, literal(number * SCALE, BigInteger)) for number, start in numbered]
        return case((day.is_(None), null()), *arms, else_=literal(0, BigInteger))

    def _periods(self) -> list[Period]:
        """The quarters around today, as far as the calendar reaches."""
        calendar, current = self._question.calendar, self._question.calendar.period_of(self._question.as_of)
        periods: list[Period] = []
        for offset in range(-QUARTERS_BACK, QUARTERS_AHEAD + 1):
            try:
                periods.append(calendar.shift(current, offset))
            except PeriodMissing:
                continue
        return periods

    def _when_in_commit(
        self, of_close_day: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    ) -> ColumnElement[Any]:
        """Something of the close date that a deal had while it was in Commit some days ago.

        Only deals that have changed since are looked up again.
        """
        question, version = self._question, self.version
        days_ago = question.meaning.hygiene.rules.commit_left_quarter.days_ago
        then = (question.as_of - timedelta(days=days_ago)).toordinal()
        earlier = opportunity_version.alias("w")
        looked_up = (
            select(of_close_day(earlier.c.close_day))
            .where(
                earlier.c.opportunity == version.c.opportunity,
                stands_on(earlier, then, question.generation),
                _is_commit(earlier),
            )
            .scalar_subquery()
        )
        unchanged = case((_is_commit(version), of_close_day(version.c.close_day)), else_=null())
        return case((version.c.valid_from <= then, unchanged), else_=looked_up)

    def _stage_limit_day(self) -> ColumnElement[Any]:
        """By stage and segment where won deals tell, else by stage alone."""
        question = self._question
        limits, today = question.limits, question.today
        arms: dict[int, ColumnElement[Any]] = {}
        for number, days in limits.stage_days.items():
            by_segment = {
                segment: today - allowed
                for (stage, segment), allowed in limits.median_days.items()
                if stage == number
            }
            otherwise = literal(today - days, Integer)
            arms[number] = (
                case(by_segment, value=self._from_slice().c.segment, else_=otherwise)
                if by_segment
                else otherwise
            )
        if not arms:
            return cast(null(), Integer)
        return case(arms, value=self.version.c.stage, else_=null())

    def _age_limit_day(self) -> ColumnElement[Any]:
        limits = self._question.limits.cycle_days
        if not limits:
            return cast(null(), Integer)
        by_segment = {segment: self._question.today - days for segment, days in limits.items()}
        return case(by_segment, value=self._from_slice().c.segment, else_=null())

    def _twin_name(self) -> ColumnElement[Any]:
        self._joined.add(self._twin)
        other, generation = opportunity.alias("other"), self._question.generation
        return (
            select(other.c.name)
            .where(
                other.c.no == self._twin.c.twin,
                other.c.gen_from <= generation,
                other.c.gen_to > generation,
            )
            .scalar_subquery()
        )


def stands_on(version: FromClause, day: int, generation: int) -> ColumnElement[bool]:
    """The first part of the version that a deal has at the end of a day."""
    return and_(
        version.c.part == 0,
        version.c.gen_from <= generation,
        version.c.gen_to > generation,
        version.c.valid_from <= day,
        version.c.valid_to > day,
    )


def _is_commit(version: FromClause) -> ColumnElement[bool]:
    return and_(version.c.category == Category.COMMIT, version.c.deal_class <= DealClass.OPEN_QUALIFIED)


def _given(column: ColumnElement[Any], *empty: str) -> ColumnElement[Any]:
    """A text, NULL where it is empty or stands for nothing."""
    for nothing in ("", *empty):
        column = func.nullif(column, nothing)
    return column


def _number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A whole number as numbers are kept."""
    return cast(column, BigInteger) * SCALE
