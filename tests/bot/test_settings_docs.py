"""docs/configuration.md says everything that can be set."""

import re
import tomllib
from pathlib import Path

from bot.settings import Sections, load_settings
from bot.settings_docs import configuration_markdown
from bot.settings_docs_text import EXAMPLE
from pipeline.expressions import FACTS
from pipeline.hygiene.catalogue import RULES
from tests.bot.settings_files import CONTRACT, written

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == configuration_markdown(), "write it anew: council docs"


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, EXAMPLE), {})
    assert settings.people.functions.sales == ("ana@example.com",)
    assert set(tomllib.loads(EXAMPLE)) == set(Sections.model_fields)


def test_every_key_of_the_contract_is_on_the_page() -> None:
    """As a row of a table, wherever the key is one of ours and not a name of the company's own."""
    page = PAGE.read_text(encoding="utf-8")
    keys = set(re.findall(r"^([a-z_]+)\s*=", CONTRACT.read_text(encoding="utf-8"), re.MULTILINE))
    keys |= {"field", "map", "bands", "green", "yellow", "pace_curve", "forecast_curve", "required_coverage"}
    keys |= {"proposal", "negotiation", "small", "mid", "enterprise", "periods", "functions"}
    missing = [key for key in sorted(keys) if f"| `{key}` |" not in page]
    assert missing == []


def test_every_rule_and_every_name_of_the_language_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"### `[hygiene.rules.{rule}]`" not in page] == []
    assert [name for name in FACTS if f"| `{name}` |" not in page] == []
