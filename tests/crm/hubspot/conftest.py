"""A running HubSpot with one open deal of Ana's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm.files.beside import TablesBeside
from crm.files.definition import FilesDefinition
from crm.hubspot.crm import HubspotCrm
from crm.hubspot.definition import HubspotDefinition
from tests.hubspot.account import TOKEN
from tests.hubspot.server import LocalHubspot, running_hubspot

NOW = 1_789_500_000
ZONE = "America/Los_Angeles"


@pytest.fixture
def hubspot() -> Iterator[LocalHubspot]:
    with running_hubspot() as running:
        running.account.add_owner("71", "ana@example.com", login=501, team="EMEA")
        yield running


@pytest.fixture
def deal(hubspot: LocalHubspot) -> int:
    return hubspot.account.add(
        "deals",
        dealname="Acme",
        amount="1200.50",
        closedate="2026-09-30T19:00:00.000Z",
        hs_next_step="Send the draft",
        hubspot_owner_id="71",
    )


class Connections:
    """Systems of record that a test opened, to be closed after it."""

    def __init__(self, hubspot: LocalHubspot, folder: Path) -> None:
        self._hubspot = hubspot
        self._beside = TablesBeside(FilesDefinition(), folder)
        self._opened: list[HubspotCrm] = []

    def open(self, **settings: Any) -> HubspotCrm:
        definition = HubspotDefinition.model_validate(
            {"access_token": TOKEN, "url": self._hubspot.url, **settings}
        )
        clock = self._hubspot.clock
        crm = HubspotCrm(definition, ZONE, self._beside, clock=clock, sleep=clock.sleep)
        self._opened.append(crm)
        return crm

    def close(self) -> None:
        for crm in self._opened:
            crm.close()


@pytest.fixture
def connections(hubspot: LocalHubspot, tmp_path: Path) -> Iterator[Connections]:
    opened = Connections(hubspot, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def crm(connections: Connections) -> HubspotCrm:
    return connections.open()
