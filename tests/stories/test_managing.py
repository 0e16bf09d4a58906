"""A manager's week: the digest with its deals, a question to an owner, and what nobody settled."""

from datetime import date, timedelta

from jobs.escalate import escalate
from jobs.manager_digest import send_manager_digests
from jobs.nudge import send_digests
from jobs.recover import recover_writes
from tests.stories.company import ANA, BEN, MONA
from tests.stories.stage import Stage

TITLE = "Your team's week, 21 Jul"


async def with_everything(stage: Stage) -> None:
    stage.company.run(send_digests)
    stage.company.run(send_manager_digests)
    await stage.settle()


async def test_a_manager_fixes_gives_away_asks_and_inspects_from_one_message(stage: Stage) -> None:
    await with_everything(stage)
    digest = stage.message(MONA, TITLE).text
    assert "$4.1K at risk in 4 deals of your team." in digest
    assert "Ana Lind $3K – 2 Ben Osei $700 – 1 Dale Gone (left) $400 – 1" in digest

    await stage.press(MONA, "Open and fix", about="Umbrella")
    await stage.fill(MONA, {"Next step": "Call the board"})
    assert "✓ Next step empty → Call the board, by Mona Reyes" in stage.message(MONA, TITLE).text
    assert "✓ Umbrella: Next step empty → Call the board" in stage.reads(ANA)[0].text

    await stage.press(MONA, "Reassign", about="Dunder")
    await stage.fill(MONA, {"Owner": "Ben Osei"})
    assert "✓ handed over to Ben Osei, by Mona Reyes" in stage.message(MONA, TITLE).text

    await stage.press(MONA, "Ask the owner", about="Globex")
    assert "=Globex belongs to Ana Lind." in stage.asked(MONA).text
    await stage.fill(MONA, {"Your question": "Is August real?"})
    assert stage.message(MONA, "You asked Ana Lind about =Globex").head.startswith(TITLE)
    await stage.press(ANA, "Answer")
    await stage.fill(ANA, {"Your answer": "Yes, they signed"})
    answer = stage.message(MONA, "Ana Lind answers about =Globex “Yes, they signed”")
    assert answer.head.startswith(TITLE)
    asked = stage.message(ANA, "You answered Mona Reyes about =Globex")
    assert not asked.controls

    await stage.press(MONA, "Looks right", about="Initech")
    assert "✓ you looked at it: it is right" in stage.message(MONA, TITLE).text
    assert "Initech · $700" in stage.reads(BEN)[0].text, "the rep is asked on"
    assert "Looks right" in stage.message(MONA, TITLE).controls, "of Globex"
    assert not stage.channel()


async def test_a_rep_fixes_a_deal_and_the_managers_message_says_so(stage: Stage) -> None:
    await with_everything(stage)
    await stage.pick(BEN, "New close date", "2026-09-01")
    digest = stage.message(MONA, TITLE).text
    assert "Initech · $700 · Ben Osei ✓ Close date 20 Jun → 1 Sep, by Ben Osei" in digest


async def test_a_save_that_was_interrupted_is_found_and_every_message_says_so(stage: Stage) -> None:
    await with_everything(stage)
    august = date(2026, 8, 14).toordinal()
    stage.company.lose_after_writing("006C", "005B", "CloseDate", date(2026, 6, 20).toordinal(), august)
    stage.company.lose_after_writing("006E", "005M", "OwnerId", "005A", "005B")
    assert "Close date was 20 Jun" in stage.reads(BEN)[0].text
    stage.company.clock.now += timedelta(minutes=5)
    stage.company.run(recover_writes)
    await stage.settle()
    assert "✓ Initech: Close date 20 Jun → 14 Aug" in stage.reads(BEN)[0].text
    assert stage.sees(BEN, "Saved after all Initech")
    assert stage.sees(BEN, "Umbrella is yours now $1K · Mona Reyes gave it to you.")
    assert "✓ Umbrella: handed over to Ben Osei" in stage.reads(ANA)[0].text
    digest = stage.message(MONA, TITLE).text
    assert "Initech · $700 · Ben Osei ✓ Close date 20 Jun → 14 Aug, by Ben Osei" in digest
    assert "✓ handed over to Ben Osei, by Mona Reyes" in digest


async def test_what_nobody_settles_goes_to_the_manager_after_a_warning(stage: Stage) -> None:
    await with_everything(stage)
    for day in range(22, 29):
        stage.company.wake(date(2026, 7, day), hour=13)
        stage.company.run(escalate)
    await stage.settle()
    warning, told = "Before your manager hears of it", "Needs your help, 28 Jul"
    assert "1 deal goes to your manager on the next working day" in stage.message(ANA, warning).text
    message = stage.message(MONA, told)
    assert "1 large deal stayed open after we asked the owners. =Globex · $2K · Ana Lind" in message.text
    await stage.press(ANA, "Fix this deal", about=warning)
    await stage.fill(ANA, {"Close date": "2026-08-14"})
    for person, words in ((ANA, warning), (MONA, told)):
        shown = stage.message(person, words).text
        assert "✓ Close date 10 Jun → 14 Aug, by Ana Lind" in shown
        assert "Close date was 10 Jun" not in shown
