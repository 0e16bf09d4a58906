"""The models as a tree of keys: which model or field stands where."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Location = Sequence[str | int]
"""Where a value stands: keys, and places in lists."""


def key_of(location: Location) -> str:
    """A location as people write it in TOML: `hygiene.custom[1].when`, `colours.pace_curve."segment.ENT"`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _is_bare(step) else f'"{step}"')
    return text


def _is_bare(key: str) -> bool:
    return bool(key) and all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in key)


def field_at(model: type[BaseModel], location: Location) -> FieldInfo | None:
    """The last field on the way to a location."""
    annotation: Any = model
    field: FieldInfo | None = None
    for step in location:
        inner = model_of(annotation)
        if inner is not None:
            field = inner.model_fields.get(str(step))
            if field is None:
                return None
            annotation = field.annotation
        else:
            annotation = _items_of(annotation)
    return field


def model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """The model that describes the keys of a table at a location."""
    annotation: Any = model
    for step in location:
        inner = model_of(annotation)
        if inner is None:
            annotation = _items_of(annotation)
        elif str(step) in inner.model_fields:
            annotation = inner.model_fields[str(step)].annotation
        else:
            return None
    return model_of(annotation)


def model_of(annotation: Any) -> type[BaseModel] | None:
    bare = without_none(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def without_none(annotation: Any) -> Any:
    """`X` of `X | None` and of `Annotated[X, ...]`."""
    if get_origin(annotation) is Annotated:
        return without_none(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return without_none(next(part for part in get_args(annotation) if part is not NoneType))
    return annotation


def _items_of(annotation: Any) -> Any:
    """What a mapping's values or a list's items are."""
    bare = without_none(annotation)
    if get_origin(bare) is None:
        return Any
    arguments = get_args(bare)
    return arguments[-1] if issubclass(get_origin(bare), Mapping) else arguments[0]
