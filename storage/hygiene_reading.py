"""Reading hygiene: what the rules say at the end of a day."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, delete

from pipeline.company import Company
from pipeline.findings import HygieneReport
from storage.database import reading, writing, writing_a_part
from storage.finding_lives import Deals, keep_all_lives, rules_that_ran, steps_through_deals
from storage.hygiene import measure_hygiene
from storage.hygiene_findings import findings_to_store, store_findings
from storage.mirror import pulled_state
from storage.nudge_tables import finding_life
from storage.refreshes import last_refresh
from storage.registries import lock_numbering
from storage.scales import read_scales
from storage.scores_by_day import store_scores
from storage.tables import finding

MEASURING_ATTEMPTS = 3


def read_hygiene(engine: Engine, company: Company, *, as_of: date) -> HygieneReport:
    """Findings, scores and notices at the end of a day. Raises `NothingPulled` before the first pull."""
    with reading(engine) as connection:
        return _measure(connection, company, as_of)


def _measure(connection: Connection, company: Company, as_of: date) -> HygieneReport:
    state = pulled_state(connection)
    scales = read_scales(connection, company.definitions)
    return measure_hygiene(
        connection,
        as_of=as_of,
        generation=state.generation,
        definition=company.hygiene,
        definitions=company.definitions,
        calendar=scales.calendar,
        capabilities=state.capabilities,
        rates=scales.rates,
    )


def store_hygiene(engine: Engine, company: Company, as_of: date) -> None:
    """Keep a day's findings with the generation that readers see, their lives and the day's scores.

    Where deals are refreshed while it measures or stores, it measures again. Should that never end, what was
    measured last is kept, and the next measuring is right.
    """
    for attempt in range(1, MEASURING_ATTEMPTS + 1):
        steps = tuple(steps_through_deals(engine))
        with reading(engine) as connection:
            seen = last_refresh(connection)
            report = _measure(connection, company, as_of)
            rows = findings_to_store(connection, report, steps)
        if _store(engine, report, rows, None if attempt == MEASURING_ATTEMPTS else seen):
            break
    keep_all_lives(engine, rules_that_ran(company, report), as_of)


def _store(
    engine: Engine,
    report: HygieneReport,
    rows: Mapping[Deals, Sequence[dict[str, Any]]],
    refreshed_until: int | None,
) -> bool:
    """Store what was measured, in parts, each of which holds all findings of its deals.

    False, with the rest left as it was, where a deal was refreshed after number `refreshed_until`.
    """
    for deals, its_rows in rows.items():
        with writing_a_part(engine) as connection:
            lock_numbering(connection)
            if refreshed_until not in (None, last_refresh(connection)):
                return False
            store_findings(connection, deals, its_rows, pulled_state(connection).generation)
    with writing(engine) as connection:
        lock_numbering(connection)
        if refreshed_until not in (None, last_refresh(connection)):
            return False
        store_scores(connection, report)
    return True


def forget_findings(engine: Engine) -> None:
    """As if nothing had been measured: who tells a past stores its days anew, the earliest first."""
    with writing(engine) as connection:
        connection.execute(delete(finding))
        connection.execute(delete(finding_life))
