"""Reading proposed hygiene rules: a file of rules laid over those of the configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.settings.fields import mistaken_expressions, mistaken_fields
from bot.settings.loading import laid_over, mistakes_of, read_toml
from bot.settings.model import Sections, Settings
from bot.settings.shape import key_of
from bot.settings.wording import shown
from pipeline.errors import ConfigurationError, Mistake

_SHAPE = "expected [hygiene.rules.NAME] tables and [[hygiene.custom]] rules"


@dataclass(frozen=True)
class Proposal:
    """The configuration as it would be, and the rules that the file names, in its order."""

    settings: Settings
    """`file` is the proposal's, so that mistakes name it."""
    rules: tuple[str, ...]


def load_proposal(file: Path, settings: Settings) -> Proposal:
    """The rules of a file: built-in ones change the keys that they name, a rule of one's own replaces the
    one of its name or is new.

    Raises `ConfigurationError` with every mistake that shows without the CRM.
    """
    proposed = read_toml(file)
    out_of_place = list(_out_of_place(proposed, file))
    if out_of_place:
        raise ConfigurationError(out_of_place)
    written: Mapping[str, Any] = proposed["hygiene"]
    try:
        sections = Sections.model_validate({"hygiene": laid_over(_as_set(settings), written)})
    except ValidationError as error:
        raise ConfigurationError(list(mistakes_of(error, file, {}))) from None
    own = sections.hygiene.custom
    names = {rule.name for rule in own}
    kept = tuple(rule for rule in settings.hygiene.custom if rule.name not in names)
    hygiene = sections.hygiene.model_copy(update={"custom": (*own, *kept)})
    as_proposed = settings.model_copy(update={"file": file, "hygiene": hygiene})
    mistakes = [*mistaken_fields(as_proposed), *mistaken_expressions(as_proposed)]
    if mistakes:
        raise ConfigurationError(mistakes)
    return Proposal(as_proposed, (*written.get("rules", {}), *(rule.name for rule in own)))


def _as_set(settings: Settings) -> Mapping[str, Any]:
    """What the configuration says of hygiene; its own rules stand aside, so that places count in the file."""
    return settings.hygiene.model_dump(exclude_unset=True, exclude={"custom"})


def _out_of_place(proposed: Mapping[str, Any], file: Path) -> Iterator[Mistake]:
    for key, value in proposed.items():
        if key != "hygiene":
            yield Mistake(str(file), key_of([key]), shown(value, key), f"this is no hygiene rule; {_SHAPE}")
    hygiene = proposed.get("hygiene", {})
    if not isinstance(hygiene, Mapping):
        yield Mistake(str(file), "hygiene", shown(hygiene, "hygiene"), _SHAPE)
        return
    for key, value in hygiene.items():
        if key not in ("rules", "custom"):
            place = key_of(["hygiene", key])
            yield Mistake(str(file), place, shown(value, place), f"this is no rule; {_SHAPE}")
    if not hygiene.get("rules") and not hygiene.get("custom"):
        yield Mistake(str(file), "", "", f"it proposes no rule; {_SHAPE}")
