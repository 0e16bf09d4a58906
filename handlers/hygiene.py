"""`/hygiene`: a person's own deals, a manager's team, the company, and everybody's scores."""

from collections.abc import Callable

from handlers import person_hygiene, rules
from handlers.age import say_age
from handlers.asking import Asked
from handlers.capability import Capability, Words
from handlers.grammar import HygieneScope, ShowHygiene, ShowHygieneOf, read_hygiene_words
from handlers.today import read_today
from messages.hygiene import compose_company, compose_own, compose_team
from messages.reply import Reply
from messages.scores import compose_scores
from pipeline.access import Action, CompanyCells, Member, PersonScore, Role, TeamFigures, may
from pipeline.company import Company
from pipeline.errors import AccessDenied, CouncilError
from pipeline.findings import Audience, HygieneReport, PersonName
from pipeline.past_scores import visible_scores
from storage.database import Engine, reading
from storage.findings_of import findings_of
from storage.hygiene_reading import read_hygiene
from storage.people import read_people
from storage.scores_by_day import read_all_scores, read_past_scores, read_scores


def answer_hygiene(asked: Asked, words: Words) -> Reply:
    """Raises `AccessDenied` where the person's role does not see that view, or that person's deals."""
    lab = rules.VIEWS.get(words[0].casefold()) if words else None
    if lab is not None:
        return lab(asked, words[1:])
    wanted = read_hygiene_words(words)
    if isinstance(wanted, ShowHygieneOf):
        return person_hygiene.answer_named(asked, wanted.person)
    show = _VIEWS[_scope(asked.member, wanted)]
    return say_age(asked, show(asked.engine, asked.company, asked.member))


CAPABILITY = Capability(
    typed={"hygiene": answer_hygiene}, clicks={person_hygiene.OPEN: person_hygiene.open_person}
)


def _scope(member: Member, wanted: ShowHygiene) -> HygieneScope:
    """Sales operations have no team of their own: theirs is the company."""
    if (
        wanted.scope is HygieneScope.TEAM
        and Role.OPERATIONS in member.roles
        and Role.MANAGER not in member.roles
    ):
        return HygieneScope.COMPANY
    return wanted.scope


def _show_own(engine: Engine, company: Company, member: Member) -> Reply:
    if Role.REP not in member.roles:
        raise AccessDenied("You own no deals in the CRM. Try /hygiene company.")
    may(member, Action.SEE, PersonScore(member.id)).require()
    day = read_today(engine)
    with reading(engine) as connection:
        findings = findings_of(connection, company, [member.id])
        scores = read_scores(connection, day, "rep", {member.id: member.name})
        past = read_past_scores(connection, day)
    own = tuple(one for one in findings if one.audience is not Audience.OPERATIONS)
    score = next(iter(scores), None)
    if score is None and not own:
        return _show_instead(engine, company, member)
    person = PersonName(member.id, member.name)
    return Reply((compose_own(person, own, score, _currency(company), past=past),))


def _show_instead(engine: Engine, company: Company, member: Member) -> Reply:
    """Somebody who owns no open deal is not thanked for keeping none: theirs is the team, or the company."""
    if Role.MANAGER in member.roles:
        return _show_team(engine, company, member)
    if may(member, Action.SEE, CompanyCells()).allowed:
        return _show_company(engine, company, member)
    raise CouncilError("You own no open deal in the CRM, so nothing of yours needs a hand.")


def _show_team(engine: Engine, company: Company, member: Member) -> Reply:
    if Role.MANAGER not in member.roles:
        raise AccessDenied("Nobody reports to you in the CRM, so there is no team to show. Try /hygiene.")
    may(member, Action.SEE, TeamFigures(member.id)).require()
    day = read_today(engine)
    users = read_people(engine).users
    names = {rep: users[rep].name for rep in member.reports if rep in users}
    with reading(engine) as connection:
        below = findings_of(connection, company, member.reports)
        scores = (
            *read_scores(connection, day, "rep", names),
            *read_scores(connection, day, "team", {member.id: member.name}),
        )
        past = read_past_scores(connection, day)
    manager = PersonName(member.id, member.name)
    return Reply((compose_team(manager, below, scores, _currency(company), past=past),))


def _show_company(engine: Engine, company: Company, member: Member) -> Reply:
    may(member, Action.SEE, CompanyCells()).require()
    report = _read(engine, company)
    with reading(engine) as connection:
        past = read_past_scores(connection, report.as_of)
    return Reply((compose_company(report, _currency(company), past=past),))


def _show_scores(engine: Engine, company: Company, member: Member) -> Reply:
    """Those that the person may see: the own one, those below, or all of them."""
    day = read_today(engine)
    people = read_people(engine)
    are_public = company.nudges.public_scores
    names = {user.id: user.name for user in people.users.values()}
    with reading(engine) as connection:
        scores = read_all_scores(connection, day, names)
        past = read_past_scores(connection, day)
    visible = visible_scores(member, scores, are_public=are_public)
    if not visible:
        may(member, Action.SEE, PersonScore(member.id, are_public)).require()
    managers = {user.id: user.manager_id for user in people.users.values() if user.manager_id is not None}
    return Reply((compose_scores(day, visible, past, managers, are_public=are_public),))


_VIEWS: dict[HygieneScope, Callable[[Engine, Company, Member], Reply]] = {
    HygieneScope.OWN: _show_own,
    HygieneScope.TEAM: _show_team,
    HygieneScope.COMPANY: _show_company,
    HygieneScope.SCORES: _show_scores,
}


def _read(engine: Engine, company: Company) -> HygieneReport:
    return read_hygiene(engine, company, as_of=read_today(engine))


def _currency(company: Company) -> str:
    return company.definitions.money.corporate_currency
