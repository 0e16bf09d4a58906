"""Fixes without a form: a picked date, two weeks more, lost, not mine, another owner; and `/fix DEAL`."""

from datetime import date, timedelta

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability, Words
from handlers.deal_choice import (
    may_on,
    name_for_operations,
    read_choice,
    record_choice,
    settled_choices,
    show_done,
    today_of,
)
from handlers.fix_form import (
    CLOSE_DATE,
    STAGE,
    far_problem,
    open_fix,
    open_form,
    past_problem,
    write_and_answer,
)
from handlers.fixing import LiveDeal, read_live
from messages.card_text import card_to_text
from messages.deal_letters import NOT_MINE
from messages.fix import (
    CONFIRM_PUSH,
    FixAct,
    compose_deal_choice,
    compose_not_mine,
    compose_push_confirmation,
)
from messages.nudge import FIX_DATE, PUSH
from messages.reply import Reply
from pipeline.access import Action
from pipeline.audiences import operations_desk, to_person
from pipeline.calendar import FiscalCalendar
from pipeline.crm_fields import FieldShape
from pipeline.deal_entry import EntryRefused, read_entry
from pipeline.deal_fields import OWNER_FIELD
from pipeline.digests import BY_OPERATIONS, Done, DoneKind
from pipeline.errors import CouncilError, PeriodMissing
from pipeline.records import Category
from storage.database import reading
from storage.deal_values import read_lost_stages
from storage.findings_of import findings_of
from storage.letter_deals import note_deals
from storage.outbox import Letter, put_letter
from storage.people import read_people
from storage.scales import read_calendar

TWO_WEEKS = timedelta(days=14)
MOST_CHOICES = 5


def set_close_date(asked: Asked, clicked: Clicked) -> Reply:
    """The date that was picked. Raises `CouncilError` for what is none."""
    live = read_live(asked, clicked.argument, Action.FIX)
    try:
        wanted = read_entry(live.field(CLOSE_DATE), clicked.value)
    except EntryRefused as refused:
        raise CouncilError(str(refused)) from refused
    today = today_of(asked)
    if problem := past_problem(wanted, today) or far_problem(live, CLOSE_DATE, wanted, today):
        raise CouncilError(problem)
    return write_and_answer(asked, live, {CLOSE_DATE: wanted}, FixAct.FIX_DATE)


def push(asked: Asked, clicked: Clicked) -> Reply:
    """Two weeks more; where that leaves the quarter or a Commit, only after asking."""
    live = read_live(asked, clicked.argument, Action.FIX)
    old, new = _pushed(live, today_of(asked))
    leaves, is_commit = _left_quarter(asked, old, new), live.record.category is Category.COMMIT
    if leaves is None and not is_commit:
        return write_and_answer(asked, live, {CLOSE_DATE: new.toordinal()}, FixAct.PUSH)
    form = compose_push_confirmation(
        live.record.id, live.record.name, old, new, leaves=leaves, is_commit=is_commit
    )
    return Reply(form=form)


def push_after_asking(asked: Asked, sent: Submitted) -> Reply:
    live = read_live(asked, sent.argument, Action.FIX)
    _, new = _pushed(live, today_of(asked))
    return write_and_answer(asked, live, {CLOSE_DATE: new.toordinal()}, FixAct.PUSH)


def _pushed(live: LiveDeal, today: date) -> tuple[date, date]:
    """The old date and the new one. Two weeks on from a day long past would be past as well: from today."""
    if live.record.close_day is None:
        raise CouncilError(f"{live.record.name} has no close date to push. Set one.")
    old = date.fromordinal(live.record.close_day)
    return old, max(old, today) + TWO_WEEKS


def _left_quarter(asked: Asked, old: date, new: date) -> str | None:
    """The quarter that the deal would leave."""
    with reading(asked.engine) as connection:
        calendar = read_calendar(connection, asked.company.definitions)
    before = _label(calendar, old)
    return before if before != _label(calendar, new) else None


def _label(calendar: FiscalCalendar, day: date) -> str:
    try:
        return calendar.period_of(day).label
    except PeriodMissing:
        return f"the quarter of {day.isoformat()}"


def close_lost(asked: Asked, clicked: Clicked) -> Reply:
    """The stage of lost deals, with what the CRM wants beside it."""
    live = read_live(asked, clicked.argument, Action.FIX)
    stage = _lost_stage(asked, live)
    beside = [name for name, shape in live.shape.fields.items() if _goes_with(shape, stage)]
    if not beside:
        return write_and_answer(asked, live, {STAGE: stage}, FixAct.CLOSE_LOST)
    return open_form(asked, live.record.id, FixAct.CLOSE_LOST, (STAGE, *beside), {STAGE: stage})


def _lost_stage(asked: Asked, live: LiveDeal) -> str:
    with reading(asked.engine) as connection:
        lost = read_lost_stages(connection)
    offered = {pick.value for pick in live.field(STAGE).picks}
    for stage in lost:
        if stage in offered or not offered:
            return stage
    raise CouncilError("The CRM has no stage for lost deals. Close it there.")


def _goes_with(shape: FieldShape, stage: str) -> bool:
    """A field whose picks there are in this stage alone: a loss reason."""
    return shape.controlled_by == STAGE and any(stage in pick.needs for pick in shape.picks)


def not_mine(asked: Asked, clicked: Clicked) -> Reply:
    """Tells the managers and sales operations; nothing is reassigned by itself."""
    choice = read_choice(asked, clicked.argument)
    may_on(asked, Action.FIX, choice.deal).require()
    if choice.deal.owner_id != asked.member.id:
        raise CouncilError(
            f"{choice.deal.name} is not yours. You can give it to a colleague: press Reassign."
        )
    people, company = read_people(asked.engine), asked.company
    managers = [to_person(one) for one in people.managers_of(asked.member.id)]
    desk = operations_desk(people, company.people.operations, company.chat)
    done = Done(DoneKind.NOT_MINE, new=None if managers else BY_OPERATIONS)
    with asked.acting() as connection:
        record_choice(connection, asked, choice, "not_mine", note="")
        show_done(connection, asked, choice.deal, done)
        for audience in dict.fromkeys([*managers, *desk]):
            key = f"not_mine:{choice.deal.id}:{asked.member.id}:{audience.lstrip('@#')}"
            card = compose_not_mine(
                key,
                by=asked.member.name,
                deal_id=choice.deal.id,
                deal=choice.deal.name if audience in managers else name_for_operations(choice.deal),
                manager=audience in managers,
                has_manager=bool(managers),
            )
            letter = Letter(key=key, kind=NOT_MINE, audience=audience, card=card_to_text(card))
            if put_letter(connection, letter, asked.now):
                note_deals(connection, key, (choice.deal.id,), asked.now)
    told = "Your manager and sales operations know." if managers else "Sales operations know."
    note = f"{told} It stays yours until they reassign it."
    return Reply(settled_choices(asked, choice.deal, (done,)), note=note)


def reassign(asked: Asked, clicked: Clicked) -> Reply:
    """A manager chooses another owner of the team: in a form, or at once where the control has the choice."""
    live = read_live(asked, clicked.argument, Action.REASSIGN)
    if not clicked.value:
        return open_form(asked, live.record.id, FixAct.REASSIGN, (OWNER_FIELD,))
    return write_and_answer(asked, live, {OWNER_FIELD: clicked.value}, FixAct.REASSIGN)


def answer_fix(asked: Asked, words: Words) -> Reply:
    """`/fix DEAL`: by id or name, one's own deals with findings first."""
    wanted = " ".join(words).casefold()
    if not wanted:
        raise CouncilError("Which deal? Type /fix and its name, or see /hygiene.")
    with reading(asked.engine) as connection:
        findings = findings_of(connection, asked.company, asked.member.team)
    deals = {one.opportunity_id: one for one in findings}
    found = [
        one
        for one in deals.values()
        if wanted in (one.opportunity_id.casefold(), one.opportunity_name.casefold())
    ] or [one for one in deals.values() if wanted in one.opportunity_name.casefold()]
    if not found:
        raise CouncilError(
            f"None of your deals with something to fix is called “{' '.join(words)}”. See /hygiene."
        )
    if len(found) == 1:
        return open_fix(asked, Clicked("fix", found[0].opportunity_id))
    lines = [(one.opportunity_id, one.opportunity_name, one.value) for one in found[:MOST_CHOICES]]
    return Reply((compose_deal_choice(lines, asked.company.definitions.money.corporate_currency),))


CAPABILITY = Capability(
    typed={"fix": answer_fix},
    clicks={
        FIX_DATE: set_close_date,
        PUSH: push,
        FixAct.CLOSE_LOST: close_lost,
        "not_mine": not_mine,
        FixAct.REASSIGN: reassign,
    },
    forms={CONFIRM_PUSH: push_after_asking},
)
