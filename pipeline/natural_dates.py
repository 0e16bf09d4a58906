"""Days as people say them: `Friday`, `in 2 weeks`, `end of quarter`, `14 Nov`, `11/14`.

What could be two days is asked back with both, and a day that has passed is refused with what to type.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import MAXYEAR, date, timedelta

from pipeline.calendar import FiscalCalendar
from pipeline.errors import CouncilError
from pipeline.matching import undressed

LONGEST_AHEAD_DAYS = 731
"""A day further away was most likely mistyped."""
_SOON_DAYS = 270
"""A day without its year that has passed this year means next year's only if that is not further away."""
LONGEST_WORDS = 60
"""In characters."""
MOST_WORDS = 5
"""`the end of next quarter`"""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_UNITS_DAYS = {"day": 1, "week": 7}


class DateNotUnderstood(CouncilError):
    """Words that are no day; the text says how to write one."""


class DateAmbiguous(CouncilError):
    """Words that could be one of two days."""

    def __init__(self, words: str, days: Sequence[date]) -> None:
        self.days = tuple(days)
        said = " or ".join(spoken_day(day) for day in self.days)
        could_be = f"“{words}” could be {said}."
        self.question = f"{could_be} Which one?"
        """For where one of the days can be chosen."""
        super().__init__(f"{could_be} Write {' or '.join(map(str, self.days))}.")


class DatePassed(CouncilError):
    """A day before today, or one that is too far away to be meant."""


def spoken_day(day: date) -> str:
    """`Friday 4 Dec 2026`"""
    return f"{day:%A} {day.day} {day:%b} {day.year}"


def read_due_day(words: str, today: date, calendar: FiscalCalendar) -> date:
    """The day that the words mean, today or later.

    Raises `DateAmbiguous`, `DatePassed`, `DateNotUnderstood`, and `PeriodMissing` for the end of a quarter
    that a custom calendar does not reach.
    """
    typed = " ".join(undressed(words).split())
    days = _meant(typed.casefold().strip(" .,"), today, calendar) if len(typed) <= LONGEST_WORDS else ()
    if not days:
        raise DateNotUnderstood(
            f"“{_shortened(typed)}” is not a date that I can read. Write Friday, in 2 weeks, end of quarter, "
            f"14 Nov or {today + _WEEK * 2}."
        )
    ahead = tuple(sorted({day for day in days if today <= day}))
    if len(ahead) > 1:
        raise DateAmbiguous(typed, ahead)
    if not ahead:
        raise DatePassed(
            f"{spoken_day(days[0])} has passed. Write a day from today on, such as Friday or {today + _WEEK}."
        )
    if (ahead[0] - today).days > LONGEST_AHEAD_DAYS:
        raise DatePassed(
            f"{spoken_day(ahead[0])} is more than two years away. Write a nearer day, such as "
            f"end of quarter or {today + _WEEK}."
        )
    return ahead[0]


def looks_like_a_day(words: str, today: date, calendar: FiscalCalendar) -> bool:
    """Whether the words say a day at all, be it one of two or one that has passed."""
    try:
        read_due_day(words, today, calendar)
    except DateNotUnderstood:
        return False
    except CouncilError:
        return True
    return True


def _meant(words: str, today: date, calendar: FiscalCalendar) -> tuple[date, ...]:
    """Every day that the words could mean, passed ones too; none where they mean none."""
    for read in (_near_words, _weekday, _ahead, _written_in_figures, _written_with_month):
        if days := read(words, today):
            return days
    return _end_of(words, today, calendar)


def _near_words(words: str, today: date) -> tuple[date, ...]:
    monday = today - _DAY * today.weekday() + _WEEK
    said = {
        "today": (today,),
        "tomorrow": (today + _DAY,),
        "the day after tomorrow": (today + _DAY * 2,),
        "day after tomorrow": (today + _DAY * 2,),
        "yesterday": (today - _DAY,),
        "next week": (monday, monday + _DAY * 4),
    }
    return said.get(words, ())


def _weekday(words: str, today: date) -> tuple[date, ...]:
    """`Friday` is the coming one, and on a Friday it may be today; `next Friday` may be of next week."""
    match = re.fullmatch(r"(?:(this|next|coming|on) )?([a-z]{3,9})", words)
    if match is None:
        return ()
    found = [no for no, name in enumerate(_WEEKDAYS) if name.startswith(match[2])]
    if len(found) != 1:
        return ()
    monday = today - _DAY * today.weekday()
    this_weeks = monday + _DAY * found[0]
    coming = this_weeks if this_weeks > today else this_weeks + _WEEK
    if match[1] == "this":
        return (this_weeks,)
    if match[1] == "next":
        return (coming, this_weeks + _WEEK)
    if match[1] == "coming":
        return (coming,)
    return (today, coming) if this_weeks == today else (coming,)


def _ahead(words: str, today: date) -> tuple[date, ...]:
    match = re.fullmatch(r"in (\w{1,5}) (day|week|month)s?", words)
    if match is None:
        return ()
    count = int(match[1]) if match[1].isascii() and match[1].isdigit() else _NUMBERS.get(match[1])
    if count is None or not 0 <= count <= 2 * LONGEST_AHEAD_DAYS:
        return ()
    if match[2] == "month":
        return _day(*_month_shifted(today, count), today.day) or (_last_of_month(today, count),)
    return (today + _DAY * _UNITS_DAYS[match[2]] * count,)


def _written_in_figures(words: str, today: date) -> tuple[date, ...]:
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", words):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.?(\d{4})?", words):
        return _in_its_year(int(match[1]), int(match[2]), match[3], today)
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", words):
        first, second = int(match[1]), int(match[2])
        by_day_first = _in_its_year(first, second, match[3], today)
        return tuple(sorted({*by_day_first, *_in_its_year(second, first, match[3], today)}))
    return ()


def _written_with_month(words: str, today: date) -> tuple[date, ...]:
    patterns = (
        r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? (?P<month>[a-z]{3,9})\.?,?(?: (?P<year>\d{4}))?",
        r"(?P<month>[a-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?P<year>\d{4}))?",
    )
    for pattern in patterns:
        if match := re.fullmatch(pattern, words):
            found = [no for no, name in enumerate(_MONTHS, start=1) if _names_month(match["month"], name)]
            return _in_its_year(int(match["day"]), found[0], match["year"], today) if found else ()
    return ()


def _names_month(word: str, name: str) -> bool:
    return name.startswith(word) or (word == "sept" and name == "september")


def _end_of(words: str, today: date, calendar: FiscalCalendar) -> tuple[date, ...]:
    match = re.fullmatch(
        r"(?:the )?end of (?:the )?(?:(this|next) )?(week|month|quarter|year)|(eow|eom|eoq)", words
    )
    if match is None:
        return ()
    unit = match[2] or {"eow": "week", "eom": "month", "eoq": "quarter"}[match[3]]
    steps = 1 if match[1] == "next" else 0
    ends: dict[str, Callable[[], date]] = {
        "week": lambda: today + _DAY * (4 - today.weekday()) + _WEEK * (steps + (today.weekday() > 4)),
        "month": lambda: _last_of_month(today, steps),
        "quarter": lambda: calendar.shift(calendar.period_of(today), steps).end,
        "year": lambda: date(today.year + steps, 12, 31),
    }
    return (ends[unit](),)


def _in_its_year(day: int, month: int, year: str | None, today: date) -> tuple[date, ...]:
    """Without a year: this year's, or next year's where that is near and this year's has passed."""
    if year is not None:
        return _day(int(year), month, day)
    this_years, next_years = _day(today.year, month, day), _day(today.year + 1, month, day)
    if this_years and this_years[0] >= today:
        return this_years
    if next_years and (next_years[0] - today).days <= _SOON_DAYS:
        return next_years
    return this_years


def _day(year: int, month: int, day: int) -> tuple[date, ...]:
    try:
        return (date(year, month, day),)
    except ValueError:
        return ()


def _month_shifted(today: date, months: int) -> tuple[int, int]:
    count = today.year * 12 + today.month - 1 + months
    return min(count // 12, MAXYEAR), count % 12 + 1


def _last_of_month(today: date, months: int) -> date:
    year, month = _month_shifted(today, months)
    return date(year, month, monthrange(year, month)[1])


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}…"
