"""`/audit`: who changed what, for sales operations."""

from dataclasses import replace

from handlers.asking import Asked
from handlers.capability import Capability, Words
from handlers.operations_only import require_operations
from handlers.words import CommandNotUnderstood
from messages.audit import compose_audit
from messages.audit_values import MoneyFields
from messages.reply import Reply
from messages.wording import Wording
from pipeline.access import Action, Member, may
from pipeline.audit_trail import AuditPage, AuditRecord
from pipeline.company import Company
from pipeline.visible_deals import CONFIDENTIAL
from storage.audit_reading import AuditFilter, read_audit
from storage.database import reading

RECORDS_AT_ONCE = 20


def answer_audit(asked: Asked, words: Words) -> Reply:
    """Of everything, or of the one object that is named. Raises `CommandNotUnderstood`."""
    require_operations(asked, Action.SEE)
    wanted = AuditFilter(object=_object(words), limit=RECORDS_AT_ONCE)
    with reading(asked.engine) as connection:
        page = read_audit(connection, wanted)
    zone = asked.company.definitions.calendar.zone
    money = money_fields(asked.company)
    return Reply((compose_audit(visible_page(asked.member, page), zone, money, Wording()),))


CAPABILITY = Capability(typed={"audit": answer_audit})


def money_fields(company: Company) -> MoneyFields:
    """`Amount`, and the field that the company counts by."""
    definitions = company.definitions
    names = frozenset({"Amount", definitions.metrics.value_field})
    return MoneyFields(names, definitions.money.corporate_currency)


def _object(words: Words) -> str | None:
    if not words:
        return None
    if len(words) > 1 or ":" not in words[0]:
        typed = " ".join(words)
        raise CommandNotUnderstood(
            f"I cannot look up “{typed}”: name one object with its kind, such as /audit deal:006A or "
            "/audit rule:close_date_past, or type /audit for everything."
        )
    return words[0]


def visible_page(member: Member, page: AuditPage) -> AuditPage:
    """That something was done to a confidential deal stays; its name, values and reasons do not."""
    return replace(page, records=tuple(_visible(member, record) for record in page.records))


def _visible(member: Member, record: AuditRecord) -> AuditRecord:
    if record.deal is None or may(member, Action.SEE, record.deal).allowed:
        return record
    return replace(
        record,
        object_name=CONFIDENTIAL,
        old=_hidden(record.old),
        new=_hidden(record.new),
        note=_hidden(record.note) or "",
    )


def _hidden(value: str | None) -> str | None:
    """Nothing stays nothing: that there was no value tells nothing of the deal."""
    return CONFIDENTIAL if value else value
