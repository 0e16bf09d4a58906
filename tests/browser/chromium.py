"""A headless Chromium, and what a person does in it: look, click, press keys."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

Seen = TypeVar("Seen")

PATIENCE_SECONDS = 15
INSTALL = (
    "The browser tests need Chromium and its driver: install Debian's packages chromium and chromium-driver, "
    "or put chromium and chromedriver on PATH."
)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Page:
    """The room in one browser window."""

    chrome: Chrome

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Waits until it is there and shown."""
        return self.until(
            selector, lambda: next((found for found in self.all(selector) if found.is_displayed()), None)
        )

    def last(self, selector: str) -> WebElement:
        self.one(selector)
        return self.all(selector)[-1]

    def until(self, expected: str, look: Callable[[], Seen | None]) -> Seen:
        """What `look` gives as soon as it is something true; the page may be renewed meanwhile."""
        waiting = WebDriverWait(
            self.chrome, PATIENCE_SECONDS, 0.05, ignored_exceptions=(StaleElementReferenceException,)
        )
        found = waiting.until(lambda _: look(), f"not seen: {expected}")
        assert found is not None
        return found

    def press(self, *keys: str) -> None:
        """On whatever has the focus, as a keyboard does."""
        ActionChains(self.chrome).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        return self.chrome.switch_to.active_element

    def ask(self, script: str, *arguments: object) -> Any:
        return self.chrome.execute_script(f"return {script}", *arguments)

    def widen(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`, as the system would say it."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def complaints(self) -> list[str]:
        """What the browser logged: refused scripts and styles, errors."""
        logged: list[dict[str, str]] = self.chrome.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in logged]


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """One browser with an empty profile; fails plainly where there is no Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.fail(INSTALL, pytrace=False)
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options, Service(driver))
    try:
        page = Page(chrome)
        page.widen(1280, 800)
        yield page
    finally:
        chrome.quit()
