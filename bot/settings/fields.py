"""Which further fields of an opportunity the configuration names, where, and of which kind they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.settings.model import Settings
from bot.settings.wording import shown
from crm.records import FieldKind
from pipeline.definitions import DimensionsDefinition, Resolver
from pipeline.errors import ExpressionError, Mistake
from pipeline.expressions import (
    FACTS,
    STANDARD_FIELDS,
    Expression,
    Kind,
    Vocabulary,
    check,
    infer_kinds,
    parse,
)
from pipeline.hygiene.holdings import wanted_fields
from pipeline.hygiene.rule_settings import Exemptions, RuleCase, RuleSettings

_FACT_KINDS: Mapping[str, Kind] = {name: fact.kind for name, fact in FACTS.items()}
_FIELD_KINDS = {Kind.NUMBER: FieldKind.NUMBER, Kind.DAY: FieldKind.DAY, Kind.FLAG: FieldKind.FLAG}
_ALWAYS_MENDED = frozenset(
    {"Name", "StageName", "ForecastCategoryName", "Amount", "CloseDate", "NextStep", "OwnerId"}
)


@dataclass(frozen=True)
class FieldUse:
    """A key of the configuration that names a field."""

    key: str
    field: str
    kind: Kind | None
    """`None`: any kind will do."""
    is_needed: bool
    """Figures depend on it; a rule whose field is absent is only switched off."""
    is_written: bool = True
    """False for a default that nobody wrote down."""


@dataclass(frozen=True)
class Written:
    """An expression and the key at which it stands."""

    key: str
    text: str


def written_expressions(settings: Settings) -> Iterator[Written]:
    if settings.council.confidential is not None:
        yield Written("council.confidential", settings.council.confidential)
    for index, rule in enumerate(settings.hygiene.custom):
        yield Written(f"hygiene.custom[{index}].when", rule.when)


def field_uses(settings: Settings) -> Iterator[FieldUse]:
    """Every key that names a field outright; those in expressions are not among them."""
    yield FieldUse("metrics.value_field", settings.metrics.value_field, Kind.NUMBER, is_needed=True)
    yield from _dimension_fields(settings.dimensions)
    if settings.people.country_field is not None:
        yield FieldUse("people.country_field", settings.people.country_field, Kind.TEXT, is_needed=False)
    for index, field in enumerate(settings.hygiene.qualification_fields):
        yield FieldUse(f"hygiene.qualification_fields[{index}]", field, None, is_needed=False)
    yield from _rule_fields(settings)
    for index, rule in enumerate(settings.hygiene.custom):
        for place, field in enumerate(rule.fixes):
            yield FieldUse(f"hygiene.custom[{index}].fixes[{place}]", field, None, is_needed=False)


def _dimension_fields(dimensions: DimensionsDefinition) -> Iterator[FieldUse]:
    for name in DimensionsDefinition.model_fields:
        resolvers: tuple[Resolver, ...] = getattr(dimensions, name)
        for index, resolver in enumerate(resolvers):
            if resolver.field is not None:
                yield FieldUse(
                    f"dimensions.{name}[{index}].field",
                    resolver.field,
                    Kind.TEXT if resolver.bands is None else Kind.NUMBER,
                    is_needed=True,
                    is_written=name in dimensions.model_fields_set,
                )


def _rule_fields(settings: Settings) -> Iterator[FieldUse]:
    for name, rule in rules(settings):
        field = rule.thresholds().get("field")
        if rule.enabled and isinstance(field, str):
            yield FieldUse(
                f"{name}.field", field, None, is_needed=False, is_written="field" in rule.model_fields_set
            )


def rules(settings: Settings) -> Iterator[tuple[str, RuleSettings]]:
    """The settings of the built-in rules, by key."""
    built_in = settings.hygiene.rules
    for name in type(built_in).model_fields:
        yield f"hygiene.rules.{name}", built_in.of(name)


def limits(settings: Settings) -> Iterator[tuple[str, Exemptions | RuleCase]]:
    """Where rules name stages, segments and record types, by key."""
    for name, rule in rules(settings):
        yield f"{name}.exempt", rule.exempt
        for index, case in enumerate(rule.cases):
            yield f"{name}.cases[{index}]", case
    for index, custom in enumerate(settings.hygiene.custom):
        yield f"hygiene.custom[{index}].exempt", custom.exempt


def field_kinds(settings: Settings) -> Mapping[str, FieldKind]:
    """Every further opportunity field that the configuration needs, and how its text is read.

    By API name or dotted path. Fields that each opportunity record holds anyway are left out, unless a
    dimension reads them.
    """
    return {field: _FIELD_KINDS.get(kind, FieldKind.TEXT) for field, kind in kinds(settings).items()}


def kinds(settings: Settings) -> Mapping[str, Kind]:
    """The same as the expressions know them."""
    uses = [use for use in field_uses(settings) if _is_further(use)]
    known = {use.field: use.kind for use in uses if use.kind is not None}
    trees = [tree for written in written_expressions(settings) if (tree := _tree_of(written)) is not None]
    for tree in trees:
        known.update(_inferred(tree, known))
    named = {name for tree in trees for name in tree.names() if name not in _FACT_KINDS}
    anything = dict.fromkeys([*(use.field for use in uses), *sorted(named)], Kind.TEXT)
    return {**wanted_fields(settings.hygiene), **anything, **known}


def field_keys(settings: Settings) -> Mapping[str, str]:
    """The same fields with the key that names each; defaults that nobody wrote down are left out."""
    found = {use.field: use.key for use in field_uses(settings) if use.is_written and _is_further(use)}
    for written in written_expressions(settings):
        tree = _tree_of(written)
        for name in () if tree is None else tree.names():
            if name not in _FACT_KINDS:
                found.setdefault(name, written.key)
    return found


def mended_fields(settings: Settings) -> frozenset[str]:
    """The opportunity's own fields that findings ask people to mend."""
    hygiene = settings.hygiene
    of_rules = (rule.thresholds().get("field") for _, rule in rules(settings) if rule.enabled)
    named = {
        settings.metrics.value_field,
        *hygiene.qualification_fields,
        *(name for name in of_rules if isinstance(name, str)),
        *(name for rule in hygiene.custom for name in rule.fixes),
    }
    return frozenset(_ALWAYS_MENDED | {name for name in named if "." not in name})


def mistaken_fields(settings: Settings) -> Iterator[Mistake]:
    """Fields that one key reads as a number and another as a text."""
    first: dict[str, FieldUse] = {}
    for use in field_uses(settings):
        if use.kind is None:
            continue
        earlier = first.setdefault(use.field, use)
        if earlier.kind is not use.kind:
            says = f"{use.field} is read as a {earlier.kind} for {earlier.key}, so not as a {use.kind} here"
            yield Mistake(str(settings.file), use.key, shown(use.field, use.key), says)


def _is_further(use: FieldUse) -> bool:
    return use.field not in STANDARD_FIELDS or use.key.startswith("dimensions.")


def _tree_of(written: Written) -> Expression | None:
    """`None` where it cannot be read, which `mistaken_expressions` reports."""
    try:
        return parse(written.text)
    except ExpressionError:
        return None


def _inferred(tree: Expression, known: Mapping[str, Kind]) -> Mapping[str, Kind]:
    """Nothing where a field is used as two kinds, which `mistaken_expressions` reports."""
    try:
        return infer_kinds(tree, {**_FACT_KINDS, **known})
    except ExpressionError:
        return {}


def mistaken_expressions(settings: Settings, stages: tuple[str, ...] = ()) -> Iterator[Mistake]:
    """Expressions that are not of the grammar, compare what does not compare or name unknown stages.

    Without the CRM's stages any stage will do.
    """
    vocabulary = Vocabulary.of(kinds(settings), stages)
    for written in written_expressions(settings):
        try:
            tree = parse(written.text)
            infer_kinds(tree, _FACT_KINDS)
            check(tree, vocabulary)
        except ExpressionError as error:
            yield Mistake(str(settings.file), written.key, shown(written.text, written.key), str(error))
