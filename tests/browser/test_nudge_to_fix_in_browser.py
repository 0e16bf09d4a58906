"""The first loop as its people see it: a rep is asked, fixes, snoozes and asks to be exempted; the manager
decides, inspects and asks; the owner answers; sales operations read what came of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import Page, browsing
from tests.browser.living_demo import LivingDemo, living_demo
from tests.browser.visitor import THREAD, Visitor, dollars

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 5, 18, 20, tzinfo=UTC)
TUESDAY_IN_MADRID = datetime(2026, 5, 19, 6, 30, tzinfo=UTC)
A_WEEK_LATER = datetime(2026, 5, 26, 7, tzinfo=UTC)
REP, MANAGER, COLLEAGUE, OPERATIONS = (
    "Inés Caballero",
    "Mathilde Grosjean",
    "Chiara Montefalco",
    "Priya Raghunathan",
)
PILOT, CLOUD, INSIGHTS = "Oakhurst Medical Central", "Oakhurst Studio Central", "Tramontana Studio Central"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[LivingDemo]:
    with living_demo(tmp_path, MONDAY) as demo:
        yield demo


@pytest.fixture
def page(demo: LivingDemo, tmp_path: Path) -> Iterator[Page]:
    with browsing(tmp_path / "profile") as page:
        page.chrome.get(demo.address)
        yield page
        assert page.complaints() == []


def test_from_a_nudge_to_records_that_are_right(demo: LivingDemo, page: Page) -> None:
    visitor = Visitor(page)
    pipeline_before = open_pipeline_of_region(visitor)
    assert money_at_risk_of_rep(visitor) == 66_900
    demo.run("nudge", at=TUESDAY_IN_MADRID)
    visitor.become(REP)
    value = a_digest_asks_about_three_deals(visitor)
    a_date_is_picked(visitor)
    two_weeks_more_are_asked_about(visitor)
    what_the_crm_rejects_keeps_what_was_typed(visitor)
    assert money_at_risk_of_rep(visitor) == 16_000
    assert open_pipeline_of_region(visitor) == pytest.approx(pipeline_before + value, abs=10_000)
    one_finding_is_snoozed_and_one_exempted(visitor)
    demo.run("measure", "manager_digest", at=A_WEEK_LATER)
    a_manager_opens_inspects_and_asks(visitor)
    operations_do_their_round(visitor)


def open_pipeline_of_region(visitor: Visitor) -> float:
    """As the manager sees it, in dollars."""
    visitor.become(MANAGER)
    return dollars(visitor.say("/apm region EMEA", "Why open pipeline?"), "Open pipeline")


def money_at_risk_of_rep(visitor: Visitor) -> float:
    visitor.become(REP)
    return dollars(visitor.say("/hygiene", f"Pipeline hygiene · {REP}"), "At risk")


def a_digest_asks_about_three_deals(visitor: Visitor) -> float:
    """Returns what the first is worth, in dollars."""
    digest = visitor.reads("3 deals need a moment of yours")
    assert "Close date was 23 Apr, 25 days ago." in digest
    assert all(name in digest for name in (PILOT, CLOUD, INSIGHTS))
    return dollars(digest, f"{PILOT}: Data Cloud pilot ·")


def a_date_is_picked(visitor: Visitor) -> None:
    visitor.pick_date("fix_date", deal_named(visitor, CLOUD), date(2026, 6, 30))
    assert "2 deals need" in visitor.reads(f"✓ {CLOUD}: Data Cloud: Close date 14 May → 30 Jun")


def two_weeks_more_are_asked_about(visitor: Visitor) -> None:
    """From today, as the old date is past; the rep thinks better of it."""
    visitor.press("push", deal_named(visitor, PILOT))
    asked = visitor.asked()
    assert "23 Apr → 1 Jun" in asked
    assert "It then leaves FY27 Q1, and no longer counts there." in asked
    visitor.page.press(Keys.ESCAPE)


def what_the_crm_rejects_keeps_what_was_typed(visitor: Visitor) -> None:
    visitor.press("fix", deal_named(visitor, PILOT))
    visitor.fill(CloseDate=date(2034, 1, 15), NextStep="Signature call with the CFO on 2 June")
    assert "cannot close more than five years after it was created" in visitor.refused()
    assert visitor.typed("CloseDate") == "2034-01-15"
    assert visitor.typed("NextStep") == "Signature call with the CFO on 2 June"
    visitor.fill(CloseDate=date(2026, 7, 15))
    visitor.send()
    done = visitor.reads("1 deal needs a moment of yours")
    assert "Close date 23 Apr → 15 Jul" in done
    assert "→ Signature call with the CFO on 2 June" in done


def one_finding_is_snoozed_and_one_exempted(visitor: Visitor) -> None:
    visitor.become(REP)
    deal = deal_named(visitor, INSIGHTS)
    visitor.press("more", deal)
    visitor.press("snooze", f"{deal}:close_date_past")
    visitor.fill(until=date(2026, 6, 1), reason="The buyer is back on 1 June")
    visitor.send()
    visitor.reads("snoozed until 1 Jun")
    visitor.press("more", deal)
    visitor.press("waive", f"{deal}:next_step_stale")
    visitor.fill(until=date(2026, 7, 31), reason="The tender office answers in writing only")
    visitor.send()
    visitor.reads("your manager was asked to exempt it")
    visitor.become(MANAGER)
    assert "answers in writing only" in visitor.reads(f"{REP} asks to exempt {INSIGHTS}")
    visitor.press("waiver_grant")
    visitor.reads(f"{MANAGER} exempted it until 31 Jul 2026")
    visitor.become(REP)
    visitor.reads("exempt until 31 Jul")
    visitor.reads("All done for today. Thank you.")


def a_manager_opens_inspects_and_asks(visitor: Visitor) -> None:
    visitor.become(MANAGER)
    assert COLLEAGUE in visitor.reads("Your team's week, 26 May")
    deal = visitor.at_message("Your team's week, 26 May", lambda digest: arguments(digest, "ask_owner")[0])
    visitor.press("fix", deal)
    assert "There is no next step" in visitor.asked()
    visitor.page.press(Keys.ESCAPE)
    visitor.press("ask_owner", deal)
    assert COLLEAGUE in visitor.asked()
    visitor.fill(question="Is the sponsor still on board?")
    visitor.send()
    visitor.press("inspect", deal)
    visitor.reads("✓ you looked at it: it is right")
    visitor.become(COLLEAGUE)
    visitor.reads("“Is the sponsor still on board?”")
    visitor.press("answer_question")
    visitor.fill(answer="Yes: she signs on 2 June.")
    visitor.send()
    visitor.become(MANAGER)
    visitor.open_thread("Your team's week, 26 May")
    assert "“Is the sponsor still on board?”" in visitor.reads("You asked", THREAD)
    visitor.reads("“Yes: she signs on 2 June.”", THREAD)


def operations_do_their_round(visitor: Visitor) -> None:
    """The rules, what one would do, what was decided about a waiver, who changed what, people, messages."""
    visitor.become(OPERATIONS)
    assert "Close date past" in visitor.say("/hygiene rules", "Hygiene rules")
    assert "messages" in visitor.say(
        "/hygiene preview close_date_past for 4 weeks", "Rule preview · Close date past"
    )
    trail = visitor.say("/audit", REP)
    assert "answers in writing only" in trail
    assert "2026-07-15" in trail or "15 Jul" in trail
    visitor.say("/link", "linked")
    visitor.say("/outbox", "Nothing is in trouble")


def deal_named(visitor: Visitor, name: str) -> str:
    """The CRM's id of a deal of the digest, by the order in which it names them."""

    def look(digest: WebElement) -> str:
        shown = [
            one for one in (PILOT, CLOUD, INSIGHTS) if one in digest.text and f"✓ {one}" not in digest.text
        ]
        return dict(zip(shown, arguments(digest, "fix_date"), strict=True))[name]

    return visitor.at_message("moment of yours", look)


def arguments(message: WebElement, command: str) -> list[str]:
    """Those of the controls of a command, from top to bottom."""
    controls = message.find_elements("css selector", f'[data-command="{command}"]')
    return [control.get_attribute("data-argument") or "" for control in controls]
