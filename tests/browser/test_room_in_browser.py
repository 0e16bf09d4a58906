"""The local room in a real browser: with naughty names, by keyboard alone, and on a narrow screen."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from selenium.webdriver import Keys

from bot.preview.opening import open_room
from bot.preview.room import Guest, Place, Room, direct_message
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import (
    Align,
    Button,
    Buttons,
    Card,
    Column,
    DatePick,
    FigureCell,
    Folded,
    Form,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    TextInput,
    text,
)
from messages.reply import Reply, Visibility
from pipeline.matrix import Status
from tests.browser.chromium import Page, browsing

pytestmark = pytest.mark.slow

COUNCIL = "#pipeline-council"
NAUGHTY = '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
ANA = Guest("005A", "Ana Souza", "Reps", "Rep, EMEA")
BOB = Guest("005B", NAUGHTY, "Reps", NAUGHTY)
PRIYA = Guest("005P", "Priya Raman", "Council", "Council, sales", frozenset({COUNCIL}))


def wide_table(name: str) -> Card:
    columns = (Column("Deal"), *(Column(f"Figure {number}", Align.RIGHT) for number in range(9)))
    figures = tuple(FigureCell("$123,456,789", Status.RED) for _ in range(9))
    rows = (TableRow((TextCell(text(name)), *figures)),)
    return Card("wide", name, (Table(name, columns, rows),), f"A table of {name}")


def short_card(title: str) -> Card:
    return Card(
        f"card:{title}",
        title,
        (
            Paragraph(text(f"Words of {title}")),
            Folded(f"More of {title}", (Paragraph(text("What was folded")),)),
            Buttons((Button("Fix this deal", "fix", "006A"),)),
            DatePick("Closes on", "fix_date", "006A"),
        ),
        f"{title}, in short",
    )


def form(problem: str = "", value: str = "") -> Form:
    field = TextInput("next_step", "Next step", value, "What happens next?", True, problem=problem)
    return Form("form", "Fix Acme", (field,), "save", "006A")


def answer(who: str, question: Question, where: Where, event: str | None) -> Reply:
    match question:
        case Typed(text="/wide"):
            return Reply((wide_table(NAUGHTY),))
        case Typed(text="/all"):
            return Reply((short_card("For everybody"),), Visibility.CHANNEL)
        case Clicked(command="fix"):
            return Reply(form=form())
        case Clicked(command="fix_date", value=day):
            return Reply((short_card(f"Closes {day}"),), note="Saved.")
        case Clicked(command="assign_from_message"):
            assert where.quoted is not None
            return Reply(form=Form("assign", f"Action: {where.quoted.text}", (), "assign", "1"))
        case Submitted(answers={"next_step": "Call"}):
            return Reply((), form=form("Say whom to call.", "Call"))
        case Submitted(answers={"next_step": step}):
            return Reply((short_card(f"Saved: {step}"),))
    return Reply((short_card("An answer"),))


@pytest.fixture
def room() -> Room:
    return Room(lambda: datetime.now(UTC))


@pytest.fixture
def address(room: Room) -> Iterator[str]:
    """A room of its own for each test, served beside it."""
    summary = room.post(short_card("Summary"), Place(COUNCIL))
    room.post(short_card("EMEA is red"), Place(COUNCIL, summary.number))
    for guest in (ANA, BOB, PRIYA):
        room.post(short_card(f"Digest of {guest.name}"), Place(direct_message(guest.id)))
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever)
    serving.start()
    opened = asyncio.run_coroutine_threadsafe(
        open_room(room, lambda: [ANA, BOB, PRIYA], answer), loop
    ).result()
    yield opened.address
    asyncio.run_coroutine_threadsafe(opened.close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    serving.join()
    loop.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page, address: str) -> Iterator[Page]:
    """The room as it opens at first, wide and light; nothing it does may make the browser complain."""
    browser.widen(1280, 800)
    browser.prefer("light")
    browser.chrome.get("about:blank")
    browser.chrome.get(address)
    browser.one("#messages .message")
    yield browser
    assert browser.complaints() == []


def become(page: Page, name: str) -> None:
    page.one("#you").click()
    page.one("#people-find").send_keys(name, Keys.ENTER)
    page.until(f"being {name}", lambda: page.one("#you-name").text == name)


def say(page: Page, words: str) -> None:
    page.one("#composer-words").send_keys(words, Keys.ENTER)


def titles(page: Page, messages: str = "#messages") -> list[str]:
    return [title.text for title in page.all(f"{messages} .m-title")]


def wait_for_title(page: Page, title: str, messages: str = "#messages") -> None:
    page.until(title, lambda: title in titles(page, messages))


def wait_for_json(page: Page, part: str) -> None:
    page.until(part, lambda: part in page.one("#messages .source-text").text)


class TestVisiting:
    def test_a_visitor_is_told_in_three_lines_who_to_be_and_what_to_type(self, page: Page) -> None:
        assert len(page.all("#welcome-lines li")) == 3
        page.one("#welcome-examples button").click()
        wait_for_title(page, "An answer")

    def test_the_token_leaves_the_address_bar(self, page: Page) -> None:
        assert "token" not in page.chrome.current_url

    def test_each_person_sees_their_own_conversations(self, page: Page) -> None:
        assert titles(page)[0] == "Digest of Ana Souza"
        assert page.one("#no-channels").text == "Ana Souza is in no channel."
        become(page, "Priya Raman")
        page.one("#channels button").click()
        wait_for_title(page, "Summary")
        assert not page.all("#no-channels:not([hidden])")

    def test_who_comes_in_reads_the_councils_post_first_and_finds_the_digest_by_its_mark(
        self, page: Page, room: Room
    ) -> None:
        for number in range(20):
            room.post(short_card(f"Earlier {number}"), Place(COUNCIL))
        room.post(short_card("The post"), Place(COUNCIL), key="council:FY27 Q2:2026-06-07@pipeline-council")
        row = "council:FY27 Q2:2026-06-07:APAC@pipeline-council"
        room.post(short_card("APAC is red"), Place(COUNCIL), key=row)
        for number in range(20):
            room.post(short_card(f"Later {number}"), Place(COUNCIL))
        own = Place(direct_message(PRIYA.id))
        room.post(short_card("Digest of today"), own, key=f"digest:2026-06-09:{PRIYA.id}")
        room.post(short_card("A reminder"), own)
        become(page, "Priya Raman")
        page.one("#channels button").click()
        wait_for_title(page, "Later 19")
        assert page.one("#direct .count").text == "2"
        top = "document.querySelector('#talk-scroll').getBoundingClientRect().top"
        at_top = page.ask(
            "[...document.querySelectorAll('#messages .message')]"
            f".find((one) => one.getBoundingClientRect().bottom > {top} + 20).innerText"
        )
        assert "The post" in at_top

    def test_back_returns_to_where_one_was(self, page: Page) -> None:
        become(page, "Priya Raman")
        page.one("#channels button").click()
        wait_for_title(page, "Summary")
        page.one("#direct button").click()
        wait_for_title(page, "Digest of Priya Raman")
        page.chrome.back()
        wait_for_title(page, "Summary")

    def test_an_answer_in_a_channel_says_that_only_the_asker_sees_it(self, page: Page) -> None:
        become(page, "Priya Raman")
        page.one("#channels button").click()
        say(page, "/anything")
        wait_for_title(page, "An answer")
        assert "Only visible to you" in page.last("#messages .message").text

    def test_the_chosen_theme_overrides_the_system_s(self, page: Page) -> None:
        def ground() -> str:
            return str(page.ask("getComputedStyle(document.documentElement).backgroundColor"))

        assert ground() == "rgb(255, 255, 255)"
        page.prefer("dark")
        assert ground() == "rgb(26, 29, 33)"
        page.one("#theme").click()
        assert page.one("#theme").text == "Theme: light"
        assert ground() == "rgb(255, 255, 255)"
        page.one("#theme").click()
        page.prefer("light")
        assert ground() == "rgb(26, 29, 33)"
        page.one("#theme").click()


class TestMessages:
    def test_a_message_shows_its_block_kit_and_its_adaptive_card(self, page: Page) -> None:
        page.one('#messages [data-face="blockkit"]').click()
        wait_for_json(page, '"type": "header"')
        page.one('#messages [data-face="adaptive"]').click()
        wait_for_json(page, '"type": "AdaptiveCard"')
        page.one('#messages [data-face="card"]').click()
        assert titles(page)[0] == "Digest of Ana Souza"
        assert not page.all("#messages .source:not([hidden])")

    def test_the_json_is_copied_as_it_stands(self, page: Page) -> None:
        page.chrome.execute_cdp_cmd(
            "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        )
        page.one('#messages [data-face="blockkit"]').click()
        page.one("#messages .source-copy").click()
        page.until("Copied", lambda: page.one("#messages .source-copy").text == "Copied")
        copied = page.chrome.execute_async_script(
            "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
        )
        assert json.loads(copied)[0]["text"] == "Digest of Ana Souza, in short"

    def test_a_form_keeps_what_was_typed_until_it_is_accepted(self, page: Page) -> None:
        page.one('#messages [data-command="fix"]').click()
        page.one("#form input").send_keys("Call", Keys.ENTER)
        assert page.one("#form .m-problem").text.endswith("Say whom to call.")
        assert page.one("#form input").get_attribute("value") == "Call"
        assert page.focused() == page.one("#form input")
        page.one("#form input").send_keys(" Joe", Keys.ENTER)
        wait_for_title(page, "Saved: Call Joe")
        assert page.ask("document.querySelector('#form').open") is False
        assert page.focused().text == "Fix this deal"

    def test_names_from_records_are_text_and_never_run(self, page: Page) -> None:
        page.chrome.get(page.chrome.current_url.split("#")[0] + "#person=005B&in=%40005B")
        page.until("Bob", lambda: page.one("#you-name").text == NAUGHTY)
        say(page, "/wide")
        page.until("the table", lambda: page.all("#messages .m-table"))
        say(page, NAUGHTY)
        page.until("own words", lambda: page.last("#messages .words").text == NAUGHTY)
        assert page.one("#messages .m-table th[scope=row]").text == NAUGHTY
        page.one("#you").click()
        page.one("#people")
        assert page.all("#messages img[src=x], #people img, #messages script") == []
        assert "owned" not in page.chrome.title
        page.press(Keys.ESCAPE)

    def test_a_new_message_is_read_aloud(self, page: Page) -> None:
        say(page, "/help")
        page.until("announcement", lambda: "An answer, in short" in page.ask("live.textContent"))
        assert page.ask("live.getAttribute('aria-live')") == "polite"


class TestControls:
    def test_a_date_is_picked_and_sent_by_its_button_and_the_bot_says_so_in_passing(self, page: Page) -> None:
        page.one("#messages .m-pick-set").click()
        assert page.one("#toast").text == "Pick a date first."
        assert page.focused() == page.one("#messages .m-pick input")
        page.press("11142026", Keys.ENTER)
        wait_for_title(page, "Closes 2026-11-14")
        assert page.one("#toast").text == "Saved."

    def test_pressed_twice_it_is_asked_once(self, page: Page) -> None:
        page.ask(
            "(() => { const pick = document.querySelector('#messages .m-pick');"
            "const set = pick.querySelector('.m-pick-set');"
            "pick.querySelector('input').value = '2026-11-14'; set.click(); set.click(); })()"
        )
        wait_for_title(page, "Closes 2026-11-14")
        say(page, "/help")
        wait_for_title(page, "An answer")
        assert titles(page).count("Closes 2026-11-14") == 1

    def test_a_message_changes_in_place_and_keeps_what_was_picked_and_not_yet_sent(
        self, page: Page, room: Room
    ) -> None:
        field = page.one("#messages .m-pick input")
        field.send_keys("11142026")
        room.update(direct_message(ANA.id), f"card:Digest of {ANA.name}", short_card("One deal less"))
        wait_for_title(page, "One deal less")
        assert len(page.all("#messages .message")) == 1
        assert page.one("#messages .m-pick input").get_attribute("value") == "2026-11-14"
        assert page.one("#messages .edited").text == "edited"

    def test_a_form_is_left_by_its_second_button_and_nothing_is_sent(self, page: Page) -> None:
        page.one('#messages [data-command="fix"]').click()
        page.one("#form .m-cancel").click()
        page.until("closed", lambda: not page.ask("document.querySelector('#form').open"))
        assert len(page.all("#messages .message")) == 1

    def test_the_menu_of_a_message_works_by_keyboard_and_quotes_it(self, page: Page) -> None:
        page.one("#messages .message").send_keys("m")
        assert page.focused().text == "Assign an action"
        page.press(Keys.ARROW_DOWN)
        assert page.focused().text == "Copy link"
        page.press(Keys.ESCAPE)
        page.until("closed", lambda: not page.ask("document.querySelector(':popover-open')"))
        assert page.focused() == page.one("#messages .message")
        page.press("m")
        page.press(Keys.ENTER)
        assert page.one("#form .m-title").text == f"Action: Digest of {ANA.name}, in short"
        assert page.focused().text == "Save"

    def test_a_link_to_a_reply_leads_into_its_thread(self, page: Page, room: Room) -> None:
        become(page, "Priya Raman")
        page.one("#channels button").click()
        reply = room.messages_for(PRIYA)[1]
        page.ask(f"location.hash = 'in=%23pipeline-council&message={reply.number}'")
        wait_for_title(page, "EMEA is red", "#thread-messages")
        page.until("the reply", lambda: "EMEA is red" in page.focused().text)


class TestManyMessages:
    def test_a_room_of_two_thousand_messages_opens_at_the_last_and_leads_back(
        self, page: Page, room: Room
    ) -> None:
        place = Place(direct_message(PRIYA.id))
        for number in range(1900):
            room.post(short_card(f"Card {number}"), place)
        page.chrome.refresh()
        become(page, "Priya Raman")
        wait_for_title(page, "Summary")
        page.one("#direct button").click()
        page.until("the last", lambda: titles(page)[-1:] == ["Card 1899"])
        assert len(titles(page)) == 60
        page.one("#earlier-open").click()
        page.until("twice as many", lambda: len(titles(page)) == 120)
        assert titles(page)[0] == "Card 1780"


class TestWhatIsNew:
    def test_what_came_while_one_was_elsewhere_is_marked(self, page: Page, room: Room) -> None:
        become(page, "Priya Raman")
        page.one("#channels button").click()
        wait_for_title(page, "Summary")
        page.one("#direct button").click()
        head = room.messages_for(PRIYA)[0]
        room.post(short_card("News"), Place(COUNCIL))
        room.post(short_card("A reply"), Place(COUNCIL, head.number))
        page.until("two new", lambda: page.one("#channels .count").text == "2")
        page.one("#channels button").click()
        assert page.one("#messages .new-mark").text == "New"
        assert page.one("#messages .has-new").text == "2 replies, 1 new"
        page.one("#messages .has-new").click()
        wait_for_title(page, "A reply", "#thread-messages")
        page.until("read", lambda: not page.all("#messages .has-new"))


class TestKeyboardAlone:
    def test_a_person_a_command_a_thread_and_json_without_a_mouse(self, page: Page) -> None:
        self._become_priya(page)
        self._take_a_suggested_command(page)
        self._read_messages_by_arrows(page)
        self._open_and_close_a_thread(page)
        self._look_at_json(page)

    def _become_priya(self, page: Page) -> None:
        self._tab_to(page, "#you")
        page.press(Keys.ENTER)
        page.one("#people-find")
        page.press("priya", Keys.ARROW_DOWN, Keys.ENTER)
        page.until("Priya", lambda: page.one("#you-name").text == "Priya Raman")
        self._tab_to(page, "#channels button")
        page.press(Keys.ENTER)
        wait_for_title(page, "Summary")

    def _take_a_suggested_command(self, page: Page) -> None:
        page.press("/")
        assert page.focused() == page.one("#composer-words")
        page.press("hyg")
        page.one("#composer-suggestions")
        page.press(Keys.ARROW_DOWN, Keys.ENTER)
        assert page.one("#composer-words").get_attribute("value") == "/hygiene"
        page.press(Keys.ENTER)
        wait_for_title(page, "An answer")
        assert page.focused() == page.one("#composer-words")

    def _read_messages_by_arrows(self, page: Page) -> None:
        stops = page.all("#messages .message[tabindex='0']")
        assert len(stops) == 1
        self._tab_to(page, "#messages .message[tabindex='0']", backwards=True)
        page.press(Keys.HOME)
        assert "Summary" in page.focused().text
        page.press(Keys.ARROW_DOWN)
        assert "/hygiene" in page.focused().text
        page.press(Keys.ARROW_UP)
        assert "Summary" in page.focused().text
        outline = page.ask("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"

    def _open_and_close_a_thread(self, page: Page) -> None:
        page.press("t")
        wait_for_title(page, "EMEA is red", "#thread-messages")
        assert page.focused() == page.one("#thread-close")
        page.press(Keys.ESCAPE)
        page.until("thread closed", lambda: not page.ask("document.querySelector('#thread').offsetParent"))
        assert "Summary" in page.focused().text

    def _look_at_json(self, page: Page) -> None:
        page.press("j")
        wait_for_json(page, '"type": "header"')
        page.press("j")
        wait_for_json(page, '"type": "AdaptiveCard"')
        page.press(Keys.ESCAPE)
        page.until("card", lambda: not page.all("#messages .source:not([hidden])"))
        page.press(Keys.ENTER)
        assert page.focused().tag_name == "summary"

    def _tab_to(self, page: Page, selector: str, *, backwards: bool = False) -> None:
        wanted = page.one(selector)
        for _ in range(40):
            if page.focused() == wanted:
                return
            page.press(Keys.SHIFT + Keys.TAB + Keys.NULL if backwards else Keys.TAB)
        raise AssertionError(f"{selector} is not reached by the Tab key")

    def test_a_reply_in_a_thread_stays_in_the_thread(self, page: Page) -> None:
        become(page, "Priya Raman")
        page.one("#channels button").click()
        page.one("#messages .has-replies").click()
        page.one("#thread-composer-words").send_keys("/all", Keys.ENTER)
        wait_for_title(page, "For everybody", "#thread-messages")
        assert "For everybody" not in titles(page)
        assert page.one("#messages .has-replies").text.startswith("3 replies")


class TestNarrowScreen:
    @pytest.fixture
    def phone(self, page: Page) -> Page:
        page.widen(360, 740)
        return page

    def test_the_page_never_scrolls_sideways_and_wide_tables_scroll_inside(self, phone: Page) -> None:
        say(phone, "/wide")
        table = phone.one("#messages .m-scroll")
        assert phone.ask("arguments[0].scrollWidth > arguments[0].clientWidth", table)
        for holder in ("document.documentElement", "document.querySelector('#talk-scroll')"):
            assert phone.ask(f"{holder}.scrollWidth") <= 360

    def test_the_list_of_conversations_is_a_drawer(self, phone: Page) -> None:
        assert phone.ask("document.querySelector('#sidebar').inert")
        phone.one("#menu").click()
        phone.until("drawer", lambda: phone.focused() == phone.one("#you"))
        phone.press(Keys.ESCAPE)
        phone.until("drawer closed", lambda: phone.focused() == phone.one("#menu"))
        assert phone.ask("document.querySelector('#sidebar').inert")

    def test_a_thread_fills_the_screen_and_escape_leaves_it(self, phone: Page) -> None:
        phone.one("#messages .thread-open").click()
        assert phone.one("#thread").size["width"] == 360
        phone.press(Keys.ESCAPE)
        phone.until("thread closed", lambda: phone.one("#composer-words"))
