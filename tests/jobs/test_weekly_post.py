"""The weekly post: which weeks it compares, and what of deals it tells a channel."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crm.files.crm import FilesCrm
from crm.files.definition import FilesDefinition, StageDefinition
from jobs.council import compose_post
from jobs.pull import run_pull
from messages.render.terminal import render_text
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.definitions import (
    CouncilDefinition,
    Definitions,
    DimensionsDefinition,
    PeopleDefinition,
    Resolver,
)
from pipeline.hygiene.definition import HygieneDefinition
from storage.database import Engine, open_database
from storage.editions import measure_edition
from tests.new_database import write_new_database

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
AS_OF = date(2026, 5, 15)
STAGES = (StageDefinition(name="Qualification"), StageDefinition(name="Closed Won", won=True))
DEALS = """\
Id,Name,StageName,Amount,CloseDate,CreatedDate,Region__c
006A,Acme,Closed Won,1000,2026-05-12,2026-04-02T10:00:00.000Z,EMEA
006B,Globex,Qualification,300,,2026-04-02T10:00:00.000Z,EMEA
"""
TARGETS = """\
period,dimension,value,metric,amount,currency
FY26 Q2,region,EMEA,closed_won,900,USD
"""


def company() -> Company:
    dimensions = DimensionsDefinition(region=(Resolver(field="Region__c"),))
    return Company(
        Definitions(dimensions=dimensions),
        HygieneDefinition(),
        PeopleDefinition(),
        CouncilDefinition(),
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """EMEA: nothing won of 900 until 12 May, then 1,000: red a week ago, target met today."""
    folder = tmp_path_factory.mktemp("exports")
    (folder / "Opportunity.csv").write_text(DEALS, encoding="utf-8")
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    engine = open_database(write_new_database(folder / "council.db"))
    run_pull(
        engine,
        FilesCrm(FilesDefinition(folder=".", stages=STAGES), Path(folder)),
        company(),
        fields={"Region__c": FieldKind.TEXT},
        now=NOW,
        progress=lambda _: None,
    )
    yield engine
    engine.dispose()


def post(engine: Engine, as_of: date) -> str:
    edition = measure_edition(engine, company(), day=as_of + timedelta(days=1), as_of=as_of, now=NOW)
    return render_text(compose_post(engine, company(), edition, edition.frozen_at).summary, 200)


def test_what_changed_colour_since_a_week_before_is_said(engine: Engine) -> None:
    words = post(engine, AS_OF)
    assert "Pipeline council · FY26 Q2, day 45 of 91" in words
    assert "EMEA closed won: ■ Red → ● Green" in words


def test_in_the_first_week_of_a_quarter_nothing_is_compared_with_the_quarter_before(engine: Engine) -> None:
    words = post(engine, date(2026, 4, 5))
    assert "→" not in words
    assert "There is no edition of last week" in words


def test_a_channel_is_told_how_many_deals_lack_something_and_not_which(engine: Engine) -> None:
    words = post(engine, AS_OF)
    assert "1 open deal has no close date" in words
    assert "006B" not in words
