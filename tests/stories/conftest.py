"""Every story is played on every stage, by a company of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.stories.company import copy_company, found_company
from tests.stories.preview_stage import PreviewStage
from tests.stories.slack_stage import open_slack_stage
from tests.stories.stage import Stage
from tests.stories.teams_stage import open_teams_stage

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the company as it stood after its first pull."""
    folder = tmp_path_factory.mktemp("founded")
    found_company(folder, TUESDAY).council.engine.dispose()
    return folder


@pytest.fixture(params=["preview", "slack by socket", "slack by http", "teams in place", "teams in dialogs"])
async def stage(request: pytest.FixtureRequest, founded: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    company = copy_company(founded, tmp_path / "company", TUESDAY)
    opened: Stage
    if request.param == "preview":
        yield PreviewStage(company)
    elif request.param.startswith("teams"):
        async with open_teams_stage(company, request.param.removeprefix("teams ")) as opened:
            yield opened
    else:
        async with open_slack_stage(company, request.param.rpartition(" ")[2]) as opened:
            yield opened
    company.council.engine.dispose()
