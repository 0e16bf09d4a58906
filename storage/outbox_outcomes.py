"""What came of a claimed message. Whoever has lost the claim meanwhile changes nothing that is settled."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection

from pipeline.letters import LetterState
from storage.chat_tables import outbox
from storage.outbox_claims import Claim, Task


def mark_posted(connection: Connection, claim: Claim, message: str, now: datetime) -> None:
    """It stands where the surface says; found or posted. Certainty goes before any doubt of others."""
    connection.execute(
        outbox.update()
        .where(
            outbox.c.key == claim.key,
            outbox.c.state.in_((LetterState.SENDING, LetterState.UNKNOWN)),
        )
        .values(
            state=LetterState.SENT.value,
            shown_revision=claim.revision,
            message=message,
            sent_at=int(now.timestamp()),
            **_settled(),
        )
    )


def mark_updated(connection: Connection, claim: Claim, message: str) -> None:
    """The posted message shows the claimed revision, and stands where the surface says."""
    _settle(connection, claim, LetterState.SENT, shown_revision=claim.revision, message=message, **_settled())


def mark_not_posted(connection: Connection, claim: Claim, now: datetime) -> None:
    """It was looked for and is not there: it is sent as if for the first time."""
    _settle(
        connection,
        claim,
        LetterState.SENDING,
        state=LetterState.PENDING.value,
        not_before=int(now.timestamp()),
        **_released(),
    )


def put_off(connection: Connection, claim: Claim, until: datetime, reason: str) -> None:
    """Not now; the same again at `until`."""
    moment = int(until.timestamp())
    changed: dict[str, Any]
    match claim.task:
        case Task.POST:
            changed = {
                "state": LetterState.PENDING.value,
                "not_before": moment,
                **_released(),
            }
        case Task.UPDATE:
            changed = {"not_before": moment, **_released()}
        case Task.FIND:
            changed = {"claimed_by": None, "claimed_until": moment}
    _settle(connection, claim, _state_of(claim), reason=reason, **changed)


def look_later(connection: Connection, claim: Claim, until: datetime, reason: str) -> None:
    """Nobody knows whether it arrived: from `until` on, whoever claims it looks."""
    _settle(
        connection,
        claim,
        LetterState.SENDING,
        reason=reason,
        claimed_by=None,
        claimed_until=int(until.timestamp()),
    )


def mark_unknown(connection: Connection, claim: Claim, reason: str, now: datetime) -> None:
    """It may have arrived, and nobody can look: sales operations decide."""
    _settle(
        connection,
        claim,
        LetterState.SENDING,
        state=LetterState.UNKNOWN.value,
        reason=reason,
        sent_at=int(now.timestamp()),
        **_released(),
    )


def mark_failed(connection: Connection, claim: Claim, reason: str) -> None:
    """It will never arrive like this. A change that cannot be shown leaves the message as it stands."""
    if claim.task is Task.UPDATE:
        changed: dict[str, Any] = {"shown_revision": claim.revision}
    else:
        changed = {"state": LetterState.FAILED.value}
    _settle(connection, claim, _state_of(claim), reason=reason, **changed, **_released())


def _state_of(claim: Claim) -> LetterState:
    """In which a message is as long as it is in hand."""
    return LetterState.SENT if claim.task is Task.UPDATE else LetterState.SENDING


def _settle(connection: Connection, claim: Claim, in_state: LetterState, /, **values: Any) -> None:
    still_ours: tuple[ColumnElement[bool], ...] = (
        outbox.c.key == claim.key,
        outbox.c.claimed_by == claim.by.name,
        outbox.c.state == in_state,
    )
    connection.execute(outbox.update().where(*still_ours).values(**values))


def _released() -> dict[str, Any]:
    return {"claimed_by": None, "claimed_until": None}


def _settled() -> dict[str, Any]:
    return {**_released(), "reason": None, "attempts": 0}
