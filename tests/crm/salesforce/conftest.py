"""A running Salesforce with the small organisation, and sessions into it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from crm.salesforce.definition import SalesforceDefinition
from crm.salesforce.session import Session, open_session
from tests.salesforce.oauth import private_key
from tests.salesforce.organisation import salesforce
from tests.salesforce.server import LocalSalesforce


@pytest.fixture
def served() -> Iterator[LocalSalesforce]:
    with salesforce() as running:
        yield running


class Connections:
    """Sessions that a test opened, to be closed after it. They do not really pause between attempts."""

    def __init__(self, served: LocalSalesforce, home: Path) -> None:
        self._served = served
        self._home = home
        self._opened: list[Session] = []
        self.pauses: list[float] = []

    def definition(self, **settings: Any) -> SalesforceDefinition:
        return SalesforceDefinition(
            host=self._served.login_url,
            client_id="council-app",
            client_secret=SecretStr("council-secret"),
            **settings,
        )

    def open(self, **settings: Any) -> Session:
        if settings.get("private_key") is not None:
            (self._home / settings["private_key"]).write_text(private_key())
        session = open_session(self.definition(**settings), self._home, sleep=self.pauses.append)
        self._opened.append(session)
        return session

    def close(self) -> None:
        for session in self._opened:
            session.close()


@pytest.fixture
def connections(served: LocalSalesforce, tmp_path: Path) -> Iterator[Connections]:
    opened = Connections(served, tmp_path)
    yield opened
    opened.close()
