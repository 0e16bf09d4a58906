"""A first configuration from what a CRM's opportunities look like: guessed by names, to be corrected."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.crm_fields import DealShape, FieldShape, FieldType
from pipeline.crm_records import StageRecord

_YEARLY_VALUE = re.compile(r"\b(acv|arr|annual\w*|first year|yearly)\b", re.IGNORECASE)
_MEANT_BY: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("region", re.compile(r"\b(region\w*|territor\w*|geo\w*|theat(er|re)|sales area)\b", re.IGNORECASE)),
    ("segment", re.compile(r"\b(segment\w*|tier|(company|customer|account) size)\b", re.IGNORECASE)),
    ("source", re.compile(r"\b(lead source|pipeline source|opportunity source|sourced by)\b", re.IGNORECASE)),
    ("lever", re.compile(r"\b(lever|campaign type|marketing channel)\b", re.IGNORECASE)),
)
_OVER_ACCOUNT = {
    "region": ("Account.Region__c", '{ field = "Account.BillingCountry" }'),
    "segment": (
        "Account.Segment__c",
        '{ field = "Account.NumberOfEmployees", bands = { SMB = [0, 199], MM = [200, 1999], ENT = [2000] } }',
    ),
}
"""Without a field on the opportunity: the account's own, or else what can be made of a standard one."""
_DEAL_TYPES = (
    ("renewal", re.compile(r"renew", re.IGNORECASE)),
    ("expansion", re.compile(r"exist|expan|upsell|up-sell|cross|add.?on|growth", re.IGNORECASE)),
    ("new_business", re.compile(r"new|logo", re.IGNORECASE)),
)
_QUALIFIED = re.compile(r"(?<!un)(?<!dis)(?<!pre)(?<!pre-)qualif", re.IGNORECASE)
_FIELD = re.compile(r'field = "([^"]+)"')


@dataclass(frozen=True)
class FieldProposal:
    """What `[metrics]` and `[dimensions]` could say."""

    value_field: str
    qualified_stage: str | None
    """`None` in a CRM without open stages."""
    dimensions: tuple[tuple[str, str], ...]
    """Key of `[dimensions]` and its value in TOML; a dimension for which nothing was found is absent."""


def propose_fields(
    shape: DealShape, stages: Sequence[StageRecord], over_relations: Collection[str]
) -> FieldProposal:
    """`over_relations`: the dotted paths that are there, such as `Account.BillingCountry`."""
    fields = list(shape.fields.values())
    return FieldProposal(
        value_field=_value_field(fields),
        qualified_stage=_qualified_stage(stages),
        dimensions=tuple(_dimensions(shape, {*over_relations})),
    )


def words_of(field: FieldShape) -> str:
    """Name and label as words: `First_Year_Value__c` is `First Year Value`."""
    name = re.sub(r"__c$", "", field.name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
    return f"{spaced} | {field.label}"


def _value_field(fields: Iterable[FieldShape]) -> str:
    amounts = [one for one in fields if one.type is FieldType.MONEY]
    yearly = [one.name for one in amounts if _YEARLY_VALUE.search(words_of(one))]
    return (yearly or ["Amount"])[0]


def _qualified_stage(stages: Sequence[StageRecord]) -> str | None:
    """The first that is called so; or else the second open one: the first is where everything begins."""
    still_open = [
        stage.name for stage in sorted(stages, key=lambda stage: stage.order) if not stage.is_closed
    ]
    named = [name for name in still_open if _QUALIFIED.search(name)]
    return next(iter([*named, *still_open[1:2], *still_open]), None)


def _dimensions(shape: DealShape, over_relations: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, pattern in _MEANT_BY:
        found = next(
            (
                field.name
                for field in shape.fields.values()
                if field.type in (FieldType.PICKLIST, FieldType.TEXT) and pattern.search(words_of(field))
            ),
            None,
        )
        if found is not None:
            yield name, f'[{{ field = "{found}" }}]'
        elif fallback := _over_account(name, over_relations):
            yield name, f"[{fallback}]"
    if deal_type := shape.fields.get("Type"):
        kinds = dict(_deal_types(deal_type))
        if kinds:
            mapped = ", ".join(f'"{value}" = "{kind}"' for value, kind in kinds.items())
            yield "deal_type", f'[{{ field = "Type", map = {{ {mapped} }} }}]'


def _over_account(name: str, over_relations: Collection[str]) -> str | None:
    own, otherwise = _OVER_ACCOUNT.get(name, ("", ""))
    if own in over_relations:
        return f'{{ field = "{own}" }}'
    needed = _FIELD.search(otherwise)
    return otherwise if needed is not None and needed[1] in over_relations else None


def _deal_types(field: FieldShape) -> Iterator[tuple[str, str]]:
    for pick in field.picks:
        kind = next((kind for kind, pattern in _DEAL_TYPES if pattern.search(pick.value)), None)
        if kind is not None and '"' not in pick.value:
            yield pick.value, kind
