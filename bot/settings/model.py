"""What can be configured: all sections together, and what belongs to the running application alone."""

import re
from datetime import date
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.slack.definition import SlackDefinition
from bot.teams.definition import TeamsDefinition
from crm.files.definition import FilesDefinition
from crm.hubspot.definition import HubspotDefinition
from crm.salesforce.definition import SalesforceDefinition
from pipeline.actions_definition import ActionsDefinition
from pipeline.chat_definition import ChatDefinition
from pipeline.definitions import (
    CalendarDefinition,
    ColoursDefinition,
    CouncilDefinition,
    Definition,
    Definitions,
    DimensionsDefinition,
    MetricsDefinition,
    MoneyDefinition,
    PeopleDefinition,
)
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.jobs_definition import JobsDefinition
from pipeline.nudges_definition import NudgesDefinition

_SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(
    r"postgresql(\+psycopg)?://(?P<login>[^@/]*@)?([^@/]+/[^/?]+(\?.*)?|/[^/?]+\?host=.+)"
)
"""A server by name, or by the folder of its socket: postgresql://user@/name?host=/folder."""


class DemoDefinition(Definition):
    """The demo company."""

    seed: int = Field(1, ge=0, description="Another number makes another company.")
    day: date | None = Field(
        None,
        description="The day up to which the company has lived; default: today, and so a new one.",
    )


class CrmDefinition(Definition):
    """The system of record."""

    kind: Literal["files", "demo", "hubspot", "salesforce"] = Field(
        "files", description="A folder of CSV exports, the demo company, HubSpot or Salesforce."
    )
    files: FilesDefinition = Field(FilesDefinition(), description="The folder of exports.")
    demo: DemoDefinition = Field(DemoDefinition(), description="The demo company.")
    hubspot: HubspotDefinition = Field(HubspotDefinition(), description="The HubSpot account.")
    salesforce: SalesforceDefinition = Field(
        SalesforceDefinition(), description="The Salesforce organisation."
    )


class StorageDefinition(Definition):
    """The database."""

    url: SecretStr = Field(
        SecretStr("sqlite:///council.db"),
        description="sqlite:///FILE (a relative path starts at the configuration file) or "
        "postgresql://USER@HOST/NAME.",
    )
    password: SecretStr | None = Field(
        None,
        description="Password of a PostgreSQL url. Only from the environment (COUNCIL_STORAGE__PASSWORD) or "
        "a secret file, never from the configuration file.",
    )

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        is_sqlite = text.startswith(_SQLITE) and text.removeprefix(_SQLITE) not in ("", ":memory:")
        if not is_sqlite and not _POSTGRESQL.fullmatch(text):
            raise ValueError("expected sqlite:///FILE or postgresql://USER@HOST/NAME")
        return url

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.password is None:
            return self
        login = _login(self.url.get_secret_value())
        if not login:
            raise ValueError("a password needs a url with a user: postgresql://USER@HOST/NAME")
        if ":" in login:
            raise ValueError("the password stands twice: in url and in password")
        return self

    def full_url(self, home: Path) -> str:
        """The url with its password, a relative SQLite path starting at `home`. It holds secrets."""
        url = self.url.get_secret_value()
        if url.startswith(_SQLITE):
            return f"{_SQLITE}{(home / url.removeprefix(_SQLITE)).as_posix()}"
        if self.password is None:
            return url
        login = _login(url)
        return url.replace(f"{login}@", f"{login}:{quote(self.password.get_secret_value(), safe='')}@", 1)


def _login(url: str) -> str:
    """`user` or `user:password` of a PostgreSQL url, empty without."""
    found = _POSTGRESQL.fullmatch(url)
    return (found["login"] or "").removesuffix("@") if found else ""


class Sections(Definition):
    """The configuration file."""

    crm: CrmDefinition = CrmDefinition()
    storage: StorageDefinition = StorageDefinition()
    calendar: CalendarDefinition = CalendarDefinition()
    metrics: MetricsDefinition = MetricsDefinition()
    money: MoneyDefinition = MoneyDefinition()
    dimensions: DimensionsDefinition = DimensionsDefinition()
    colours: ColoursDefinition = ColoursDefinition()
    people: PeopleDefinition = PeopleDefinition()
    council: CouncilDefinition = CouncilDefinition()
    chat: ChatDefinition = ChatDefinition()
    slack: SlackDefinition = SlackDefinition()
    teams: TeamsDefinition = TeamsDefinition()
    hygiene: HygieneDefinition = HygieneDefinition()
    nudges: NudgesDefinition = NudgesDefinition()
    actions: ActionsDefinition = ActionsDefinition()
    jobs: JobsDefinition = JobsDefinition()


class Settings(Sections):
    """Everything that is set, and where relative paths start."""

    file: Path
    """The configuration file; it need not exist for settings that were made in code."""

    @property
    def home(self) -> Path:
        """The folder of the configuration file."""
        return self.file.absolute().parent

    @property
    def database_url(self) -> str:
        """It holds secrets: never log it."""
        return self.storage.full_url(self.home)

    @property
    def definitions(self) -> Definitions:
        """What the figures depend on."""
        return Definitions(
            calendar=self.calendar,
            metrics=self.metrics,
            money=self.money,
            dimensions=self.dimensions,
            colours=self.colours,
        )

    def path(self, written: str) -> Path:
        """A path from the configuration: relative ones start at the configuration file."""
        return self.home / written
