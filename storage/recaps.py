"""Reading what came of a council."""

from datetime import date, timedelta

from sqlalchemy import Connection

from pipeline.cell_gaps import by_gap
from pipeline.company import Company
from pipeline.council_days import next_council
from pipeline.editions import Edition
from pipeline.matrix import Status
from pipeline.recap import Recap
from storage.actions import read_actions

_DAY = timedelta(days=1)


def read_recap(connection: Connection, edition: Edition, company: Company) -> Recap:
    """The recap of an edition's council, with what was decided up to the day before the next."""
    council = company.council
    until = next_council(council.weekday, company.working_days, edition.day + _DAY) - _DAY
    opened = read_actions(connection, opened_from=edition.day, opened_until=until)
    earlier = read_actions(connection, opened_until=edition.day - _DAY)
    table = edition.tables[council.leading_dimension]
    return Recap(
        council=edition.day,
        period=table.period.label,
        red_rows=tuple(row.value for row in by_gap(table, Status.RED)),
        opened=opened,
        changed=tuple(action for action in earlier if _changed(action.changed_on, edition.day, until)),
    )


def _changed(on: date, since: date, until: date) -> bool:
    return since <= on <= until
