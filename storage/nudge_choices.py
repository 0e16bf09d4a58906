"""What people decide about being asked: snoozes, waivers, acknowledgements, inspections, leave."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from pipeline.errors import CouncilError
from storage.chat_tables import audit
from storage.deal_heads import DealHead
from storage.nudge_tables import acknowledgement, inspection, pause, snooze, waiver
from storage.tables import opportunity_key

OUT_OF_OFFICE = "out_of_office"
"""How a leave became known: by the chat platform. Else `chat`."""


class WaiverSettled(CouncilError):
    """A wish that somebody has decided about already, or that was never made."""


@dataclass(frozen=True)
class WaiverWish:
    """A wish to exempt a finding, which waits for a manager."""

    number: int
    deal_id: str
    rule: str
    until: date
    reason: str
    asked_by: str


@dataclass(frozen=True)
class PutQuestion:
    """What somebody asked the owner of a deal."""

    number: int
    by: str
    deal_id: str
    question: str


def put_snooze(
    connection: Connection, deal: DealHead, rule: str, *, until: date, reason: str, by: str, now: datetime
) -> None:
    """Ask nobody about the finding before `until`; a later choice takes the place of an earlier one."""
    same = (snooze.c.opportunity == deal.number, snooze.c.rule == rule)
    connection.execute(snooze.delete().where(*same))
    connection.execute(
        snooze.insert().values(
            opportunity=deal.number,
            rule=rule,
            until_day=until.toordinal(),
            reason=reason,
            by=by,
            at=int(now.timestamp()),
        )
    )


def ask_waiver(
    connection: Connection, deal: DealHead, rule: str, *, until: date, reason: str, by: str, now: datetime
) -> int:
    """Write down a wish that a manager decides about. Returns its number."""
    written = connection.execute(
        waiver.insert().values(
            opportunity=deal.number,
            rule=rule,
            until_day=until.toordinal(),
            reason=reason,
            asked_by=by,
            asked_at=int(now.timestamp()),
            state="asked",
        )
    )
    (number,) = written.inserted_primary_key or (0,)
    return int(number)


def is_waiver_asked(connection: Connection, deal: DealHead, rule: str, *, by: str) -> bool:
    """Whether the same person's wish about the finding still waits for a manager."""
    waits = select(waiver.c.no).where(
        waiver.c.opportunity == deal.number,
        waiver.c.rule == rule,
        waiver.c.asked_by == by,
        waiver.c.state == "asked",
    )
    return connection.execute(waits).first() is not None


def read_wish(connection: Connection, number: int) -> WaiverWish:
    """A wish that nobody has decided about. Raises `WaiverSettled`."""
    row = connection.execute(
        select(waiver, opportunity_key.c.crm_id)
        .join(opportunity_key, opportunity_key.c.no == waiver.c.opportunity)
        .where(waiver.c.no == number, waiver.c.state == "asked")
    ).first()
    if row is None:
        raise WaiverSettled("Somebody has decided about this already, or it was never asked.")
    return WaiverWish(number, row.crm_id, row.rule, date.fromordinal(row.until_day), row.reason, row.asked_by)


def grant_waiver(connection: Connection, number: int, *, by: str, today: date) -> None:
    """From today on the finding is exempt, up to and with its last day. Raises `WaiverSettled`."""
    _decide(connection, number, state="granted", by=by, since=today)


def decline_waiver(connection: Connection, number: int, *, by: str) -> None:
    """Raises `WaiverSettled`."""
    _decide(connection, number, state="declined", by=by, since=None)


def _decide(connection: Connection, number: int, *, state: str, by: str, since: date | None) -> None:
    decided = connection.execute(
        waiver.update()
        .where(waiver.c.no == number, waiver.c.state == "asked")
        .values(state=state, decided_by=by, since_day=None if since is None else since.toordinal())
    )
    if decided.rowcount == 0:
        raise WaiverSettled("Somebody has decided about this already, or it was never asked.")


def record_inspection(connection: Connection, deal: DealHead, *, manager: str, day: date, how: str) -> None:
    """A manager has looked at the deal: `opened`, `confirmed` or `changed`."""
    same = (inspection.c.opportunity == deal.number, inspection.c.manager == manager)
    connection.execute(inspection.delete().where(*same))
    connection.execute(
        inspection.insert().values(opportunity=deal.number, manager=manager, day=day.toordinal(), how=how)
    )


def put_acknowledgement(connection: Connection, deal: DealHead, rule: str, *, by: str, now: datetime) -> None:
    """The manager knows: the finding is closed until the next push or stage change.

    Raises `CouncilError` for a deal without a current version, which nothing could reopen.
    """
    if deal.stage is None:
        raise CouncilError(f"{deal.name} is closed or gone, so there is nothing to acknowledge.")
    same = (acknowledgement.c.opportunity == deal.number, acknowledgement.c.rule == rule)
    connection.execute(acknowledgement.delete().where(*same))
    connection.execute(
        acknowledgement.insert().values(
            opportunity=deal.number,
            rule=rule,
            pushes=deal.pushes,
            stage=deal.stage,
            by=by,
            at=int(now.timestamp()),
        )
    )


def put_pause(connection: Connection, person_id: str, *, since: date, until: date) -> None:
    """Leave: nobody asks the person anything up to and with `until`."""
    end_pause(connection, person_id)
    connection.execute(
        pause.insert().values(
            person=person_id, since_day=since.toordinal(), until_day=until.toordinal(), how="chat"
        )
    )


def note_out_of_office(connection: Connection, person_id: str, *, until: date | None, today: date) -> None:
    """What a chat platform says of somebody: away up to and with `until`; `None`: back, or never away.

    Surfaces report it whenever they hear of it. A pause that the person chose here goes before it.
    """
    row = connection.execute(select(pause).where(pause.c.person == person_id)).one_or_none()
    runs = row is not None and row.until_day >= today.toordinal()
    if row is not None and runs and row.how != OUT_OF_OFFICE:
        return
    is_known = row is not None and row.how == OUT_OF_OFFICE
    if until is None or until < today:
        if is_known and runs:
            ended = pause.update().where(pause.c.person == person_id)
            connection.execute(ended.values(until_day=today.toordinal() - 1))
        return
    since = row.since_day if row is not None and is_known and runs else today.toordinal()
    end_pause(connection, person_id)
    connection.execute(
        pause.insert().values(
            person=person_id, since_day=since, until_day=until.toordinal(), how=OUT_OF_OFFICE
        )
    )


def end_pause(connection: Connection, person_id: str) -> bool:
    """Back from leave. False where there was none."""
    return connection.execute(pause.delete().where(pause.c.person == person_id)).rowcount > 0


def read_pause(connection: Connection, person_id: str, day: date) -> date | None:
    """The last day of a person's leave, where the day falls into it."""
    until = connection.execute(
        select(pause.c.until_day).where(
            pause.c.person == person_id,
            pause.c.since_day <= day.toordinal(),
            pause.c.until_day >= day.toordinal(),
        )
    ).scalar()
    return None if until is None else date.fromordinal(until)


def read_question(connection: Connection, number: int) -> PutQuestion | None:
    """A question by its number in the audit log; `None` where that is no question."""
    row = connection.execute(
        select(audit.c.by, audit.c.object, audit.c.note).where(
            audit.c.no == number, audit.c.act == "ask_owner"
        )
    ).first()
    return None if row is None else PutQuestion(number, row.by, row.object.removeprefix("deal:"), row.note)
