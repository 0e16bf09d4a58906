"""Configuration files for tests, and what is said of them."""

from pathlib import Path

import pytest

from bot.settings import load_settings
from pipeline.errors import ConfigurationError

CONTRACT = Path(__file__).parent / "contract.toml"


def written(folder: Path, text: str) -> Path:
    file = folder / "council.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusals(file: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, environ or {})
    return [str(mistake).replace(f"{file.parent}/", "") for mistake in caught.value.mistakes]
