"""The day of which figures are shown where nobody names one."""

from datetime import date

from storage.database import Engine
from storage.mirror import NothingPulled, read_mirror


def read_today(engine: Engine) -> date:
    """The day of the last pull in the organisation's time zone. Raises `NothingPulled` before the first."""
    day = read_mirror(engine).measured_day
    if day is None:
        raise NothingPulled("There are no figures yet: run `council pull` first.")
    return date.fromordinal(day)
