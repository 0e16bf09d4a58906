"""Reading the configuration: every mistake that shows without the CRM, all at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.settings.countries import mistaken_countries
from bot.settings.environment import (
    Layer,
    environment_layer,
    mistaken_variables,
    secrets_layer,
    variable_of,
)
from bot.settings.fields import mistaken_expressions, mistaken_fields
from bot.settings.model import Sections, Settings
from bot.settings.shape import key_of
from bot.settings.wording import expected_of, location_of, value_of
from pipeline.errors import ConfigurationError, Mistake

DEFAULT_FILE = Path("council.toml")

_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRETS = {
    ("storage", "password"): "passwords",
    ("slack", "bot_token"): "tokens",
    ("slack", "app_token"): "tokens",
    ("slack", "signing_secret"): "secrets",
    ("teams", "client_secret"): "secrets",
    ("crm", "salesforce", "client_secret"): "secrets",
    ("crm", "salesforce", "refresh_token"): "tokens",
    ("crm", "hubspot", "access_token"): "tokens",
}
"""Keys that are never written into the configuration file, and what they hold."""
_URL_WITH_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a configuration file (default: council.toml here), secret files and the environment.

    A variable replaces what a secret file says, and that what the configuration file says. Raises
    `ConfigurationError` with every mistake.
    """
    file = path if path is not None else DEFAULT_FILE
    in_file = read_toml(file)
    layers = {"environment": environment_layer(environ), "secret files": secrets_layer(environ)}
    mistakes = [*mistaken_variables(environ), *_secrets_in_file(in_file, file)]
    try:
        values = laid_over(laid_over(in_file, layers["secret files"]), layers["environment"])
        sections = Sections.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError([*mistakes, *mistakes_of(error, file, layers)]) from None
    settings = Settings(file=file, **{name: getattr(sections, name) for name in sections.model_fields_set})
    mistakes.extend(
        [*mistaken_fields(settings), *mistaken_expressions(settings), *mistaken_countries(settings)]
    )
    if mistakes:
        raise ConfigurationError(mistakes)
    return settings


def read_toml(file: Path) -> dict[str, Any]:
    """What a file says. Raises `ConfigurationError` where it is not there or is not TOML."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise _unreadable(
            file,
            "there is no such file; `council demo` shows a demo company without one, and "
            "docs/configuration.md has an example to start from",
        ) from None
    except OSError as error:
        raise _unreadable(file, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _unreadable(file, "expected text in UTF-8") from None
    except RecursionError:
        raise _unreadable(file, "it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([_syntax_mistake(file, str(error))]) from None


def _unreadable(file: Path, says: str) -> ConfigurationError:
    return ConfigurationError([Mistake(str(file), "", "", says)])


def _syntax_mistake(file: Path, message: str) -> Mistake:
    place = _TOML_PLACE.search(message)
    says = f"this is not TOML: {_TOML_PLACE.sub('', message)}"
    if place is None:
        return Mistake(str(file), "", "", says)
    where = f"line {place[1]}, column {place[2]}" if place[1] else "end of the file"
    return Mistake(str(file), where, "", says)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge key by key; everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[key] = laid_over(under, value)
        else:
            merged[key] = value
    return merged


def _secrets_in_file(in_file: Mapping[str, Any], file: Path) -> Iterator[Mistake]:
    for location, kind in _SECRETS.items():
        if _stands_in(in_file, location):
            elsewhere = f"keep {kind} out of this file: set {variable_of(location)} or a secret file"
            yield Mistake(str(file), ".".join(location), "", elsewhere)
    storage = in_file.get("storage")
    if isinstance(storage, Mapping) and _URL_WITH_PASSWORD.search(str(storage.get("url", ""))):
        elsewhere = "keep passwords out of this file: set COUNCIL_STORAGE__PASSWORD or a secret file"
        yield Mistake(str(file), "storage.url", "", elsewhere)


def _stands_in(table: Any, location: Sequence[str]) -> bool:
    for step in location:
        if not isinstance(table, Mapping) or step not in table:
            return False
        table = table[step]
    return True


def mistakes_of(error: ValidationError, file: Path, layers: Mapping[str, Layer]) -> Iterator[Mistake]:
    """What a validation of `Sections` found, by the layer in which it stands, else the file."""
    for details in error.errors(include_url=False):
        location = location_of(details)
        source = next((name for name, layer in layers.items() if _holds(layer, location)), None)
        yield Mistake(
            file=source or str(file),
            key=variable_of(location) if source else key_of(location),
            value=value_of(details),
            expected=expected_of(details, Sections),
        )


def _holds(layer: Any, location: Sequence[str | int]) -> bool:
    """Whether a value at this place, or one that holds it, was set in the layer."""
    for step in location:
        if not isinstance(layer, Mapping):
            return True
        if step not in layer:
            return False
        layer = layer[step]
    return not isinstance(layer, Mapping)
