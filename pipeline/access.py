"""Who may see and do what (the table of DOMAIN section 1): `may(person, action, object)`.

Everything not granted here is refused. A person can hold several roles; any of them may allow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from pipeline.audiences import name_operations
from pipeline.definitions import CouncilDefinition, FunctionsDefinition, PeopleDefinition
from pipeline.errors import AccessDenied, NotRecognised
from pipeline.people import People, User, UserRole, build_people, is_same_id

__all__ = ["People", "User", "UserRole", "build_people"]

FEWEST_DEALS_WITH_AMOUNTS = 3
"""A list of fewer deals gives a confidential one's amount away."""


class Role(StrEnum):
    REP = "rep"
    MANAGER = "manager"
    COUNCIL = "council"
    OPERATIONS = "operations"
    ADMINISTRATOR = "administrator"


class Function(StrEnum):
    """Which part of the company a council member speaks for."""

    SALES = "sales"
    PRODUCT = "product"
    MARKETING = "marketing"
    OPERATIONS = "operations"


class Grant(StrEnum):
    """What a configuration allows beyond the table."""

    COMPANY_TOTALS = "company_totals"
    """Reps see the company's total row (`company_totals_for_reps`)."""
    DEALS = "deals"
    """Council members see single deals (`deals_visible`)."""


class Action(StrEnum):
    SEE = "see"
    FIX = "fix"
    SNOOZE = "snooze"
    ASK_WAIVER = "ask_waiver"
    WAIVE = "waive"
    REASSIGN = "reassign"
    INSPECT = "inspect"
    GIVE_CONTEXT = "give_context"
    ASSIGN_ACTION = "assign_action"
    CHANGE = "change"
    """Of rules, targets and links between people, or of the installation."""


@dataclass(frozen=True)
class Member:
    """A person who speaks with us, with everything that access depends on."""

    id: str
    """CRM user id; the e-mail of a council or operations member whom the CRM does not know."""
    name: str
    roles: frozenset[Role]
    functions: frozenset[Function] = frozenset()
    reports: frozenset[str] = frozenset()
    """User ids of everybody below, at any depth."""
    grants: frozenset[Grant] = frozenset()
    timezone: str | None = None

    @property
    def team(self) -> frozenset[str]:
        """The person and everybody below."""
        return self.reports | {self.id}


# --- What can be seen or done something to --------------------------------------------------------


@dataclass(frozen=True)
class CompanyCells:
    """Every cell of the matrix."""


@dataclass(frozen=True)
class CompanyTotals:
    """The company's total row alone."""


@dataclass(frozen=True)
class TeamFigures:
    """The figures of the deals of one manager's team."""

    manager_id: str


@dataclass(frozen=True)
class Deal:
    owner_id: str | None
    is_confidential: bool = False
    is_unmanaged: bool = False
    """Nobody stands above its owner, so sales operations decide what a manager would."""


@dataclass(frozen=True)
class PersonScore:
    """The hygiene score of one person."""

    user_id: str
    is_public: bool = False
    """The configuration shows scores to everybody (`nudges.public_scores`); findings stay whose they are."""


@dataclass(frozen=True)
class GroupScore:
    """The hygiene score of a manager's team, of a region or of the company."""

    manager_id: str | None
    """`None`: of a region or the company."""
    is_public: bool = False


@dataclass(frozen=True)
class OneCell:
    """A cell of the matrix, as somebody acts on it."""

    deal_owner_ids: frozenset[str]
    """Who owns deals in its row; nobody for the company's total, which is no team's."""


@dataclass(frozen=True)
class AssignedAction:
    """An action that somebody was given."""

    owner_id: str
    assigner_id: str


@dataclass(frozen=True)
class Rulebook:
    """Hygiene rules, targets, previews, and which person is which chat user."""


@dataclass(frozen=True)
class Installation:
    """Settings, jobs and checks of the running product."""


Object = (
    CompanyCells
    | CompanyTotals
    | TeamFigures
    | Deal
    | PersonScore
    | GroupScore
    | OneCell
    | AssignedAction
    | Rulebook
    | Installation
)


@dataclass(frozen=True)
class Decision:
    """Whether; and where not, why not and whom to ask, in a sentence for the person."""

    allowed: bool
    reason: str = ""

    def require(self) -> None:
        """Raises `AccessDenied` with the reason."""
        if not self.allowed:
            raise AccessDenied(self.reason)


ALLOWED = Decision(True)


def _refused(reason: str) -> Decision:
    return Decision(False, reason)


# --- The table ------------------------------------------------------------------------------------

_ON_OWN_DEALS = frozenset({Action.SEE, Action.FIX, Action.SNOOZE, Action.ASK_WAIVER})
_ON_DEALS_BELOW = frozenset(
    {
        Action.SEE,
        Action.FIX,
        Action.SNOOZE,
        Action.REASSIGN,
        Action.WAIVE,
        Action.INSPECT,
        Action.ASSIGN_ACTION,
    }
)
_ON_CELLS = frozenset({Action.GIVE_CONTEXT, Action.ASSIGN_ACTION})


def may(person: Member, action: Action, object: Object) -> Decision:
    """Whether a person may do something to an object. Asked again when a form comes back."""
    match object:
        case CompanyCells():
            return _company_cells(person, action)
        case CompanyTotals():
            return _company_totals(person, action)
        case TeamFigures(manager_id=manager_id):
            return _team_figures(person, action, manager_id)
        case Deal():
            return _deal(person, action, object)
        case PersonScore():
            return _score(person, action, object)
        case GroupScore():
            return _group_score(person, action, object)
        case OneCell():
            return _one_cell(person, action, object)
        case AssignedAction():
            return _assigned_action(person, action, object)
        case Rulebook() | Installation():
            return _changes(person, action, object)
    assert_never(object)


def _company_cells(person: Member, action: Action) -> Decision:
    sees_all = person.roles & {Role.COUNCIL, Role.OPERATIONS}
    if action is Action.SEE and sees_all:
        return ALLOWED
    if action in _ON_CELLS and Role.COUNCIL in person.roles:
        return ALLOWED
    return _refused("The company's figures are for the pipeline council. Sales operations can add you to it.")


def _company_totals(person: Member, action: Action) -> Decision:
    granted = Role.REP in person.roles and Grant.COMPANY_TOTALS in person.grants
    if action is Action.SEE and granted:
        return ALLOWED
    return _company_cells(person, action)


def _team_figures(person: Member, action: Action, manager_id: str) -> Decision:
    is_theirs = Role.MANAGER in person.roles and manager_id in person.team
    if is_theirs and action in (Action.SEE, Action.ASSIGN_ACTION):
        return ALLOWED
    if action is Action.SEE and _company_cells(person, action).allowed:
        return ALLOWED
    return _refused("A team's figures are for its manager. Ask the manager, or sales operations.")


def _deal(person: Member, action: Action, deal: Deal) -> Decision:
    is_own = deal.owner_id is not None and deal.owner_id == person.id and Role.REP in person.roles
    is_below = deal.owner_id is not None and deal.owner_id in person.reports and Role.MANAGER in person.roles
    if (is_own and action in _ON_OWN_DEALS) or (is_below and action in _ON_DEALS_BELOW):
        return ALLOWED
    if action is Action.WAIVE and deal.is_unmanaged and Role.OPERATIONS in person.roles:
        return ALLOWED  # they see neither its name nor its value by that
    if deal.is_confidential and not (is_own or is_below):
        return _refused("This deal is confidential: only its owner and the managers above may see it.")
    if action is Action.SEE:
        sees_deals = Role.OPERATIONS in person.roles or (
            Role.COUNCIL in person.roles and Grant.DEALS in person.grants
        )
        return ALLOWED if sees_deals else _refused(_NOT_YOUR_DEAL)
    return _refused("That is for the deal's owner and the managers above. Ask one of them.")


_NOT_YOUR_DEAL = "This deal belongs to somebody else's team. Ask its owner, or sales operations."


_SEE_PUBLIC_SCORES = frozenset({Role.REP, Role.MANAGER, Role.COUNCIL})


def _score(person: Member, action: Action, score: PersonScore) -> Decision:
    user_id = score.user_id
    if action is Action.SEE and (
        Role.OPERATIONS in person.roles
        or (score.is_public and bool(person.roles & _SEE_PUBLIC_SCORES))
        or (user_id == person.id and Role.REP in person.roles)
        or (user_id in person.reports and Role.MANAGER in person.roles)
    ):
        return ALLOWED
    return _refused("A hygiene score is for the person, the managers above and sales operations.")


def _group_score(person: Member, action: Action, score: GroupScore) -> Decision:
    if action is Action.SEE and score.is_public and person.roles & _SEE_PUBLIC_SCORES:
        return ALLOWED
    if score.manager_id is not None:
        return _team_figures(person, action, score.manager_id)
    return _company_cells(person, action)


def _one_cell(person: Member, action: Action, cell: OneCell) -> Decision:
    is_teams = Role.MANAGER in person.roles and bool(person.team & cell.deal_owner_ids)
    if action is Action.ASSIGN_ACTION and (Role.COUNCIL in person.roles or is_teams):
        return ALLOWED
    return _refused(
        "Actions are assigned by the pipeline council, and by managers where their team has deals. "
        "Ask your manager, or sales operations to add you to the council."
    )


def _assigned_action(person: Member, action: Action, assigned: AssignedAction) -> Decision:
    is_own = person.id in (assigned.owner_id, assigned.assigner_id)
    is_teams = Role.MANAGER in person.roles and assigned.owner_id in person.reports
    follows_all = bool(person.roles & {Role.COUNCIL, Role.OPERATIONS})
    if action in (Action.SEE, Action.CHANGE) and (is_own or is_teams or follows_all):
        return ALLOWED
    return _refused("This action is for its owner, who assigned it, their managers and the council.")


def _changes(person: Member, action: Action, object: Rulebook | Installation) -> Decision:
    role, reason = _KEEPERS[type(object)]
    is_right = role in person.roles and action in (Action.SEE, Action.CHANGE)
    return ALLOWED if is_right else _refused(reason)


_KEEPERS: Mapping[type, tuple[Role, str]] = {
    Rulebook: (Role.OPERATIONS, "Sales operations look after this: rules, targets, messages and who is who."),
    Installation: (Role.ADMINISTRATOR, "An administrator looks after the installation."),
}


# --- Figures that a person sees -------------------------------------------------------------------


@dataclass(frozen=True)
class WholeCompany:
    """Every row of every table."""


@dataclass(frozen=True)
class TeamOnly:
    """Every row, made of the deals of these owners alone."""

    owner_ids: frozenset[str]


@dataclass(frozen=True)
class TotalOnly:
    """The company's total row."""


FiguresScope = WholeCompany | TeamOnly | TotalOnly


def figures_scope(person: Member) -> FiguresScope:
    """The widest figures that the person may see. Raises `AccessDenied` where that is none."""
    if may(person, Action.SEE, CompanyCells()).allowed:
        return WholeCompany()
    if may(person, Action.SEE, TeamFigures(person.id)).allowed:
        return TeamOnly(person.team)
    if may(person, Action.SEE, CompanyTotals()).allowed:
        return TotalOnly()
    if Role.REP in person.roles:
        raise AccessDenied(
            "The company's figures are for the pipeline council, and a team's for its manager. "
            "Your own deals are in /hygiene."
        )
    raise AccessDenied(
        "Your role sees no figures: an administrator installs and runs the product. "
        "Sales operations can add you to the council."
    )


# --- Who somebody is ------------------------------------------------------------------------------


def identify(people: People, definition: PeopleDefinition, council: CouncilDefinition, who: str) -> Member:
    """The member behind a CRM user id or an e-mail.

    Raises `AccessDenied`, with whom to ask, for somebody whom neither the CRM nor the configuration
    knows, whose account is not active, or that is a machine's account.
    """
    user = people.by_id(who) or (people.by_email(who) if "@" in who else None)
    if user is not None and user.is_integration:
        raise AccessDenied(f"{user.name} is an account of a machine, and I only speak with people.")
    if user is not None and not user.is_active:
        ask = name_operations(people, definition.operations)
        raise AccessDenied(f"The CRM account of {user.name} is not active. Ask {ask} to set it active again.")
    roles = _listed_roles(definition, user, who)
    if _is_listed(tuple(people.council), user, who):
        roles.add(Role.COUNCIL)
    reports = people.reports_of(user.id) if user is not None else frozenset()
    if user is not None:
        roles |= {Role.REP}
    if reports:
        roles |= {Role.MANAGER}
    if not roles:
        ask = name_operations(people, definition.operations)
        raise NotRecognised(
            f"No active CRM user has your e-mail address. Ask {ask} to add you, then try again."
        )
    return Member(
        id=user.id if user is not None else who.strip().casefold(),
        name=user.name if user is not None else who.strip(),
        roles=frozenset(roles),
        functions=_functions(definition.functions, user, who),
        reports=reports,
        grants=_grants(definition, council),
        timezone=user.timezone if user is not None else None,
    )


def listed_emails(definition: PeopleDefinition) -> frozenset[str]:
    """The e-mails, in small letters, by which the configuration gives people a role."""
    functions = definition.functions
    listed = (
        *definition.council,
        *definition.operations,
        *definition.administrators,
        *functions.sales,
        *functions.product,
        *functions.marketing,
        *functions.operations,
    )
    return frozenset(name.strip().casefold() for name in listed if "@" in name)


def _listed_roles(definition: PeopleDefinition, user: User | None, who: str) -> set[Role]:
    roles: set[Role] = set()
    if _is_listed(definition.council, user, who) or _functions(definition.functions, user, who):
        roles.add(Role.COUNCIL)
    if _is_listed(definition.operations, user, who):
        roles.add(Role.OPERATIONS)
    if _is_listed(definition.administrators, user, who):
        roles.add(Role.ADMINISTRATOR)
    return roles


def _functions(functions: FunctionsDefinition, user: User | None, who: str) -> frozenset[Function]:
    by_function = {
        Function.SALES: functions.sales,
        Function.PRODUCT: functions.product,
        Function.MARKETING: functions.marketing,
        Function.OPERATIONS: functions.operations,
    }
    return frozenset(function for function, names in by_function.items() if _is_listed(names, user, who))


def _is_listed(names: Sequence[str], user: User | None, who: str) -> bool:
    emails = {who.strip().casefold()} if user is None else {(user.email or "").casefold()}
    return any(
        name.strip().casefold() in emails - {""} or (user is not None and is_same_id(name.strip(), user.id))
        for name in names
    )


def _grants(definition: PeopleDefinition, council: CouncilDefinition) -> frozenset[Grant]:
    granted = {
        Grant.COMPANY_TOTALS: definition.company_totals_for_reps,
        Grant.DEALS: council.deals_visible,
    }
    return frozenset(grant for grant, is_granted in granted.items() if is_granted)
