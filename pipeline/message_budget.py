"""How many messages that nobody asked for a person gets in a week.

First come, first served: whoever reads knows that three a week are the most, and no message waits for a
better one that may never come. What is over the cap is held back for good rather than piled up for Monday:
by then a digest or a reminder is last week's news, and the jobs write this week's. The next message says
what was held back, and `/held` shows it, so nothing that matters is out of reach.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class MessageBudget:
    """The cap, and the time zone of people whose own is not known."""

    messages_per_week: int
    timezone: str

    def week_began(self, now: datetime, timezone: str | None) -> datetime:
        """Monday's first moment of the ISO week in which `now` falls for somebody in that time zone."""
        zone = _zone(timezone) or ZoneInfo(self.timezone)
        today = now.astimezone(zone).date()
        return datetime.combine(today - timedelta(days=today.weekday()), time(), zone)


def _zone(name: str | None) -> ZoneInfo | None:
    """`None` for one that the CRM calls by a name which nobody else knows."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
