"""Base of the hygiene sections: a key that does not exist is refused with the nearest one that does."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from pipeline.definitions import Definition
from pipeline.nearest import nearest

_FIELD_PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)


def _check_field_path(path: str) -> str:
    if not _FIELD_PATH.fullmatch(path):
        raise ValueError("expected the API name of a field, such as Loss_Reason__c or Account.Industry")
    return path


FieldPath = Annotated[str, AfterValidator(_check_field_path)]
"""API name of an opportunity field, or a dotted path over a relation."""


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
    name = nearest(key, keys)
    if name is not None:
        return f"there is no {key}; did you mean {name}?"
    return f"there is no {key}; expected one of {', '.join(sorted(keys))}"


def _literal(text: str) -> Any:
    """pydantic types a message as a literal string, since it could be a template; ours has no context."""
    return text
