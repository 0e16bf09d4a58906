"""`council audit`: who changed what, from what to what, where."""

from datetime import date, datetime, time, tzinfo
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from bot.cli.invocation import Called, Format, OutputFormat
from bot.cli.opening import opened
from bot.cli.operator import OPERATOR
from bot.cli.sheet import print_cards, print_json, print_text
from handlers.audit import money_fields, visible_page
from messages.audit import compose_audit
from messages.csv_sheet import csv_sheet
from messages.wording import Wording
from pipeline.audit_trail import AuditRecord
from pipeline.people import People
from pipeline.person_search import find_person
from storage.audit_reading import AuditFilter, read_audit
from storage.database import reading
from storage.people import read_people

_COLUMNS = (
    "at",
    "by",
    "by_name",
    "surface",
    "act",
    "object",
    "object_name",
    "field",
    "old",
    "new",
    "note",
)
_LINES_OF_A_TABLE = 50


def show_audit(
    *,
    object: Annotated[str | None, Parameter(help="One thing: deal:006A, rule:close_date_past.")] = None,
    by: Annotated[str | None, Parameter(help="A name, e-mail or user id, or job:NAME.")] = None,
    since: Annotated[date | None, Parameter(help="From this day on, as 2026-11-01.")] = None,
    limit: Annotated[
        int | None,
        Parameter(
            help="At most so many; default: 50 in a table, all in JSON and CSV.", validator=Number(gte=1)
        ),
    ] = None,
    format: OutputFormat = Format.TABLE,
    invocation: Called,
) -> None:
    """Who changed what, the newest first. What was written to confidential deals stays hidden."""
    with opened(invocation) as council:
        zone = council.company.definitions.calendar.zone
        wanted = AuditFilter(
            object=object,
            by=_author(read_people(council.engine), by) if by is not None else None,
            since=_start(since, zone) if since is not None else None,
            limit=_LINES_OF_A_TABLE if limit is None and format is Format.TABLE else limit,
        )
        with reading(council.engine) as connection:
            page = visible_page(OPERATOR, read_audit(connection, wanted))
    if format is Format.TABLE:
        print_cards(compose_audit(page, zone, money_fields(council.company), Wording()))
    elif format is Format.JSON:
        lines = [dict(zip(_COLUMNS, _line(record), strict=True)) for record in page.records]
        print_json({"audit": lines, "has_older": page.has_older})
    else:
        print_text(csv_sheet(_COLUMNS, map(_line, page.records)))


def _author(people: People, typed: str) -> str:
    """A job and a listed e-mail are not in the CRM: they stand in the audit as they are."""
    if typed.startswith("job:") or ("@" in typed and people.by_email(typed) is None):
        return typed.casefold()
    return find_person(people, typed).id


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _line(record: AuditRecord) -> tuple[str | None, ...]:
    return (
        record.at.isoformat(),
        record.by.id,
        record.by.name,
        record.surface,
        record.act,
        record.object,
        record.object_name,
        record.field,
        record.old,
        record.new,
        record.note,
    )
