"""A rep's digest as a record: the deals that were asked about, and what was done about each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pipeline.crm_fields import FieldShape, FieldType
from pipeline.findings import Finding, PersonName, Severity


class DoneKind(StrEnum):
    """What somebody did about a deal."""

    CHANGED = "changed"
    """A field has another value now."""
    SNOOZED = "snoozed"
    WAIVER_ASKED = "waiver_asked"
    WAIVED = "waived"
    DISPUTED = "disputed"
    """Sales operations were told that the rule is wrong here."""
    NOT_MINE = "not_mine"
    """The owner says that it is somebody else's; a manager decides."""
    HANDED_OVER = "handed_over"
    """Somebody else owns it now."""
    LOST = "lost"


BY_OPERATIONS = "operations"


@dataclass(frozen=True)
class Done:
    """One thing that was done from chat."""

    kind: DoneKind
    field: str = ""
    """API name of a changed field."""
    old: str | None = None
    """Days as `2026-09-30`."""
    new: str | None = None
    """The new value; of a deal that was handed over, the new owner's name; of what others are asked,
    `BY_OPERATIONS` where nobody leads the owner."""
    until: date | None = None
    """Of a snooze (the day of the next question) and a waiver (its last day)."""
    rules: tuple[str, ...] = ()
    """The findings that it is about; empty: the deal as a whole."""


def done_of(shape: FieldShape, old: str, new: str, act: str) -> Done:
    """What the change of one field was. `act`: for which it was written (`fix`, `close_lost`, ...)."""
    if act == "close_lost" and shape.name == "StageName":
        return Done(DoneKind.LOST)
    if shape.type is FieldType.PERSON:
        return Done(DoneKind.HANDED_OVER, field=shape.name, old=old, new=new)
    return Done(DoneKind.CHANGED, field=shape.name, old=old, new=new)


_GONE = frozenset({DoneKind.LOST, DoneKind.HANDED_OVER})


def is_gone(done: Iterable[Done]) -> bool:
    """Whether after these a deal is its owner's no more: lost, or handed over."""
    return any(one.kind in _GONE for one in done)


_SETTLING = frozenset(
    {DoneKind.SNOOZED, DoneKind.WAIVED, DoneKind.DISPUTED, DoneKind.WAIVER_ASKED, DoneKind.NOT_MINE}
)


@dataclass(frozen=True)
class DigestItem:
    """One deal of a digest."""

    opportunity_id: str
    name: str
    value: Decimal | None
    """In the corporate currency, as of the digest or the last fix from chat."""
    close_date: date | None
    findings: tuple[Finding, ...]
    """Everything that was asked about, the most severe first."""
    red_row: str = ""
    """The red row of the matrix in which the deal counts (`EMEA`); empty: none."""
    done: tuple[Done, ...] = ()
    """In the order in which it was done."""
    closed: frozenset[str] = frozenset()
    """The rules that the deal does not break any more."""

    @property
    def is_gone(self) -> bool:
        """It is the person's no more: lost, or handed over."""
        return is_gone(self.done)

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """What is still to be done."""
        if self.is_gone:
            return ()
        return tuple(
            one for one in self.findings if one.rule not in self.closed and not self._is_settled(one.rule)
        )

    @property
    def severity(self) -> Severity:
        return max((one.severity for one in self.findings), key=lambda severity: severity.rank)

    @property
    def since(self) -> date:
        """Since when the oldest of its findings is open."""
        return min(one.since for one in self.findings)

    def _is_settled(self, rule: str) -> bool:
        return any(one.kind in _SETTLING and rule in (one.rules or (rule,)) for one in self.done)


@dataclass(frozen=True)
class FixedDeal:
    """A deal that was put in order since the digest before."""

    opportunity_id: str
    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Digest:
    """What one person was asked on one day."""

    key: str
    person: PersonName
    day: date
    items: tuple[DigestItem, ...]
    """In the order in which they matter."""
    fixed: tuple[FixedDeal, ...] = ()
    """What was fixed since the last digest."""

    @property
    def open_items(self) -> tuple[DigestItem, ...]:
        return tuple(item for item in self.items if item.open_findings)


def digest_key(person_id: str, day: date) -> str:
    """The key of the digest of a person and day: there is one."""
    return f"digest:{day.isoformat()}:{person_id}"


def items_of(findings: Iterable[Finding]) -> tuple[DigestItem, ...]:
    """One item a deal, without what the deal is beside its findings: the most severe first, then the most
    money, then the oldest."""
    gathered: dict[str, list[Finding]] = {}
    for one in findings:
        gathered.setdefault(one.opportunity_id, []).append(one)
    items = [
        DigestItem(deal, group[0].opportunity_name, group[0].value, None, tuple(sorted(group, key=_worst)))
        for deal, group in gathered.items()
    ]
    return tuple(
        sorted(
            items,
            key=lambda item: (-item.severity.rank, -(item.value or 0), item.since, item.opportunity_id),
        )
    )


def _worst(one: Finding) -> tuple[int, date, str]:
    return -one.severity.rank, one.since, one.rule
