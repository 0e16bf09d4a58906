"""What becomes of an action: started, done, commented, given to somebody else, dropped."""

from handlers.action_draft import read_local_day, read_office
from handlers.action_letters import card_for, revise_action, tell_owner
from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability
from handlers.council_rows import show_in_council
from handlers.words import old_button
from messages.action import COMMENT, DONE, DROP, NEW_DATE, REASSIGN, START
from messages.action_form import (
    DUE,
    OWNER,
    SAVE_COMMENT,
    SAVE_DROP,
    SAVE_DUE,
    SAVE_OWNER,
    WORDS,
    compose_comment_form,
    compose_drop_form,
    compose_due_form,
    compose_owner_form,
)
from messages.action_list import SHOW
from messages.card import Person
from messages.reply import Reply
from pipeline.access import Action, AssignedAction, may
from pipeline.actions import ActionStatus, CouncilAction
from pipeline.errors import CouncilError, UnknownName
from pipeline.natural_dates import DateAmbiguous, read_due_day, spoken_day
from pipeline.person_matching import PersonAmbiguous, match_person
from storage.actions import add_comment, read_action, set_due, set_owner, set_status
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading
from storage.people import read_people
from storage.scales import read_calendar

LONGEST_COMMENT = 1_000
LONGEST_DAY = 100


class ActionFinished(CouncilError):
    """An action that is done or dropped changes no more."""


# --- Buttons --------------------------------------------------------------------------------------


def show_action(asked: Asked, clicked: Clicked) -> Reply:
    with reading(asked.engine) as connection:
        action = read_action(connection, _number(clicked.argument))
    return Reply((card_for(action, asked),))


def start_action(asked: Asked, clicked: Clicked) -> Reply:
    return _change_status(asked, _number(clicked.argument), ActionStatus.IN_PROGRESS)


def finish_action(asked: Asked, clicked: Clicked) -> Reply:
    return _change_status(asked, _number(clicked.argument), ActionStatus.DONE)


def ask_comment(asked: Asked, clicked: Clicked) -> Reply:
    return Reply(form=compose_comment_form(_unfinished_now(asked, clicked.argument)))


def ask_due(asked: Asked, clicked: Clicked) -> Reply:
    return Reply(form=compose_due_form(_unfinished_now(asked, clicked.argument)))


def ask_owner(asked: Asked, clicked: Clicked) -> Reply:
    return Reply(form=compose_owner_form(_unfinished_now(asked, clicked.argument)))


def ask_drop_reason(asked: Asked, clicked: Clicked) -> Reply:
    return Reply(form=compose_drop_form(_unfinished_now(asked, clicked.argument)))


# --- Forms ----------------------------------------------------------------------------------------


def save_comment(asked: Asked, submitted: Submitted) -> Reply:
    words = submitted.answers.get(WORDS, "").strip()
    action = _unfinished_now(asked, submitted.argument)
    if problem := _problem_of(words, "Write a few words."):
        return Reply(form=compose_comment_form(action, words[:LONGEST_COMMENT], problem))
    with asked.acting() as connection:
        last = _unfinished(connection, asked, action.no).comments[-1:]
        if any(said.by.id == asked.member.id and said.text == words for said in last):
            return Reply(note="That comment stands with the action already.")
        add_comment(connection, action.no, asked.member.id, words, asked.now)
        _record(connection, asked, action.no, "action_comment", new=words)
        return _shown_again(connection, asked, action.no, "Your comment stands with the action.")


def save_due(asked: Asked, submitted: Submitted) -> Reply:
    typed = submitted.answers.get(DUE, "").strip()
    action = _unfinished_now(asked, submitted.argument)
    with reading(asked.engine) as connection:
        calendar = read_calendar(connection, asked.company.definitions)
    try:
        due = read_due_day(typed, read_local_day(asked), calendar)
    except DateAmbiguous as error:
        return Reply(form=compose_due_form(action, typed, error.days, error.question))
    except CouncilError as error:
        return Reply(form=compose_due_form(action, typed[:LONGEST_DAY], (), str(error)))
    if due == action.due:
        problem = f"It is due {spoken_day(due)} already. Write another day."
        return Reply(form=compose_due_form(action, typed, (), problem))
    with asked.acting() as connection:
        before = _unfinished(connection, asked, action.no).due
        set_due(connection, action.no, due)
        _record(connection, asked, action.no, "action_due", "due", str(before), str(due))
        return _shown_again(connection, asked, action.no, f"Action {action.no} is due {spoken_day(due)} now.")


def save_owner(asked: Asked, submitted: Submitted) -> Reply:
    typed = submitted.answers.get(OWNER, "").strip()
    action = _unfinished_now(asked, submitted.argument)
    try:
        owner = match_person(typed[:LONGEST_COMMENT], read_office(asked).users)
    except PersonAmbiguous as error:
        people = tuple(Person(user.id, user.name) for user in error.candidates)
        return Reply(form=compose_owner_form(action, typed, people, error.question))
    except UnknownName as error:
        return Reply(form=compose_owner_form(action, typed[:200], (), str(error)))
    if owner.id == action.owner.id:
        problem = f"It is {owner.name}'s already. Name somebody else."
        return Reply(form=compose_owner_form(action, typed, (), problem))
    people_now = read_people(asked.engine)
    with asked.acting() as connection:
        former = _unfinished(connection, asked, action.no).owner
        set_owner(connection, action.no, owner.id)
        _record(connection, asked, action.no, "action_reassign", "owner", former.id, owner.id)
        changed = read_action(connection, action.no)
        if owner.id != asked.member.id:
            tell_owner(connection, asked.company, people_now, changed, asked.now)
        revise_action(connection, asked.company, people_now, changed)
        show_in_council(connection, changed.cell, read_local_day(asked))
    return Reply(note=f"It is {owner.name}'s now.")


def drop_action(asked: Asked, submitted: Submitted) -> Reply:
    reason = submitted.answers.get(WORDS, "").strip()
    action = _unfinished_now(asked, submitted.argument)
    if problem := _problem_of(reason, "Say why, in a few words: the council reads it."):
        return Reply(form=compose_drop_form(action, reason[:LONGEST_COMMENT], problem))
    return _change_status(asked, action.no, ActionStatus.DROPPED, reason)


CAPABILITY = Capability(
    clicks={
        SHOW: show_action,
        START: start_action,
        DONE: finish_action,
        COMMENT: ask_comment,
        NEW_DATE: ask_due,
        REASSIGN: ask_owner,
        DROP: ask_drop_reason,
    },
    forms={SAVE_COMMENT: save_comment, SAVE_DUE: save_due, SAVE_OWNER: save_owner, SAVE_DROP: drop_action},
    opens=frozenset({COMMENT, NEW_DATE, REASSIGN, DROP}),
)


# --- The change itself ----------------------------------------------------------------------------


def _change_status(asked: Asked, no: int, status: ActionStatus, reason: str = "") -> Reply:
    with asked.acting() as connection:
        before = _unfinished(connection, asked, no)
        if before.status is status:
            raise ActionFinished(f"Action {no} is {status.value.replace('_', ' ')} already.")
        set_status(connection, no, status, read_local_day(asked), reason)
        _record(connection, asked, no, "action_status", "status", before.status, status, reason)
        words = f"Action {no} is {status.value.replace('_', ' ')} now."
        return _shown_again(connection, asked, no, words)


def _shown_again(connection: Connection, asked: Asked, no: int, note: str) -> Reply:
    """The action revised wherever it was sent to; its card too where the click came from elsewhere."""
    changed = read_action(connection, no)
    revised = revise_action(connection, asked.company, read_people(asked.engine), changed)
    show_in_council(connection, changed.cell, read_local_day(asked))
    is_seen = asked.where.message_key in revised
    return Reply(() if is_seen else (card_for(changed, asked),), note=note)


def _unfinished_now(asked: Asked, argument: str) -> CouncilAction:
    with reading(asked.engine) as connection:
        return _unfinished(connection, asked, _number(argument))


def _unfinished(connection: Connection, asked: Asked, no: int) -> CouncilAction:
    """An action that the asker may change. Raises `NoSuchAction`, `AccessDenied`, `ActionFinished`."""
    action = read_action(connection, no)
    may(asked.member, Action.CHANGE, AssignedAction(action.owner.id, action.assigner.id)).require()
    if not action.is_unfinished:
        reason = f": {action.drop_reason}" if action.drop_reason else ""
        raise ActionFinished(
            f"Action {no} is {action.status.value} since {action.changed_on}{reason}. Nothing was changed; "
            "assign a new one with /action."
        )
    return action


def _number(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit() and len(argument) <= 9):
        raise old_button()
    return int(argument)


def _problem_of(words: str, missing: str) -> str:
    if not words:
        return missing
    if len(words) > LONGEST_COMMENT:
        return f"That has {len(words):,} characters. Shorten it to {LONGEST_COMMENT:,} at most."
    return ""


def _record(
    connection: Connection,
    asked: Asked,
    no: int,
    act: str,
    field: str = "",
    old: str | None = None,
    new: str | None = None,
    note: str = "",
) -> None:
    entry = AuditEntry(
        by=asked.member.id,
        surface=asked.where.surface,
        act=act,
        object=f"action:{no}",
        field=field,
        old=old,
        new=new,
        note=note,
    )
    record_audit(connection, entry, asked.now)
