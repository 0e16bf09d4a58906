"""Base of the hygiene sections: a key that does not exist is refused with the nearest one that does."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from pipeline.definitions import Definition


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` most likely meant; `None` where none is close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


class HygieneSection(Definition):
    """A section of `[hygiene]`."""

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_nearest_key(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            mistakes = [_as_line(mistake, cls._keys()) for mistake in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, mistakes) from error

    @classmethod
    def _keys(cls) -> Mapping[str, object]:
        return cls.model_fields


def _as_line(mistake: ErrorDetails, keys: Mapping[str, object]) -> InitErrorDetails:
    """The same mistake at the same place; of an unknown key of this section, with what it should be."""
    says = mistake["msg"]
    if mistake["type"] == "extra_forbidden" and len(mistake["loc"]) == 1:
        says = _unknown_key(str(mistake["loc"][0]), keys)
    return InitErrorDetails(
        type=PydanticCustomError(mistake["type"], _literal(says)), loc=mistake["loc"], input=mistake["input"]
    )


def _unknown_key(key: str, keys: Mapping[str, object]) -> str:
    nearest = nearest_name(key, keys)
    if nearest is not None:
        return f"there is no {key}; did you mean {nearest}?"
    return f"there is no {key}; expected one of {', '.join(sorted(keys))}"


def _literal(text: str) -> Any:
    """pydantic types a message as a literal string, since it could be a template; ours has no context."""
    return text
