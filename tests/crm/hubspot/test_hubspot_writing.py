"""Fixes: what HubSpot is told, what it refuses, and what happens where it does not answer."""

from datetime import date

import pytest

from crm.hubspot.crm import HubspotCrm
from crm.hubspot.errors import LimitReached, SignInFailed, Unavailable
from crm.records import Fix, PullRequest
from pipeline.crm_fields import Busy, Conflict, FieldType, Rejected, Saved
from pipeline.crm_records import FieldKind, FieldValue
from tests.crm.hubspot.conftest import NOW, ZONE, Connections
from tests.hubspot.answers import Refused, day_used_up, too_fast
from tests.hubspot.server import LocalHubspot

DAY = date(2026, 9, 30).toordinal()


def fix(deal: int, **changes: tuple[FieldValue, FieldValue]) -> Fix:
    return Fix(str(deal), "71", NOW, changes, {"acv": FieldKind.NUMBER})


def test_a_fix_is_written_in_hubspots_own_values(hubspot: LocalHubspot, crm: HubspotCrm, deal: int) -> None:
    """Noon of 14 October in Los Angeles is 19:00 UTC: the same day for whoever looks from there or Europe."""
    changes: dict[str, tuple[FieldValue, FieldValue]] = {
        "StageName": ("Qualified To Buy", "Contract Sent"),
        "ForecastCategoryName": (None, "Best Case"),
        "Amount": (12_005_000, 9_999_900),
        "CloseDate": (DAY, DAY + 14),
        "NextStep": ("Send the draft", None),
    }
    assert crm.write(Fix(str(deal), "71", NOW, changes)) == Saved()
    held = {name: hubspot.account.text(deal, name) for name in ("dealstage", "amount", "closedate")}
    assert held == {"dealstage": "contractsent", "amount": "999.99", "closedate": "2026-10-14T19:00:00.000Z"}
    assert hubspot.account.text(deal, "hs_manual_forecast_category") == "BEST_CASE"
    assert hubspot.account.text(deal, "hs_next_step") == ""


def test_who_saves_right_before_our_write_is_not_overwritten(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The properties are asked between the look and the write: a moment in which somebody else saves."""
    real = type(crm)._shape

    def slow_shape(self: HubspotCrm, row: object) -> object:
        if hubspot.account.text(deal, "hs_next_step") == "Send the draft":
            hubspot.account.change("deals", deal, hs_next_step="Theirs")
        return real(self, row)  # type: ignore[arg-type]

    monkeypatch.setattr(type(crm), "_shape", slow_shape)
    result = crm.write(fix(deal, NextStep=("Send the draft", "Ours")))
    assert isinstance(result, Conflict)
    assert [(one.field, one.now) for one in result.differences] == [("NextStep", "Theirs")]
    assert hubspot.account.text(deal, "hs_next_step") == "Theirs"


def test_what_a_stage_needs_is_asked_for_before_the_deal_moves(
    hubspot: LocalHubspot, connections: Connections, deal: int
) -> None:
    crm = connections.open(required={"Contract Sent": ["amount", "hs_manual_forecast_category"]})
    to_contract = ("Qualified To Buy", "Contract Sent")
    result = crm.write(fix(deal, StageName=to_contract))
    assert isinstance(result, Rejected)
    (refusal,) = result.refusals
    assert refusal.fields == ("ForecastCategoryName",)
    assert refusal.says.endswith("is needed in Contract Sent.")
    assert hubspot.account.text(deal, "dealstage") == "qualifiedtobuy"
    assert crm.write(fix(deal, StageName=to_contract, ForecastCategoryName=(None, "Commit"))) == Saved()
    assert crm.describe(str(deal)).fields["Amount"].is_required


def test_hubspots_objections_stand_at_their_fields_in_its_own_words(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    """The property went away after we had read what there is."""
    crm.describe(str(deal))
    del hubspot.account.properties["deals"]["hs_next_step"]
    result = crm.write(fix(deal, NextStep=("Send the draft", "x")))
    assert isinstance(result, Rejected)
    (refusal,) = result.refusals
    assert (refusal.says, refusal.fields) == ('Property "hs_next_step" does not exist', ("NextStep",))


def test_a_write_that_nobody_answered_is_looked_up_and_not_repeated(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    hubspot.hangs_up_after_next_write = True
    assert crm.write(fix(deal, NextStep=("Send the draft", "Call"))) == Saved()
    writes = [request for request in hubspot.answers.requests if request.method == "PATCH"]
    assert len(writes) == 1


def test_a_write_that_is_limited_or_fails_is_busy_and_writes_nothing(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    for fault in (too_fast(), Refused(503, "…", "INTERNAL_ERROR"), Refused(423, "locked", "LOCKED")):

        def fail_the_write(fault: Refused = fault) -> None:
            raise fault

        hubspot.answers.before_next_patch(fail_the_write)
        assert isinstance(crm.write(fix(deal, NextStep=("Send the draft", "Call"))), Busy)
    assert hubspot.account.text(deal, "hs_next_step") == "Send the draft"


def test_a_missing_right_to_write_names_the_scope(hubspot: LocalHubspot, crm: HubspotCrm, deal: int) -> None:
    hubspot.account.scopes.remove("crm.objects.deals.write")
    result = crm.write(fix(deal, NextStep=("Send the draft", "Call")))
    assert isinstance(result, Rejected)
    assert "crm.objects.deals.write" in result.refusals[0].says


def test_reads_wait_as_long_as_hubspot_asks(hubspot: LocalHubspot, crm: HubspotCrm, deal: int) -> None:
    hubspot.answers.refuses_next(too_fast(seconds=7), Refused(502, "…", "INTERNAL_ERROR"))
    assert crm.read_deal(str(deal), PullRequest({}, "USD", NOW, ZONE)) is not None
    assert hubspot.clock.slept == [7, 2]


def test_a_day_that_is_used_up_is_said_at_once(hubspot: LocalHubspot, crm: HubspotCrm, deal: int) -> None:
    hubspot.answers.refuses_next(day_used_up())
    with pytest.raises(LimitReached, match="all requests of this day are used up"):
        crm.capabilities()
    assert not hubspot.clock.slept


def test_a_hubspot_that_stays_away_is_unavailable(hubspot: LocalHubspot, crm: HubspotCrm) -> None:
    hubspot.answers.refuses_next(*(Refused(503, "…", "INTERNAL_ERROR") for _ in range(4)))
    with pytest.raises(Unavailable, match="HTTP 503"):
        crm.capabilities()


@pytest.mark.parametrize("token", [None, "pat-wrong"])
def test_a_wrong_token_says_where_to_look_and_never_shows_itself(
    connections: Connections, token: str | None
) -> None:
    with pytest.raises(SignInFailed) as caught:
        connections.open(access_token=token).capabilities()
    assert "COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN" in str(caught.value)
    assert "pat-wrong" not in str(caught.value)


def test_forms_know_options_people_and_what_cannot_be_written(
    hubspot: LocalHubspot, crm: HubspotCrm, deal: int
) -> None:
    account = hubspot.account
    account.add_property("deals", "region", "enumeration", "select", {"emea": "EMEA", "amer": "Americas"})
    account.add_property("deals", "topics", "enumeration", "checkbox", {"a": "A"})
    fields = crm.describe(str(deal)).fields
    region = fields["region"]
    assert [(pick.value, pick.label) for pick in region.picks] == [("emea", "EMEA"), ("amer", "Americas")]
    assert (fields["OwnerId"].type, fields["OwnerId"].picks[0].label) == (FieldType.PERSON, "Ana Doe")
    assert not fields["topics"].is_writable
    assert not fields["CreatedDate"].is_writable
    assert fields["StageName"].is_required
