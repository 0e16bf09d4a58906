"""Digests that were sent, and what has been done about their deals since."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select

from pipeline.digests import Digest, DigestItem, Done, DoneKind, FixedDeal
from pipeline.errors import UnknownName
from pipeline.findings import Audience, Finding, PersonName, Severity
from pipeline.money import SCALE
from storage.current_deals import is_seen
from storage.nudge_tables import deal_done, digest, digest_item, finding_life
from storage.tables import FOREVER, opportunity_key, opportunity_version


class DigestMissing(UnknownName):
    """A digest that was never written, or is no longer kept."""


def store_digest(connection: Connection, written: Digest, now: datetime) -> None:
    """Keep a new digest, in the transaction that puts its letter into the outbox."""
    connection.execute(
        insert(digest).values(
            key=written.key,
            person=written.person.id,
            person_name=written.person.name,
            day=written.day.toordinal(),
            at=int(now.timestamp()),
            fixed=[[one.opportunity_id, one.name, list(one.rules)] for one in written.fixed],
        )
    )
    numbers = _numbers(connection, [item.opportunity_id for item in written.items])
    rows = [
        {
            "digest": written.key,
            "opportunity": numbers[item.opportunity_id],
            "place": place,
            "name": item.name,
            "value": None if item.value is None else int(item.value * SCALE),
            "close_day": None if item.close_date is None else item.close_date.toordinal(),
            "red_row": item.red_row,
            "findings": [_finding_to_json(one) for one in item.findings],
        }
        for place, item in enumerate(written.items)
    ]
    if rows:
        connection.execute(insert(digest_item), rows)


def read_digest(connection: Connection, key: str) -> Digest:
    """A digest with what has become of its deals by now. Raises `DigestMissing`."""
    head = connection.execute(select(digest).where(digest.c.key == key)).one_or_none()
    if head is None:
        raise DigestMissing("This digest is no longer kept. Type /hygiene to see what is open now.")
    person = PersonName(head.person, head.person_name)
    rows = connection.execute(
        select(digest_item, opportunity_key.c.crm_id)
        .join(opportunity_key, opportunity_key.c.no == digest_item.c.opportunity)
        .where(digest_item.c.digest == key)
        .order_by(digest_item.c.place)
    ).all()
    numbers = [row.opportunity for row in rows]
    done = _done_since(connection, numbers, head.at)
    still_open = _open_rules(connection, numbers)
    return Digest(
        key=key,
        person=person,
        day=date.fromordinal(head.day),
        items=tuple(
            _item(row, person, done.get(row.opportunity, ()), still_open.get(row.opportunity, frozenset()))
            for row in rows
        ),
        fixed=tuple(FixedDeal(crm_id, name, tuple(rules)) for crm_id, name, rules in head.fixed),
    )


def digests_showing(connection: Connection, deal_id: str) -> tuple[str, ...]:
    """Keys of the digests in which a deal stands, the oldest first."""
    keys = connection.execute(
        select(digest_item.c.digest)
        .join(opportunity_key, opportunity_key.c.no == digest_item.c.opportunity)
        .join(digest, digest.c.key == digest_item.c.digest)
        .where(opportunity_key.c.crm_id == deal_id)
        .order_by(digest.c.at, digest.c.key)
    ).scalars()
    return tuple(keys)


def last_digest(connection: Connection, person_id: str) -> Digest | None:
    """The newest digest of a person, with what has become of its deals by now."""
    key = connection.execute(
        select(digest.c.key)
        .where(digest.c.person == person_id)
        .order_by(digest.c.day.desc(), digest.c.at.desc())
        .limit(1)
    ).scalar()
    return None if key is None else read_digest(connection, key)


def has_digest(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Those of some keys under which a digest is kept."""
    found = connection.execute(select(digest.c.key).where(digest.c.key.in_(keys))).scalars()
    return frozenset(found)


def record_done(connection: Connection, deal_id: str, done: Done, *, by: str, now: datetime) -> None:
    """Write down what somebody did about a deal, so that the digests that show it can say so.

    In the transaction of the act; revising the digests' letters is the caller's part. A deal that the
    mirror does not know is in no digest: nothing is written.
    """
    number = _numbers(connection, [deal_id]).get(deal_id)
    if number is None:
        return
    connection.execute(
        insert(deal_done).values(opportunity=number, at=int(now.timestamp()), by=by, done=_done_to_json(done))
    )


def renew_findings(connection: Connection, found: Mapping[int, Collection[Finding]]) -> None:
    """Let every digest that shows some deals (by their numbers) say how they stand now: the close dates, and
    the words and values of the findings that are still open. What is closed keeps its old words."""
    rows = connection.execute(select(digest_item).where(digest_item.c.opportunity.in_(list(found)))).all()
    close_days: dict[int, int | None] = {
        row.opportunity: row.close_day
        for row in connection.execute(
            select(opportunity_version.c.opportunity, opportunity_version.c.close_day).where(
                opportunity_version.c.opportunity.in_({row.opportunity for row in rows}),
                opportunity_version.c.part == 0,
                opportunity_version.c.valid_to == FOREVER,
                is_seen(opportunity_version),
            )
        )
    }
    for row in rows:
        current = {one.rule: one for one in found[row.opportunity]}
        findings = [
            _finding_to_json(current[one["rule"]]) | {"since": one["since"]}
            if one["rule"] in current
            else one
            for one in row.findings
        ]
        value = next((one.value for one in current.values()), None)
        connection.execute(
            digest_item.update()
            .where(digest_item.c.digest == row.digest, digest_item.c.opportunity == row.opportunity)
            .values(
                findings=findings,
                close_day=close_days.get(row.opportunity),
                value=row.value if value is None else int(value * SCALE),
            )
        )


def count_digests(connection: Connection, day: date) -> int:
    """How many people got a digest on a day."""
    counted = connection.execute(
        select(func.count()).select_from(digest).where(digest.c.day == day.toordinal())
    )
    return int(counted.scalar_one())


# --- Rows and records -----------------------------------------------------------------------------


def _item(row: Any, person: PersonName, done: tuple[Done, ...], still_open: frozenset[str]) -> DigestItem:
    value = None if row.value is None else Decimal(row.value) / SCALE
    findings = tuple(_finding_from_json(one, row, person, value) for one in row.findings)
    return DigestItem(
        opportunity_id=row.crm_id,
        name=row.name,
        value=value,
        close_date=None if row.close_day is None else date.fromordinal(row.close_day),
        findings=findings,
        red_row=row.red_row,
        done=done,
        closed=frozenset(one.rule for one in findings) - still_open,
    )


def _done_since(
    connection: Connection, numbers: Collection[int], moment: int
) -> Mapping[int, tuple[Done, ...]]:
    rows = connection.execute(
        select(deal_done.c.opportunity, deal_done.c.done)
        .where(deal_done.c.opportunity.in_(numbers), deal_done.c.at >= moment)
        .order_by(deal_done.c.no)
    )
    gathered: dict[int, tuple[Done, ...]] = {}
    for number, done in rows:
        gathered[number] = (*gathered.get(number, ()), _done_from_json(done))
    return gathered


def _open_rules(connection: Connection, numbers: Collection[int]) -> Mapping[int, frozenset[str]]:
    rows = connection.execute(
        select(finding_life.c.opportunity, finding_life.c.rule).where(
            finding_life.c.opportunity.in_(numbers), finding_life.c.closed_day.is_(None)
        )
    )
    gathered: dict[int, frozenset[str]] = {}
    for number, rule in rows:
        gathered[number] = gathered.get(number, frozenset()) | {rule}
    return gathered


def _numbers(connection: Connection, ids: Collection[str]) -> Mapping[str, int]:
    rows = connection.execute(
        select(opportunity_key.c.crm_id, opportunity_key.c.no).where(opportunity_key.c.crm_id.in_(ids))
    )
    return {row.crm_id: row.no for row in rows}


def _finding_to_json(one: Finding) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "audience": one.audience.value,
        "seen": one.seen,
        "says": one.says,
        "fixes": list(one.fixes),
        "since": one.since.isoformat(),
        "nudges": one.nudges,
        "confidential": one.confidential,
    }


def _finding_from_json(
    stored: Mapping[str, Any], row: Any, person: PersonName, value: Decimal | None
) -> Finding:
    return Finding(
        opportunity_id=row.crm_id,
        opportunity_name=row.name,
        owner=person,
        rule=stored["rule"],
        severity=Severity(stored["severity"]),
        audience=Audience(stored["audience"]),
        seen=stored["seen"],
        says=stored["says"],
        fixes=tuple(stored["fixes"]),
        since=date.fromisoformat(stored["since"]),
        value=value,
        nudges=stored["nudges"],
        confidential=stored["confidential"],
    )


def _done_to_json(done: Done) -> dict[str, Any]:
    return {
        "kind": done.kind.value,
        "field": done.field,
        "old": done.old,
        "new": done.new,
        "until": None if done.until is None else done.until.isoformat(),
        "rules": list(done.rules),
    }


def _done_from_json(stored: Mapping[str, Any]) -> Done:
    return Done(
        kind=DoneKind(stored["kind"]),
        field=stored["field"],
        old=stored["old"],
        new=stored["new"],
        until=None if stored["until"] is None else date.fromisoformat(stored["until"]),
        rules=tuple(stored["rules"]),
    )
