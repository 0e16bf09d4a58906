"""Recover: find out what became of changes that were on their way to the CRM when a process died.

Only the CRM knows whether such a change arrived. One that did is finished as if nothing had happened; one
that did not is closed, and whoever wanted it is told, unless the inbox brings the event again by itself.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from crm.records import DealEvidence, PullRequest
from jobs.job import JobRun, Outcome
from messages.card import Card
from messages.card_text import card_from_text, card_to_text
from messages.deal_findings import field_label
from messages.deal_letters import deal_news, with_news
from messages.freshness import with_age
from messages.given import GIVEN, compose_given, given_key
from messages.nudge import compose_digest
from messages.recovered import (
    ChangedField,
    compose_deal_gone,
    compose_finished,
    compose_not_written,
    recovered_key,
)
from pipeline.crm_fields import FieldShape, FieldType
from pipeline.crm_records import OpportunityRecord
from pipeline.deal_entry import shown_text
from pipeline.deal_fields import OWNER_FIELD, is_done
from pipeline.digests import Done, done_of
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading, writing
from storage.digests import digests_showing, read_digest, record_done
from storage.findings_of import findings_on
from storage.freshness import read_freshness
from storage.inbox import settle_event
from storage.letter_deals import letters_showing, note_deals
from storage.mirror import pulled_state
from storage.outbox import Letter, put_letter, revise_letter, to_person
from storage.people import people_of
from storage.refreshing import RefreshGround, count_at_once, refresh_deal
from storage.write_intents import OpenIntent, WriteIntent, close_intent, read_open_intents

PATIENCE = timedelta(minutes=2)
"""Longer than any call to a CRM takes: a younger intent may still be in somebody's hands."""
_SAVED, _NOT_WRITTEN, _GONE = "saved", "not_written", "gone"


@dataclass(frozen=True)
class _Change:
    """A field that was to be changed, with its values in words."""

    shape: FieldShape
    old: str
    new: str

    @property
    def words(self) -> ChangedField:
        return ChangedField(self.shape.label, self.old, self.new)


def recover_writes(run: JobRun) -> Outcome:
    """Raises `CouncilError` where the CRM cannot be read; then the rest stays open for the next time."""
    with reading(run.engine) as connection:
        waiting = read_open_intents(connection, run.now - PATIENCE)
    if run.dry_run:
        return Outcome(f"It would look after {len(waiting)} interrupted changes")
    counts = Counter(_recover(run, one) for one in waiting)
    if not counts:
        return Outcome("No change was interrupted")
    return Outcome(
        f"Of {len(waiting)} interrupted changes {counts[_SAVED]} had arrived, "
        f"{counts[_NOT_WRITTEN] + counts[_GONE]} had not"
    )


def _recover(run: JobRun, waiting: OpenIntent) -> str:
    deal = run.crm.read_deal(waiting.intent.opportunity_id, _request(run, waiting))
    if deal is None or deal.opportunity.is_deleted:
        return _give_up(run, waiting, compose_deal_gone(recovered_key(waiting.number)))
    changed = _changed_fields(run, waiting)
    name = deal.opportunity.name
    if is_done(waiting.intent.changes, deal.opportunity):
        finish = partial(_finish, run, waiting, deal, changed)
        return count_at_once(run.engine, run.company, run.now, finish)
    card = compose_not_written(
        recovered_key(waiting.number), deal.opportunity.id, name, [one.words for one in changed]
    )
    return _close(run, waiting, card if waiting.intent.event is None else None)


def _finish(
    run: JobRun,
    waiting: OpenIntent,
    deal: DealEvidence,
    changed: Sequence[_Change],
    ground: RefreshGround,
) -> str:
    """All that a saved change moves, in one transaction; nothing where somebody else has finished it."""
    with writing(run.engine) as connection:
        if not close_intent(connection, waiting.number, _SAVED, run.now):
            return _SAVED
        if waiting.intent.event is not None:
            settle_event(connection, waiting.intent.event, run.now)
        refresh_deal(connection, ground, deal, run.now)
        done = [_record(connection, run, waiting, one) for one in changed]
        _revise_messages(connection, run, waiting.intent, done)
        _tell_new_owner(connection, run, waiting, deal.opportunity)
        card = compose_finished(
            recovered_key(waiting.number), deal.opportunity.name, [one.words for one in changed]
        )
        _tell(connection, run, waiting, card)
    return _SAVED


def _close(run: JobRun, waiting: OpenIntent, card: Card | None) -> str:
    """It was not written: an event of the inbox is done anew from there, anybody else is told."""
    with writing(run.engine) as connection:
        if close_intent(connection, waiting.number, _NOT_WRITTEN, run.now) and card is not None:
            _tell(connection, run, waiting, card)
    return _NOT_WRITTEN


def _give_up(run: JobRun, waiting: OpenIntent, card: Card) -> str:
    """Nothing is left to be done, so the event does not come again."""
    with writing(run.engine) as connection:
        if close_intent(connection, waiting.number, _GONE, run.now):
            if waiting.intent.event is not None:
                settle_event(connection, waiting.intent.event, run.now)
            _tell(connection, run, waiting, card)
    return _GONE


def _revise_messages(connection: Connection, run: JobRun, intent: WriteIntent, done: Sequence[Done]) -> None:
    """Every message that shows the deal says how it stands now, as after a fix that nothing interrupted."""
    company, deal_id = run.company, intent.opportunity_id
    freshness = read_freshness(connection, company, as_of=run.today, now=run.now)
    for key in digests_showing(connection, deal_id):
        digest = compose_digest(read_digest(connection, key), company.definitions.money.corporate_currency)
        revise_letter(connection, key, card_to_text(with_age(digest, freshness)))
    by = people_of(connection).by_id(intent.by)
    findings = findings_on(connection, company, deal_id)
    news = deal_news(deal_id, done, intent.by if by is None else by.name, findings)
    if news is not None:
        for letter in letters_showing(connection, deal_id, run.now):
            card = with_news(card_from_text(letter.card), letter.kind, news, company.nudges)
            revise_letter(connection, letter.key, card_to_text(card))


def _tell_new_owner(
    connection: Connection, run: JobRun, waiting: OpenIntent, deal: OpportunityRecord
) -> None:
    """As after a handover that nothing interrupted."""
    giver = people_of(connection).by_id(waiting.intent.by)
    owner = deal.owner_id
    if OWNER_FIELD not in waiting.intent.changes or owner is None or owner == waiting.intent.by:
        return
    company = run.company
    card = compose_given(
        given_key(waiting.number),
        by=waiting.intent.by if giver is None else giver.name,
        deal_id=deal.id,
        deal=deal.name,
        findings=findings_on(connection, company, deal.id),
        currency=company.definitions.money.corporate_currency,
        grace_days=company.nudges.new_owner_grace_days,
    )
    letter = Letter(key=card.key, kind=GIVEN, audience=to_person(owner), card=card_to_text(card))
    if put_letter(connection, letter, run.now):
        note_deals(connection, card.key, (deal.id,), run.now)


def _record(connection: Connection, run: JobRun, waiting: OpenIntent, change: _Change) -> Done:
    intent = waiting.intent
    entry = AuditEntry(
        by=intent.by,
        surface=intent.surface,
        act=intent.act,
        object=f"deal:{intent.opportunity_id}",
        field=change.shape.name,
        old=change.old,
        new=change.new,
        note="finished after an interruption",
    )
    record_audit(connection, entry, run.now)
    done = done_of(change.shape, change.old, change.new, intent.act)
    record_done(connection, intent.opportunity_id, done, by=intent.by, now=run.now)
    return done


def _tell(connection: Connection, run: JobRun, waiting: OpenIntent, card: Card) -> None:
    letter = Letter(
        key=card.key, kind="recovered", audience=to_person(waiting.intent.by), card=card_to_text(card)
    )
    put_letter(connection, letter, run.now)


def _changed_fields(run: JobRun, waiting: OpenIntent) -> list[_Change]:
    fields = run.crm.describe(waiting.intent.opportunity_id).fields
    changed = []
    for name, (old, new) in waiting.intent.changes.items():
        shape = fields.get(name) or FieldShape(name, field_label(name), FieldType.TEXT)
        changed.append(_Change(shape, shown_text(shape, old), shown_text(shape, new)))
    return changed


def _request(run: JobRun, waiting: OpenIntent) -> PullRequest:
    """Also the fields of the change that no pull brings: they tell whether it arrived."""
    with reading(run.engine) as connection:
        fields = {**waiting.intent.kinds, **pulled_state(connection).fields}
    definitions = run.company.definitions
    return PullRequest(
        fields=fields,
        corporate_currency=definitions.money.corporate_currency,
        now=int(run.now.timestamp()),
        timezone=definitions.calendar.timezone,
        value_field=definitions.metrics.value_field,
    )
