"""Who may see and do what: the table of roles, the hierarchy, confidential deals, and strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access import (
    Action,
    AssignedAction,
    CompanyCells,
    CompanyTotals,
    Deal,
    Function,
    Grant,
    GroupScore,
    Installation,
    Member,
    OneCell,
    PersonScore,
    Role,
    Rulebook,
    TeamFigures,
    TeamOnly,
    TotalOnly,
    WholeCompany,
    figures_scope,
    identify,
    may,
)
from pipeline.definitions import CouncilDefinition, FunctionsDefinition, PeopleDefinition
from pipeline.errors import AccessDenied
from pipeline.people import People, User, UserRole, build_people

CHIEF, LEADER, REP, PEER, SELLER = "chief", "leader", "rep", "peer", "seller"


def company() -> People:
    """chief > leader > rep; chief > seller; peer reports to nobody."""
    return build_people(
        [
            User(CHIEF, "Ingrid", "ingrid@example.com"),
            User(LEADER, "Fergus", "fergus@example.com", manager_id=CHIEF),
            User(REP, "Mei", "mei@example.com", manager_id=LEADER, timezone="Australia/Sydney"),
            User(SELLER, "Lars", "lars@example.com", manager_id=CHIEF),
            User(PEER, "Ama", "ama@example.com"),
            User("gone", "Dale", "dale@example.com", is_active=False, manager_id=LEADER),
            User("robot", "Lead Router", "router@example.com", is_integration=True),
        ]
    )


def member(
    who: str, definition: PeopleDefinition | None = None, council: CouncilDefinition | None = None
) -> Member:
    return identify(company(), definition or PeopleDefinition(), council or CouncilDefinition(), who)


COUNCIL = PeopleDefinition(council=("ama@example.com",))
OPERATIONS = PeopleDefinition(operations=("ama@example.com",))
ADMINISTRATOR = PeopleDefinition(administrators=("admin@example.com",))


# --- Who somebody is ------------------------------------------------------------------------------


def test_a_user_without_reports_is_a_rep_with_their_own_time_zone() -> None:
    rep = member(REP)
    assert rep.roles == {Role.REP}
    assert rep.reports == frozenset()
    assert rep.timezone == "Australia/Sydney"


def test_a_manager_has_everybody_below_at_any_depth() -> None:
    assert member(CHIEF).reports == {LEADER, REP, SELLER, "gone"}
    assert member(LEADER).reports == {REP, "gone"}
    assert Role.MANAGER in member(LEADER).roles


def test_an_email_in_any_case_finds_the_same_person() -> None:
    assert member(" Mei@Example.COM ") == member(REP)


def test_one_person_can_hold_several_roles() -> None:
    definition = PeopleDefinition(council=(LEADER,), operations=("FERGUS@example.com",))
    assert member(LEADER, definition).roles == {Role.REP, Role.MANAGER, Role.COUNCIL, Role.OPERATIONS}


def test_a_function_makes_a_council_member_and_no_operator() -> None:
    definition = PeopleDefinition(functions=FunctionsDefinition(operations=("ama@example.com",)))
    ama = member(PEER, definition)
    assert ama.roles == {Role.REP, Role.COUNCIL}
    assert ama.functions == {Function.OPERATIONS}


def test_a_listed_email_that_the_crm_does_not_know_is_a_member_by_that_email() -> None:
    admin = member("Admin@example.com", ADMINISTRATOR)
    assert admin.id == "admin@example.com"
    assert admin.roles == {Role.ADMINISTRATOR}


def test_ids_of_15_and_18_characters_name_the_same_user() -> None:
    people = build_people([User("005000000000001AAA", "Mei", "mei@example.com")])
    definition = PeopleDefinition(operations=("005000000000001",))
    found = identify(people, definition, CouncilDefinition(), "005000000000001")
    assert (found.id, Role.OPERATIONS in found.roles) == ("005000000000001AAA", True)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("guest@elsewhere.com", "No active CRM user has your e-mail address"),
        ("", "No active CRM user has your e-mail address"),
        ("005999999999999AAA", "No active CRM user has your e-mail address"),
        ("gone", "The CRM account of Dale is not active"),
        ("dale@example.com", "The CRM account of Dale is not active"),
        ("robot", "Lead Router is an account of a machine"),
    ],
)
def test_strangers_the_departed_and_machines_get_a_kind_answer(who: str, says: str) -> None:
    with pytest.raises(AccessDenied, match=says):
        member(who)


def test_a_stranger_is_told_whom_to_ask_where_somebody_is_listed() -> None:
    listed = PeopleDefinition(operations=("ops@example.com", REP))
    with pytest.raises(AccessDenied, match=r"Ask ops@example.com or Mei \(mei@example.com\) in sales"):
        member("guest@elsewhere.com", listed)
    with pytest.raises(AccessDenied, match="Ask sales operations to add you"):
        member("guest@elsewhere.com")


def test_an_inactive_account_is_refused_even_where_the_configuration_lists_it() -> None:
    with pytest.raises(AccessDenied, match="not active"):
        member("gone", PeopleDefinition(operations=("dale@example.com",)))


def test_an_email_that_two_active_users_share_is_nobody_in_particular() -> None:
    people = build_people([User("a", "Ana", "team@example.com"), User("b", "Ben", "team@example.com")])
    with pytest.raises(AccessDenied, match="No active CRM user has your e-mail address"):
        identify(people, PeopleDefinition(), CouncilDefinition(), "team@example.com")


def test_an_empty_email_in_the_crm_matches_no_list() -> None:
    people = build_people([User("a", "Ana", None)])
    definition = PeopleDefinition(operations=("",))
    assert identify(people, definition, CouncilDefinition(), "a").roles == {Role.REP}


# --- The hierarchy --------------------------------------------------------------------------------


def test_where_managers_are_absent_roles_above_take_their_place_and_empty_roles_are_passed() -> None:
    people = build_people(
        [
            User("vp", "Vera", role_id="R1"),
            User("ae", "Ana", role_id="R3"),
            User("twin", "Tom", role_id="R3"),
            User("bot", "Bot", role_id="R2", is_integration=True),
        ],
        [UserRole("R1", "VP"), UserRole("R2", "Manager", "R1"), UserRole("R3", "AE", "R2")],
    )
    assert people.reports_of("vp") == {"ae", "twin", "bot"}
    assert people.reports_of("ae") == frozenset()


def test_circles_of_managers_and_of_roles_end() -> None:
    managers = build_people([User("a", "A", manager_id="b"), User("b", "B", manager_id="a")])
    assert managers.reports_of("a") == {"b"}
    roles = build_people(
        [User("a", "A", role_id="R1")], [UserRole("R1", "X", "R2"), UserRole("R2", "Y", "R1")]
    )
    assert roles.reports_of("a") == frozenset()


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=10, max_size=10))
def test_whoever_is_below_brings_everybody_below_them_along(managers: list[int]) -> None:
    people = build_people(User(str(i), f"U{i}", manager_id=str(m)) for i, m in enumerate(managers))
    for top in people.users:
        below = people.reports_of(top)
        assert top not in below
        for user_id in below:
            assert people.reports_of(user_id) - {top} <= below


# --- The table ------------------------------------------------------------------------------------

OWN, BELOW, OTHERS = Deal("me"), Deal("below"), Deal("other")
REP_ONLY = Member("me", "Me", frozenset({Role.REP}))
MANAGER_ONLY = Member("me", "Me", frozenset({Role.REP, Role.MANAGER}), reports=frozenset({"below"}))
COUNCIL_ONLY = Member("me", "Me", frozenset({Role.COUNCIL}))
GRANTED = Member("me", "Me", frozenset({Role.COUNCIL, Role.REP}), grants=frozenset(Grant))
OPERATOR = Member("me", "Me", frozenset({Role.OPERATIONS}))
ADMIN = Member("me", "Me", frozenset({Role.ADMINISTRATOR}))
SEE = Action.SEE
NOBODYS_CELL, OTHERS_ACTION = OneCell(frozenset()), AssignedAction("other", "another")


@pytest.mark.parametrize(
    ("person", "action", "target", "allowed"),
    [
        (REP_ONLY, SEE, CompanyCells(), False),
        (REP_ONLY, SEE, CompanyTotals(), False),
        (REP_ONLY, SEE, PersonScore("me"), True),
        (REP_ONLY, SEE, PersonScore("below"), False),
        (REP_ONLY, SEE, PersonScore("other", is_public=True), True),
        (REP_ONLY, Action.CHANGE, PersonScore("other", is_public=True), False),
        (REP_ONLY, SEE, GroupScore("other"), False),
        (REP_ONLY, SEE, GroupScore(None), False),
        (REP_ONLY, SEE, GroupScore(None, is_public=True), True),
        (MANAGER_ONLY, SEE, GroupScore("me"), True),
        (MANAGER_ONLY, SEE, GroupScore("other"), False),
        (COUNCIL_ONLY, SEE, GroupScore("other"), True),
        (COUNCIL_ONLY, SEE, PersonScore("other", is_public=True), True),
        (OPERATOR, SEE, GroupScore(None), True),
        (ADMIN, SEE, PersonScore("other", is_public=True), False),
        (ADMIN, SEE, GroupScore("other", is_public=True), False),
        (REP_ONLY, SEE, TeamFigures("me"), False),
        (REP_ONLY, Action.FIX, OWN, True),
        (REP_ONLY, Action.SNOOZE, OWN, True),
        (REP_ONLY, Action.ASK_WAIVER, OWN, True),
        (REP_ONLY, Action.WAIVE, OWN, False),
        (REP_ONLY, Action.REASSIGN, OWN, False),
        (REP_ONLY, SEE, OTHERS, False),
        (REP_ONLY, SEE, Deal(None), False),
        (REP_ONLY, Action.ASSIGN_ACTION, OneCell(frozenset({"me"})), False),
        (REP_ONLY, SEE, AssignedAction("me", "other"), True),
        (REP_ONLY, Action.CHANGE, AssignedAction("me", "other"), True),
        (REP_ONLY, Action.FIX, AssignedAction("me", "other"), False),
        (REP_ONLY, SEE, OTHERS_ACTION, False),
        (MANAGER_ONLY, SEE, CompanyCells(), False),
        (MANAGER_ONLY, Action.ASSIGN_ACTION, OneCell(frozenset({"below", "other"})), True),
        (MANAGER_ONLY, Action.ASSIGN_ACTION, OneCell(frozenset({"other"})), False),
        (MANAGER_ONLY, Action.ASSIGN_ACTION, NOBODYS_CELL, False),
        (MANAGER_ONLY, Action.CHANGE, AssignedAction("below", "other"), True),
        (MANAGER_ONLY, Action.CHANGE, AssignedAction("other", "me"), True),
        (MANAGER_ONLY, Action.CHANGE, OTHERS_ACTION, False),
        (MANAGER_ONLY, SEE, TeamFigures("me"), True),
        (MANAGER_ONLY, SEE, TeamFigures("below"), True),
        (MANAGER_ONLY, SEE, TeamFigures("other"), False),
        (MANAGER_ONLY, SEE, PersonScore("below"), True),
        (MANAGER_ONLY, Action.FIX, BELOW, True),
        (MANAGER_ONLY, Action.REASSIGN, BELOW, True),
        (MANAGER_ONLY, Action.WAIVE, BELOW, True),
        (MANAGER_ONLY, Action.INSPECT, BELOW, True),
        (MANAGER_ONLY, Action.WAIVE, OWN, False),
        (MANAGER_ONLY, SEE, OTHERS, False),
        (COUNCIL_ONLY, SEE, CompanyCells(), True),
        (COUNCIL_ONLY, SEE, CompanyTotals(), True),
        (COUNCIL_ONLY, SEE, TeamFigures("other"), True),
        (COUNCIL_ONLY, Action.GIVE_CONTEXT, CompanyCells(), True),
        (COUNCIL_ONLY, Action.ASSIGN_ACTION, CompanyCells(), True),
        (COUNCIL_ONLY, Action.ASSIGN_ACTION, NOBODYS_CELL, True),
        (COUNCIL_ONLY, Action.CHANGE, OTHERS_ACTION, True),
        (COUNCIL_ONLY, SEE, OTHERS, False),
        (COUNCIL_ONLY, SEE, PersonScore("other"), False),
        (COUNCIL_ONLY, Action.CHANGE, Rulebook(), False),
        (GRANTED, SEE, OTHERS, True),
        (GRANTED, Action.FIX, OTHERS, False),
        (OPERATOR, SEE, CompanyCells(), True),
        (OPERATOR, SEE, OTHERS, True),
        (OPERATOR, Action.ASSIGN_ACTION, NOBODYS_CELL, False),
        (OPERATOR, Action.CHANGE, OTHERS_ACTION, True),
        (OPERATOR, SEE, PersonScore("other"), True),
        (OPERATOR, Action.CHANGE, Rulebook(), True),
        (OPERATOR, Action.FIX, OTHERS, False),
        (OPERATOR, Action.CHANGE, Installation(), False),
        (ADMIN, SEE, CompanyCells(), False),
        (ADMIN, SEE, CompanyTotals(), False),
        (ADMIN, SEE, OTHERS, False),
        (ADMIN, SEE, PersonScore("me"), False),
        (ADMIN, SEE, OTHERS_ACTION, False),
        (ADMIN, Action.CHANGE, Installation(), True),
        (ADMIN, Action.CHANGE, Rulebook(), False),
    ],
)
def test_the_table_of_roles(person: Member, action: Action, target: object, allowed: bool) -> None:
    decision = may(person, action, target)  # type: ignore[arg-type]
    assert decision.allowed is allowed
    assert bool(decision.reason) is not allowed


@pytest.mark.parametrize("person", [GRANTED, OPERATOR, COUNCIL_ONLY, ADMIN])
def test_a_confidential_deal_is_seen_only_by_its_owners_management_chain(person: Member) -> None:
    assert "confidential" in may(person, SEE, Deal("other", is_confidential=True)).reason
    assert may(MANAGER_ONLY, SEE, Deal("below", is_confidential=True)).allowed
    assert may(REP_ONLY, SEE, Deal("me", is_confidential=True)).allowed


def test_a_refused_decision_raises_its_reason() -> None:
    with pytest.raises(AccessDenied, match="Ask its owner, or sales operations"):
        may(REP_ONLY, SEE, OTHERS).require()
    may(REP_ONLY, SEE, OWN).require()


# --- Figures --------------------------------------------------------------------------------------


def test_each_role_sees_the_widest_figures_it_may() -> None:
    assert figures_scope(COUNCIL_ONLY) == WholeCompany()
    assert figures_scope(OPERATOR) == WholeCompany()
    assert figures_scope(MANAGER_ONLY) == TeamOnly(frozenset({"me", "below"}))
    granted_rep = Member("me", "Me", frozenset({Role.REP}), grants=frozenset({Grant.COMPANY_TOTALS}))
    assert figures_scope(granted_rep) == TotalOnly()


def test_reps_and_administrators_without_figures_are_told_where_to_turn() -> None:
    with pytest.raises(AccessDenied, match="Your own deals are in /hygiene"):
        figures_scope(REP_ONLY)
    with pytest.raises(AccessDenied, match="Sales operations can add you"):
        figures_scope(ADMIN)


def test_grants_come_from_the_configuration_alone() -> None:
    assert member(REP).grants == frozenset()
    definition = PeopleDefinition(company_totals_for_reps=True)
    assert member(REP, definition).grants == {Grant.COMPANY_TOTALS}
    assert member(REP, council=CouncilDefinition(deals_visible=True)).grants == {Grant.DEALS}


@given(
    st.frozensets(st.sampled_from(list(Role))),
    st.frozensets(st.sampled_from(list(Grant))),
    st.sampled_from(list(Action)),
    st.sampled_from(
        [
            *(CompanyCells(), CompanyTotals(), OTHERS, Deal(None), PersonScore("x")),
            *(Rulebook(), Installation(), NOBODYS_CELL, OTHERS_ACTION),
        ]
    ),
)
def test_another_role_never_takes_anything_away(
    roles: frozenset[Role], grants: frozenset[Grant], action: Action, target: object
) -> None:
    fewer = Member("me", "Me", roles, grants=grants)
    for role in Role:
        more = Member("me", "Me", roles | {role}, grants=grants)
        if may(fewer, action, target).allowed:  # type: ignore[arg-type]
            assert may(more, action, target).allowed  # type: ignore[arg-type]
