"""Writing a change of a deal to the CRM, and making it count at once.

No transaction spans the call: the intent is written first, then the CRM is asked, then mirror, findings,
cells, audit, digests and "this event is done" move together. What dies in between is finished by the job
`recover`, since the CRM alone knows whether the change arrived.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from crm.records import Fix, PullRequest
from handlers.asking import Asked
from handlers.deal_choice import revise_messages, today_of
from messages.card_text import card_to_text
from messages.given import GIVEN, compose_given, given_key
from messages.recovered import ChangedField, compose_finished, recovered_key
from pipeline.access import Action, Deal, may
from pipeline.audiences import to_person
from pipeline.crm_fields import (
    Busy,
    Conflict,
    DealShape,
    FieldShape,
    Gone,
    Rejected,
    Saved,
    WriteResult,
)
from pipeline.crm_records import DealEvidence, FieldKind, FieldValue, OpportunityRecord
from pipeline.deal_entry import shown_text
from pipeline.deal_fields import OWNER_FIELD, STANDARD_PLACES, kind_of
from pipeline.digests import Done, done_of
from pipeline.errors import CouncilError, UnknownName
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading, writing
from storage.deal_heads import find_deal_head
from storage.digests import record_done
from storage.findings_of import findings_on
from storage.inbox import EventAlreadyDone
from storage.learnt_rejections import remember_refusals
from storage.letter_deals import note_deals
from storage.mirror import pulled_state
from storage.nudge_choices import record_inspection
from storage.outbox import Letter, put_letter, revise_letter
from storage.refreshing import RefreshGround, count_at_once, refresh_deal
from storage.write_intents import Changes, WriteIntent, close_intent, close_saved, open_intent

_OUTCOMES = {
    Saved: "saved",
    Conflict: "conflict",
    Rejected: "rejected",
    Gone: "gone",
    Busy: "busy",
}


_NONE: Mapping[str, FieldKind] = {}


@dataclass(frozen=True)
class LiveDeal:
    """A deal as the CRM holds it now, and what can be typed into its fields."""

    evidence: DealEvidence
    shape: DealShape

    @property
    def record(self) -> OpportunityRecord:
        return self.evidence.opportunity

    def field(self, name: str) -> FieldShape:
        """Raises `CouncilError` for a field that the CRM does not let anybody write."""
        shape = self.shape.fields.get(name)
        if shape is None or not shape.is_writable:
            raise CouncilError(f"{name} cannot be changed from here. Change it in the CRM.")
        return shape


def read_live(asked: Asked, deal_id: str, action: Action, *, also: Collection[str] = ()) -> LiveDeal:
    """The deal from the CRM, for somebody who may do that to it: its owner may have changed since.

    `also`: fields that are needed, be they in a pull or not; those on which their picks depend come with
    them. Raises `UnknownName` where it is gone and
    `AccessDenied`.
    """
    shape = asked.desk.crm.describe(deal_id)
    needed = {*also, *(shape.fields[name].controlled_by for name in also if name in shape.fields)}
    kinds = {name: kind_of(field.type) for name, field in shape.fields.items() if name in needed}
    evidence = asked.desk.crm.read_deal(deal_id, pull_request(asked, kinds))
    if evidence is None or evidence.opportunity.is_deleted:
        raise UnknownName("This deal is not in the CRM any more, and nothing was saved. See /hygiene.")
    may(asked.member, action, Deal(evidence.opportunity.owner_id)).require()
    return LiveDeal(evidence, shape)


def pull_request(asked: Asked, further: Mapping[str, FieldKind] = _NONE) -> PullRequest:
    """What a pull of today would ask for, and further fields that somebody needs now."""
    with reading(asked.engine) as connection:
        state = pulled_state(connection)
    definitions = asked.company.definitions
    more = {name: kind for name, kind in further.items() if name not in STANDARD_PLACES}
    return PullRequest(
        fields={**more, **state.fields},
        corporate_currency=definitions.money.corporate_currency,
        now=int(asked.now.timestamp()),
        timezone=definitions.calendar.timezone,
        value_field=definitions.metrics.value_field,
    )


def write_changes(asked: Asked, live: LiveDeal, changes: Changes, act: str) -> WriteResult:
    """Write the changes, and let a saved one count at once. A repeated event writes nothing twice."""
    record = live.record
    kinds = {name: kind_of(live.field(name).type) for name in changes}
    intent = WriteIntent(
        opportunity_id=record.id,
        by=asked.member.id,
        surface=asked.where.surface,
        act=act,
        event=asked.event,
        changes=changes,
        kinds=kinds,
    )
    with writing(asked.engine) as connection:
        number = open_intent(connection, intent, asked.now)
    fix = Fix(record.id, asked.member.id, int(asked.now.timestamp()), changes, kinds)
    result = asked.desk.crm.write(fix)
    if isinstance(result, Saved):
        count = partial(_count, asked, live, changes, act, number, result)
        count_at_once(asked.engine, asked.company, asked.now, count)
    else:
        with writing(asked.engine) as connection:
            close_intent(connection, number, _OUTCOMES[type(result)], asked.now)
            if isinstance(result, Rejected):
                _learn(connection, asked, live, changes, result)
    return result


def _count(
    asked: Asked,
    live: LiveDeal,
    changes: Changes,
    act: str,
    number: int,
    saved: Saved,
    ground: RefreshGround,
) -> None:
    """All that a saved change moves, in one transaction; nothing where `recover` was quicker."""
    deal_id = live.record.id
    evidence = asked.desk.crm.read_deal(deal_id, pull_request(asked))
    with suppress(EventAlreadyDone), asked.acting() as connection:
        if not close_saved(connection, number, asked.now):
            return
        if evidence is not None:
            refresh_deal(connection, ground, evidence, asked.now)
        done = [
            _record(connection, asked, live, act, saved, name, old, new)
            for name, (old, new) in changes.items()
        ]
        _note_inspection(connection, asked, live)
        _take_back_not_saved(connection, live, changes, number)
        revise_messages(connection, asked, deal_id, done)
        if OWNER_FIELD in changes:
            _tell_new_owner(connection, asked, live, str(changes[OWNER_FIELD][1] or ""), number)


def _tell_new_owner(connection: Connection, asked: Asked, live: LiveDeal, owner: str, number: int) -> None:
    """Nobody finds out from the CRM alone that a deal has become theirs. `number`: of the write intent."""
    if owner in ("", asked.member.id):
        return
    company, deal_id = asked.company, live.record.id
    card = compose_given(
        given_key(number),
        by=asked.member.name,
        deal_id=deal_id,
        deal=live.record.name,
        findings=findings_on(connection, company, deal_id),
        currency=company.definitions.money.corporate_currency,
        grace_days=company.nudges.new_owner_grace_days,
    )
    letter = Letter(key=card.key, kind=GIVEN, audience=to_person(owner), card=card_to_text(card))
    if put_letter(connection, letter, asked.now):
        note_deals(connection, card.key, (deal_id,), asked.now)


def _note_inspection(connection: Connection, asked: Asked, live: LiveDeal) -> None:
    """A manager who changes a deal of the team has looked at it."""
    head = find_deal_head(connection, live.record.id)
    if head is not None and may(asked.member, Action.INSPECT, Deal(live.record.owner_id)).allowed:
        record_inspection(connection, head, manager=asked.member.id, day=today_of(asked), how="changed")


def _take_back_not_saved(connection: Connection, live: LiveDeal, changes: Changes, number: int) -> None:
    """What `recover` told of a call that it thought dead, and that was only slow."""
    key = recovered_key(number)
    fields = [
        ChangedField(shape.label, shown_text(shape, old), shown_text(shape, new))
        for shape, (old, new) in ((live.field(name), pair) for name, pair in changes.items())
    ]
    revise_letter(connection, key, card_to_text(compose_finished(key, live.record.name, fields)))


def _record(
    connection: Connection,
    asked: Asked,
    live: LiveDeal,
    act: str,
    saved: Saved,
    name: str,
    old: FieldValue,
    new: FieldValue,
) -> Done:
    shape = live.field(name)
    before, after = shown_text(shape, old), shown_text(shape, new)
    entry = AuditEntry(
        by=asked.member.id,
        surface=asked.where.surface,
        act=act,
        object=f"deal:{live.record.id}",
        field=name,
        old=before,
        new=after,
        note="" if saved.written_as is None else f"written as {saved.written_as}",
    )
    record_audit(connection, entry, asked.now)
    done = done_of(shape, before, after, act)
    record_done(connection, live.record.id, done, by=asked.member.id, now=asked.now)
    return done


def _learn(
    connection: Connection, asked: Asked, live: LiveDeal, changes: Changes, rejected: Rejected
) -> None:
    """Under the stage that the deal was to have: it is what the rules look at."""
    wanted: Mapping[str, FieldValue] = {name: new for name, (_, new) in changes.items()}
    stage = str(wanted.get("StageName") or live.record.stage)
    record_type = live.shape.record_type or ""
    remember_refusals(connection, rejected.refusals, stage=stage, record_type=record_type, now=asked.now)
