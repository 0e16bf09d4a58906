"""A running Salesforce with the small organisation, and sessions into it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from crm.salesforce.definition import SalesforceDefinition
from crm.salesforce.organisation import Organisation
from crm.salesforce.session import Session, open_session
from tests.salesforce.oauth import private_key
from tests.salesforce.organisation import salesforce
from tests.salesforce.server import Call, LocalSalesforce


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
        self.while_paused: Callable[[float], None] = lambda _: None

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
        session = open_session(self.definition(**settings), self._home, sleep=self._pause)
        self._opened.append(session)
        return session

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.while_paused(seconds)

    def organisation(self, **settings: Any) -> Organisation:
        return Organisation.behind(self.definition(**settings), self.open(**settings))

    def close(self) -> None:
        for session in self._opened:
            session.close()


@pytest.fixture
def connections(served: LocalSalesforce, tmp_path: Path) -> Iterator[Connections]:
    opened = Connections(served, tmp_path)
    yield opened
    opened.close()


def deal_id(served: LocalSalesforce, name: str) -> str:
    return next(str(row["Id"]) for row in served.org.rows("Opportunity") if row["Name"] == name)


def user_id(served: LocalSalesforce, name: str) -> str:
    return next(str(row["Id"]) for row in served.org.rows("User") if row["Name"] == name)


def writes(served: LocalSalesforce) -> list[Call]:
    """The writes that arrived."""
    return [call for call in served.calls if call.method == "PATCH"]
