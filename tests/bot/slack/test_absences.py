"""Leave by the status in Slack: who is away is asked nothing, and who is back is asked again."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.slack.absences import Absences
from bot.slack.colleagues import KEPT_SECONDS, Colleagues
from bot.slack.people import read_person
from pipeline.person_links import ChatAccount, LinkedBy, PersonLink
from storage.database import Engine, open_database, reading, writing
from storage.nudge_choices import put_pause, read_pause
from storage.person_links import put_link
from tests.new_database import write_new_database
from tests.slack.office import Office, open_office
from tests.slack.server import Failure
from tests.slack.workspace import TEAM, SlackUser

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
TODAY = date(2026, 11, 24)
BERLIN = ZoneInfo("Europe/Berlin")
END_OF_THURSDAY = int(datetime(2026, 11, 26, 23, 59, 59, tzinfo=BERLIN).timestamp())


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    account = ChatAccount("slack", TEAM, "U0ANA")
    link = PersonLink(account=account, person="005A", how=LinkedBy.EMAIL, linked_at=NOW)
    with writing(engine) as connection:
        put_link(connection, link)
    return engine


async def look_up(office: Office, engine: Engine) -> None:
    office.clock.now += KEPT_SECONDS + 1
    colleagues = Colleagues(office.api, TEAM, office.clock)
    absences = Absences(colleagues, engine, TEAM, BERLIN, lambda: NOW)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, stop.set)
    await absences.look_up(stop)


def pause_of(engine: Engine) -> date | None:
    with reading(engine) as connection:
        return read_pause(connection, "005A", TODAY)


async def test_a_holiday_by_status_is_leave_until_its_last_day_and_ends_with_it(engine: Engine) -> None:
    async with open_office() as office:
        ana = office.workspace.users["U0ANA"]
        ana.status_emoji, ana.status_expiration = ":palm_tree:", END_OF_THURSDAY
        await look_up(office, engine)
        assert pause_of(engine) == date(2026, 11, 26)
        ana.status_emoji = ":speech_balloon:"
        await look_up(office, engine)
        assert pause_of(engine) is None


async def test_a_pause_that_somebody_chose_here_goes_before_their_status(engine: Engine) -> None:
    with writing(engine) as connection:
        put_pause(connection, "005A", since=TODAY, until=date(2026, 12, 4))
    async with open_office() as office:
        await look_up(office, engine)
    assert pause_of(engine) == date(2026, 12, 4)


async def test_who_cannot_be_looked_up_stays_as_they_were(engine: Engine) -> None:
    async with open_office() as office:
        ana = office.workspace.users["U0ANA"]
        ana.status_emoji, ana.status_expiration = ":palm_tree:", END_OF_THURSDAY
        await look_up(office, engine)
        office.server.failures["users.info"].append(Failure(status=503, body="down"))
        await look_up(office, engine)
        assert pause_of(engine) == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("emoji", "expires", "is_away"),
    [
        (":palm_tree:", 0, True),
        (":face_with_thermometer:", 1, True),
        (":calendar:", 0, False),
        ("", 0, False),
    ],
)
def test_only_slacks_own_words_for_leave_and_illness_count(emoji: str, expires: int, is_away: bool) -> None:
    user = SlackUser("U1", "Ana", "ana@example.com", status_emoji=emoji, status_expiration=expires)
    assert (read_person(user.as_json(with_email=True), TEAM).away is not None) is is_away


@pytest.mark.parametrize("expires", [10**18, -5, "soon", None])
def test_an_end_that_is_none_is_no_end(expires: object) -> None:
    user = SlackUser("U1", "Ana", "ana@example.com", status_emoji=":palm_tree:").as_json(with_email=True)
    user["profile"]["status_expiration"] = expires
    away = read_person(user, TEAM).away
    assert away is not None
    assert away.until is None
