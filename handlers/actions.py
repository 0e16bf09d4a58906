"""Assigning an action: typed, with a form, or from a message of a thread; and lists of actions."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

from handlers.action_draft import (
    LONGEST,
    CheckedDraft,
    DraftProblems,
    Office,
    check_draft,
    read_office,
)
from handlers.action_grammar import ActionDraft, read_action_words
from handlers.action_letters import announce_action, card_for
from handlers.action_lists import list_actions
from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability, Words
from handlers.cells import read_cell as read_cell_argument
from handlers.council_rows import show_in_council
from handlers.today import read_today
from messages.action_form import SAVE, ActionFields, compose_action_form
from messages.card import Form, Person
from messages.reply import Reply
from pipeline.access import Action, OneCell, may
from pipeline.actions import CellReading, read_cell
from pipeline.audiences import person_of
from pipeline.cell_names import CellName
from pipeline.company import Company
from pipeline.errors import AccessDenied, CouncilError
from pipeline.matrix import TOTAL
from pipeline.natural_dates import spoken_day
from pipeline.person_links import ChatAccount
from storage.actions import (
    NewAction,
    cells_after,
    latest_thread,
    open_action,
    owners_in_row,
    read_action,
    thread_audience,
)
from storage.apm import read_apm
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading
from storage.editions import find_thread_cell
from storage.people import read_people
from storage.person_links import read_link

LONGEST_LINK = 600


@dataclass(frozen=True)
class Origin:
    """Where an action comes from, as its form carries it. It comes back unproved."""

    form: str
    """The one form or event by which it is known that it was assigned once."""
    asker: str
    thread_key: str = ""
    link: str = ""

    def written(self) -> str:
        return json.dumps([self.form, self.asker, self.thread_key, self.link])


class FormUnreadable(CouncilError):
    """A form whose argument is none of ours."""


def _origin_of(asked: Asked) -> Origin:
    link = asked.where.quoted.link if asked.where.quoted is not None else None
    return Origin(
        form=asked.event or secrets.token_hex(8),
        asker=asked.member.id,
        thread_key=asked.where.thread_key or asked.where.message_key or "",
        link=link if link is not None and _is_web_address(link) else "",
    )


def _read_origin(argument: str, asked: Asked) -> Origin:
    """Raises `FormUnreadable`, and `AccessDenied` where somebody else opened the form."""
    try:
        form, asker, thread_key, link = json.loads(argument)
    except (ValueError, TypeError) as error:
        raise FormUnreadable("This form is from an older message. Ask for it again with /action.") from error
    if asker != asked.member.id:
        raise AccessDenied("Somebody else opened this form. Open one of your own with /action.")
    return Origin(str(form), asker, str(thread_key), str(link) if _is_web_address(str(link)) else "")


def _is_web_address(link: str) -> bool:
    return link.startswith(("https://", "http://")) and len(link) <= LONGEST_LINK


# --- Asking for it --------------------------------------------------------------------------------


def assign_typed(asked: Asked, words: Words, kind: str = "") -> Reply:
    """`/action spiff EMEA coverage "2x on Data Cloud" @ana by Friday cost 5000`, or a form for the rest."""
    _require_any_cell(asked)
    office = read_office(asked)
    draft = read_action_words(words, office.vocabulary(), kind)
    is_begun = draft != ActionDraft(kind=draft.kind)
    draft = _with_context(asked, replace(draft, owner=_mentioned(asked, draft.owner)))
    if not is_begun:
        return Reply(form=_form(asked, office, draft, DraftProblems({}), _origin_of(asked)))
    return _assign(asked, office, draft, _origin_of(asked))


def assign_clicked(asked: Asked, clicked: Clicked) -> Reply:
    """The buttons of the council's messages, whose argument is a cell, and the menu of a message."""
    _require_any_cell(asked)
    office = read_office(asked)
    named = read_cell_argument(clicked.argument)[0] if clicked.argument else None
    draft = _with_context(asked, ActionDraft(cell="" if named is None else _cell_words(named)))
    cell = _cell_or_none(office, draft)
    if cell is not None:
        _require_access(asked, cell)
    return Reply(form=_form(asked, office, draft, DraftProblems({}), _origin_of(asked)))


def _with_context(asked: Asked, draft: ActionDraft) -> ActionDraft:
    """What the thread and the quoted message say where nothing else was said."""
    if not draft.cell:
        cells = _thread_cells(asked)
        draft = replace(draft, cell=_cell_words(cells[0]) if len(cells) == 1 else "")
    quoted = asked.where.quoted
    if quoted is None or not quoted.text.strip():
        return draft
    first_line = " ".join(quoted.text.strip().splitlines()[0].split())
    return replace(
        draft,
        title=draft.title or first_line[: LONGEST["title"]],
        quoted=quoted.text.strip()[: LONGEST["quoted"]],
    )


def _thread_cells(asked: Asked) -> tuple[CellName, ...]:
    """The cell of the message or of its thread; of the council's summary, those of the rows below it."""
    with reading(asked.engine) as connection:
        for key in (asked.where.message_key, asked.where.thread_key):
            about = find_thread_cell(connection, key) if key else None
            if about is not None:
                return (about.cell,)
        return cells_after(connection, asked.where.thread_key) if asked.where.thread_key else ()


def _cell_words(cell: CellName) -> str:
    """`region EMEA coverage`, as somebody would type it."""
    return f"{cell.dimension.value} {cell.value} {cell.metric.value}"


def _mentioned(asked: Asked, owner: str) -> str:
    """A mention as a chat platform writes it (`<@U123>`) as the person whom it is known to be."""
    if not owner.startswith("<@"):
        return owner
    user_id = owner.strip("<@>").split("|")[0]
    account = ChatAccount(asked.where.surface, asked.where.tenant, user_id)
    with reading(asked.engine) as connection:
        link = read_link(connection, account)
    return link.person if link is not None else owner


def _cell_or_none(office: Office, draft: ActionDraft) -> CellName | None:
    try:
        return office.find_cell(draft.cell)
    except CouncilError:
        return None


# --- Assigning ------------------------------------------------------------------------------------


def save_action(asked: Asked, submitted: Submitted) -> Reply:
    """The form that was filled in: checked again as if it had been typed."""
    origin = _read_origin(submitted.argument, asked)
    names = asdict(ActionDraft())
    answers = {name: submitted.answers.get(name, "") for name in names}
    draft = ActionDraft(**answers)
    draft = replace(draft, owner=_mentioned(asked, draft.owner))
    return _assign(asked, read_office(asked), draft, origin)


def _assign(asked: Asked, office: Office, draft: ActionDraft, origin: Origin) -> Reply:
    checked = check_draft(draft, office)
    if isinstance(checked, DraftProblems):
        return Reply(form=_form(asked, office, draft, checked, origin))
    _require_access(asked, checked.cell)
    people = read_people(asked.engine)
    baseline = _baseline(asked, checked.cell)
    with asked.acting() as connection:
        thread_key = _thread(connection, origin, checked.cell)
        new = _new_action(asked, office, checked, origin, thread_key, baseline)
        no = open_action(connection, new, asked.now)
        action = read_action(connection, no)
        announce_action(connection, asked.company, people, action, asked.now)
        show_in_council(connection, action.cell, office.today)
        entry = AuditEntry(
            by=asked.member.id,
            surface=asked.where.surface,
            act="action_open",
            object=f"action:{no}",
            new=f"{checked.kind} for {checked.cell.written()}, {checked.owner_id} by {checked.due}",
        )
        record_audit(connection, entry, asked.now)
    note = f"Action {no} is assigned to {checked.owner_name}, due {spoken_day(checked.due)}."
    shows_in_thread = thread_key is not None and thread_key == origin.thread_key
    return Reply(() if shows_in_thread else (card_for(action, asked),), note=note)


def _thread(connection: Connection, origin: Origin, cell: CellName) -> str | None:
    """The channel's thread from which it was assigned, else the one of the row in the last council: what is
    proposed in a direct message is for the council too."""
    audience = thread_audience(connection, origin.thread_key) if origin.thread_key else None
    if audience is not None and person_of(audience) is None:
        return origin.thread_key
    return latest_thread(connection, cell)


def _require_any_cell(asked: Asked) -> None:
    """Raises `AccessDenied`, before a form is filled in, for those who may assign for no cell at all."""
    may(asked.member, Action.ASSIGN_ACTION, OneCell(asked.member.team)).require()


def _require_access(asked: Asked, cell: CellName) -> None:
    """Raises `AccessDenied`."""
    if may(asked.member, Action.ASSIGN_ACTION, OneCell(frozenset())).allowed:
        return
    owners: frozenset[str] = frozenset()
    if cell.value != TOTAL and asked.member.reports:
        with reading(asked.engine) as connection:
            owners = owners_in_row(connection, cell, asked.member.team)
    may(asked.member, Action.ASSIGN_ACTION, OneCell(owners)).require()


def _baseline(asked: Asked, cell: CellName) -> CellReading | None:
    as_of = read_today(asked.engine)
    return read_cell(read_apm(asked.engine, asked.company, as_of=as_of, dimension=cell.dimension), cell)


def _new_action(
    asked: Asked,
    office: Office,
    checked: CheckedDraft,
    origin: Origin,
    thread_key: str | None,
    baseline: CellReading | None,
) -> NewAction:
    return NewAction(
        form=origin.form,
        kind=checked.kind,
        cell=checked.cell,
        title=checked.title,
        owner_id=checked.owner_id,
        assigner_id=asked.member.id,
        due=checked.due,
        cost=checked.cost,
        currency=checked.currency,
        expected=checked.expected,
        opened_on=office.today,
        quoted=checked.quoted,
        link=origin.link or None,
        thread_key=thread_key,
        baseline=baseline,
    )


def _form(asked: Asked, office: Office, draft: ActionDraft, problems: DraftProblems, origin: Origin) -> Form:
    written = {name: value[: LONGEST.get(name, 200)] for name, value in asdict(draft).items()}
    fields = ActionFields(
        **written,
        problems=problems.by_part,
        days=problems.days,
        people=tuple(Person(user.id, user.name) for user in problems.people),
        cells=() if written["cell"] else tuple(_cell_words(cell) for cell in _thread_cells(asked)),
    )
    return compose_action_form(fields, origin.written(), office.definition)


# --- What is offered ------------------------------------------------------------------------------


def answer_action(asked: Asked, words: Words) -> Reply:
    return assign_typed(asked, words)


def type_commands(company: Company) -> Mapping[str, Callable[[Asked, Words], Reply]]:
    """The commands that the configured types have of their own: `/spiff`, `/dinner`."""
    return {
        one.command: partial(assign_typed, kind=key)
        for key, one in company.actions.types.items()
        if one.command is not None
    }


CAPABILITY = Capability(
    typed={"action": answer_action, "assign": answer_action, "actions": list_actions},
    clicks={
        "assign": assign_clicked,
        "propose_action": assign_clicked,
        "assign_from_message": assign_clicked,
    },
    forms={SAVE: save_action},
    opens=frozenset({"assign", "propose_action", "assign_from_message"}),
)
