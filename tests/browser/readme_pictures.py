"""Makes the README's pictures of the local room anew, of a demo that is open:

python -m tests.browser.readme_pictures ADDRESS docs/images
"""

import sys
import tempfile
from pathlib import Path

from selenium.webdriver import Keys

from tests.browser.chromium import Page, browsing
from tests.browser.visitor import Visitor


def take_pictures(page: Page, folder: Path) -> None:
    """The council's post and a red row's thread as its member sees them; a digest and a fix as a rep does."""
    visitor = Visitor(page)
    page.one("#welcome button[aria-label]").click()
    page.widen(1280, 1000)
    visitor.become("Sigrid Haugland")
    visitor.enter_channel()
    visitor.at_message("What changed colour", lambda post: page.ask("arguments[0].scrollIntoView()", post))
    _take(page, folder / "room-council.png")
    visitor.open_thread("APAC ·")
    _take(page, folder / "room-thread.png")
    page.press(Keys.ESCAPE)
    page.widen(1280, 800)
    visitor.become("Mei Tanaka-Reid")
    page.one('#messages [data-command="fix"]').click()
    page.one("#form .m-title")
    _take(page, folder / "room-fix.png")
    page.press(Keys.ESCAPE)
    page.widen(400, 860)
    _take(page, folder / "room-digest.png")


def _take(page: Page, file: Path) -> None:
    page.chrome.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 500))")
    page.chrome.save_screenshot(str(file))


if __name__ == "__main__":
    address, images = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as profile, browsing(Path(profile)) as page:
        page.prefer("light")
        page.chrome.get(address)
        take_pictures(page, images)
