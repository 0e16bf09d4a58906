"""What the audit holds, in words: objects by name, days, money and codes as people write them."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from messages.deal_findings import field_label, rule_label
from messages.figures import METRIC_LABELS
from messages.wording import Wording
from pipeline.audit_trail import AuditRecord
from pipeline.matrix import TOTAL, Dimension, Metric
from pipeline.visible_deals import CONFIDENTIAL

_CELL = re.compile(
    rf"(?:{'|'.join(Dimension)})/(?P<value>.+?)/(?P<metric>{'|'.join(Metric)})(?:/(?P<day>\d{{4}}-\d\d-\d\d))?"
)
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,4})?")
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
_WORD = re.compile(r"[\w.@-]+")


@dataclass(frozen=True)
class MoneyFields:
    """Which fields of a deal hold money."""

    names: frozenset[str]
    corporate_currency: str
    """Where a deal's record does not say another."""


@dataclass(frozen=True)
class AuditWords:
    """How the records of one page are worded."""

    people: Mapping[str, str]
    """Names by CRM user id."""
    money: MoneyFields
    wording: Wording

    def object(self, record: AuditRecord) -> str:
        """Its name with its kind in front; an id where there is no name, or none that may be shown."""
        kind, _, id = record.object.partition(":")
        if record.object_name == CONFIDENTIAL:
            return f"{CONFIDENTIAL} {record.object}"
        if record.object_name:
            name = record.object_name
            return f"{kind} “{name}”" if kind == "action" else f"{kind} {name}"
        if kind == "cell":
            return self._cells(id)
        return f"rule {rule_label(id)}" if kind == "rule" else record.object

    def act(self, record: AuditRecord) -> str:
        what = record.act.replace("_", " ")
        if not record.field:
            return what
        is_rule = _CODE.fullmatch(record.field) is not None
        label = rule_label(record.field) if is_rule else field_label(record.field).removesuffix(" id")
        return f"{what}: {label}"

    def value(self, record: AuditRecord, stored: str | None) -> str:
        """Empty where there was none. What people wrote stays as they wrote it."""
        if not stored or stored == CONFIDENTIAL:
            return stored or ""
        if record.field in self.money.names and _NUMBER.fullmatch(stored):
            currency = record.currency or self.money.corporate_currency
            return self.wording.full_money(Decimal(stored), currency)
        if stored in self.people:
            return self.people[stored]
        if _DAY.fullmatch(stored):
            return self._day(stored)
        if record.act == "action_open":
            named = _WORD.sub(lambda word: self.people.get(word[0], word[0]), self._cells(stored))
            return _DAY.sub(lambda day: self._day(day[0]), named)
        return stored.replace("_", " ") if _CODE.fullmatch(stored) else stored

    def _cells(self, stored: str) -> str:
        return _CELL.sub(self._cell, stored)

    def _cell(self, found: re.Match[str]) -> str:
        value = "the company" if found["value"] == TOTAL else found["value"]
        council = f", council of {self._day(found['day'])}" if found["day"] else ""
        return f"{value} {METRIC_LABELS[Metric(found['metric'])].lower()}{council}"

    def _day(self, stored: str) -> str:
        with suppress(ValueError):
            return self.wording.full_day(date.fromisoformat(stored)).words
        return stored
