"""Reading hygiene: what the rules say at the end of a day."""

from datetime import date

from sqlalchemy import Engine

from pipeline.company import Company
from pipeline.findings import HygieneReport
from storage.database import reading, writing
from storage.finding_lives import keep_all_lives, rules_that_ran
from storage.hygiene import measure_hygiene
from storage.hygiene_findings import store_findings
from storage.mirror import pulled_state
from storage.scales import read_scales
from storage.scores_by_day import has_scores_of, store_scores


def read_hygiene(engine: Engine, company: Company, *, as_of: date) -> HygieneReport:
    """Findings, scores and notices at the end of a day. Raises `NothingPulled` before the first pull."""
    with reading(engine) as connection:
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
    """Keep a day's findings with the generation that readers see, their lives and the day's scores."""
    report = read_hygiene(engine, company, as_of=as_of)
    with writing(engine) as connection:
        store_findings(connection, report, pulled_state(connection).generation)
    keep_all_lives(engine, rules_that_ran(company, report), as_of)
    with writing(engine) as connection:
        store_scores(connection, report)


def store_scores_of_past_day(engine: Engine, company: Company, day: date) -> None:
    """Keep the scores of a day on which nothing was measured, as versions tell them, for trends to begin
    with. A day that was measured stays as it is."""
    with reading(engine) as connection:
        if has_scores_of(connection, day):
            return
    report = read_hygiene(engine, company, as_of=day)
    with writing(engine) as connection:
        store_scores(connection, report)
