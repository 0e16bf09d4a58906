"""What forms need is asked for beforehand."""

import asyncio
from datetime import date

from bot.form_keeping import FormKeeping
from crm.demo import DemoCrm
from pipeline.errors import CouncilError


class SeldomAnswering(DemoCrm):
    """Does not answer the first time, and ends the test the second time."""

    def __init__(self, done: asyncio.Event) -> None:
        super().__init__(date(2026, 5, 15), 1)
        self.asked = 0
        self._done = done
        self._loop = asyncio.get_running_loop()

    def prepare_forms(self) -> None:
        self.asked += 1
        if self.asked == 1:
            raise CouncilError("Salesforce did not answer in time.")
        self._loop.call_soon_threadsafe(self._done.set)


async def test_a_crm_that_does_not_answer_is_asked_again_until_the_application_stops() -> None:
    stop = asyncio.Event()
    crm = SeldomAnswering(stop)
    await FormKeeping(crm, again_seconds=0.01).run(stop)
    assert crm.asked >= 2
