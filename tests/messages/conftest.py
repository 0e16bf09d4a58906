"""`--update-golden` writes the golden files anew instead of comparing with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture
def compare_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a rendering with its golden file."""

    def compare(name: str, rendered: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            path.write_text(rendered, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run pytest tests/messages --update-golden"
        assert rendered == path.read_text(encoding="utf-8"), (
            f"{path.name} differs: look, then --update-golden"
        )

    return compare
