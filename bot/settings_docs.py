"""docs/configuration.md, written from the settings model, the rules and the language of `when`."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.settings.model import Sections
from bot.settings.shape import model_of, without_none
from bot.settings_docs_text import EXAMPLE, GRAMMAR, INTRODUCTION, RULES_INTRODUCTION
from pipeline.definitions import Knots
from pipeline.expressions import FACTS, STANDARD_FIELDS
from pipeline.hygiene.catalogue import RULES
from pipeline.hygiene.rule import Rule
from pipeline.hygiene.rule_settings import BuiltInRules, RuleSettings

_KNOTS = without_none(Knots)


def configuration_markdown() -> str:
    """The whole page."""
    parts = [
        INTRODUCTION,
        "## An example with every section\n\n```toml\n" + EXAMPLE + "```",
        "## Keys",
        *_sections(),
        "## Hygiene rules",
        RULES_INTRODUCTION,
        *_rules(),
        "## The language of `when` and `confidential`",
        GRAMMAR,
        _facts(),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _sections() -> Iterator[str]:
    """A heading and a table of keys for each model, where it stands first."""
    headings: dict[type[BaseModel], list[str]] = {}
    for heading, model in _models(Sections, ""):
        headings.setdefault(model, []).append(f"`{heading}`")
    for model, (first, *others) in headings.items():
        likewise = f" Likewise {', '.join(others)}." if others else ""
        yield f"### {first}\n\n{_first_paragraph(model)}{likewise}"
        yield _rows(model.model_fields)


def _models(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table below a model with its heading in TOML, depth first; the rules' tables as one."""
    for name, field in model.model_fields.items():
        inner, heading, path = _table_in(field.annotation, f"{prefix}{name}")
        if inner is BuiltInRules:
            inner, heading, path = RuleSettings, f"[{path}.<rule>]", f"{path}.<rule>"
        if inner is not None:
            yield heading, inner
            yield from _models(inner, f"{path}.")


def _table_in(annotation: Any, path: str) -> tuple[type[BaseModel] | None, str, str]:
    """The model in an annotation, its heading and the path below it; through lists and mappings."""
    bare = without_none(annotation)
    model = model_of(bare)
    if model is not None:
        return model, f"[{path}]", path
    arguments = get_args(bare)
    if get_origin(bare) is tuple and model_of(arguments[0]) is not None:
        return model_of(arguments[0]), f"[[{path}]]", path
    if get_origin(bare) is Mapping:
        return _table_in(arguments[-1], f"{path}.<name>")
    return None, "", path


def _first_paragraph(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n\n")[0]


def _rows(fields: Mapping[str, FieldInfo]) -> str:
    rows = (
        f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in fields.items()
    )
    return "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _type(annotation: Any) -> str:
    bare = without_none(annotation)
    if bare == _KNOTS:
        return "number or list of knots"
    plain = {
        bool: "true or false",
        int: "whole number",
        str: "text",
        Decimal: "number",
        SecretStr: "text, secret",
    }
    if bare in plain:
        return plain[bare]
    if model_of(bare) is not None:
        return "table"
    return _compound_type(bare)


def _compound_type(bare: Any) -> str:
    arguments = get_args(bare)
    if get_origin(bare) is Literal:
        return " or ".join(f'`"{choice}"`' for choice in arguments)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return " or ".join(f'`"{choice.value}"`' for choice in bare)
    if get_origin(bare) is tuple:
        return f"list of {_plural(_type(arguments[0]))}"
    if get_origin(bare) is Mapping:
        return f"table of {_plural(_type(arguments[-1]))}"
    return "any"


def _plural(words: str) -> str:
    plural = {
        "text": "texts",
        "number": "numbers",
        "whole number": "whole numbers",
        "table": "tables",
        "any": "thresholds",
    }
    return plural.get(words, words)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, BaseModel) and not value.model_fields_set:
        return "as below"
    return f"`{_toml(Decimal(value) if without_none(field.annotation) is Decimal else value)}`"


def _toml(value: Any) -> str:
    """A default as one would write it."""
    match value:
        case BaseModel():
            return _toml({name: getattr(value, name) for name in value.model_fields_set})
        case Mapping():
            items = ", ".join(f"{key} = {_toml(item)}" for key, item in sorted(value.items()))
            return f"{{ {items} }}" if items else "{}"
        case tuple():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case SecretStr():
            return _toml(value.get_secret_value())
        case Decimal():
            return format(value, "f")
        case _:
            return json.dumps(value, ensure_ascii=False)


def _rules() -> Iterator[str]:
    for name, rule in RULES.items():
        settings = type(BuiltInRules().of(name))
        nudges = "Nudges by default." if rule.nudges_by_default else "Observes until `nudge = true`."
        yield f"### `[hygiene.rules.{name}]`\n\n{rule.summary} Severity {_severity(rule)}. {nudges}"
        if own := settings.threshold_names():
            yield _rows({key: settings.model_fields[key] for key in own})


def _severity(rule: Rule) -> str:
    raised = ", high where it weighs more" if rule.high_when else ""
    return f"{rule.severity.value}{raised}; told to {_AUDIENCES[rule.audience.value]}"


_AUDIENCES = {"owner": "the owner", "manager": "the manager", "operations": "sales operations"}


def _facts() -> str:
    api_names: dict[str, list[str]] = {}
    for api_name, fact in STANDARD_FIELDS.items():
        api_names.setdefault(fact, []).append(f"`{api_name}`")
    rows = [
        f"| `{name}` | {fact.kind} | {_cell(fact.meaning)} | {', '.join(api_names.get(name, []))} |"
        for name, fact in FACTS.items()
    ]
    return "\n".join(
        ["### Names", "", "| name | kind | meaning | also written |", "|---|---|---|---|", *rows]
    )
