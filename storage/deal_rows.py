"""Writing some deals' rows into a generation of the mirror, from what the CRM holds of them now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, Text, cast, delete, func, insert, literal, select, update

from pipeline.crm_records import DealEvidence, HistoryRecord
from pipeline.records import Category
from pipeline.versions import State
from storage.bulk import insert_rows, read_rows
from storage.evidence import (
    AccountOfDeal,
    ActivityRow,
    ChangeRow,
    ContactRow,
    Evidence,
    HistoryRow,
    LineRow,
    Live,
    SplitRow,
    StagedRow,
    accounts_of_deals,
    observations_of,
    remember_observations,
)
from storage.field_history import FieldHistory
from storage.json_text import flat_json
from storage.rebuilding import DealRows, Rebuilding
from storage.related import NO_ACCOUNT
from storage.tables import FOREVER, opportunity, opportunity_key, opportunity_version

_KEYS = ((opportunity, opportunity.c.no), (opportunity_version, opportunity_version.c.opportunity))
"""The tables whose rows a deal has in each generation, and the column that holds its number."""


@dataclass(frozen=True)
class ChangedDeal:
    """A deal whose rows are to be written."""

    number: int
    evidence: Evidence
    state: State
    content_hash: str

    @property
    def is_new(self) -> bool:
        return self.evidence.live is None


def changed_deal(number: int, evidence: Evidence, rebuilding: Rebuilding) -> ChangedDeal:
    state = rebuilding.state_of(evidence)
    return ChangedDeal(number, evidence, state, rebuilding.hash_of(evidence, state))


def write_deal(
    connection: Connection, rebuilding: Rebuilding, generation: int, number: int, deal: DealEvidence
) -> bool:
    """Put a deal's rows in the place of those that a generation has. False for a stage nobody knows."""
    (evidence,) = evidence_of(connection, generation, {number: deal})
    if not rebuilding.knows_stage(evidence.record.stage):
        return False
    write_deals(connection, rebuilding, generation, [changed_deal(number, evidence, rebuilding)])
    return True


def write_deals(
    connection: Connection, rebuilding: Rebuilding, generation: int, deals: Sequence[ChangedDeal]
) -> int:
    """Put the deals' rows in the place of those that a generation has; gives how many versions there are.

    Where a pull has written rows of the next generation already, they stay: it refreshes the deal there
    before it switches over.
    """
    written = [rebuilding.rows(one.number, one.evidence, one.state, one.content_hash) for one in deals]
    rebuilding.write_numbers(connection)
    changed = [rows.record for rows, one in zip(written, deals, strict=True) if not one.is_new]
    FieldHistory(connection).remember(connection, changed, rebuilding.today)
    remember_observations(connection, [row for rows in written for row in rows.observations])
    replace_rows(connection, generation, {one.number: rows for one, rows in zip(deals, written, strict=True)})
    return sum(len(rows.versions) for rows in written)


def replace_rows(connection: Connection, generation: int, written: Mapping[int, DealRows]) -> None:
    """Put rows in the place of those that a generation has of some deals, by their numbers."""
    until = _next_generations(connection, generation, written)
    new = (
        [rows.record for rows in written.values()],
        [row for rows in written.values() for row in rows.versions],
    )
    for (table, key), rows in zip(_KEYS, new, strict=True):
        connection.execute(
            delete(table).where(
                key.in_(list(written)), table.c.gen_from <= generation, table.c.gen_to > generation
            )
        )
        names = list(table.c.keys())
        place, of_deal = names.index("gen_to"), names.index(key.name)
        insert_rows(
            connection,
            table,
            [(*row[:place], until.get(row[of_deal], FOREVER), *row[place + 1 :]) for row in rows],
        )


def _next_generations(connection: Connection, generation: int, numbers: Collection[int]) -> Mapping[int, int]:
    """Where a pull under way has written a deal's next record already, the refreshed one ends there."""
    rows = connection.execute(
        select(opportunity.c.no, func.min(opportunity.c.gen_from).label("following"))
        .where(opportunity.c.no.in_(list(numbers)), opportunity.c.gen_from > generation)
        .group_by(opportunity.c.no)
    )
    return {row.no: row.following for row in rows}


def evidence_of(
    connection: Connection, generation: int, deals: Mapping[int, DealEvidence]
) -> Sequence[Evidence]:
    """As if the deals, by their numbers, had been staged by a pull and read back: equal evidence has to be
    equal in every detail, for a digest of it tells whether a deal has changed."""
    lives = _lives(connection, generation, deals)
    observed = observations_of(connection, list(lives))
    account_ids = {one for deal in deals.values() if (one := deal.opportunity.account_id) is not None}
    accounts = accounts_of_deals(connection, account_ids)
    flag = bool if connection.dialect.name == "postgresql" else int
    found = []
    for number, deal in deals.items():
        record = deal.opportunity
        account = accounts.get(record.account_id, AccountOfDeal(record.account_id, NO_ACCOUNT))
        found.append(
            Evidence(
                record=StagedRow(*record[:-1], fields=flat_json(record.fields))._replace(
                    category=_rank(record.category), is_deleted=flag(record.is_deleted)
                ),
                fields=record.fields,
                account_id=account.id,
                account=account.account,
                history=[_history_row(row, flag) for row in sorted(deal.history, key=lambda row: row.at)],
                changes=sorted((ChangeRow(*row) for row in deal.changes), key=lambda row: row.at),
                lines=sorted((LineRow(*row) for row in deal.lines), key=lambda row: row.order),
                contacts=[ContactRow(*row) for row in deal.contacts],
                splits=sorted((SplitRow(*row) for row in deal.splits), key=lambda row: row.order),
                activities=[
                    ActivityRow(row.opportunity_id, row.day, flag(row.is_closed), flag(row.is_task))
                    for row in deal.activities
                ],
                no=number,
                live=lives.get(number),
                observed=observed.get(number, ()),
            )
        )
    return found


def _history_row(row: HistoryRecord, flag: type[int]) -> HistoryRow:
    return (*row[:5], _rank(row.category), flag(row.has_amount))


def _rank(category: Category | None) -> int | None:
    return None if category is None else int(category)


def _lives(connection: Connection, generation: int, numbers: Collection[int]) -> Mapping[int, Live]:
    columns = opportunity.c
    statement = select(
        columns.no,
        cast(columns.state, Text),
        columns.observed_at,
        columns.content_hash,
        columns.next_step,
        columns.next_step_day,
    ).where(columns.no.in_(list(numbers)), columns.gen_from <= generation, columns.gen_to > generation)
    return {row[0]: Live._make(row) for row in read_rows(connection, statement)}


def begin_generation(connection: Connection, number: int, generation: int) -> None:
    """Let a deal have rows of its own in a generation that is being written, beside those that readers see.

    Where the pull found nothing changed, one row serves both: it ends here and is repeated.
    """
    for table, key in _KEYS:
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
    return numbers_of(connection, [opportunity_id]).get(opportunity_id)


def numbers_of(connection: Connection, opportunity_ids: Collection[str]) -> Mapping[str, int]:
    """Our own numbers of deals, by their ids; those that the mirror has never seen are absent."""
    rows = connection.execute(
        select(opportunity_key.c.crm_id, opportunity_key.c.no).where(
            opportunity_key.c.crm_id.in_(opportunity_ids)
        )
    )
    return {row.crm_id: row.no for row in rows}


def give_numbers(connection: Connection, opportunity_ids: Sequence[str]) -> Mapping[str, int]:
    """Number deals that the mirror has never seen. Needs `lock_numbering`."""
    last: int = connection.execute(select(func.max(opportunity_key.c.no))).scalar() or 0
    given = {one: last + place for place, one in enumerate(opportunity_ids, start=1)}
    insert_rows(connection, opportunity_key, [(number, one) for one, number in given.items()])
    return given
