"""Every story is played on every stage, by a company of its own.

On each commit it is played once in each program that people talk in: another way into Slack or another kind
of form in Teams is for `--all`, but for the stories of fixing, which are played on every stage each time.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.stories.company import copy_company, found_company
from tests.stories.preview_stage import PreviewStage
from tests.stories.slack_stage import open_slack_stage
from tests.stories.stage import EACH_TIME, STAGES, Stage
from tests.stories.teams_stage import open_teams_stage

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the company as it stood after its first pull."""
    folder = tmp_path_factory.mktemp("founded")
    found_company(folder, TUESDAY).council.engine.dispose()
    return folder


@pytest.fixture(
    params=[pytest.param(name, marks=[] if name in EACH_TIME else pytest.mark.slow) for name in STAGES]
)
def stage_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def stage(stage_name: str, founded: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    company = copy_company(founded, tmp_path / "company", TUESDAY)
    opened: Stage
    if stage_name == "preview":
        yield PreviewStage(company)
    elif stage_name.startswith("teams"):
        async with open_teams_stage(company, stage_name.removeprefix("teams ")) as opened:
            yield opened
    else:
        async with open_slack_stage(company, stage_name.rpartition(" ")[2]) as opened:
            yield opened
    company.council.engine.dispose()
