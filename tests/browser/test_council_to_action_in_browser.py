"""The second loop as its people see it: the owner of a red cell says why and proposes an action; the council
reads its post; a manager assigns from a message and in a thread; a rep does it; a week later all see it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Keys

from tests.browser.chromium import Page, browsing
from tests.browser.living_demo import STRANGER, LivingDemo, living_demo
from tests.browser.visitor import THREAD, Visitor

pytestmark = pytest.mark.slow

THURSDAY = datetime(2026, 6, 4, 20, tzinfo=UTC)
DAY_BEFORE = datetime(2026, 6, 5, 17, tzinfo=UTC)
MORNING_IN_SYDNEY = datetime(2026, 6, 7, 23, tzinfo=UTC)
"""Of the council's Monday: nobody is asked for a word in their own night."""
COUNCIL = datetime(2026, 6, 8, 16, tzinfo=UTC)
AFTER_COUNCIL = datetime(2026, 6, 9, 0, tzinfo=UTC)
NEXT_COUNCIL = datetime(2026, 6, 15, 16, tzinfo=UTC)
OWNER, MANAGER, MEMBER = "Kenji Morisawa", "Ingrid Okonjo", "Sigrid Haugland"
REP, REPS_MANAGER, OPERATIONS = "Mei Tanaka-Reid", "Anjali Venkatesan", "Priya Raghunathan"
WORD = "Two large deals wait for a reference."


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[LivingDemo]:
    with living_demo(tmp_path, THURSDAY) as demo:
        yield demo


@pytest.fixture
def page(demo: LivingDemo, tmp_path: Path) -> Iterator[Page]:
    with browsing(tmp_path / "profile") as page:
        page.chrome.get(demo.address)
        yield page
        assert page.complaints() == []


def test_from_a_red_cell_to_what_came_of_its_actions(demo: LivingDemo, page: Page) -> None:
    visitor = Visitor(page)
    demo.run("measure", "council_prepare", at=DAY_BEFORE)
    demo.run(at=MORNING_IN_SYDNEY)
    the_owner_says_why_and_proposes_an_action(visitor)
    demo.run("pull", "council_freeze", "council", at=COUNCIL)
    the_council_reads_its_post(visitor)
    a_manager_assigns_from_a_message_and_in_its_thread(visitor)
    demo.run("council_recap", at=AFTER_COUNCIL)
    a_rep_starts_comments_and_ends_an_action(visitor)
    the_council_reads_what_was_decided(visitor)
    demo.run("pull", "council_freeze", "council", at=NEXT_COUNCIL)
    a_week_later_the_council_sees_what_moved(visitor)
    operations_see_who_did_what(visitor)
    a_stranger_is_told_whom_to_ask(visitor)


def the_owner_says_why_and_proposes_an_action(visitor: Visitor) -> None:
    visitor.become(OWNER)
    asked = visitor.reads("Before Monday's council: your word on 3 cells")
    assert "Coverage 1.26× is 57% of the 2.21× needed" in asked
    visitor.write_line("give_context", "region/APAC/coverage/2026-06-08", WORD)
    visitor.reads(f"You say: {WORD}")
    visitor.press("propose_action", "region/APAC/coverage")
    visitor.fill(kind="SPIFF", title="2x on Data Cloud", owner=OWNER, due="Friday", cost="-5")
    assert "-5" in visitor.refused()
    assert visitor.typed("title") == "2x on Data Cloud"
    visitor.fill(cost="5000")
    visitor.send()
    assert "At the opening: 1.26×" in visitor.reads("SPIFF for APAC coverage")


def the_council_reads_its_post(visitor: Visitor) -> None:
    visitor.become(MEMBER)
    visitor.enter_channel()
    title = "Pipeline council · FY27 Q2, day 38 of 92"
    assert "2x on Data Cloud · Kenji Morisawa, due 12 Jun, open. APAC coverage" in visitor.reads(title)
    width = visitor.at_message(
        title, lambda post: post.find_element("css selector", ".m-image").get_property("naturalWidth")
    )
    assert isinstance(width, int)
    assert width > 400
    row = visitor.reads("APAC · $1.26M to green")
    assert f"{OWNER} on coverage: {WORD}" in row
    assert "2x on Data Cloud · Kenji Morisawa, due 12 Jun, open" in row


def a_manager_assigns_from_a_message_and_in_its_thread(visitor: Visitor) -> None:
    visitor.become(MANAGER)
    visitor.enter_channel()
    visitor.open_thread("APAC · $1.26M to green")
    visitor.page.one(f"{THREAD} .more").click()
    assert f"{OWNER} on coverage: {WORD}" in visitor.reads("APAC · $1.26M to green", THREAD)
    visitor.choose_from_menu("APAC · $1.26M to green", THREAD)
    assert visitor.typed("cell") == "region APAC open_pipeline"
    visitor.fill(kind="Enablement", title="Reference calls", owner=REP, due="Friday")
    visitor.send()
    assert "“APAC is red, $1.26M to green" in visitor.reads("Enablement for APAC open pipeline", THREAD)
    command = '@bot assign dinner "Prospect dinner in Sydney" @anjali by Friday cost 18000'
    dinner = visitor.say(command, "Prospect dinner for APAC open pipeline", THREAD)
    assert all(part in dinner for part in (REPS_MANAGER, "12 Jun 2026", "$18K"))
    visitor.page.press(Keys.ESCAPE)


def a_rep_starts_comments_and_ends_an_action(visitor: Visitor) -> None:
    visitor.become(REP)
    assert f"Assigned by\n{MANAGER}, 8 Jun" in visitor.reads("Reference calls")
    visitor.press("action_start")
    visitor.reads("In progress")
    visitor.press("action_comment")
    visitor.fill(words="Five customers have agreed.")
    visitor.send()
    visitor.reads("Five customers have agreed.")
    visitor.press("action_done")
    visitor.reads("Done on")
    visitor.become(MANAGER)
    visitor.enter_channel()
    visitor.open_thread("APAC · $1.26M to green")
    assert "Five customers have agreed." in visitor.reads("Done on", THREAD)
    visitor.page.press(Keys.ESCAPE)


def the_council_reads_what_was_decided(visitor: Visitor) -> None:
    visitor.become(MEMBER)
    visitor.enter_channel()
    recap = visitor.reads("Recap of the council of 8 Jun, FY27 Q2")
    assert "2 new actions for 2 people." in recap
    assert f"Prospect dinner in Sydney {REPS_MANAGER} 12 Jun 2026" in recap


def a_week_later_the_council_sees_what_moved(visitor: Visitor) -> None:
    post = visitor.reads("Pipeline council · FY27 Q2, day 45 of 92")
    last_week = post.partition("Last week's actions")[2].partition("Reached")[0]
    for done in (
        "Reference calls · Mei Tanaka-Reid, due 12 Jun, done",
        "Prospect dinner in Sydney · Anjali Venkatesan",
    ):
        assert done in last_week
    assert "12 Jun, open, overdue. APAC coverage moved after: 1.26× ■ Red →" in last_week


def operations_see_who_did_what(visitor: Visitor) -> None:
    visitor.become(OPERATIONS)
    assert "2x on Data Cloud" in visitor.say("/actions overdue", "Prospect dinner in Sydney")
    assert REP in visitor.say("/audit", "action")


def a_stranger_is_told_whom_to_ask(visitor: Visitor) -> None:
    visitor.become(STRANGER.name)
    visitor.page.one("#composer-words").send_keys("/apm region", Keys.ENTER)
    assert OPERATIONS in visitor.reads("I do not know you yet")
