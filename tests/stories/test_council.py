"""The council's loop: a word before it, the post with a thread for each red row, actions, the recap."""

from datetime import date

from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.council_prepare import prepare_council
from jobs.council_recap import post_recap
from jobs.measure_actions import measure_actions
from jobs.remind import remind_owners
from tests.stories.company import ANA, BEN, CHANNEL, KAI, MONA, OPS, ZOE
from tests.stories.stage import Seen, Stage

FRIDAY, MONDAY = date(2026, 7, 24), date(2026, 7, 27)
POST, EMEA, AMER = "Pipeline council · FY26 Q3, day 26 of 92", "EMEA · $7.5K to green", "AMER · $1K to green"


async def with_council(stage: Stage) -> None:
    stage.company.wake(MONDAY)
    stage.company.run(freeze_week)
    stage.company.run(post_council)
    await stage.settle()


def in_channel(stage: Stage, words: str) -> Seen:
    """The one message of the channel that begins so."""
    (found,) = (one for one in stage.channel() if one.text.startswith(words))
    return found


async def test_the_owner_of_cells_gives_a_word_and_proposes_an_action_and_the_council_reads_both(
    stage: Stage,
) -> None:
    stage.company.wake(FRIDAY)
    stage.company.run(prepare_council)
    await stage.settle()
    asks = stage.message(KAI, "Before Monday's council: your word on 3 cells").text
    assert "Coverage 0.11× is 11% of the 1.0× needed on day 24 of 92; $7.5K more open pipeline" in asks
    assert "Umbrella" not in asks, "the council sees no deals"
    await stage.pick(KAI, "What should the council know?", "Two deals slipped", about="EMEA coverage")
    assert "EMEA coverage: noted for Monday You say: Two deals slipped" in stage.last(KAI)
    assert "You say: Two deals slipped" in stage.message(KAI, "Before Monday's council").text
    await stage.press(KAI, "Propose an action", about="EMEA coverage")
    assert stage.asked(KAI).values["Cell"] == "region EMEA coverage"
    await stage.fill(
        KAI, {"Type": "SPIFF", "What is to be done": "2x on renewals", "Owner": "Ana Lind", "Due": "7 Aug"}
    )
    assert "Action 1 is assigned to Ana Lind, due Friday 7 Aug 2026." in stage.last(KAI)
    assert not stage.channel(), "nothing is posted before the council"

    for _ in range(2):
        await with_council(stage)
    assert len([one for one in stage.channel() if not one.is_reply]) == 3
    post = in_channel(stage, POST).text
    assert "Reached: 5% of $10K, 28% expected by today Red" in post
    assert "• 2x on renewals · Ana Lind, due 7 Aug, open." in post
    row = in_channel(stage, EMEA).text
    assert "on coverage: Two deals slipped" in row
    assert "• 2x on renewals · Ana Lind, due 7 Aug, open" in row
    assert "Red for the second week, and nobody has an action for it yet." in in_channel(stage, AMER).text


async def test_actions_come_from_a_message_and_from_a_mention_and_live_by_their_buttons(
    stage: Stage,
) -> None:
    await with_council(stage)
    await stage.talk(KAI, "Zoe should call the ministry", thread=EMEA)
    await stage.use_menu(KAI, "call the ministry")
    form = stage.asked(KAI)
    assert form.values["What is to be done"] == "Zoe should call the ministry"
    assert form.values["Cell"] == "region EMEA forecast"
    await stage.fill(KAI, {"Type": "SPIFF", "Owner": "Zoe Park", "Due": "3 Aug"})
    await stage.send_again(KAI)
    action = in_channel(stage, "SPIFF for EMEA forecast")
    assert action.head.startswith(EMEA)
    assert "• Zoe should call the ministry · Zoe Park, due 3 Aug, open" in in_channel(stage, EMEA).text

    await stage.say(KAI, 'assign spiff "Bring the CEO" @ben by Friday', CHANNEL, thread=AMER)
    assert in_channel(stage, "SPIFF for AMER forecast").head.startswith(AMER)
    assert "• Bring the CEO · Ben Osei, due 31 Jul, open" in in_channel(stage, AMER).text
    assert "For you: SPIFF for AMER forecast Bring the CEO" in stage.message(BEN, "Bring the CEO").text

    await stage.press(ZOE, "Start")
    await stage.press(ZOE, "Comment")
    stage.take_form(BEN, of=ZOE)
    await stage.fill(BEN, {"Comment": "I know better"})
    assert "This action is for its owner, who assigned it, their managers and the council." in stage.last(BEN)
    await stage.press(ZOE, "Comment")
    await stage.fill(ZOE, {"Comment": "Called twice"})
    await stage.press(ZOE, "New date")
    await stage.fill(ZOE, {"New date": "10 Aug"})
    await stage.press(ZOE, "Reassign")
    await stage.fill(ZOE, {"New owner": "Ben Osei"})
    assert "This is Ben Osei's now: Zoe should call the ministry." in stage.message(ZOE, "ministry").text
    assert not stage.message(ZOE, "This is Ben Osei's now").controls
    shown = in_channel(stage, "SPIFF for EMEA forecast").text
    assert "I know better" not in shown
    for words in ("In progress", "Ben Osei", "10 Aug 2026", "Zoe Park · 27 Jul: Called twice"):
        assert words in shown
    assert "· Ben Osei, due 10 Aug, in progress" in in_channel(stage, EMEA).text

    await stage.press(BEN, "Drop", about="ministry")
    await stage.fill(BEN, {"Why is it dropped?": ""})
    assert stage.asked(BEN).problems == ("Say why, in a few words: the council reads it.",)
    await stage.fill(BEN, {"Why is it dropped?": "The ministry closed"})
    dropped = in_channel(stage, "SPIFF for EMEA forecast")
    assert "Dropped on 27 Jul: The ministry closed" in dropped.text
    assert not dropped.controls
    await stage.press(BEN, "Done", about="Bring the CEO")
    assert "Done on 27 Jul" in in_channel(stage, "SPIFF for AMER forecast").text


async def test_actions_are_listed_reminded_of_and_told_in_the_recap(stage: Stage) -> None:
    await with_council(stage)
    await stage.say(KAI, "/spiff EMEA coverage")
    form = stage.asked(KAI)
    assert form.title == "Assign an action"
    await stage.fill(
        KAI, {"What is to be done": "2x on Data Cloud", "Owner": "Ana Lind", "Due": "yesterday week"}
    )
    assert len(stage.asked(KAI).problems) == 1
    await stage.fill(KAI, {"Due": "next Friday"})
    asks = stage.asked(KAI)
    assert "could be Friday 31 Jul 2026 or Friday 7 Aug 2026" in asks.problems[0]
    assert asks.values["What is to be done"] == "2x on Data Cloud"
    await stage.fill(KAI, {"Due": "Friday 31 Jul 2026", "Cost": "5000"})
    assert stage.form(KAI) is None
    await stage.say(ANA, "/actions mine")
    assert "1 action open. SPIFF for EMEA coverage: 2x on Data Cloud · Ana Lind · due 31 Jul" in stage.last(
        ANA
    )
    stage.company.run(post_recap)
    await stage.settle()
    recap = in_channel(stage, "Recap of the council of 27 Jul, FY26 Q3").text
    assert "1 new action for 1 person." in recap
    await stage.press(OPS, "As Markdown")
    assert "2x on Data Cloud" in stage.files(OPS)[0].text
    assert "EMEA coverage 2x on Data Cloud Ana Lind 31 Jul 2026 $5K open" in recap

    stage.company.wake(date(2026, 7, 31))
    stage.company.run(remind_owners)
    await stage.settle()
    assert "2x on Data Cloud" in stage.last(ANA)
    await stage.press(ANA, "Done")
    assert "done on 31 Jul".casefold() in in_channel(stage, "SPIFF for EMEA coverage").text.casefold()
    await stage.say(OPS, "/actions ledger")
    assert "SPIFF 1 $5K fewer than 5 fewer than 5" in stage.last(OPS)
    sheet = stage.files(OPS)[-1]
    assert sheet.name == "actions.csv"
    assert "1,SPIFF,region,EMEA,coverage,2x on Data Cloud,Ana Lind,2026-07-31,Done,5000,USD" in sheet.text
    await stage.say(MONA, "/actions ledger")
    assert "This is not for you to see" in stage.last(MONA)

    stage.company.wake(date(2026, 8, 11))
    stage.company.run(measure_actions)
    await stage.settle()
    outcome = in_channel(stage, "EMEA coverage, 2 weeks after: 2x on Data Cloud")
    assert "Moved after, in 2 weeks: 0.11× Red → 0.11× Red. No nearer to green." in outcome.text
    assert outcome.head.startswith(EMEA)


async def test_deals_behind_a_row_are_a_sheet_for_those_who_may_see_them(stage: Stage) -> None:
    await with_council(stage)
    await stage.press(KAI, "Deals as CSV", about=EMEA)
    assert "This is not for you to see" in stage.last(KAI)
    assert "Deals are for their owners" in stage.last(KAI)
    assert not stage.files(KAI)
    await stage.press(OPS, "Deals as CSV", about=EMEA)
    (sheet,) = stage.files(OPS)
    assert sheet.name == "emea-forecast-2026-07-26.csv"
    assert sheet.text.splitlines() == [
        "deal,owner,stage,close_date,value,trusted",
        "Umbrella,Ana Lind,Proposal,2026-08-31,1000,yes",
        "Stark,Ana Lind,Closed Won,2026-07-08,500,yes",
    ]
    assert not stage.sees(KAI, "Umbrella")
