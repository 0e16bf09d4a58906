"""What people do with the product, the same on every surface: rep, manager, council member, stranger."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.nudge import send_digests
from tests.stories.preview_stage import PreviewStage
from tests.stories.slack_stage import open_slack_stage
from tests.stories.stage import ANA, BEN, CHANNEL, KAI, MONA, OPS, STRANGER, Stage, found_company

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
"""The deals of Ana, Ben and Zoe should all have closed in June."""


@pytest.fixture(params=["preview", "slack by socket", "slack by http"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    company = found_company(tmp_path, TUESDAY)
    if request.param == "preview":
        yield PreviewStage(company)
    else:
        async with open_slack_stage(company, request.param.rpartition(" ")[2]) as opened:
            yield opened
    company.council.engine.dispose()


async def with_digests(stage: Stage) -> None:
    stage.company.run(send_digests)
    await stage.settle()


async def test_a_rep_picks_a_date_in_the_digest_and_it_turns_into_what_was_done(stage: Stage) -> None:
    await with_digests(stage)
    (digest,) = stage.reads(ANA)
    assert "1 deal worth $2K, about 1 minute." in digest.text
    assert "Close date was 10 Jun, 41 days ago." in digest.text
    await stage.pick(ANA, "New close date", "2026-08-14")
    digest = stage.reads(ANA)[0]
    assert "Close date 10 Jun → 14 Aug" in digest.text
    assert "New close date" not in digest.controls


async def test_a_rep_asks_for_a_form_gets_a_mistake_at_its_field_and_saves(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "Fix this deal")
    form = stage.form(BEN)
    assert form is not None
    assert form.title == "Fix this deal"
    assert form.values["Close date"] == "2026-06-20"
    await stage.fill(BEN, {"Close date": ""})
    wrong = stage.form(BEN)
    assert wrong is not None
    assert len(wrong.problems) == 1
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    assert stage.form(BEN) is None
    assert "Close date 20 Jun → 1 Sep" in stage.reads(BEN)[0].text


async def test_figures_are_for_the_council_and_a_rep_is_told_whom_they_are_for(stage: Stage) -> None:
    await stage.say(KAI, "/apm region", CHANNEL)
    assert "Region · FY26 Q3, day 21 of 92" in stage.last(KAI)
    assert all("FY26 Q3" not in seen.text for seen in stage.reads(ANA)), "it was for the asker alone"
    await stage.press(KAI, "Share in channel")
    assert any("Shared by" in seen.text for seen in stage.reads(OPS))
    await stage.say(ANA, "/apm region")
    assert "This is not for you to see" in stage.last(ANA)


async def test_a_stranger_is_told_whom_to_ask(stage: Stage) -> None:
    await stage.say(STRANGER, "/hygiene")
    assert "I do not know you yet" in stage.last(STRANGER)
    assert "ops@example.com" in stage.last(STRANGER)


async def test_a_manager_assigns_an_action_and_its_owner_finishes_it(stage: Stage) -> None:
    await stage.say(MONA, '/action spiff EMEA coverage "2x on Data Cloud" @ana by Friday cost 5000')
    assert "due Friday 24 Jul 2026" in stage.last(MONA)
    mine = [seen for seen in stage.reads(ANA) if "2x on Data Cloud" in seen.text]
    assert "Done" in mine[-1].controls
    await stage.press(ANA, "Done")
    assert any("2x on Data Cloud" in seen.text and "Done" in seen.text for seen in stage.reads(ANA))
    await stage.say(MONA, "/actions")
    assert "Nothing is open" in stage.last(MONA)


async def test_an_action_that_lacks_something_is_asked_for_in_a_form(stage: Stage) -> None:
    await stage.say(MONA, "/action spiff EMEA coverage")
    form = stage.form(MONA)
    assert form is not None
    assert form.title == "Assign an action"
    await stage.fill(
        MONA, {"What is to be done": "2x on Data Cloud", "Owner": "Ana Lind", "Due": "yesterday week"}
    )
    wrong = stage.form(MONA)
    assert wrong is not None
    assert len(wrong.problems) == 1
    await stage.fill(MONA, {"Due": "next Friday"})
    asks = stage.form(MONA)
    assert asks is not None
    assert "could be Friday 24 Jul 2026 or Friday 31 Jul 2026" in asks.problems[0]
    assert asks.values["What is to be done"] == "2x on Data Cloud"
    await stage.fill(MONA, {"Due": "2026-07-31"})
    assert stage.form(MONA) is None
    assert any("2x on Data Cloud" in seen.text for seen in stage.reads(ANA))


async def test_the_council_is_posted_once_whatever_runs_twice(stage: Stage) -> None:
    stage.company.clock.now = datetime(2026, 7, 20, 13, tzinfo=UTC)
    stage.company.run(freeze_week)
    for _ in range(2):
        stage.company.run(post_council)
        await stage.settle()
    posts = [seen for seen in stage.reads(KAI) if "FY26 Q3" in seen.text and not seen.is_reply]
    assert len(posts) == 1


async def test_help_says_what_somebody_may_type(stage: Stage) -> None:
    await stage.say(ANA, "help")
    assert "/hygiene" in stage.last(ANA)
