"""`fix`: a form with the fields that a deal's findings name, saved as a whole or not at all."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability
from handlers.deal_choice import may_on, read_choice, settled_choices, today_of
from handlers.fixing import LiveDeal, read_live, write_changes
from handlers.words import old_button
from messages.card import Form
from messages.fix import (
    SAVE_FIX,
    FieldEntry,
    FixAct,
    FixForm,
    compose_fix_form,
    conflict_words,
    learnt_hint,
    saved_words,
)
from messages.nudge import FIX, NEXT_STEP, done_words
from messages.reply import Reply
from messages.wording import Wording
from pipeline.access import Action, Deal, may
from pipeline.crm_fields import Busy, Conflict, DealShape, FieldShape, Gone, Rejected, Saved, WriteResult
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_entry import (
    EntryRefused,
    controlling_value,
    entry_text,
    read_entry,
    shown_text,
    token_of,
    year_problem,
)
from pipeline.deal_fields import OWNER_FIELD, STANDARD_PLACES, value_of
from pipeline.digests import Done, done_of
from pipeline.errors import CouncilError, UnknownName
from pipeline.findings import Finding
from storage.database import Connection, reading
from storage.deal_heads import find_deal_head, read_deal_head
from storage.deal_values import read_deal_record, read_lost_stages
from storage.findings_of import findings_on
from storage.learnt_rejections import learnt_refusals
from storage.mirror import pulled_state
from storage.nudge_choices import record_inspection
from storage.write_intents import Changes

CLOSE_DATE, STAGE = "CloseDate", "StageName"
GONE = "This deal is not in the CRM any more, and nothing was saved. See /hygiene."


@dataclass(frozen=True)
class _Ticket:
    """What travels with a form: the deal, the act, and what each field held when it was shown."""

    deal_id: str
    act: FixAct
    seen: Mapping[str, FieldValue]

    def as_text(self) -> str:
        return json.dumps(
            [self.deal_id, self.act, dict(self.seen)], ensure_ascii=False, separators=(",", ":")
        )

    @staticmethod
    def of(text: str) -> "_Ticket":
        """Raises `CommandNotUnderstood` for what is none of ours."""
        try:
            deal_id, act, seen = json.loads(text)
        except (ValueError, TypeError) as error:
            raise old_button() from error
        if not (isinstance(deal_id, str) and act in list(FixAct) and isinstance(seen, dict) and seen):
            raise old_button()
        return _Ticket(deal_id, FixAct(act), {str(name): value for name, value in seen.items()})


# --- Opening --------------------------------------------------------------------------------------


def open_fix(asked: Asked, clicked: Clicked) -> Reply:
    """What the findings name. A manager who opens a deal of the team has looked at it."""
    reply = open_form(asked, clicked.argument, FixAct.FIX, ())
    _note_inspection(asked, clicked.argument)
    return reply


def _note_inspection(asked: Asked, deal_id: str) -> None:
    """Nothing for who may not inspect it, and in a room where nothing can be changed."""
    choice = read_choice(asked, deal_id)
    if asked.desk.is_read_only or not may_on(asked, Action.INSPECT, choice.deal).allowed:
        return
    with asked.acting() as connection:
        record_inspection(connection, choice.deal, manager=asked.member.id, day=today_of(asked), how="opened")


def open_next_step(asked: Asked, clicked: Clicked) -> Reply:
    return open_form(asked, clicked.argument, FixAct.FIX, ("NextStep",))


def open_form(
    asked: Asked, deal_id: str, act: FixAct, names: Sequence[str], typed: Mapping[str, str] | None = None
) -> Reply:
    """From the mirror, without waiting for the CRM's record, unless it asks for a field that no pull brings.

    Without `names`: what the findings name. `typed`: values to begin with instead of the current ones.
    """
    shape = asked.desk.crm.describe(deal_id)
    with reading(asked.engine) as connection:
        head = read_deal_head(connection, deal_id)
        may(asked.member, Action.FIX, Deal(head.owner_id, head.is_confidential)).require()
        record = read_deal_record(connection, deal_id)
        held = {*STANDARD_PLACES, *pulled_state(connection).fields}
        findings = () if names else _own(findings_on(connection, asked.company, deal_id))
        wanted = list(names) or [name for one in findings for name in one.fixes]
        stage = (typed or {}).get("StageName", record.stage)
        hints = _learnt(connection, shape, stage)
    fields = [name for name in dict.fromkeys([*wanted, *hints]) if _is_writable(shape, name)]
    if not fields:
        raise CouncilError(f"Nothing on {record.name} can be mended from here. Open it in the CRM.")
    if not held.issuperset(fields):
        record = read_live(asked, deal_id, Action.FIX, also=fields).record
    shown = {name: (typed or {}).get(name) for name in fields}
    entries = [
        _entry(_offered(asked, act, shape.fields[name]), record, shown, hints.get(name, ""))
        for name in fields
    ]
    ticket = _Ticket(deal_id, act, {name: token_of(value_of(record, name)) for name in fields})
    elsewhere = [name for name in dict.fromkeys(wanted) if not _is_writable(shape, name)]
    form = FixForm(record.name, act, ticket.as_text(), findings, entries, elsewhere)
    return Reply(form=compose_fix_form(form))


def _own(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.fixes and not one.waived)


def _learnt(connection: Connection, shape: DealShape, stage: str) -> Mapping[str, str]:
    """Fields that the CRM has asked for in such a case before, with its words."""
    learnt = learnt_refusals(connection, stage=stage, record_type=shape.record_type or "")
    hints: dict[str, str] = {}
    for refusal in learnt:
        for name in refusal.fields:
            hints.setdefault(name, learnt_hint(refusal.says))
    return hints


def _is_writable(shape: DealShape, name: str) -> bool:
    return name in shape.fields and shape.fields[name].is_writable


def _offered(asked: Asked, act: FixAct, shape: FieldShape) -> FieldShape:
    """A new owner is chosen among those to whom this person may give the deal, and the stage of a deal that
    is closed as lost among those of lost deals."""
    if shape.name == OWNER_FIELD:
        return _with_picks(shape, asked.member.team)
    if shape.name == STAGE and act is FixAct.CLOSE_LOST:
        with reading(asked.engine) as connection:
            return _with_picks(shape, read_lost_stages(connection))
    return shape


def _with_picks(shape: FieldShape, values: Collection[str]) -> FieldShape:
    return replace(shape, picks=tuple(one for one in shape.picks if one.value in values))


def _entry(
    shape: FieldShape, record: OpportunityRecord, shown: Mapping[str, str | None], hint: str
) -> FieldEntry:
    """`shown`: the fields of the form, with the values that some of them begin with. Picks are those that
    go with what the form begins with; where the field they depend on is chosen in it, all of them."""
    typed = shown.get(shape.name)
    text = entry_text(shape, value_of(record, shape.name)) if typed is None else typed
    depends_on = shape.controlled_by
    controlling = None if depends_on is None else shown.get(depends_on, value_of(record, depends_on))
    return FieldEntry(shape, text, None if controlling is None else str(controlling), hint=hint)


# --- Saving ---------------------------------------------------------------------------------------


def save_fix(asked: Asked, sent: Submitted) -> Reply:
    """Nothing is written unless everything can be; what was typed stays in the form."""
    ticket = _Ticket.of(sent.argument)
    live = read_live(asked, ticket.deal_id, Action.FIX, also=ticket.seen)
    draft = _draft(live, ticket, sent.answers, today_of(asked))
    if draft.problems:
        return Reply(form=_again(asked, live, draft, ticket))
    if not draft.changes:
        return Reply(note=saved_words(live.record.name, ()))
    check_new_owner(asked, live, draft.changes)
    result = write_changes(asked, live, draft.changes, ticket.act.value)
    return answer_result(asked, live, draft, ticket, result)


def check_new_owner(asked: Asked, live: LiveDeal, changes: Changes) -> None:
    """Giving a deal to somebody is more than mending it: for managers, and inside their own team.

    Raises `AccessDenied` or `CouncilError`.
    """
    if OWNER_FIELD not in changes:
        return
    may(asked.member, Action.REASSIGN, Deal(live.record.owner_id)).require()
    if changes[OWNER_FIELD][1] not in asked.member.team:
        raise CouncilError("You can give it to your own team only. Ask sales operations for anybody else.")


@dataclass(frozen=True)
class _Draft:
    """What was typed, and what of it can be written."""

    typed: Mapping[str, str]
    changes: Changes
    problems: Mapping[str, str]
    problem: str = ""


def _draft(live: LiveDeal, ticket: _Ticket, answers: Mapping[str, str], today: date) -> _Draft:
    """A field that the answers do not hold at all was in no form that we showed: it stays as it is."""
    typed = {name: answers[name] for name in ticket.seen if name in answers}
    stays_open = typed.get(STAGE, live.record.stage) == live.record.stage
    changes: dict[str, tuple[FieldValue, FieldValue]] = {}
    problems: dict[str, str] = {}
    for name, entry in typed.items():
        seen, shape = ticket.seen[name], live.field(name)
        current = value_of(live.record, name)
        try:
            wanted = read_entry(shape, entry, _controlling(live, shape, typed))
        except EntryRefused as refused:
            problems[name] = str(refused)
            continue
        if wanted == current:
            continue
        if unlikely := far_problem(live, name, wanted, today):
            problems[name] = unlikely
            continue
        if name == CLOSE_DATE and stays_open and (passed := past_problem(wanted, today)):
            problems[name] = passed
            continue
        if token_of(current) != seen:
            problems[name] = conflict_words(_seen_words(shape, seen), shown_text(shape, current))
        changes[name] = (current, wanted)
    return _Draft(typed, changes, problems)


def far_problem(live: LiveDeal, name: str, wanted: FieldValue, today: date) -> str:
    """Why a day is in no year that could be meant for the deal; empty where it is, and for other fields."""
    created_at = live.record.created_at
    created = None if created_at is None else datetime.fromtimestamp(created_at, UTC).date()
    return year_problem(live.field(name), wanted, created, today)


def past_problem(wanted: FieldValue, today: date) -> str:
    """Why an open deal cannot close on a day; empty where it can. It would only be asked about again."""
    if isinstance(wanted, int) and wanted < today.toordinal():
        return "That day has passed. When will it close?"
    return ""


def _controlling(live: LiveDeal, shape: FieldShape, typed: Mapping[str, str]) -> FieldValue:
    if shape.controlled_by is None:
        return None
    if entry := typed.get(shape.controlled_by):
        return controlling_value(live.shape.fields.get(shape.controlled_by), entry)
    return value_of(live.record, shape.controlled_by)


def _seen_words(shape: FieldShape, seen: FieldValue) -> str | None:
    is_digest = isinstance(seen, str) and seen.startswith("#")
    return None if is_digest else shown_text(shape, seen)


def answer_result(asked: Asked, live: LiveDeal, draft: _Draft, ticket: _Ticket, result: WriteResult) -> Reply:
    """What became of it, in words; a form again where the person can do something about it."""
    match result:
        case Saved():
            return _saved(asked, live, _done(live, draft.changes, ticket.act))
        case Conflict(differences=differences):
            problems = {
                one.field: conflict_words(
                    shown_text(live.field(one.field), one.seen), shown_text(live.field(one.field), one.now)
                )
                for one in differences
            }
            fresh = read_live(asked, ticket.deal_id, Action.FIX, also=ticket.seen)
            return Reply(form=_again(asked, fresh, replace(draft, problems=problems), ticket))
        case Rejected():
            refused = _with_refusals(live, draft, result)
            joined = _with_further(asked, live, refused.problems)
            return Reply(form=_again(asked, joined, refused, ticket))
        case Gone():
            raise UnknownName(GONE)
        case Busy(says=says):
            return Reply(
                form=_again(asked, live, replace(draft, problem=f"{says} Save again in a moment."), ticket)
            )


def _with_refusals(live: LiveDeal, draft: _Draft, rejected: Rejected) -> _Draft:
    """The CRM's words at the fields that they belong to; those fields join the form."""
    problems: dict[str, str] = {}
    whole: list[str] = []
    for refusal in rejected.refusals:
        named = [name for name in refusal.fields if _is_writable(live.shape, name)]
        for name in named:
            problems[name] = " ".join([*filter(None, [problems.get(name)]), refusal.says])
        if not named:
            whole.append(refusal.says)
    return replace(draft, problems=problems, problem=" ".join(whole))


def _with_further(asked: Asked, live: LiveDeal, names: Iterable[str]) -> LiveDeal:
    """With the fields that join the form and that no pull brings; the others stay as the person saw them."""
    further = [name for name in names if name not in STANDARD_PLACES and name not in live.record.fields]
    if not further:
        return live
    fresh = read_live(asked, live.record.id, Action.FIX, also=further)
    record = live.record._replace(fields={**fresh.record.fields, **live.record.fields})
    return replace(live, evidence=replace(live.evidence, opportunity=record))


def _again(asked: Asked, live: LiveDeal, draft: _Draft, ticket: _Ticket) -> Form:
    names = dict.fromkeys([*ticket.seen, *draft.problems])
    shown = {name: draft.typed.get(name) for name in names}
    entries = [
        replace(
            _entry(_offered(asked, ticket.act, live.field(name)), live.record, shown, ""),
            problem=draft.problems.get(name, ""),
            controlling=None if live.field(name).controlled_by in names else _text_of(live, name, draft),
        )
        for name in names
    ]
    seen = {name: token_of(value_of(live.record, name)) for name in names}
    argument = replace(ticket, seen=seen).as_text()
    return compose_fix_form(
        FixForm(live.record.name, ticket.act, argument, (), entries, problem=draft.problem)
    )


def _text_of(live: LiveDeal, name: str, draft: _Draft) -> str | None:
    controlling = _controlling(live, live.field(name), draft.typed)
    return None if controlling is None else str(controlling)


def _saved(asked: Asked, live: LiveDeal, done: Sequence[Done]) -> Reply:
    wording = Wording()
    note = saved_words(live.record.name, [done_words(one, wording) for one in done])
    with reading(asked.engine) as connection:
        deal = find_deal_head(connection, live.record.id)
    return Reply(() if deal is None else settled_choices(asked, deal, done), note=note)


def _done(live: LiveDeal, changes: Changes, act: FixAct) -> tuple[Done, ...]:
    return tuple(
        done_of(shape, shown_text(shape, old), shown_text(shape, new), act.value)
        for shape, (old, new) in ((live.field(name), pair) for name, pair in changes.items())
    )


def write_and_answer(asked: Asked, live: LiveDeal, wanted: Mapping[str, FieldValue], act: FixAct) -> Reply:
    """A change that was chosen without a form; a form opens where the CRM wants more."""
    changes = {
        name: (value_of(live.record, name), value)
        for name, value in wanted.items()
        if value_of(live.record, name) != value
    }
    if not changes:
        return Reply(note=saved_words(live.record.name, ()))
    check_new_owner(asked, live, changes)
    typed = {name: entry_text(live.field(name), new) for name, (_, new) in changes.items()}
    seen = {name: token_of(old) for name, (old, _) in changes.items()}
    ticket = _Ticket(live.record.id, act, seen)
    result = write_changes(asked, live, changes, act.value)
    return answer_result(asked, live, _Draft(typed, changes, {}), ticket, result)


CAPABILITY = Capability(
    clicks={FIX: open_fix, NEXT_STEP: open_next_step},
    forms={SAVE_FIX: save_fix},
    opens=frozenset({FIX, NEXT_STEP}),
)
