"""What rejected writes have taught us: which fields the CRM wants in which stage, in its own words."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.crm_fields import Refusal
from storage.fix_tables import learnt_rejection


def remember_refusals(
    connection: Connection, refusals: Iterable[Refusal], *, stage: str, record_type: str, now: datetime
) -> None:
    """Count each objection that names fields: only those can be asked for beforehand."""
    table = learnt_rejection
    for refusal in refusals:
        if not refusal.fields:
            continue
        same = (table.c.stage == stage, table.c.record_type == record_type, table.c.says == refusal.says)
        counted = connection.execute(
            table.update()
            .where(*same)
            .values(times=table.c.times + 1, last_at=int(now.timestamp()), fields=json.dumps(refusal.fields))
        )
        if counted.rowcount == 0:
            connection.execute(
                table.insert().values(
                    stage=stage,
                    record_type=record_type,
                    says=refusal.says,
                    fields=json.dumps(refusal.fields),
                    times=1,
                    last_at=int(now.timestamp()),
                )
            )


def learnt_refusals(connection: Connection, *, stage: str, record_type: str) -> tuple[Refusal, ...]:
    """What the CRM has objected to in such a case, the most frequent first."""
    table = learnt_rejection
    rows = connection.execute(
        select(table)
        .where(table.c.stage == stage, table.c.record_type == record_type)
        .order_by(table.c.times.desc(), table.c.says)
    )
    return tuple(Refusal(row.says, tuple(json.loads(row.fields))) for row in rows)
