"""Who answers for a cell before the council: the most specific owner, the deputy, or operations."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.access import Function, Member
from pipeline.cell_names import CellName
from pipeline.definitions import CellOwnerDefinition

Reach = Callable[[str], Member | None]
"""Finds a member by CRM user id or e-mail; `None`: unknown, not active, away, or not of the council."""


@dataclass(frozen=True)
class Answering:
    """Who is asked about a cell."""

    member: Member
    instead_of: str | None = None
    """The configured owner who could not be reached; for operations also `nobody`."""


NOBODY = "nobody"
"""A cell for which nobody is configured: operations are asked instead of them."""


def find_owner(cell: CellName, owners: Sequence[CellOwnerDefinition]) -> CellOwnerDefinition | None:
    """The most specific: a row's cell before a row, a row before a column, a column before a table."""
    fitting = [owner for owner in owners if _owns(owner, cell)]
    return max(fitting, key=_specificity, default=None)


def who_answers(
    cell: CellName, owners: Sequence[CellOwnerDefinition], operations: Iterable[str], reach: Reach
) -> Answering | None:
    """The owner, else the deputy, else the first of operations who can be reached; `None`: nobody can."""
    owner = find_owner(cell, owners)
    if owner is not None and (member := reach(owner.person)) is not None:
        return Answering(member)
    away = NOBODY if owner is None else owner.person
    stand_ins = [owner.deputy] if owner is not None and owner.deputy is not None else []
    for name in (*stand_ins, *operations):
        if (member := reach(name)) is not None:
            return Answering(member, away)
    return None


def functions_without_cells(
    owners: Sequence[CellOwnerDefinition], cells: Iterable[CellName]
) -> tuple[Function, ...]:
    """Parts of the company that answer for none of these cells, in their order."""
    owning = {owner.function for cell in cells if (owner := find_owner(cell, owners)) is not None}
    return tuple(function for function in Function if function.value not in owning)


def functions_without_owner(owners: Sequence[CellOwnerDefinition]) -> tuple[Function, ...]:
    """Parts of the company for which nobody is named at all, in their order."""
    named = {owner.function for owner in owners}
    return tuple(function for function in Function if function.value not in named)


def _owns(owner: CellOwnerDefinition, cell: CellName) -> bool:
    return (
        owner.dimension in (None, cell.dimension)
        and owner.value in (None, cell.value)
        and owner.metric in (None, cell.metric)
    )


def _specificity(owner: CellOwnerDefinition) -> tuple[bool, bool, bool]:
    return owner.value is not None, owner.metric is not None, owner.dimension is not None
