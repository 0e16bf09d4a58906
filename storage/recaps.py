"""Reading what came of a council."""

from datetime import date, timedelta

from sqlalchemy import Connection

from pipeline.cell_gaps import by_gap
from pipeline.editions import Edition
from pipeline.matrix import Dimension, Status
from pipeline.recap import Recap
from storage.actions import read_actions

_UNTIL_THE_NEXT = timedelta(days=6)


def read_recap(connection: Connection, edition: Edition, leading: Dimension) -> Recap:
    """The recap of an edition's council, with what was decided up to the day before the next."""
    until = edition.day + _UNTIL_THE_NEXT
    opened = read_actions(connection, opened_from=edition.day, opened_until=until)
    earlier = read_actions(connection, opened_until=edition.day - timedelta(days=1))
    table = edition.tables[leading]
    return Recap(
        council=edition.day,
        period=table.period.label,
        red_rows=tuple(row.value for row in by_gap(table, Status.RED)),
        opened=opened,
        changed=tuple(action for action in earlier if _changed(action.changed_on, edition.day, until)),
    )


def _changed(on: date, since: date, until: date) -> bool:
    return since <= on <= until
