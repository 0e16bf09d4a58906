"""How the sentences of the rules say days, spans and counts."""

from datetime import date


def day_month(day: date, today: date) -> str:
    """`30 Sep`; with the year where it is not today's."""
    shown = f"{day.day} {day:%b}"
    return shown if day.year == today.year else f"{shown} {day.year}"


def counted(count: int, noun: str) -> str:
    """`1 day`, `12 days`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def ago(days: int) -> str:
    """`today`, `yesterday`, `12 days ago`."""
    if days == 0:
        return "today"
    return "yesterday" if days == 1 else f"{counted(days, 'day')} ago"


def ahead(days: int) -> str:
    """`today`, `tomorrow`, `in 12 days`."""
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {counted(days, 'day')}"
