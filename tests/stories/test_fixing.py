"""A rep mends deals: from the digest, in a form, and what can come between."""

from datetime import date

import pytest

from jobs.nudge import send_digests
from tests.stories.company import ANA, BEN, CHANNEL, KAI, MONA, ZOE
from tests.stories.stage import STAGES, Stage

JUNE_20, AUGUST_1 = date(2026, 6, 20).toordinal(), date(2026, 8, 1).toordinal()


@pytest.fixture(params=STAGES)
def stage_name(request: pytest.FixtureRequest) -> str:
    """Every stage on each commit: here are most of the controls and forms that stages differ in."""
    name: str = request.param
    return name


async def with_digests(stage: Stage) -> None:
    stage.company.run(send_digests)
    await stage.settle()


async def test_a_picked_date_turns_the_digest_into_what_was_done_and_counts_at_once(stage: Stage) -> None:
    """Globex, 2,000.50 in Commit, comes into the quarter: 3,000.50 open, and 8,500 are left to win."""
    await with_digests(stage)
    (digest,) = stage.reads(ANA)
    assert "2 deals worth $3K, about 1 minute." in digest.text
    assert "Close date was 10 Jun, 41 days ago." in digest.text
    await stage.pick(ANA, "New close date", "2026-08-14")
    digest = stage.reads(ANA)[0]
    assert "1 deal worth $1K, about 1 minute." in digest.text
    assert "✓ =Globex: Close date 10 Jun → 14 Aug" in digest.text
    assert "New close date" not in digest.controls
    await stage.say(KAI, "/apm why EMEA coverage")
    assert "Coverage 0.35× is 35% of the 1.0× needed on day 21 of 92" in stage.last(KAI)
    assert not stage.channel()


async def test_two_weeks_more_are_asked_about_where_they_leave_the_quarter_or_a_commit(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(ANA, "Push two weeks")
    asks = stage.asked(ANA)
    assert asks.title == "Push two weeks?"
    assert "Close date 10 Jun → 4 Aug It then leaves FY26 Q2, and no longer counts there." in asks.text
    assert "It is in Commit: your manager counts on the old date." in asks.text
    await stage.fill(ANA, {})
    assert "✓ =Globex: Close date 10 Jun → 4 Aug" in stage.reads(ANA)[0].text
    await stage.press(ANA, "Add the next step")
    assert stage.asked(ANA).labels == ("Next step",)
    await stage.fill(ANA, {"Next step": "Send the contract"})
    done = stage.reads(ANA)[0].text
    assert "✓ Umbrella: Next step empty → Send the contract All done for today. Thank you." in done


async def test_a_mistake_is_said_at_its_field_and_the_rest_stays_typed(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "Fix this deal")
    form = stage.asked(BEN)
    assert (form.title, form.values["Close date"]) == ("Fix this deal", "2026-06-20")
    await stage.fill(BEN, {"Close date": "2026-07-20"})
    assert stage.asked(BEN).problems == ("That day has passed. When will it close?",)
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    assert stage.form(BEN) is None
    assert "✓ Initech: Close date 20 Jun → 1 Sep All done for today." in stage.reads(BEN)[0].text


async def test_somebody_elses_change_is_shown_beside_ones_own_and_saved_over_only_when_meant(
    stage: Stage,
) -> None:
    await with_digests(stage)
    await stage.press(BEN, "Fix this deal")
    stage.company.somebody_changes("006C", "CloseDate", JUNE_20, AUGUST_1)
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    conflict = stage.asked(BEN)
    (words,) = conflict.problems
    assert words.startswith("Somebody else changed this from 20 Jun to 1 Aug meanwhile.")
    assert conflict.values["Close date"] == "2026-09-01"
    await stage.fill(BEN, {})
    assert "✓ Initech: Close date 1 Aug → 1 Sep" in stage.reads(BEN)[0].text


async def test_what_the_crm_objects_to_stands_at_its_field_and_is_asked_for_the_next_time(
    stage: Stage,
) -> None:
    await with_digests(stage)
    stage.company.crm.asks_for = ("NextStep", "Say what happens next.")
    await stage.pick(ANA, "New close date", "2026-08-14")
    refused = stage.asked(ANA)
    assert refused.problems == ("Say what happens next.",)
    assert refused.values == {"Close date": "2026-08-14", "Next step": "Call Jane"}
    await stage.fill(ANA, {"Next step": "Sign on Friday"})
    assert "✓ =Globex: Close date 10 Jun → 14 Aug" in stage.reads(ANA)[0].text
    await stage.press(BEN, "Fix this deal")
    assert "Next step" in stage.asked(BEN).labels


async def test_a_form_counts_once_and_for_whoever_may(stage: Stage) -> None:
    """Ben's form in the hands of Zoe changes nothing; sent twice by Ben it changes the deal once."""
    await with_digests(stage)
    await stage.press(BEN, "Fix this deal")
    stage.take_form(ZOE, of=BEN)
    await stage.fill(ZOE, {"Close date": "2026-12-24"})
    assert "This is not for you to see" in stage.last(ZOE)
    assert "Close date was 20 Jun" in stage.reads(BEN)[0].text
    await stage.press(BEN, "Fix this deal")
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    await stage.send_again(BEN)
    digest = stage.reads(BEN)[0].text
    assert digest.count("Close date 20 Jun → 1 Sep") == 1
    assert "Initech: nothing was changed." in stage.last(BEN)


async def test_a_deal_that_was_deleted_meanwhile_is_said_to_be_gone(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "Fix this deal")
    stage.company.somebody_deletes("006C")
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    assert stage.form(BEN) is None
    assert "This deal is not in the CRM any more, and nothing was saved." in stage.last(BEN)


async def test_of_several_matches_one_is_chosen_and_a_lost_deal_is_closed(stage: Stage) -> None:
    await with_digests(stage)
    await stage.say(ZOE, "/deal Hooli")
    assert "Which “Hooli” do you mean? 2 have that name." in stage.last(ZOE)
    await stage.press(ZOE, "Hooli West · $200 · Zoe Park")
    assert "Close date was 26 Jun, 25 days ago." in stage.last(ZOE)
    await stage.say(ZOE, "/fix Hooli")
    assert "Which deal? Hooli East · $300" in stage.last(ZOE)
    await stage.press(ZOE, "Fix it", about="Hooli West")
    assert "Hooli West" in stage.asked(ZOE).text
    await stage.fill(ZOE, {"Close date": "2026-08-21"})
    await stage.press(ZOE, "More…", about="Hooli East")
    await stage.press(ZOE, "Closed lost")
    digest = stage.reads(ZOE)[0].text
    assert "✓ Hooli East: closed as lost" in digest
    assert "✓ Hooli West: Close date 26 Jun → 21 Aug" in digest
    assert "1 deal worth $1K, about 1 minute. Nightfall" in digest
    assert not stage.channel()
    assert not stage.reads(MONA), "Zoe reports to nobody"
    await stage.say(KAI, "/apm region AMER", CHANNEL)
    assert "Hooli" not in stage.last(KAI)
