"""How old the records are: said quietly while they are fresh, and before anything else when they are not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Council, build_crm, open_desk
from bot.dispatch import Dispatch
from handlers.asking import Typed
from jobs.job import Job, JobRun
from jobs.manager_digest import send_manager_digests
from jobs.nudge import send_digests
from messages.card import Card
from messages.render.terminal import render_text
from storage.database import writing
from storage.job_runs import register_schedule
from tests.bot.small_company import open_pulled_company

PULLED = datetime(2026, 7, 21, 8, tzinfo=UTC)
FRESH, OLD = PULLED + timedelta(minutes=10), PULLED + timedelta(hours=1)
"""A pull was due at 08:15 and 08:30."""
MORNING = datetime(2026, 7, 21, 9, tzinfo=UTC)
"""When digests go out."""
ANA, MONA, OPS = "ana@example.com", "mona@example.com", "ops@example.com"
QUIET = "Records as of 21 Jul 2026, 08:00 UTC."
WARNING = "Old records: figures as of 21 Jul 2026, 08:00 UTC. Pulls from the CRM have been missed since."

ANSWERS = [
    (ANA, "/home"),
    (MONA, "/home"),
    (ANA, "/hygiene"),
    (MONA, "/hygiene team"),
    (MONA, "/hygiene Ana"),
    (OPS, "/hygiene company"),
    (OPS, "/hygiene scores"),
    (OPS, "/apm region"),
    (OPS, "/apm region TOTAL"),
    (OPS, "/apm why total coverage"),
]


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = pulled_at(PULLED, tmp_path)
    yield council
    council.engine.dispose()


def pulled_at(moment: datetime, folder: Path) -> Council:
    """A company whose service pulled then, and no more."""
    council = open_pulled_company(folder, moment)
    with writing(council.engine) as connection:
        register_schedule(connection, "pull", "every 15 minutes", moment - timedelta(days=1))
    return council


def ask(council: Council, who: str, words: str, now: datetime) -> str:
    (card,) = Dispatch(open_desk(council, now), lambda: now).answer(who, Typed(words)).cards
    return shown(card)


def shown(card: Card) -> str:
    return render_text(card, 300)


@pytest.mark.parametrize(("who", "words"), ANSWERS)
def test_an_answer_of_fresh_records_says_when_they_were_read(council: Council, who: str, words: str) -> None:
    said = ask(council, who, words, FRESH)
    assert QUIET in said
    assert "Old records" not in said


@pytest.mark.parametrize(("who", "words"), ANSWERS)
def test_an_answer_of_old_records_warns_of_them(council: Council, who: str, words: str) -> None:
    assert WARNING in ask(council, who, words, OLD)


@pytest.mark.parametrize("send", [send_digests, send_manager_digests])
@pytest.mark.parametrize(
    ("pulled", "words"), [(PULLED, WARNING), (MORNING, QUIET.replace("08:00", "09:00"))], ids=["old", "fresh"]
)
def test_a_digest_says_it_too(tmp_path: Path, send: Job, pulled: datetime, words: str) -> None:
    council = pulled_at(pulled, tmp_path)
    crm = build_crm(council.settings, MORNING)
    told = send(JobRun(council.engine, council.company, crm, MORNING, MORNING.date(), dry_run=True)).cards
    council.engine.dispose()
    assert told
    assert all(words in shown(card) for card in told)
