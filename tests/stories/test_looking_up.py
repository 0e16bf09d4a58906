"""What people call up: who changed what, a team and its reps, the council that was, an action from a line."""

from datetime import date

from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.nudge import send_digests
from tests.stories.company import ANA, BEN, CHANNEL, KAI, MONA, OPS
from tests.stories.stage import Stage

MONDAY = date(2026, 7, 27)


async def with_council(stage: Stage) -> None:
    stage.company.wake(MONDAY)
    stage.company.run(freeze_week)
    stage.company.run(post_council)
    await stage.settle()


async def test_operations_look_up_who_changed_a_deal_and_nobody_else_does(stage: Stage) -> None:
    stage.company.run(send_digests)
    await stage.settle()
    await stage.pick(ANA, "New close date", "2026-08-14")
    await stage.say(OPS, "/audit deal:006B")
    found = stage.last(OPS)
    for words in ("1 change", "Ana Lind", "Close date", "=Globex", "10 Jun 2026 → 14 Aug 2026"):
        assert words in found
    for person in (ANA, MONA, KAI):
        await stage.say(person, "/audit deal:006B")
        assert "This is not for you to see" in stage.last(person)


async def test_a_manager_looks_at_the_team_then_at_a_rep_and_mends_a_deal_from_there(stage: Stage) -> None:
    await stage.say(MONA, "/hygiene team")
    team = stage.last(MONA)
    assert "Pipeline hygiene · team of Mona Reyes" in team
    assert "At risk: $4.1K in 4 deals" in team
    for rep in ("Ana Lind $3K 2 0%", "Ben Osei $700 1 0%", "Dale Gone $400 1 0%"):
        assert rep in team
    await stage.say(MONA, "/hygiene @ana")
    assert "At risk: $3K in 2 deals" in stage.last(MONA)
    await stage.press(MONA, "Fix Umbrella")
    await stage.fill(MONA, {"Next step": "Call the board"})
    hers = stage.message(MONA, "Pipeline hygiene · Ana Lind").text
    assert "At risk: $2K in 1 deal" in hers
    assert "There is no next step" not in hers
    for person in (ANA, BEN):
        await stage.say(person, "/hygiene @mona")
        assert "This is not for you to see" in stage.last(person)


async def test_whoever_asks_in_the_channel_is_answered_alone(stage: Stage) -> None:
    await stage.say(OPS, "/hygiene company", CHANNEL)
    assert "Pipeline hygiene · company, 21 Jul 2026" in stage.last(OPS)
    assert not stage.channel()
    assert not stage.sees(KAI, "Pipeline hygiene")


async def test_a_council_is_called_up_again_by_those_who_may_see_it(stage: Stage) -> None:
    await with_council(stage)
    posted = len(stage.channel())
    await stage.say(KAI, "/council")
    again = stage.message(KAI, "Pipeline council · FY26 Q3, day 26 of 92").text
    assert "Reached: 5% of $10K, 28% expected by today Red" in again
    await stage.say(KAI, "/council recap")
    assert "Recap of the council of 27 Jul, FY26 Q3" in stage.last(KAI)
    await stage.say(ANA, "/council")
    assert "This is not for you to see" in stage.last(ANA)
    assert len(stage.channel()) == posted


async def test_a_line_in_the_channel_assigns_an_action_that_its_owner_begins_there(stage: Stage) -> None:
    await with_council(stage)
    await stage.say(KAI, '/dinner EMEA coverage "Zürich" @ana by Friday', CHANNEL)
    (action,) = [one for one in stage.channel() if "Prospect dinner for EMEA coverage" in one.text]
    assert action.head.startswith("EMEA · $7.5K to green")
    assert stage.sees(KAI, "Action 1 is assigned to Ana Lind, due Friday 31 Jul 2026.")
    assert "For you: Prospect dinner for EMEA coverage Zürich" in stage.last(ANA)
    await stage.press(ANA, "Start")
    assert stage.sees(ANA, "Action 1 is in progress now.")
    for person in (ANA, KAI):
        assert "Status: In progress" in stage.message(person, "Prospect dinner for EMEA").text
    await stage.say(KAI, "/actions overdue")
    assert "Nothing is overdue." in stage.last(KAI)
    stage.company.wake(date(2026, 8, 3))
    await stage.say(KAI, "/actions overdue")
    assert "Zürich · Ana Lind · due 31 Jul" in stage.last(KAI)
