"""`council fields`: what the CRM's opportunities hold, and a first configuration made of it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from bot.app import build_crm, read_settings
from bot.checking import read_stages
from bot.cli.invocation import Called
from bot.cli.sheet import print_cards, print_text
from messages.card import Card, Column, Paragraph, Table, TableRow, TextCell, Tone, text
from pipeline.crm_fields import DealShape, FieldShape
from pipeline.crm_records import StageRecord
from pipeline.field_proposals import FieldProposal, propose_fields

_SHOWN_CHOICES = 6
_OF_THE_SYSTEM = frozenset(
    {
        "Id",
        "CreatedById",
        "CreatedDate",
        "IsDeleted",
        "LastModifiedById",
        "LastModifiedDate",
        "LastReferencedDate",
        "LastViewedDate",
        "SystemModstamp",
    }
)
_NO_DEAL = ""
"""Of an unknown deal a CRM describes the fields of any."""


def show_fields(*, invocation: Called) -> None:
    """The fields and stages of the CRM's opportunities, and which of them the configuration could name."""
    settings = read_settings(invocation.config, invocation.environ)
    now = datetime.now(UTC)
    crm = build_crm(settings, now)
    shape, stages = crm.describe(_NO_DEAL), read_stages(settings, crm, now)
    paths = sorted(path for path in crm.capabilities().opportunity_fields if "." in path)
    print_cards(_card(crm.name, shape, stages, paths))
    print_text("\nA first configuration, guessed by names. Look at each line before you take it over:\n\n")
    print_text("\n".join(_lines(propose_fields(shape, stages, paths))) + "\n")


def _lines(proposal: FieldProposal) -> Iterator[str]:
    yield "[metrics]"
    yield f'value_field = "{proposal.value_field}"'
    if proposal.qualified_stage is not None:
        yield f'qualified_stage = "{_escaped(proposal.qualified_stage)}"'
    if proposal.dimensions:
        yield ""
        yield "[dimensions]"
    for key, value in proposal.dimensions:
        yield f"{key} = {value}"


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


# --- What there is --------------------------------------------------------------------------------


def _card(crm: str, shape: DealShape, stages: Sequence[StageRecord], paths: Collection[str]) -> Card:
    kind = f" (record type {shape.record_type})" if shape.record_type else ""
    fields = sorted(shape.fields.values(), key=lambda field: field.name.lower())
    ordered = sorted(stages, key=lambda stage: stage.order)
    title = f"{len(fields)} fields of opportunities{kind}"
    blocks = (
        Table(title, _columns("Field", "Label", "Type", "Here", "Choices"), tuple(map(_field_row, fields))),
        Table("Stages", _columns("Stage", "State"), tuple(_row(one.name, _state(one)) for one in ordered)),
    )
    further = tuple(Paragraph(text(line), Tone.NOTE) for line in _over_relations(paths))
    return Card("fields", crm, (*blocks, *further), title)


def _over_relations(paths: Collection[str]) -> Iterator[str]:
    """A line for each relation, without what the system keeps for itself."""
    names: dict[str, list[str]] = {}
    for relation, _, name in (path.rpartition(".") for path in paths):
        if name not in _OF_THE_SYSTEM:
            names.setdefault(relation, []).append(name)
    for relation, held in names.items():
        yield f"Over {relation}: {', '.join(f'{relation}.{name}' for name in held)}."


def _field_row(field: FieldShape) -> TableRow:
    use = "read only" if not field.is_writable else "needed" if field.is_required else "written"
    labels = [pick.label for pick in field.picks]
    more = [f"and {len(labels) - _SHOWN_CHOICES} more"] if len(labels) > _SHOWN_CHOICES else []
    depends = f" (by {field.controlled_by})" if field.controlled_by else ""
    listed = ", ".join([*labels[:_SHOWN_CHOICES], *more]) + depends
    return _row(field.name, field.label, field.type.value.replace("_", " "), use, listed)


def _state(stage: StageRecord) -> str:
    return "open" if not stage.is_closed else "won" if stage.is_won else "lost"


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(map(Column, names))


def _row(*cells: str) -> TableRow:
    return TableRow(tuple(TextCell(text(cell)) for cell in cells))
