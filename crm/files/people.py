"""Users, their roles, and accounts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm.files.blocks import Block, Field, OnFault, TableReader
from crm.files.cells import TextCells, flag_cells
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.further import field_mappings, further_fields
from crm.files.lookups import Lookups
from crm.files.making import make_records
from crm.files.problems import Fault, ProblemLog
from crm.records import AccountRecord, Batch, FieldKind, RoleRecord, UserRecord

_DUPLICATE = Fault("this Id stands in an earlier row; row skipped", "duplicate id")
_INTEGRATION_TYPES = frozenset({"automatedprocess", "cloudintegrationuser"})


def read_roles(table: Table, lookups: Lookups) -> Iterator[Batch]:
    fields = {
        "id": _id_field(table),
        "name": Field(table.column("Name"), TextCells()),
        "parent": lookups.relation_field(table, "ParentRole"),
    }
    log = ProblemLog(table.file)
    seen = _FirstOnes(table, log)
    for block in TableReader(table, fields, log).blocks():
        names = [name or role for name, role in zip(block["name"], block["id"], strict=True)]
        records = make_records(RoleRecord, block["id"], names, block["parent"])
        yield Batch(seen.of(records, block), log.take())
    yield Batch((), log.take_all())


def read_users(
    table: Table, lookups: Lookups, fields: Mapping[str, FieldKind], clock: Clock
) -> Iterator[Batch]:
    """Users with the further fields that are asked for (`Owner.…`, without the prefix).

    Where users have no Id, a manager who appears only as somebody's manager is a user too.
    """
    wanted = {
        "id": _id_field(table),
        "name": Field(table.column("Name"), TextCells()),
        "first_name": Field(table.column("FirstName"), TextCells()),
        "last_name": Field(table.column("LastName"), TextCells()),
        "email": Field(table.column("Email"), TextCells()),
        "active": Field(table.column("IsActive"), flag_cells(), absent=True),
        "role": lookups.relation_field(table, "UserRole"),
        "manager": lookups.relation_field(table, "Manager"),
        "timezone": Field(table.column("TimeZoneSidKey"), TextCells()),
        "type": Field(table.column("UserType"), TextCells()),
        "profile": Field(table.column("Profile.Name"), TextCells()),
        **further_fields(table, fields, clock, {"UserRole": "UserRole"}, lookups),
    }
    log = ProblemLog(table.file)
    seen = _FirstOnes(table, log)
    managers: dict[str, None] = {}
    for block in TableReader(table, wanted, log).blocks():
        records = make_records(
            UserRecord,
            block["id"],
            _full_names(block),
            block["email"],
            [active is not False for active in block["active"]],
            block["role"],
            block["manager"],
            block["timezone"],
            list(map(_is_integration, block["type"], block["profile"])),
            field_mappings(block, fields, wanted),
        )
        managers.update(dict.fromkeys(filter(None, block["manager"])))
        yield Batch(seen.of(records, block), log.take())
    if table.is_joined_by_key:
        yield Batch([_named_user(name) for name in managers if name not in seen.ids], log.take())
    yield Batch((), log.take_all())


def read_accounts(
    table: Table, lookups: Lookups, fields: Mapping[str, FieldKind], clock: Clock
) -> Iterator[Batch]:
    """Accounts with the further fields that are asked for (`Account.…`, without the prefix)."""
    wanted = {
        "id": _id_field(table),
        "name": Field(table.column("Name"), TextCells()),
        "master": Field(table.column("MasterRecordId"), TextCells()),
        **further_fields(table, fields, clock, {}, lookups),
    }
    log = ProblemLog(table.file)
    seen = _FirstOnes(table, log)
    total = table.rows.row_count()
    for block in TableReader(table, wanted, log).blocks():
        extra = field_mappings(block, fields, wanted)
        records = make_records(AccountRecord, block["id"], block["name"], block["master"], extra)
        yield Batch(seen.of(records, block), log.take(), total)
    yield Batch((), log.take_all())


class _FirstOnes:
    """Of several rows with one id the first; the others are logged.

    In a table without Ids, where a name stands for the id, a row may repeat: a file of agents names
    each office many times. Only a row that says something else is worth a word there.
    """

    def __init__(self, table: Table, log: ProblemLog) -> None:
        self.ids: set[str] = set()
        self._table = table
        self._log = log
        self._kept: dict[str, Any] = {}

    def of(self, records: Sequence[Any], block: Block) -> Sequence[Any]:
        first_ones = []
        column = self._table.id_column()
        for row, record in enumerate(records):
            if record.id not in self.ids:
                self.ids.add(record.id)
                first_ones.append(record)
                if self._table.is_joined_by_key:
                    self._kept[record.id] = record
            elif self._kept.get(record.id) != record:
                header = column.header if column else None
                self._log.gather(_DUPLICATE, line=block.line_of(row), column=header, value=record.id)
        return first_ones


def _id_field(table: Table) -> Field:
    return Field(table.id_column(), TextCells(), OnFault.SKIP_ROW, is_required=True)


def _full_names(block: Block) -> list[str]:
    parts = zip(block["id"], block["name"], block["first_name"], block["last_name"], strict=True)
    return [
        name or " ".join(part for part in (first, last) if part) or user for user, name, first, last in parts
    ]


def _is_integration(user_type: str | None, profile: str | None) -> bool:
    return (user_type or "").casefold() in _INTEGRATION_TYPES or "integration" in (profile or "").casefold()


def _named_user(name: str) -> UserRecord:
    return UserRecord(
        id=name,
        name=name,
        email=None,
        is_active=True,
        role_id=None,
        manager_id=None,
        timezone=None,
        is_integration=False,
        fields={},
    )
