"""The demo from end to end, as a newcomer meets it: the command, the room in the browser, the answers."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Keys

from tests.browser.chromium import Page, browsing

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`council demo` in a process of its own, with an empty cache."""
    cache = tmp_path_factory.mktemp("cache")
    environ = os.environ | {"XDG_CACHE_HOME": str(cache), "COLUMNS": "250"}
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = iter(demo.stdout.readline, "")
        found = next((match for line in said if (match := re.search(r"http://\S+", line))), None)
        assert found is not None, "the demo ended without an address"
        yield found.group()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=15) == 0


@pytest.fixture(scope="module")
def page(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        page.chrome.get(address)
        page.one("#messages .message")
        yield page
        assert page.complaints() == []


def become_a(page: Page, role: str) -> None:
    """The first person listed under the heading of a role."""
    page.one("#you").click()
    page.one("#people-find").send_keys(role, Keys.ENTER)
    page.until("the list closed", lambda: not page.ask("document.querySelector('#people').open"))


def ask_in_direct_message(page: Page, words: str, title: str) -> None:
    page.one("#direct button").click()
    page.one("#composer-words").send_keys(words, Keys.ENTER)
    page.until(title, lambda: page.last("#messages .m-title").text.startswith(title))


def test_the_council_finds_its_summary_with_a_thread_per_red_row(page: Page) -> None:
    become_a(page, "council")
    page.one("#channels button").click()
    page.until("the summary", lambda: page.one("#messages .m-title").text.startswith("Pipeline council"))
    picture = page.one("#messages .m-image")
    assert page.ask("arguments[0].complete && arguments[0].naturalWidth > 400", picture)
    page.one("#messages .has-replies").click()
    page.until("a red row", lambda: "to green" in page.one("#thread-messages .m-title").text)
    assert "Red" in page.all("#thread-messages .message")[0].text
    page.press(Keys.ESCAPE)


def test_the_matrix_by_region_has_colours_with_words(page: Page) -> None:
    become_a(page, "council")
    ask_in_direct_message(page, "/apm region", "Region")
    table = page.last("#messages .m-table")
    regions = [head.text.splitlines()[0] for head in table.find_elements("css selector", "th[scope=row]")]
    assert {"AMER", "EMEA", "APAC", "Total"} <= set(regions)
    for status in ("red", "green"):
        cells = table.find_elements("css selector", f"td.m-{status}")
        assert cells
        assert all(status.capitalize() in cell.text for cell in cells)


def test_a_message_is_shown_as_both_platforms_would_be_sent_it(page: Page) -> None:
    become_a(page, "council")
    ask_in_direct_message(page, "/apm product", "Product")
    page.last('#messages [data-face="blockkit"]').click()
    page.until("Block Kit", lambda: '"blocks": [' in page.last("#messages .source-text").text)
    page.last('#messages [data-face="adaptive"]').click()
    page.until("Adaptive Card", lambda: '"type": "AdaptiveCard"' in page.last("#messages .source-text").text)


def test_why_leads_from_a_row_to_its_cell_by_a_button(page: Page) -> None:
    become_a(page, "council")
    ask_in_direct_message(page, "/apm region EMEA", "EMEA")
    page.last('#messages .m-button[data-command="why"]').click()
    page.until("why", lambda: page.last("#messages .m-title").text.startswith("Why EMEA"))


def test_a_rep_finds_their_digest_and_not_the_council(page: Page) -> None:
    become_a(page, "sells in")
    assert page.one("#no-channels").is_displayed()
    page.until("the digest", lambda: "deals need" in page.one("#messages .m-title").text)
    ask_in_direct_message(page, "/hygiene", "Pipeline hygiene")
    page.one("#composer-words").send_keys("/apm region", Keys.ENTER)
    page.until("the refusal", lambda: "not for you" in page.last("#messages .m-title").text)


def test_another_host_is_refused(address: str) -> None:
    port = int(re.findall(r":(\d+)/", address)[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", address.partition(str(port))[2], headers={"Host": f"evil.example:{port}"})
    answer = connection.getresponse()
    assert answer.status == 403
    assert answer.getheader("Set-Cookie") is None
    connection.close()
