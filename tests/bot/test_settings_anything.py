"""Whatever stands in a configuration, it loads or every mistake is named."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import check_settings_against, field_kinds, load_settings
from pipeline.errors import ConfigurationError
from tests.bot.settings_files import CONTRACT

SECTIONS: dict[str, Any] = tomllib.loads(CONTRACT.read_text(encoding="utf-8"))
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "stage > 'A'", "1", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["green", "field", "name", "*", "a.b"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield above
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from places(item, (*above, step))


def replaced(value: Any, place: tuple[str | int, ...], by: Any) -> Any:
    if not place:
        return by
    copy = value.copy()
    copy[place[0]] = replaced(value[place[0]], place[1:], by)
    return copy


PLACES = [place for place in places(SECTIONS) if place]


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("settings") / "council.toml"
    file.touch()
    return file


@given(st.sampled_from(PLACES), ANYTHING)
def test_any_value_at_any_place_loads_or_is_named(
    empty_file: Path, place: tuple[str | int, ...], value: Any
) -> None:
    sections = replaced(SECTIONS, place, value)
    environ = {f"COUNCIL_{name.upper()}": json.dumps(section) for name, section in sections.items()}
    try:
        settings = load_settings(empty_file, environ)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            variable = f"COUNCIL_{str(place[0]).upper()}"
            assert mistake.key.startswith(variable) or str(place[0]) in mistake.key
    else:
        assert field_kinds(settings)
        check_settings_against(settings, ["Qualification"], {"ACV__c"})
