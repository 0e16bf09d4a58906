"""What a rep decides about being asked: later, never, wrongly, somebody else."""

from datetime import date

from jobs.nudge import send_digests
from tests.stories.company import ANA, BEN, MONA, OPS, ZOE
from tests.stories.stage import Stage


async def with_digests(stage: Stage) -> None:
    stage.company.run(send_digests)
    await stage.settle()


async def test_a_deal_is_asked_about_later_and_a_wrong_rule_is_told_to_operations(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(ZOE, "More…", about="Hooli East")
    await stage.press(ZOE, "Snooze")
    assert stage.asked(ZOE).values["Ask again on"] == "2026-07-28"
    await stage.fill(ZOE, {"Why then?": ""})
    assert stage.asked(ZOE).problems == ("A few words are needed here.",)
    await stage.fill(ZOE, {"Why then?": "They are on holiday"})
    assert "Hooli East: I ask again on 28 Jul 2026." in stage.last(ZOE)
    await stage.press(ZOE, "More…", about="Nightfall")
    await stage.press(ZOE, "Wrong rule", about="Close date past")
    await stage.fill(ZOE, {"What is wrong with the rule?": "It closes by post"})
    digest = stage.reads(ZOE)[0].text
    assert "✓ Hooli East: snoozed until 28 Jul" in digest
    assert "✓ Nightfall: sales operations look at the rule" in digest
    assert "1 deal worth $200" in digest
    told = stage.message(OPS, "Zoe Park says the rule is wrong: close date past").text
    assert "“It closes by post”" in told
    assert "Deal: (confidential)" in told
    choices = stage.message(ZOE, "Nightfall ✓ sales operations look at the rule")
    assert not choices.controls, "what was chosen stands in the place of the choices"
    stage.company.wake(date(2026, 7, 28))
    await with_digests(stage)
    assert "Hooli East · $300" in stage.last(ZOE)


async def test_a_manager_exempts_a_deal_and_it_is_asked_about_again_when_that_ends(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "More…")
    await stage.press(BEN, "Ask to be exempted")
    asks = stage.asked(BEN)
    assert "Your manager decides whether it counts up to that day; then it counts again." in asks.text
    await stage.fill(BEN, {"Until": "2026-07-29", "Why does the rule not fit?": "Waits for a permit"})
    assert "✓ Initech: your manager was asked to exempt it" in stage.reads(BEN)[0].text
    (wish,) = stage.reads(MONA)
    assert "Ben Osei asks to exempt Initech $700 · Close date past." in wish.text
    assert "“Waits for a permit”" in wish.text
    await stage.press(MONA, "Exempt it")
    decided = (
        "Initech is exempt Close date past, asked by Ben Osei. Mona Reyes exempted it until 29 Jul 2026."
    )
    assert decided in stage.reads(MONA)[0].text
    assert not stage.reads(MONA)[0].controls
    assert decided in stage.last(BEN)
    assert "exempt until 29 Jul" in stage.reads(BEN)[0].text
    before = len(stage.reads(BEN))
    stage.company.wake(date(2026, 7, 28))
    await with_digests(stage)
    assert len(stage.reads(BEN)) == before
    stage.company.wake(date(2026, 7, 30))
    await with_digests(stage)
    assert "Initech · $700" in stage.last(BEN)
    assert "Close date was 20 Jun, 40 days ago." in stage.last(BEN)


async def test_a_manager_declines_a_wish_and_its_rep_is_asked_to_fix_the_deal(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "More…")
    await stage.press(BEN, "Ask to be exempted")
    await stage.fill(BEN, {"Until": "2026-09-30", "Why does the rule not fit?": "I am busy"})
    await stage.press(MONA, "Decline")
    declined = "Mona Reyes declined. It counts on, so please fix it."
    assert declined in stage.reads(MONA)[0].text
    assert declined in stage.last(BEN)


async def test_a_deal_that_is_not_mine_is_given_to_a_colleague_wherever_it_is_shown(stage: Stage) -> None:
    await with_digests(stage)
    await stage.press(BEN, "More…")
    await stage.press(BEN, "Not mine")
    assert "✓ Initech: your manager was asked whose it is" in stage.reads(BEN)[0].text
    says = "Ben Osei says Initech is not theirs"
    assert "It stays with them until you reassign it." in stage.message(MONA, says).text
    assert "Its manager was asked to reassign it." in stage.message(OPS, says).text
    await stage.press(MONA, "Reassign", about="Initech")
    assert stage.asked(MONA).title == "Give it to a colleague"
    await stage.fill(MONA, {"Owner": "Ana Lind"})
    assert "Initech: handed over to Ana Lind." in stage.last(MONA)
    for person in (MONA, OPS):
        told = stage.message(person, says)
        assert "✓ handed over to Ana Lind, by Mona Reyes" in told.text
        assert "until you reassign it" not in told.text
        assert not told.controls
    assert "handed over to Ana Lind" in stage.reads(BEN)[0].text
    assert "Initech" not in stage.reads(ANA)[0].text, "her digest is of her own deals"
    given = stage.message(ANA, "Initech is yours now $700 · Mona Reyes gave it to you.")
    assert "• Close date was 20 Jun, 31 days ago." in given.text
    assert "For 10 working days I ask you nothing about it." in given.text
    await stage.press(ANA, "Fix this deal", about="Initech is yours now")
    await stage.fill(ANA, {"Close date": "2026-09-01"})
    given = stage.message(ANA, "Initech is yours now")
    assert "✓ Close date 20 Jun → 1 Sep, by Ana Lind" in given.text
    assert not given.controls


async def test_where_nobody_leads_a_rep_sales_operations_are_asked_and_named(
    stage: Stage,
) -> None:
    await with_digests(stage)
    await stage.press(ZOE, "More…", about="Hooli East")
    await stage.press(ZOE, "Not mine")
    assert "✓ Hooli East: sales operations were asked whose it is" in stage.reads(ZOE)[0].text
    assert "Sales operations know. It stays yours until they reassign it." in stage.last(ZOE)
    assert "Nobody leads them in the CRM, so please find its owner" in stage.last(OPS)
    await stage.press(ZOE, "More…", about="Hooli West")
    await stage.press(ZOE, "Ask to be exempted")
    assert "Sales operations decide whether it counts" in stage.asked(ZOE).text
    await stage.fill(ZOE, {"Until": "2026-09-30", "Why does the rule not fit?": "Waits for a permit"})
    assert "Sales operations were asked. I tell you what comes of it." in stage.last(ZOE)
    await stage.press(OPS, "Decline")
    assert "Hooli West is not exempt" in stage.last(ZOE)
