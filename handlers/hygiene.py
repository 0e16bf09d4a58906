"""`/hygiene`: a person's own deals, a manager's team, and the company."""

from collections.abc import Callable
from datetime import timedelta

from handlers import rules
from handlers.asking import Asked
from handlers.capability import Capability, Words
from handlers.grammar import HygieneScope, ShowHygiene, read_hygiene_words
from handlers.today import read_today
from messages.hygiene import compose_company, compose_own, compose_team
from messages.reply import Reply
from pipeline.access import Action, CompanyCells, Member, PersonScore, Role, TeamFigures, may
from pipeline.company import Company
from pipeline.errors import AccessDenied
from pipeline.findings import Audience, HygieneReport, PersonName
from storage.database import Engine, reading
from storage.findings_of import findings_of
from storage.hygiene_reading import read_hygiene
from storage.people import read_people
from storage.scores_by_day import read_scores

TREND = timedelta(weeks=4)
"""A score is compared with the one of so long ago."""


def answer_hygiene(asked: Asked, words: Words) -> Reply:
    """Raises `AccessDenied` where the person's role does not see that view."""
    lab = rules.VIEWS.get(words[0].casefold()) if words else None
    if lab is not None:
        return lab(asked, words[1:])
    show = _VIEWS[_scope(asked.member, read_hygiene_words(words))]
    return show(asked.engine, asked.company, asked.member)


CAPABILITY = Capability(typed={"hygiene": answer_hygiene})


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
        before = read_scores(connection, day - TREND, "rep", {member.id: member.name})
    own = tuple(one for one in findings if one.audience is not Audience.OPERATIONS)
    score = next(iter(scores), None)
    person = PersonName(member.id, member.name)
    return Reply((compose_own(person, own, score, _currency(company), before=next(iter(before), None)),))


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
        before = read_scores(connection, day - TREND, "team", {member.id: member.name})
    manager = PersonName(member.id, member.name)
    return Reply((compose_team(manager, below, scores, _currency(company), before=next(iter(before), None)),))


def _show_company(engine: Engine, company: Company, member: Member) -> Reply:
    may(member, Action.SEE, CompanyCells()).require()
    return Reply((compose_company(_read(engine, company), _currency(company)),))


_VIEWS: dict[HygieneScope, Callable[[Engine, Company, Member], Reply]] = {
    HygieneScope.OWN: _show_own,
    HygieneScope.TEAM: _show_team,
    HygieneScope.COMPANY: _show_company,
}


def _read(engine: Engine, company: Company) -> HygieneReport:
    return read_hygiene(engine, company, as_of=read_today(engine))


def _currency(company: Company) -> str:
    return company.definitions.money.corporate_currency
