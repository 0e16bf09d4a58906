"""Prepare: on the working day before, the owners of red and yellow cells are asked for a word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from jobs.council_day import coming_council
from jobs.job import JobRun, Outcome
from messages.action_lines import action_line
from messages.card import Card, PlainBlock
from messages.card_text import card_to_text
from messages.figures import METRIC_LABELS
from messages.freshness import with_age
from messages.owner_notice import compose_owner_notice
from messages.preparation import compose_preparation
from messages.wording import Wording
from pipeline.access import Action, CompanyCells, Member, identify, may
from pipeline.actions import UNFINISHED
from pipeline.cell_gaps import CellCase, cells_to_speak_about
from pipeline.cell_names import CellName
from pipeline.cell_owners import NOBODY, Reach, functions_without_cells, who_answers
from pipeline.company import Company
from pipeline.council_days import is_before_council
from pipeline.errors import AccessDenied
from pipeline.matrix import Matrix
from pipeline.people import People
from pipeline.preparation import CellAsk, choose_cells
from pipeline.visible_deals import visible_deals
from storage.actions import read_actions
from storage.apm import dimensions_of, read_apm
from storage.cell_deals import read_fixable, wrongs_by_deal
from storage.cell_words import record_request
from storage.database import Connection, reading, writing
from storage.freshness import read_freshness
from storage.hygiene_reading import read_hygiene
from storage.nudge_choices import read_pause
from storage.outbox import Letter, put_letter, to_person
from storage.people import read_people


@dataclass
class _Load:
    """What falls to one person."""

    member: Member
    cases: list[CellCase] = field(default_factory=list)
    instead_of: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Message:
    person_id: str
    card: Card
    cells: tuple[CellName, ...]


def prepare_council(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull."""
    council = coming_council(run)
    weekday, working_days = run.company.council.weekday, run.company.working_days
    if not is_before_council(weekday, working_days, run.council_day) and not run.dry_run:
        return Outcome(f"Nothing to prepare; the next council is on {council:%A, %-d %B}")
    tables = [
        read_apm(run.engine, run.company, as_of=run.today, dimension=dimension)
        for dimension in dimensions_of(run.company)
    ]
    people = read_people(run.engine)
    with reading(run.engine) as connection:
        reach = reach_of(connection, run.company, people, run.council_day)
        loads, unanswered = _share_out(run.company, people, tables, reach)
    messages = _compose(run, council, loads)
    notices = _notices(run.company, people, council, tables, unanswered)
    if not run.dry_run:
        _put(run, council, people, messages, notices)
    cells = sum(len(message.cells) for message in messages)
    return Outcome(
        f"Asked {len(messages)} people about {cells} cells; {len(unanswered)} cells without anybody to ask",
        tuple(message.card for message in messages),
    )


def reach_of(connection: Connection, company: Company, people: People, today: date) -> Reach:
    """Who can be asked: somebody active whom we know, not on a pause, and who may speak for cells."""

    def reach(name: str) -> Member | None:
        member = _known(company, people, name)
        if member is None or read_pause(connection, member.id, today) is not None:
            return None
        return member if may(member, Action.GIVE_CONTEXT, CompanyCells()).allowed else None

    return reach


def _known(company: Company, people: People, name: str) -> Member | None:
    """An active person by CRM user id or e-mail, be it one whom only the configuration knows."""
    try:
        return identify(people, company.people, company.council, name)
    except AccessDenied:
        return None


def _operations(company: Company) -> Sequence[str]:
    return tuple(dict.fromkeys((*company.people.functions.operations, *company.people.operations)))


def _share_out(
    company: Company, people: People, tables: Sequence[Matrix], reach: Reach
) -> tuple[Sequence[_Load], Sequence[CellCase]]:
    """The loads by person, and the cells for which nobody can be reached; the worst first."""
    loads: dict[str, _Load] = {}
    unanswered: list[CellCase] = []
    for case in cells_to_speak_about(tables):
        answering = who_answers(case.name, company.council.owners, _operations(company), reach)
        if answering is None:
            unanswered.append(case)
            continue
        load = loads.setdefault(answering.member.id, _Load(answering.member))
        load.cases.append(case)
        if answering.instead_of in (None, NOBODY):
            continue
        away = _name_of(people, str(answering.instead_of))
        if away not in load.instead_of:
            load.instead_of.append(away)
    return tuple(loads.values()), unanswered


def _compose(run: JobRun, council: date, loads: Sequence[_Load]) -> list[_Message]:
    wrongs = wrongs_by_deal(read_hygiene(run.engine, run.company, as_of=run.today))
    with reading(run.engine) as connection:
        open_actions = read_actions(connection, statuses=UNFINISHED)
        freshness = read_freshness(connection, run.company, as_of=run.today, now=run.now)
    wording = Wording()
    actions: dict[CellName, tuple[PlainBlock, ...]] = {}
    for action in open_actions:
        line = action_line(action, run.council_day, wording)
        actions[action.cell] = (*actions.get(action.cell, ()), line)
    return [
        replace(message, card=with_age(message.card, freshness))
        for message in (_message(run, council, load, wrongs, actions) for load in loads)
    ]


def _name_of(people: People, configured: str) -> str:
    user = people.by_id(configured) or people.by_email(configured)
    return configured if user is None else user.name


def _message(
    run: JobRun,
    council: date,
    load: _Load,
    wrongs: Mapping[str, tuple[str, ...]],
    actions: Mapping[CellName, tuple[PlainBlock, ...]],
) -> _Message:
    chosen = choose_cells(load.cases)
    card = compose_preparation(
        load.member.id,
        council,
        [_ask(run, load.member, case, wrongs) for case in chosen],
        more=len(load.cases) - len(chosen),
        instead_of=load.instead_of,
        actions=actions,
    )
    return _Message(load.member.id, card, tuple(case.name for case in chosen))


def _ask(run: JobRun, member: Member, case: CellCase, wrongs: Mapping[str, tuple[str, ...]]) -> CellAsk:
    fixable = read_fixable(run.engine, run.company, as_of=run.today, cell=case.name, wrongs=wrongs)
    by_id = {one.deal.opportunity_id: one for one in fixable}
    seen = visible_deals(member, [one.deal for one in fixable])
    named = tuple(by_id[deal.opportunity_id] for deal in seen if deal.opportunity_id)
    return CellAsk(case, named, len(fixable))


def _notices(
    company: Company,
    people: People,
    council: date,
    tables: Sequence[Matrix],
    unanswered: Sequence[CellCase],
) -> list[_Message]:
    """For each of operations, where somebody is missing."""
    cells = (
        CellName(table.dimension, row.value, metric)
        for table in tables
        for row in table.rows
        for metric in METRIC_LABELS
    )
    idle = functions_without_cells(company.council.owners, cells)
    if not idle and not unanswered:
        return []
    names = [f"{case.row.value} {METRIC_LABELS[case.metric].lower()}" for case in unanswered]
    members = (_known(company, people, name) for name in _operations(company))
    return [
        _Message(person_id, compose_owner_notice(council, person_id, idle, names), ())
        for person_id in dict.fromkeys(member.id for member in members if member is not None)
    ]


def _put(
    run: JobRun, council: date, people: People, messages: Sequence[_Message], notices: Sequence[_Message]
) -> None:
    with writing(run.engine) as connection:
        for kind, each in (("preparation", messages), ("cell_owners", notices)):
            for message in each:
                letter = Letter(
                    key=message.card.key,
                    kind=kind,
                    audience=to_person(message.person_id),
                    card=card_to_text(message.card),
                    not_before=run.when_told(people.by_id(message.person_id)),
                    counts=True,
                )
                if put_letter(connection, letter, run.now):
                    for cell in message.cells:
                        record_request(connection, council, cell, message.person_id)
