"""Fixes: what Salesforce is told, what is refused and by whom, and what happens where it does not answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm.records import Fix
from crm.salesforce.errors import SignInFailed, Unavailable
from pipeline.crm_fields import Busy, Conflict, Gone, Refusal, Rejected, Saved, WriteResult
from pipeline.crm_records import FieldKind, FieldValue
from tests.crm.salesforce.conftest import Connections, deal_id, user_id, writes
from tests.crm.salesforce.pulling import open_crm
from tests.salesforce.errors import Refused
from tests.salesforce.faults import Break
from tests.salesforce.organisation import INTEGRATION_USER, NEEDS_NEXT_STEP, REP_USER
from tests.salesforce.schema import Field, Pick, Type
from tests.salesforce.server import LocalSalesforce
from tests.salesforce.values import Value

DEAL = "Dryer line 2"
SEPTEMBER_30 = date(2026, 9, 30).toordinal()
NEXT_STEP = {"NextStep": ("Call on Tuesday", "Send the offer")}
WRITTEN = Saved("the integration user")

Changes = Mapping[str, tuple[FieldValue, FieldValue]]


class Desk:
    """Fixes of the small organisation's deals; nobody really pauses."""

    def __init__(
        self,
        served: LocalSalesforce,
        connections: Connections,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        **settings: Any,
    ) -> None:
        self._served = served
        self.pauses = connections.pauses
        self.crm = open_crm(connections, folder, clock=clock, **settings)

    def fix(
        self, changes: Changes, deal: str = DEAL, by: str = "Mara Meier", **kinds: FieldKind
    ) -> WriteResult:
        served = self._served
        return self.crm.write(Fix(deal_id(served, deal), user_id(served, by), 1_790_000_000, changes, kinds))

    def held(self, name: str, deal: str = DEAL) -> Value:
        return (self._served.org.row("Opportunity", deal_id(self._served, deal)) or {})[name]

    def change(self, deal: str = DEAL, **changes: Value) -> None:
        """As a colleague does in Salesforce, some time ago by its stamp."""
        row = self._served.org.row("Opportunity", deal_id(self._served, deal))
        assert row is not None
        self._served.org.update("Opportunity", str(row["Id"]), by=None, **changes)
        row["LastModifiedDate"] = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def desk(served: LocalSalesforce, connections: Connections, tmp_path: Path) -> Desk:
    return Desk(served, connections, tmp_path)


def only_refusal(result: WriteResult) -> Refusal:
    assert isinstance(result, Rejected)
    [refusal] = result.refusals
    return refusal


# --- What is written ------------------------------------------------------------------------------


def test_several_fields_go_in_one_write_in_salesforces_own_values(
    served: LocalSalesforce, desk: Desk
) -> None:
    owner, new_owner = user_id(served, "Mara Meier"), user_id(served, "Omar Öz")
    served.org.objects["Opportunity"].add(
        Field("Is_Partner__c", Type.BOOLEAN), Field("Legs__c", Type.INT, scale=0)
    )
    changes: Changes = {
        "StageName": ("Discovery", "Proposal"),
        "Amount": (1_200_000_000, 1_205_005_000),
        "CloseDate": (SEPTEMBER_30, SEPTEMBER_30 + 14),
        "ForecastCategoryName": ("Pipeline", "Commit"),
        "OwnerId": (owner, new_owner),
        "Region__c": ("DACH", "Nordics"),
        "Country__c": ("Germany", "Sweden"),
        "LeadSource": (None, "Partner"),
        "Is_Partner__c": (None, 1),
        "Legs__c": (None, 30_000),
        **NEXT_STEP,
    }
    kinds = {"Is_Partner__c": FieldKind.FLAG, "Legs__c": FieldKind.NUMBER}
    texts = dict.fromkeys(("Region__c", "Country__c", "LeadSource"), FieldKind.TEXT)
    assert desk.fix(changes, **kinds, **texts) == WRITTEN
    [write] = writes(served)
    assert write.body == {
        "StageName": "Proposal",
        "Amount": 120_500.5,
        "CloseDate": "2026-10-14",
        "ForecastCategoryName": "Commit",
        "OwnerId": new_owner,
        "Region__c": "Nordics",
        "Country__c": "Sweden",
        "LeadSource": "Partner",
        "Is_Partner__c": True,
        "Legs__c": 3,
        "NextStep": "Send the offer",
    }
    assert write.headers["if-unmodified-since"] == "Mon, 01 Jun 2026 08:00:00 GMT"
    assert desk.held("ForecastCategory") == "Forecast"


def test_a_field_is_emptied_with_null(served: LocalSalesforce, desk: Desk) -> None:
    assert desk.fix({"NextStep": ("Call on Tuesday", None)}) == WRITTEN
    assert writes(served)[0].body == {"NextStep": None}


def test_a_category_is_written_by_the_organisations_name(served: LocalSalesforce, desk: Desk) -> None:
    deal = served.org.objects["Opportunity"]
    deal.add(
        replace(
            deal.fields["ForecastCategory"], picks=(Pick("Pipeline", "Funnel"), Pick("BestCase", "Upside"))
        ),
        replace(deal.fields["ForecastCategoryName"], picks=(Pick("Funnel"), Pick("Upside"))),
    )
    assert desk.fix({"ForecastCategoryName": ("Pipeline", "Best Case")}) == WRITTEN
    assert writes(served)[0].body == {"ForecastCategoryName": "Upside"}


def test_what_is_held_already_is_saved_and_not_written_again(served: LocalSalesforce, desk: Desk) -> None:
    assert desk.fix(NEXT_STEP) == WRITTEN
    assert desk.fix(NEXT_STEP) == Saved()
    assert len(writes(served)) == 1


# --- Somebody else --------------------------------------------------------------------------------


def test_a_field_that_somebody_has_changed_is_a_conflict_and_nothing_is_written(
    served: LocalSalesforce, desk: Desk
) -> None:
    desk.change(NextStep="Theirs")
    result = desk.fix({**NEXT_STEP, "Amount": (1_200_000_000, 10_000)})
    assert isinstance(result, Conflict)
    assert [(one.field, one.seen, one.now) for one in result.differences] == [
        ("NextStep", "Call on Tuesday", "Theirs")
    ]
    assert not writes(served)


def test_another_field_that_changes_under_our_hands_is_kept_and_the_fix_is_written(
    served: LocalSalesforce, desk: Desk
) -> None:
    served.faults.before_writes.append(lambda: desk.change(LeadSource="Web"))
    assert desk.fix(NEXT_STEP) == WRITTEN
    assert len(writes(served)) == 2
    assert (desk.held("LeadSource"), desk.held("NextStep")) == ("Web", "Send the offer")


def test_our_field_that_changes_under_our_hands_is_a_conflict(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.before_writes.append(lambda: desk.change(NextStep="Theirs"))
    assert isinstance(desk.fix(NEXT_STEP), Conflict)
    assert desk.held("NextStep") == "Theirs"


def test_a_deal_that_never_rests_is_busy(served: LocalSalesforce, desk: Desk) -> None:
    minutes = iter((9, 8, 7))

    def touch() -> None:
        desk.change(LeadSource="Web")
        row = served.org.row("Opportunity", deal_id(served, DEAL))
        assert row is not None
        row["LastModifiedDate"] = datetime.now(UTC) - timedelta(minutes=next(minutes))

    served.faults.before_writes += [touch] * 3
    result = desk.fix(NEXT_STEP)
    assert isinstance(result, Busy)
    assert "right now" in result.says
    assert desk.held("NextStep") == "Call on Tuesday"


def test_a_save_in_the_second_of_our_look_is_not_overwritten(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """Salesforce compares whole seconds: what comes after our look but within its second would pass."""
    saved_at = datetime(2026, 9, 14, 8, 0, 0, 300_000, UTC)
    row = served.org.row("Opportunity", deal_id(served, DEAL))
    assert row is not None
    row |= {"LeadSource": "Web", "LastModifiedDate": saved_at}
    now = [saved_at.timestamp() + 0.2]

    def a_second_passes(seconds: float) -> None:
        now[0] += seconds
        row.update({"NextStep": "Theirs", "LastModifiedDate": saved_at + timedelta(seconds=0.4)})

    connections.while_paused = a_second_passes
    desk = Desk(served, connections, tmp_path, clock=lambda: now[0])
    assert isinstance(desk.fix(NEXT_STEP), Conflict)
    assert desk.held("NextStep") == "Theirs"


def test_a_deal_that_is_gone_is_said_to_be(served: LocalSalesforce, desk: Desk) -> None:
    deal = deal_id(served, DEAL)
    served.faults.before_writes.append(lambda: served.org.delete("Opportunity", deal))
    assert desk.fix(NEXT_STEP) == Gone()
    assert desk.fix(NEXT_STEP) == Gone()
    assert len(writes(served)) == 1
    for unknown in ("006000000000000AAA", "../../limits"):
        assert desk.crm.write(Fix(unknown, "005", 0, NEXT_STEP)) == Gone()


def test_a_deal_that_holds_what_we_cannot_read_is_left_alone(served: LocalSalesforce, desk: Desk) -> None:
    """Its stage was taken off the list of stages; the deal is there all the same."""
    desk.change(StageName="Somewhere else")
    assert "cannot read" in only_refusal(desk.fix(NEXT_STEP)).says
    assert not writes(served)


# --- Refused by us, before anything is sent -------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says", "field"),
    [
        ({"CloseDate": (SEPTEMBER_30, None)}, "Close Date cannot be empty.", "CloseDate"),
        (
            {"NextStep": ("Call on Tuesday", "x" * 256)},
            "Next Step can have 255 characters at most.",
            "NextStep",
        ),
        (
            {"Amount": (1_200_000_000, 1_200_000_001)},
            "Amount takes 2 digits behind the decimal point at most.",
            "Amount",
        ),
        (
            {"Probability": (100_000, 105_000)},
            "Probability (%) takes whole numbers only.",
            "Probability",
        ),
        ({"IsWon": (0, 1)}, "Won cannot be changed here.", "IsWon"),
        (
            {"ACV__c": (None, 10_000)},
            "Salesforce's opportunities have no field ACV__c, or hide it from our user.",
            "ACV__c",
        ),
        (
            {"LeadSource": (None, "Fair")},
            "Lead Source has no value Fair for New business: choose one of Web, Partner, Outbound.",
            "LeadSource",
        ),
        (
            {"Country__c": ("Germany", "Sweden")},
            "Country Sweden does not go with Region DACH: choose one of Germany, Austria.",
            "Country__c",
        ),
        (
            {"Region__c": ("DACH", "Iberia")},
            "Country Germany does not go with Region Iberia: choose one of Spain.",
            "Country__c",
        ),
        (
            {"Region__c": ("DACH", None)},
            "Country Germany does not go with an empty Region: leave it empty.",
            "Country__c",
        ),
    ],
)
def test_what_we_know_to_be_wrong_is_not_sent(
    served: LocalSalesforce, desk: Desk, changes: Changes, says: str, field: str
) -> None:
    kinds = {"Probability": FieldKind.NUMBER, "IsWon": FieldKind.FLAG, "ACV__c": FieldKind.NUMBER}
    texts = dict.fromkeys(("LeadSource", "Country__c", "Region__c"), FieldKind.TEXT)
    assert only_refusal(desk.fix(changes, **kinds, **texts)) == Refusal(says, (field,))
    assert not writes(served)


def test_a_value_of_another_record_type_is_not_sent(served: LocalSalesforce, desk: Desk) -> None:
    result = desk.fix({"StageName": ("Qualification", "Discovery")}, "Heat pump retrofit")
    assert "Stage has no value Discovery for Renewal" in only_refusal(result).says
    assert not writes(served)


def test_an_amount_that_the_products_make_is_not_sent(served: LocalSalesforce, desk: Desk) -> None:
    """Salesforce would ignore it without a word."""
    result = desk.fix({"Amount": (4_100_000_000, 10_000)}, "Spray tower")
    assert only_refusal(result).says == (
        "Amount follows from the deal's products. Change the products in Salesforce."
    )
    assert not writes(served)


def test_a_field_that_its_page_asks_for_is_not_emptied(served: LocalSalesforce, desk: Desk) -> None:
    kinds = served.org.objects["Opportunity"].record_types
    kinds[0] = replace(kinds[0], required_on_page=("NextStep",))
    assert (
        only_refusal(desk.fix({"NextStep": ("Call on Tuesday", None)})).says == "Next Step cannot be empty."
    )


# --- Refused by Salesforce ------------------------------------------------------------------------


def test_a_validation_rule_speaks_for_itself_at_the_fields_that_it_names(
    served: LocalSalesforce, desk: Desk
) -> None:
    result = desk.fix({"StageName": ("Discovery", "Proposal"), "NextStep": ("Call on Tuesday", None)})
    assert only_refusal(result) == Refusal(NEEDS_NEXT_STEP, ("NextStep",))
    assert desk.held("StageName") == "Discovery"


@pytest.mark.parametrize(
    ("refused", "says", "fields"),
    [
        (
            Refused(
                400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Region__c]", ("region__C",)
            ),
            "Required fields are missing: [Region__c]",
            ("Region__c",),
        ),
        (
            Refused(400, "DUPLICATES_DETECTED", "Use one of these records?", ()),
            "Salesforce takes the changed deal for a duplicate: Use one of these records? Look at it there, "
            "where duplicates can be allowed.",
            (),
        ),
        (
            Refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ()),
            "Salesforce does not let the council's own user change this deal. Ask your Salesforce "
            "administrator for the right to edit it.",
            (),
        ),
        (
            Refused(400, "INVALID_FIELD", "No such column 'NextStep' on sobject of type Opportunity"),
            "Salesforce does not let the council's own user change Next Step. Ask your Salesforce "
            "administrator for edit access to the field.",
            ("NextStep",),
        ),
        (
            Refused(
                400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005] as owner", ()
            ),
            "The new owner is deactivated in Salesforce: choose somebody else.",
            ("OwnerId",),
        ),
        (
            Refused(
                400,
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "DealTrigger: execution of BeforeUpdate\n\ncaused by: System.NullPointerException: Attempt "
                "to de-reference a null object\n\nTrigger.DealTrigger: line 7, column 1",
                (),
            ),
            "An automation in Salesforce stopped the change: DealTrigger: execution of BeforeUpdate\n\n"
            "caused by: System.NullPointerException: Attempt to de-reference a null object",
            (),
        ),
        (
            Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ()),
            "The change points to a record that was deleted in Salesforce, or that the council's own user "
            "may not see.",
            (),
        ),
    ],
)
def test_refusals_are_in_plain_words_at_their_fields(
    served: LocalSalesforce, desk: Desk, refused: Refused, says: str, fields: tuple[str, ...]
) -> None:
    served.faults.write_refusals.append(refused)
    assert only_refusal(desk.fix(NEXT_STEP)) == Refusal(says, fields)
    assert len(writes(served)) == 1


def test_an_approval_locks_a_deal_for_longer_than_anybody_waits(served: LocalSalesforce, desk: Desk) -> None:
    served.org.locked.add(deal_id(served, DEAL))
    assert "wait for an approval" in only_refusal(desk.fix(NEXT_STEP)).says
    assert (len(writes(served)), desk.pauses) == (1, [])


# --- Silence --------------------------------------------------------------------------------------


def test_a_locked_row_was_not_written_and_is_tried_again(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.cannot_lock_rows(1)
    served.faults.cannot_lock_rows(1, status=500)
    assert desk.fix(NEXT_STEP) == WRITTEN
    assert (len(writes(served)), desk.pauses) == (3, [0.5, 1.0])


def test_a_row_that_stays_locked_is_busy(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.cannot_lock_rows(4)
    result = desk.fix(NEXT_STEP)
    assert isinstance(result, Busy)
    assert "Nothing was written" in result.says
    assert desk.pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("how", [Break.AFTER, Break.HALFWAY])
def test_a_write_that_nobody_answered_is_looked_up_and_not_repeated(
    served: LocalSalesforce, desk: Desk, how: Break
) -> None:
    served.faults.breaks_writes(how)
    assert desk.fix(NEXT_STEP) == WRITTEN
    assert len(writes(served)) == 1


def test_a_write_that_never_arrived_is_busy_after_some_looks(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.breaks_writes(Break.BEFORE)
    result = desk.fix(NEXT_STEP)
    assert isinstance(result, Busy)
    assert result.says.endswith("The deal in Salesforce does not show the change.")
    assert not writes(served)
    assert desk.pauses == [0.0, 1.0, 3.0]


def test_a_write_that_appears_a_little_later_is_found(
    served: LocalSalesforce, connections: Connections, desk: Desk
) -> None:
    served.faults.write_refusals.append(Refused(504, "", "Gateway timeout"))

    def it_commits(seconds: float) -> None:
        if seconds == 3:
            desk.change(NextStep="Send the offer")

    connections.while_paused = it_commits
    assert desk.fix(NEXT_STEP) == WRITTEN


def test_where_nobody_can_tell_whether_it_was_saved_that_is_said(served: LocalSalesforce, desk: Desk) -> None:
    """The intent stays open, and the job `recover` looks again."""

    def salesforce_goes_away() -> None:
        served.faults.write_refusals.append(Refused(503, "SERVER_UNAVAILABLE", "…"))
        served.faults.is_unavailable(times=3)

    served.faults.before_writes.append(salesforce_goes_away)
    with pytest.raises(Unavailable):
        desk.fix(NEXT_STEP)


def test_a_salesforce_that_does_not_answer_our_look_is_busy(served: LocalSalesforce, desk: Desk) -> None:
    desk.fix({"NextStep": ("Call on Tuesday", "x")})
    served.faults.is_unavailable(times=3)
    assert isinstance(desk.fix(NEXT_STEP), Busy)
    assert len(writes(served)) == 1


def test_used_up_calls_are_said_and_nothing_is_written(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.before_writes.append(
        lambda: served.faults.write_refusals.append(
            Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        )
    )
    result = desk.fix(NEXT_STEP)
    assert isinstance(result, Busy)
    assert "limiting us" in result.says
    assert desk.held("NextStep") == "Call on Tuesday"


# --- In whose name --------------------------------------------------------------------------------


@pytest.fixture
def personal(served: LocalSalesforce, connections: Connections, tmp_path: Path) -> Desk:
    """Changes stand under the person's own name."""
    return Desk(served, connections, tmp_path, writes="as_person", private_key="key.pem")


def test_a_fix_can_be_the_persons_own(served: LocalSalesforce, desk: Desk, personal: Desk) -> None:
    assert personal.fix(NEXT_STEP) == Saved(REP_USER)
    assert [call.user_id for call in writes(served)] == [user_id(served, "Mara Meier")]
    assert desk.fix({"NextStep": ("Send the offer", "Wait")}) == WRITTEN
    assert writes(served)[-1].user_id == user_id(served, "Council Integration")
    assert INTEGRATION_USER == "council@acme.example"


def test_who_has_not_been_approved_is_told_what_to_do(served: LocalSalesforce, personal: Desk) -> None:
    says = only_refusal(personal.fix(NEXT_STEP, by="Omar Öz")).says
    assert "omar@acme.example" in says
    assert "pre-authorise it with the permission set" in says
    assert "Nothing was written" in says
    assert not writes(served)


def test_who_has_left_salesforce_writes_nothing(served: LocalSalesforce, personal: Desk) -> None:
    assert "no active user there" in only_refusal(personal.fix(NEXT_STEP, by="Lena Left")).says
    assert not writes(served)


def test_a_person_who_may_not_edit_or_even_see_the_deal_is_told_so(
    served: LocalSalesforce, personal: Desk
) -> None:
    mara, deal = user_id(served, "Mara Meier"), deal_id(served, DEAL)
    expected = (
        "Salesforce does not let you change this deal. Ask your Salesforce administrator for the right to "
        "edit it."
    )
    for closed in (served.org.read_only_for, served.org.hidden_from):
        closed.add((mara, deal))
        assert only_refusal(personal.fix(NEXT_STEP)).says == expected
        closed.clear()


def test_a_field_that_is_closed_to_the_person_is_named(served: LocalSalesforce, personal: Desk) -> None:
    served.org.closed_fields.add((user_id(served, "Mara Meier"), "NextStep"))
    refusal = only_refusal(personal.fix(NEXT_STEP))
    assert refusal.fields == ("NextStep",)
    assert refusal.says.startswith("Salesforce does not let you change Next Step.")


def test_our_own_user_that_is_not_let_in_is_for_administrators(served: LocalSalesforce, desk: Desk) -> None:
    served.faults.refuses_sign_in("invalid_client", "invalid client credentials")
    with pytest.raises(SignInFailed):
        desk.fix(NEXT_STEP)
