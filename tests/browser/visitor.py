"""What somebody does in the local room: be a person, go somewhere, say, press, fill in, wait for words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from selenium.webdriver import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.browser.chromium import Page

Result = TypeVar("Result")

MESSAGES, THREAD = "#messages", "#thread-messages"


@dataclass(frozen=True)
class Visitor:
    """Whoever sits at the browser; one after the other they are everybody in the company."""

    page: Page

    def become(self, name: str) -> None:
        """Be that person, in the own direct message with the bot."""
        self.page.one("#you").click()
        self.page.one("#people-find").send_keys(name, Keys.ENTER)
        self.page.until(f"being {name}", lambda: self.page.one("#you-name").text == name)
        self._click("#direct button")

    def enter_channel(self) -> None:
        self._click("#channels button")

    def say(self, words: str, expected: str, where: str = MESSAGES) -> str:
        """What comes back: the message with these words that was not there before."""
        before = {one.get_attribute("data-number") for one in self.page.all(f"{where} .message")}
        composer = "#composer-words" if where == MESSAGES else "#thread-composer-words"
        self.page.one(composer).send_keys(words, Keys.ENTER)
        return self.page.until(
            expected,
            lambda: next(
                (
                    one.text
                    for one in self.page.all(f"{where} .message")
                    if one.get_attribute("data-number") not in before and expected in one.text
                ),
                None,
            ),
        )

    def reads(self, expected: str, where: str = MESSAGES) -> str:
        """The text of the latest message with these words."""
        return self.at_message(expected, lambda message: message.text, where)

    def at_message(
        self, expected: str, does: Callable[[WebElement], Result], where: str = MESSAGES
    ) -> Result:
        """Do something at the latest message with these words; anew where it is renewed meanwhile."""

        def look() -> tuple[Result] | None:
            messages = reversed(self.page.all(f"{where} .message"))
            found = next((one for one in messages if expected in one.text), None)
            return None if found is None else (does(found),)

        return self.page.until(expected, look)[0]

    def press(self, command: str, argument: str = "", where: str = MESSAGES) -> None:
        """The last control of that command; `argument`: the one about that deal or action."""
        exactly = f'[data-argument="{argument}"]' if argument else ""
        selector = f'{where} [data-command="{command}"]{exactly}'
        self._click(selector)

    def open_thread(self, title: str) -> None:
        """The thread of the latest message with that title."""
        self.at_message(title, lambda message: message.find_element("css selector", ".thread-open").click())
        self.reads(title, THREAD)

    def choose_from_menu(self, title: str, where: str) -> None:
        """The first entry of a message's own menu, by keyboard."""
        self.at_message(title, lambda message: message.send_keys("m"), where)
        self.page.press(Keys.ENTER)

    def write_line(self, command: str, argument: str, words: str) -> None:
        """In the text field of a message, which sends itself."""
        line = f'{MESSAGES} .m-pick[data-command="{command}"][data-argument="{argument}"]'
        self.page.one(f"{line} input").send_keys(words, Keys.ENTER)

    def pick_date(self, command: str, argument: str, day: date) -> None:
        picker = f'{MESSAGES} .m-pick[data-command="{command}"][data-argument="{argument}"]'
        self.page.one(f"{picker} input").send_keys(_typed(day), Keys.ENTER)

    def asked(self) -> str:
        """What the open form says."""
        return self.page.one("#form").text

    def fill(self, **answers: str | date) -> None:
        for name, answer in answers.items():
            field = self.page.one(f'#form [name="{name}"]')
            if isinstance(answer, date):
                field.send_keys(_typed(answer))
            elif field.tag_name == "select":
                Select(field).select_by_visible_text(answer)
            else:
                field.clear()
                field.send_keys(answer)

    def typed(self, name: str) -> str | None:
        """What stands in a field of the form."""
        return self.page.one(f'#form [name="{name}"]').get_attribute("value")

    def send(self) -> None:
        """Send the form, and see it accepted."""
        self.page.one("#form .m-button-primary").click()
        self.page.until(
            "the form accepted", lambda: not self.page.ask("document.querySelector('#form').open")
        )

    def refused(self) -> str:
        """Send the form, and see what stands at the field that was not accepted."""
        self.page.one("#form .m-button-primary").click()
        return self.page.one("#form .m-problem").text

    def _click(self, selector: str) -> None:
        """Whatever is there of it last, as soon as it is; anew where it is renewed meanwhile."""
        self.page.until(selector, lambda: self._press(selector) or None)

    def _press(self, selector: str) -> bool:
        control = next((one for one in reversed(self.page.all(selector)) if one.is_displayed()), None)
        if control is not None:
            self.page.ask("arguments[0].scrollIntoView({block: 'center'})", control)
            control.click()
        return control is not None


def dollars(text: str, label: str) -> float:
    """The figure behind a label, such as `$4.75M` behind `Open pipeline`."""
    found = re.search(rf"{label}\s+\$([\d.]+)([KM]?)", text)
    assert found is not None, text
    return float(found[1]) * {"": 1, "K": 1_000, "M": 1_000_000}[found[2]]


def _typed(day: date) -> str:
    """As a date is typed into Chromium's own field."""
    return f"{day:%m%d%Y}"
