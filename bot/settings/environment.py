"""What the environment and secret files set: COUNCIL_STORAGE__URL is `url` in `[storage]`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from bot.settings.model import Sections
from pipeline.errors import Mistake
from pipeline.nearest import did_you_mean

PREFIX = "COUNCIL_"
BETWEEN = "__"
SECRETS_FOLDER = "COUNCIL_SECRETS_DIR"
"""Names a folder whose files are called as the variables: council_storage__password."""

Layer = Mapping[str, Any]
"""Values by section and key, as far as they are set here."""


class _Variables(Sections, BaseSettings):
    """The sections as pydantic-settings looks for them; strict, so that it reads text by each key's type."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=BETWEEN, strict=True)


class _Environment(EnvSettingsSource):
    """The given environment instead of the process's own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(_Variables)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        return _json_or_text(super().decode_complex_value, field_name, field, value)


class _SecretFiles(NestedSecretsSettingsSource):
    def __init__(self, folder: Path) -> None:
        super().__init__(SecretsSettingsSource(_Variables, secrets_dir=folder), secrets_dir_missing="ok")

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        return _json_or_text(super().decode_complex_value, field_name, field, value)


def _json_or_text(decode: Any, field_name: str, field: FieldInfo, value: Any) -> Any:
    """Text that is not JSON stays text, and the key's own type says what it should be."""
    try:
        return decode(field_name, field, value)
    except ValueError:
        return value


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """What variables set. Lists and tables are written as JSON."""
    return _Environment(environ)()


def secrets_layer(environ: Mapping[str, str]) -> Layer:
    """What the files in the folder of secrets set; nothing where no folder is named."""
    folder = environ.get(SECRETS_FOLDER)
    return _SecretFiles(Path(folder))() if folder else {}


def variable_of(location: tuple[str | int, ...]) -> str:
    """The name of the variable that sets a key."""
    return PREFIX + BETWEEN.join(str(step) for step in location).upper()


def mistaken_variables(environ: Mapping[str, str]) -> Iterator[Mistake]:
    """Variables that name no section, and a folder of secrets that is not there."""
    for name in environ:
        section, between, _ = name.upper().removeprefix(PREFIX).partition(BETWEEN)
        if name.upper().startswith(PREFIX) and between and section.lower() not in Sections.model_fields:
            names = [known.upper() for known in Sections.model_fields]
            yield Mistake(
                "environment", name, "", f"there is no section {section}{did_you_mean(section, names)}"
            )
    folder = environ.get(SECRETS_FOLDER)
    if folder and not Path(folder).is_dir():
        yield Mistake("environment", SECRETS_FOLDER, folder, "expected a folder of secret files")
