"""Who may ask for what: figures, their reasons and deals, one's own page, help; and who may not."""

import pytest

from jobs.nudge import send_digests
from tests.stories.company import ANA, BEN, CHANNEL, GUEST, KAI, MONA, OPS, STRANGER
from tests.stories.stage import Stage


async def test_figures_are_for_the_council_and_shared_only_on_purpose(stage: Stage) -> None:
    await stage.say(KAI, "/apm region", CHANNEL)
    assert "Region · FY26 Q3, day 21 of 92 5% of the target of $10K is won." in stage.last(KAI)
    assert not stage.sees(OPS, "FY26 Q3"), "it was for the asker alone"
    assert not stage.channel()
    await stage.press(KAI, "Share in channel")
    (shared,) = stage.channel()
    assert "Region · FY26 Q3, day 21 of 92" in shared.text
    assert "Shared by" in stage.message(OPS, "FY26 Q3").text
    await stage.say(ANA, "/apm region")
    assert "This is not for you to see" in stage.last(ANA)
    await stage.say(MONA, "/apm region")
    assert "$1.5K" in stage.last(MONA), "of her own team"


async def test_an_answer_in_which_a_deal_is_fixed_says_so_in_its_place(stage: Stage) -> None:
    await stage.say(BEN, "/hygiene")
    answer = "Pipeline hygiene · Ben Osei"
    assert "$700 in 1 deal" in stage.message(BEN, answer).text
    await stage.press(BEN, "Fix Initech")
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    assert "All your deals are up to date. Thank you." in stage.message(BEN, answer).text
    assert len([one for one in stage.reads(BEN) if answer in one.text]) == 1


async def test_a_rep_assigns_nothing(stage: Stage) -> None:
    for typed in ("/action", '/action spiff EMEA coverage "2x" @ben by Friday'):
        await stage.say(ANA, typed)
        assert "This is not for you to see" in stage.last(ANA)
        assert stage.form(ANA) is None
    assert not stage.reads(BEN)


async def test_deals_behind_a_figure_go_to_those_who_may_see_them(stage: Stage) -> None:
    for person in (KAI, OPS):
        await stage.say(person, "/apm why EMEA coverage")
        assert "Why EMEA coverage is red" in stage.last(person)
        assert "Coverage 0.11× is 11% of the 1.0× needed on day 21 of 92" in stage.last(person)
    assert "Umbrella" not in stage.last(KAI)
    assert "Umbrella" in stage.last(OPS)


async def test_ones_own_page_shows_ones_deals_and_takes_settings(stage: Stage) -> None:
    home = await stage.home(ANA)
    assert "Pipeline Council · Ana Lind" in home.text
    assert "2 deals need a hand, $3K at risk in 2 deals." in home.text
    assert "Nothing is waiting for you." in home.text
    await stage.pick(ANA, "Your digest comes at (local time)", "10:00")
    assert stage.sees(ANA, "Your digest comes at 10:00 from now on.")
    await stage.press(ANA, "Fix", about="Umbrella")
    await stage.fill(ANA, {"Next step": "Send the contract"})
    assert "1 deal needs a hand, $2K at risk in 1 deal." in stage.page(ANA).text
    await stage.pick(ANA, "Away until …", "2026-07-31")
    assert "You are away until 31 Jul: nobody asks you anything." in stage.page(ANA).text
    stage.company.run(send_digests)
    await stage.settle()
    assert not stage.sees(ANA, "a moment of yours")
    assert stage.sees(BEN, "a moment of yours")
    await stage.press(ANA, "I am back")
    assert stage.sees(ANA, "Welcome back.")
    assert "Away until …" in stage.page(ANA).controls
    await stage.say(BEN, "/pause until 2026-08-14")
    assert "I ask you nothing until 14 Aug 2026." in stage.last(BEN)
    await stage.say(BEN, "pause off")
    assert "Welcome back." in stage.last(BEN)


@pytest.mark.parametrize("who", [STRANGER, GUEST])
async def test_whoever_is_no_colleague_is_refused_in_words_and_gets_nothing(stage: Stage, who: str) -> None:
    for asked in ("/apm region", "/hygiene", "fix Hooli", "/home"):
        await stage.say(who, asked)
        last = stage.last(who)
        assert "I do not know you yet" in last or "for members only" in last, last
        assert stage.form(who) is None
    assert not stage.sees(who, "$")


async def test_help_says_what_somebody_may_type(stage: Stage) -> None:
    await stage.say(ANA, "help")
    assert stage.spoken("/hygiene") in stage.last(ANA)
    assert stage.spoken("/actions ledger") not in stage.last(ANA)
    await stage.say(KAI, "help")
    assert stage.spoken("/actions ledger") in stage.last(KAI)
