"""`/hygiene NAME`: how the deals of one person stand, and of their team, for the managers above and for sales
operations."""

from collections.abc import Collection, Iterable

from handlers.age import say_age
from handlers.asking import Asked, Clicked
from handlers.today import read_today
from handlers.words import old_button
from messages.card import Card, Choice
from messages.hygiene import Reader, compose_own, compose_team
from messages.reply import Reply
from messages.which_one import compose_which_one
from pipeline.access import Action, Deal, Member, PersonScore, may
from pipeline.errors import CouncilError, UnknownName
from pipeline.findings import Audience, Finding, PersonName
from pipeline.people import People, User
from pipeline.person_matching import PersonAmbiguous, match_owner
from storage.database import reading
from storage.findings_of import findings_of
from storage.people import read_people
from storage.scores_by_day import read_past_scores, read_scores

OPEN = "hygiene_of"


def answer_named(asked: Asked, typed: str) -> Reply:
    """Of several people with that name: buttons. Raises `UnknownName`, and `AccessDenied` for people whose
    records the asker does not see."""
    people = read_people(asked.engine)
    try:
        return _show(asked, _find(asked.member, people, typed), people)
    except PersonAmbiguous as error:
        found = [Choice(user.id, _distinct(user)) for user in error.candidates]
        return Reply((compose_which_one(typed, OPEN, found),))


def open_person(asked: Asked, clicked: Clicked) -> Reply:
    """The one who was chosen of several. Raises `AccessDenied` as if their name had been typed."""
    people = read_people(asked.engine)
    user = people.by_id(clicked.argument)
    if user is None:
        raise old_button()
    return _show(asked, user, people)


def _find(member: Member, people: People, typed: str) -> User:
    """Among those whose records the asker sees; else among everybody, so that a refusal says why."""
    try:
        return match_owner(typed, _seen_by(member, people.users.values()))
    except PersonAmbiguous:
        raise
    except UnknownName:
        pass
    try:
        return match_owner(typed, people.users.values())
    except PersonAmbiguous as error:
        may(member, Action.SEE, PersonScore(error.candidates[0].id)).require()
        raise
    except UnknownName as error:
        raise UnknownName(f"{error} Or try /hygiene alone, /hygiene team, company or scores.") from error


def _seen_by(member: Member, users: Iterable[User]) -> list[User]:
    return [user for user in users if may(member, Action.SEE, PersonScore(user.id)).allowed]


def _show(asked: Asked, user: User, people: People) -> Reply:
    may(asked.member, Action.SEE, PersonScore(user.id)).require()
    below = people.reports_of(user.id)
    own = _own_card(asked, user)
    team = _team_card(asked, user, people, below) if below else None
    cards = tuple(card for card in (team, own) if card is not None)
    if not cards:
        raise CouncilError(f"{user.name} owns no open deal in the CRM, so nothing of theirs needs a hand.")
    return say_age(asked, Reply(cards))


def _own_card(asked: Asked, user: User) -> Card | None:
    """Nothing where the person owns no open deal."""
    day = read_today(asked.engine)
    with reading(asked.engine) as connection:
        findings = findings_of(connection, asked.company, [user.id])
        score = next(iter(read_scores(connection, day, "rep", {user.id: user.name})), None)
        past = read_past_scores(connection, day)
    shown = [one for one in _named_to(asked.member, findings) if one.audience is not Audience.OPERATIONS]
    if score is None and not shown:
        return None
    person = PersonName(user.id, user.name)
    return compose_own(person, shown, score, _currency(asked), past=past, reader=_reader(asked.member, user))


def _team_card(asked: Asked, user: User, people: People, below: Collection[str]) -> Card:
    day = read_today(asked.engine)
    names = {id: people.users[id].name for id in below if id in people.users}
    with reading(asked.engine) as connection:
        findings = findings_of(connection, asked.company, below)
        reps = read_scores(connection, day, "rep", names)
        team = read_scores(connection, day, "team", {user.id: user.name})
        past = read_past_scores(connection, day)
    manager = PersonName(user.id, user.name)
    shown = _named_to(asked.member, findings)
    return compose_team(manager, shown, (*reps, *team), _currency(asked), past=past)


def _named_to(member: Member, findings: Iterable[Finding]) -> list[Finding]:
    """Without those of confidential deals, for whoever stands outside their owner's management chain."""
    return [
        one
        for one in findings
        if may(member, Action.SEE, Deal(one.owner.id if one.owner else None, one.confidential)).allowed
    ]


def _reader(member: Member, user: User) -> Reader:
    if user.id == member.id:
        return Reader.THEMSELVES
    return Reader.MANAGER if may(member, Action.FIX, Deal(user.id)).allowed else Reader.OPERATIONS


def _distinct(user: User) -> str:
    return f"{user.name} ({user.email})" if user.email else user.name


def _currency(asked: Asked) -> str:
    return asked.company.definitions.money.corporate_currency
