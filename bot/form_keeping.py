"""Keeps what forms need at hand: nobody who opens one waits for the CRM."""

import asyncio
import threading
from contextlib import suppress

import structlog

from crm.records import Crm
from pipeline.errors import CouncilError

logger = structlog.get_logger()

AGAIN_SECONDS = 6 * 60 * 60.0
"""What a CRM has told is good for a form for a day, and is asked for again when it is used."""


class FormKeeping:
    """Asks the CRM beforehand. Each process remembers for itself."""

    def __init__(self, crm: Crm, again_seconds: float = AGAIN_SECONDS) -> None:
        self._crm = crm
        self._again_seconds = again_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """At once and then every six hours, until asked to stop. A CRM that is silent holds nobody up."""
        while not stop.is_set():
            threading.Thread(target=self._prepare, name="form keeping", daemon=True).start()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._again_seconds)

    def _prepare(self) -> None:
        try:
            self._crm.prepare_forms()
        except CouncilError as error:
            logger.warning("forms_not_prepared", reason=str(error))
