"""Writing one deal's rows into a generation of the mirror, from what the CRM holds of it now."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Text, cast, delete, func, insert, literal, select, update

from pipeline.crm_records import DealEvidence
from storage.bulk import insert_rows
from storage.evidence import (
    ActivityRow,
    ChangeRow,
    ContactRow,
    Evidence,
    LineRow,
    Live,
    SplitRow,
    StagedRow,
    account_of_deal,
    remember_observations,
)
from storage.field_history import FieldHistory
from storage.json_text import flat_json
from storage.rebuilding import DealRows, Rebuilding
from storage.tables import FOREVER, observation, opportunity, opportunity_key, opportunity_version

_KEYS = ((opportunity, opportunity.c.no), (opportunity_version, opportunity_version.c.opportunity))
"""The tables whose rows a deal has in each generation, and the column that holds its number."""


def write_deal(
    connection: Connection, rebuilding: Rebuilding, generation: int, number: int, deal: DealEvidence
) -> bool:
    """Put a deal's rows in the place of those that a generation has. False for a stage nobody knows.

    Where a pull has written rows of the next generation already, they stay: it refreshes the deal there
    before it switches over.
    """
    evidence = _evidence(connection, generation, number, deal)
    if not rebuilding.knows_stage(evidence.record.stage):
        return False
    state = rebuilding.state_of(evidence)
    rows = rebuilding.rows(number, evidence, state, rebuilding.hash_of(evidence, state))
    rebuilding.write_numbers(connection)
    FieldHistory(connection).remember(connection, [rows.record], rebuilding.today)
    remember_observations(connection, rows.observations)
    _replace_rows(connection, generation, number, rows)
    return True


def _replace_rows(connection: Connection, generation: int, number: int, rows: DealRows) -> None:
    until = _until(connection, generation, number)
    for (table, key), new in zip(_KEYS, ([rows.record], rows.versions), strict=True):
        connection.execute(
            delete(table).where(key == number, table.c.gen_from <= generation, table.c.gen_to > generation)
        )
        place = list(table.c.keys()).index("gen_to")
        insert_rows(connection, table, [(*row[:place], until, *row[place + 1 :]) for row in new])


def _until(connection: Connection, generation: int, number: int) -> int:
    """Where a pull under way has written the deal's next record already, the refreshed one ends there."""
    following = select(func.min(opportunity.c.gen_from)).where(
        opportunity.c.no == number, opportunity.c.gen_from > generation
    )
    return connection.execute(following).scalar() or FOREVER


def _evidence(connection: Connection, generation: int, number: int, deal: DealEvidence) -> Evidence:
    """As if the deal had been staged by a pull."""
    record = StagedRow(*deal.opportunity[:-1], fields=flat_json(deal.opportunity.fields))
    account_id, account = account_of_deal(connection, record.account_id)
    return Evidence(
        record=record,
        fields=deal.opportunity.fields,
        account_id=account_id,
        account=account,
        history=sorted(deal.history, key=lambda row: row[1]),
        changes=sorted((ChangeRow(*row) for row in deal.changes), key=lambda row: row.at),
        lines=sorted((LineRow(*row) for row in deal.lines), key=lambda row: row.order),
        contacts=[ContactRow(*row) for row in deal.contacts],
        splits=sorted((SplitRow(*row) for row in deal.splits), key=lambda row: row.order),
        activities=[ActivityRow(*row) for row in deal.activities],
        no=number,
        live=_live(connection, generation, number),
        observed=_observed(connection, number),
    )


def _live(connection: Connection, generation: int, number: int) -> Live | None:
    columns = opportunity.c
    row = connection.execute(
        select(
            columns.no,
            cast(columns.state, Text),
            columns.observed_at,
            columns.content_hash,
            columns.next_step,
            columns.next_step_day,
        ).where(columns.no == number, columns.gen_from <= generation, columns.gen_to > generation)
    ).one_or_none()
    return None if row is None else Live._make(row)


def _observed(connection: Connection, number: int) -> Sequence[tuple[int, Any]]:
    columns = observation.c
    rows = connection.execute(
        select(columns["at"], columns.state).where(columns.opportunity == number).order_by(columns["at"])
    )
    return [(at, state) for at, state in rows]


def begin_generation(connection: Connection, number: int, generation: int) -> None:
    """Let a deal have rows of its own in a generation that is being written, beside those that readers see.

    Where the pull found nothing changed, one row serves both: it ends here and is repeated.
    """
    for table, key in (
        (opportunity, opportunity.c.no),
        (opportunity_version, opportunity_version.c.opportunity),
    ):
        shared = (key == number, table.c.gen_from < generation, table.c.gen_to > generation)
        copied = [
            literal(generation, Integer) if column.name == "gen_from" else column for column in table.columns
        ]
        connection.execute(
            insert(table).from_select(
                [column.name for column in table.columns], select(*copied).where(*shared)
            )
        )
        connection.execute(update(table).where(*shared).values(gen_to=generation))


def number_of(connection: Connection, opportunity_id: str) -> int | None:
    """Our own number of a deal; `None` where the mirror has never seen it."""
    return connection.scalar(select(opportunity_key.c.no).where(opportunity_key.c.crm_id == opportunity_id))
