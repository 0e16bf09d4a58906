"""Fiscal quarters, the organisation's days and last year's points, by worked examples."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar import (
    FiscalCalendar,
    Period,
    build_calendar,
    is_in_first_working_days,
    working_days_between,
)
from pipeline.definitions import CalendarDefinition
from pipeline.errors import CouncilError, PeriodMissing, UnknownName
from pipeline.matrix import PeriodStamp

Alignment = Literal["day_of_quarter", "days_to_quarter_end", "calendar_date"]


def february_calendar(
    *, timezone: str = "America/Los_Angeles", alignment: Alignment = "day_of_quarter"
) -> FiscalCalendar:
    return build_calendar(CalendarDefinition(timezone=timezone, start_month=2, yoy_alignment=alignment))


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def table_445(first_day: date, years: int, *, long_years: tuple[int, ...] = ()) -> list[Period]:
    """Quarters of 4 + 4 + 5 weeks; the last quarter of a long year has a 53rd week."""
    periods, start = [], first_day
    for year in range(years):
        for quarter in range(1, 5):
            weeks = 14 if quarter == 4 and year in long_years else 13
            end = start + timedelta(weeks=weeks, days=-1)
            periods.append(Period(f"Y{year} Q{quarter}", start, end))
            start = end + timedelta(days=1)
    return periods


class TestStandardQuarters:
    def test_the_ending_year_names_a_fiscal_year_that_starts_in_february(self) -> None:
        calendar = february_calendar()
        assert calendar.period_of(date(2026, 2, 1)) == Period("FY27 Q1", date(2026, 2, 1), date(2026, 4, 30))
        assert calendar.period_of(date(2026, 1, 31)) == Period(
            "FY26 Q4", date(2025, 11, 1), date(2026, 1, 31)
        )

    def test_the_starting_year_names_it_where_that_is_configured(self) -> None:
        calendar = build_calendar(CalendarDefinition(start_month=2, name_by="starting_year"))
        assert calendar.period_of(date(2026, 2, 1)).label == "FY26 Q1"
        assert calendar.period_of(date(2027, 1, 31)).label == "FY26 Q4"

    @pytest.mark.parametrize("name_by", ["ending_year", "starting_year"])
    def test_a_year_from_january_has_one_name_only(
        self, name_by: Literal["ending_year", "starting_year"]
    ) -> None:
        calendar = build_calendar(CalendarDefinition(start_month=1, name_by=name_by))
        assert calendar.period_of(date(2017, 11, 15)) == Period(
            "FY17 Q4", date(2017, 10, 1), date(2017, 12, 31)
        )

    def test_a_quarter_with_29_february_is_a_day_longer(self) -> None:
        calendar = build_calendar(CalendarDefinition())
        assert calendar.period_of(date(2024, 2, 29)).days == 91
        assert calendar.period_of(date(2023, 2, 28)).days == 90

    def test_a_label_is_found_however_people_type_it(self) -> None:
        calendar = february_calendar()
        for typed in ("FY27 Q1", "fy27 q1", "FY2027-Q1", " FY27Q1 "):
            assert calendar.period_named(typed).start == date(2026, 2, 1)

    def test_an_unknown_label_names_the_right_ones(self) -> None:
        with pytest.raises(UnknownName, match=r"'FY27 Q5'.*FY27 Q1, FY27 Q2, FY27 Q3, FY27 Q4"):
            february_calendar().period_named("FY27 Q5")
        with pytest.raises(UnknownName, match="Labels look like FY27 Q1"):
            february_calendar().period_named("this quarter")

    def test_a_shift_crosses_years_in_both_directions(self) -> None:
        calendar = february_calendar()
        first = calendar.period_named("FY27 Q1")
        assert calendar.shift(first, -1).label == "FY26 Q4"
        assert calendar.shift(first, 5).label == "FY28 Q2"

    def test_labels_outside_the_clear_century_carry_four_digits(self) -> None:
        calendar = build_calendar(CalendarDefinition())
        assert calendar.period_of(date(1969, 5, 1)).label == "FY1969 Q2"
        assert calendar.period_of(date(2070, 5, 1)).label == "FY2070 Q2"
        assert calendar.period_named("FY2070 Q2").start == date(2070, 4, 1)

    @pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
    def test_a_day_at_the_end_of_time_has_no_quarter(self, day: date) -> None:
        with pytest.raises(PeriodMissing, match="no fiscal quarter in the year"):
            february_calendar().period_of(day)

    @given(
        day=st.dates(date(1950, 1, 1), date(2150, 1, 1)),
        start_month=st.integers(1, 12),
        name_by=st.sampled_from(["ending_year", "starting_year"]),
    )
    def test_quarters_partition_the_days(
        self, day: date, start_month: int, name_by: Literal["ending_year", "starting_year"]
    ) -> None:
        calendar = build_calendar(CalendarDefinition(start_month=start_month, name_by=name_by))
        period = calendar.period_of(day)
        assert period.contains(day)
        assert calendar.period_of(period.start) == calendar.period_of(period.end) == period
        assert calendar.shift(period, 1).start == period.end + timedelta(days=1)
        assert calendar.period_named(period.label) == period


class TestPeriod:
    quarter = Period("FY27 Q1", date(2026, 2, 1), date(2026, 4, 30))

    def test_the_first_day_is_day_one_and_the_last_day_is_all_of_it(self) -> None:
        assert self.quarter.days == 89
        assert self.quarter.day_on(date(2026, 2, 1)) == 1
        assert self.quarter.share_elapsed(date(2026, 2, 1)) == Fraction(1, 89)
        assert self.quarter.share_elapsed(date(2026, 4, 30)) == 1

    def test_the_stamp_says_which_day_of_how_many(self) -> None:
        assert self.quarter.stamp(date(2026, 3, 17)) == PeriodStamp(
            "FY27 Q1", date(2026, 2, 1), date(2026, 4, 30), 89, 45
        )

    def test_a_day_outside_is_refused(self) -> None:
        with pytest.raises(ValueError, match="1 May 2026 is not a day of FY27 Q1"):
            self.quarter.day_on(date(2026, 5, 1))


class TestLastYear:
    def test_day_of_quarter_counts_days_from_the_start(self) -> None:
        # 17 March 2024 is day 46 of FY25 Q1 (29 February included), 18 March 2023 day 46 of FY24 Q1.
        assert february_calendar().prior_as_of(date(2024, 3, 17)) == date(2023, 3, 18)

    def test_day_of_quarter_stops_at_the_last_day_of_a_shorter_quarter(self) -> None:
        # FY25 Q1 has 90 days, FY24 Q1 89.
        assert february_calendar().prior_as_of(date(2024, 4, 30)) == date(2023, 4, 30)
        assert february_calendar().prior_as_of(date(2024, 4, 29)) == date(2023, 4, 30)

    def test_days_to_quarter_end_count_from_the_end(self) -> None:
        calendar = february_calendar(alignment="days_to_quarter_end")
        assert calendar.prior_as_of(date(2024, 4, 29)) == date(2023, 4, 29)
        # 89 days before the end there is no such day in a quarter of 89 days: its first.
        assert calendar.prior_as_of(date(2024, 2, 1)) == date(2023, 2, 1)

    def test_a_calendar_date_takes_29_february_to_28_february(self) -> None:
        calendar = february_calendar(alignment="calendar_date")
        assert calendar.prior_as_of(date(2024, 2, 29)) == date(2023, 2, 28)
        assert calendar.prior_as_of(date(2024, 3, 1)) == date(2023, 3, 1)

    def test_a_calendar_date_stays_in_the_same_quarter_of_a_445_year(self) -> None:
        periods = table_445(date(2023, 1, 30), 2)
        calendar = build_calendar(CalendarDefinition(yoy_alignment="calendar_date"), periods)
        # Y1 Q1 starts on 29 Jan 2024, Y0 Q1 only on 30 Jan 2023.
        assert calendar.prior_as_of(date(2024, 1, 29)) == date(2023, 1, 30)
        assert calendar.prior_as_of(date(2024, 3, 15)) == date(2023, 3, 15)

    def test_a_53_week_year_compares_quarters_of_unequal_length(self) -> None:
        periods = table_445(date(2022, 1, 31), 2, long_years=(0,))
        by_day = build_calendar(CalendarDefinition(), periods)
        by_end = build_calendar(CalendarDefinition(yoy_alignment="days_to_quarter_end"), periods)
        prior, last = periods[3], periods[7]
        assert (prior.days, last.days) == (98, 91)
        assert by_day.prior_as_of(last.end) == prior.start + timedelta(days=90)
        assert by_end.prior_as_of(last.end) == prior.end

    def test_nothing_where_the_table_does_not_reach(self) -> None:
        periods = table_445(date(2023, 1, 30), 1)
        calendar = build_calendar(CalendarDefinition(), periods)
        assert calendar.same_quarter_last_year(periods[0]) is None
        assert calendar.prior_as_of(date(2023, 2, 1)) is None

    @given(
        day=st.dates(date(1980, 1, 1), date(2060, 1, 1)),
        alignment=st.sampled_from(["day_of_quarter", "days_to_quarter_end", "calendar_date"]),
    )
    def test_the_point_lies_in_last_years_quarter(self, day: date, alignment: Alignment) -> None:
        calendar = february_calendar(alignment=alignment)
        prior = calendar.prior_as_of(day)
        last_year = calendar.same_quarter_last_year(calendar.period_of(day))
        assert prior is not None
        assert last_year is not None
        assert last_year.contains(prior)
        assert last_year.start.year in (day.year - 1, day.year - 2)


class TestCustomPeriods:
    def test_445_quarters_follow_the_table(self) -> None:
        periods = table_445(date(2023, 1, 30), 2)
        calendar = build_calendar(CalendarDefinition(), list(reversed(periods)))
        assert calendar.period_of(date(2023, 4, 30)).label == "Y0 Q1"
        assert calendar.period_of(date(2023, 5, 1)).label == "Y0 Q2"
        assert calendar.same_quarter_last_year(periods[5]) == periods[1]
        assert calendar.period_named("y1 q2") == periods[5]

    def test_a_day_outside_says_which_period_is_missing(self) -> None:
        calendar = build_calendar(CalendarDefinition(), table_445(date(2023, 1, 30), 1))
        with pytest.raises(PeriodMissing, match=r"holds 29 Jan 2024 is missing.*Y0 Q4 \(28 Jan 2024\)"):
            calendar.period_of(date(2024, 1, 29))

    def test_a_shift_outside_says_which_period_is_missing(self) -> None:
        periods = table_445(date(2023, 1, 30), 1)
        calendar = build_calendar(CalendarDefinition(), periods)
        with pytest.raises(PeriodMissing, match="one quarter after Y0 Q4 is missing"):
            calendar.shift(periods[2], 2)
        with pytest.raises(PeriodMissing, match="4 quarters before Y0 Q1 is missing"):
            calendar.shift(periods[0], -4)

    def test_a_wrong_label_names_the_nearest(self) -> None:
        calendar = build_calendar(CalendarDefinition(), table_445(date(2023, 1, 30), 2))
        with pytest.raises(UnknownName, match=r"Did you mean one of .*Y1 Q2"):
            calendar.period_named("Y1Q2")

    def test_a_definition_with_a_table_never_falls_back_to_months(self) -> None:
        calendar = build_calendar(CalendarDefinition(periods="Period.csv"))
        with pytest.raises(PeriodMissing, match="table of periods is empty"):
            calendar.period_of(date(2026, 2, 1))
        assert calendar.day_of(0) == date(1970, 1, 1)

    def test_overlaps_gaps_and_twins_name_both_periods(self) -> None:
        first = Period("A", date(2026, 1, 1), date(2026, 3, 31))
        with pytest.raises(CouncilError, match="A and B overlap"):
            build_calendar(CalendarDefinition(), [first, Period("B", date(2026, 3, 31), date(2026, 6, 30))])
        with pytest.raises(
            CouncilError, match="A and B leave a gap of 2 days, from 1 Apr 2026 to 2 Apr 2026"
        ):
            build_calendar(CalendarDefinition(), [first, Period("B", date(2026, 4, 3), date(2026, 6, 30))])
        with pytest.raises(CouncilError, match="Two fiscal periods are called a"):
            build_calendar(CalendarDefinition(), [first, Period("a", date(2026, 4, 1), date(2026, 6, 30))])
        with pytest.raises(CouncilError, match="A ends on 31 Dec 2025, before it starts"):
            build_calendar(CalendarDefinition(), [Period("A", date(2026, 1, 1), date(2025, 12, 31))])


class TestDaysOfTheOrganisation:
    def test_a_new_quarter_begins_at_local_midnight_west_of_utc(self) -> None:
        calendar = february_calendar()
        before, after = moment("2026-02-01T07:59:59+00:00"), moment("2026-02-01T08:00:00+00:00")
        assert calendar.period_of(calendar.day_of(before)).label == "FY26 Q4"
        assert calendar.period_of(calendar.day_of(after)).label == "FY27 Q1"
        assert calendar.end_of_day(date(2026, 1, 31)) == before

    def test_moments_fall_on_the_right_day_around_a_clock_change(self) -> None:
        calendar = february_calendar()
        assert calendar.day_of(moment("2026-03-08T07:59:59+00:00")) == date(2026, 3, 7)
        assert calendar.day_of(moment("2026-03-09T06:59:59+00:00")) == date(2026, 3, 8)
        assert calendar.day_of(moment("2026-03-09T07:00:00+00:00")) == date(2026, 3, 9)

    @pytest.mark.parametrize(
        ("timezone", "day"),
        [
            ("America/Havana", date(2026, 3, 7)),  # midnight is missing: 0:00 becomes 1:00
            ("America/Havana", date(2026, 10, 31)),  # 0:00 to 1:00 comes twice
            ("America/Sao_Paulo", date(2018, 2, 17)),  # 23:00 to 24:00 comes twice
            ("America/St_Johns", date(2010, 11, 6)),  # 0:01 falls back to 23:01 of the day before
            ("Pacific/Kiritimati", date(2026, 5, 5)),
        ],
    )
    def test_the_end_of_a_day_is_its_very_last_second(self, timezone: str, day: date) -> None:
        calendar = build_calendar(CalendarDefinition(timezone=timezone))
        end = calendar.end_of_day(day)
        assert calendar.day_of(end) == day
        assert all(calendar.day_of(end + later) == day + timedelta(days=1) for later in range(1, 7300, 100))

    def test_a_day_that_never_was_ends_with_the_day_before(self) -> None:
        calendar = build_calendar(CalendarDefinition(timezone="Pacific/Apia"))
        assert calendar.end_of_day(date(2011, 12, 30)) == calendar.end_of_day(date(2011, 12, 29))

    @given(
        seconds=st.integers(-(10**9), 4 * 10**9),
        timezone=st.sampled_from(
            ["America/Los_Angeles", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Tehran"]
        ),
    )
    def test_the_cached_day_is_that_of_the_time_zone(self, seconds: int, timezone: str) -> None:
        definition = CalendarDefinition(timezone=timezone)
        calendar = build_calendar(definition)
        assert calendar.day_of(seconds) == datetime.fromtimestamp(seconds, definition.zone).date()


class TestWorkingDays:
    def test_weekends_and_holidays_do_not_count(self) -> None:
        friday, next_friday = date(2026, 2, 6), date(2026, 2, 13)
        assert working_days_between(friday, next_friday) == 5
        assert working_days_between(friday, date(2026, 2, 8)) == 0
        assert working_days_between(friday, next_friday, [date(2026, 2, 9), date(2026, 2, 8)]) == 4
        assert working_days_between(next_friday, friday) == 0

    def test_the_first_five_working_days_of_a_quarter_that_starts_on_a_sunday(self) -> None:
        quarter = Period("FY27 Q1", date(2026, 2, 1), date(2026, 4, 30))
        inside = [date(2026, 2, 1) + timedelta(days=number) for number in range(89)]
        first = [day for day in inside if is_in_first_working_days(quarter, day, 5)]
        assert first == [date(2026, 2, day) for day in range(1, 7)]
        assert is_in_first_working_days(quarter, date(2026, 2, 9), 5, [date(2026, 2, 2)])
        assert not is_in_first_working_days(quarter, date(2026, 1, 31), 5)

    @given(
        start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        length=st.integers(0, 60),
        holidays=st.sets(st.dates(date(2020, 1, 1), date(2030, 3, 1)), max_size=5),
    )
    def test_the_sum_is_that_of_counting_one_by_one(
        self, start: date, length: int, holidays: set[date]
    ) -> None:
        days = [start + timedelta(days=number) for number in range(1, length + 1)]
        counted = sum(1 for day in days if day.weekday() < 5 and day not in holidays)
        assert working_days_between(start, start + timedelta(days=length), holidays) == counted
