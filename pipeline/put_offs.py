"""What people had put off or exempted under one rule, day by day: for replaying the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Snoozed:
    """A wish not to be asked for a while."""

    set_on: date
    until: date
    """From this day on the owner may be asked again."""


@dataclass(frozen=True)
class Waived:
    """An exemption; both days included."""

    since: date
    until: date


@dataclass(frozen=True)
class PutOffs:
    """By our own number of the deal."""

    snoozes: Mapping[int, Sequence[Snoozed]] = field(default_factory=dict)
    """Those of the rule, and those of the whole deal."""
    waivers: Mapping[int, Sequence[Waived]] = field(default_factory=dict)

    def snoozed_until(self, deal: int, day: date) -> date | None:
        """As whoever asks on the morning of that day knows it: what is put off then counts from the next."""
        return max((one.until for one in self.snoozes.get(deal, ()) if one.set_on < day), default=None)

    def is_waived(self, deal: int, day: date) -> bool:
        return any(one.since <= day <= one.until for one in self.waivers.get(deal, ()))


NOTHING_PUT_OFF = PutOffs()
