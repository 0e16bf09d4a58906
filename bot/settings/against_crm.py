"""The second look at the configuration, with the CRM's own stages and fields at hand."""

from collections.abc import Collection, Iterator, Sequence

from bot.settings.fields import field_uses, limits, mistaken_expressions, written_expressions
from bot.settings.model import Settings
from bot.settings.wording import shown
from pipeline.errors import ExpressionError, Mistake
from pipeline.expressions import FACTS, STANDARD_FIELDS, parse
from pipeline.nearest import did_you_mean, nearest


def check_settings_against(
    settings: Settings, stages: Sequence[str], fields: Collection[str] | None
) -> list[Mistake]:
    """What of the configuration the CRM does not know; the caller raises `ConfigurationError` with all.

    `stages`: names of the CRM's stages in its order. `fields`: API names and dotted paths of the
    opportunity fields that are there, `None` where that is not known. A field that figures depend on has
    to be there. One that only a rule needs switches the rule off when it is absent, so it is a mistake
    only where a name is near enough to be the one that was meant.
    """
    mistakes = [*_unknown_stages(settings, stages), *mistaken_expressions(settings, tuple(stages))]
    if fields is not None:
        mistakes += [*_unknown_fields(settings, fields), *_misspelt_names(settings, fields)]
    return mistakes


def _unknown_stages(settings: Settings, stages: Sequence[str]) -> Iterator[Mistake]:
    for key, stage in _named_stages(settings):
        if stage not in stages:
            listed = did_you_mean(stage, stages) or f"; expected one of {', '.join(stages)}"
            yield Mistake(str(settings.file), key, shown(stage, key), f"the CRM has no such stage{listed}")


def _named_stages(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "metrics.qualified_stage", settings.metrics.qualified_stage
    if settings.metrics.assumed_open_stage is not None:
        yield "metrics.assumed_open_stage", settings.metrics.assumed_open_stage
    bound = settings.hygiene.stages
    for name in sorted(bound.model_fields_set):
        yield f"hygiene.stages.{name}", getattr(bound, name)
    for key, limit in limits(settings):
        for index, stage in enumerate(limit.stages):
            yield f"{key}.stages[{index}]", stage


def _unknown_fields(settings: Settings, fields: Collection[str]) -> Iterator[Mistake]:
    for use in field_uses(settings):
        if use.field in fields or not use.is_written:
            continue
        if use.is_needed or nearest(use.field, fields) is not None:
            yield Mistake(
                str(settings.file),
                use.key,
                shown(use.field, use.key),
                f"the CRM's opportunities have no such field{did_you_mean(use.field, fields)}",
            )


def _misspelt_names(settings: Settings, fields: Collection[str]) -> Iterator[Mistake]:
    """Names in expressions that are neither facts nor fields, and nearly one of them."""
    known = {*FACTS, *STANDARD_FIELDS, *fields}
    for written in written_expressions(settings):
        try:
            names = parse(written.text).names()
        except ExpressionError:
            continue  # reported with the expressions
        for name in sorted(names - known):
            if nearest(name, known) is not None:
                yield Mistake(
                    str(settings.file),
                    written.key,
                    shown(written.text, written.key),
                    f"nothing is called {name}{did_you_mean(name, known)}",
                )
