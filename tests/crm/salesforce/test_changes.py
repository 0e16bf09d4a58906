"""What has changed since a mark: whatever way a deal changed, all of it comes as it is now."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from crm.records import AccountRecord, Changes, FieldKind, StageRecord, TargetRecord
from crm.salesforce.changes import ChangeReader, read_mark
from crm.salesforce.crm import SalesforceCrm
from crm.salesforce.sight import Sight
from tests.crm.salesforce.conftest import Connections, deal_id
from tests.crm.salesforce.pulling import of_kind, open_crm, request_for
from tests.salesforce.org import Org
from tests.salesforce.organisation import new_organisation, salesforce
from tests.salesforce.schema import Field, Type
from tests.salesforce.server import LocalSalesforce

START = 1_790_000_000.0
TEXT = FieldKind.TEXT


class Running(NamedTuple):
    """An organisation whose clock a test turns, and our way into it."""

    served: LocalSalesforce
    connections: Connections
    crm: SalesforceCrm
    now: list[float]

    @property
    def org(self) -> Org:
        return self.served.org

    def later(self, minutes: float) -> None:
        self.now[0] += minutes * 60

    def changed(self, since: str, **fields: FieldKind) -> list[str]:
        """Names of the deals that changed."""
        return [deal.opportunity.name for deals in self.changes(since, **fields).deals for deal in deals]

    def changes(self, since: str, **fields: FieldKind) -> Changes:
        found = self.crm.changes(since, request_for(**fields))
        assert found is not None
        return found

    def deal(self, name: str) -> str:
        return deal_id(self.served, name)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    now = [START]
    with salesforce(new_organisation(lambda: now[0])) as served:
        connections = Connections(served, tmp_path)
        yield Running(served, connections, open_crm(connections, tmp_path), now)
        connections.close()


def test_nothing_has_changed_where_nothing_has(running: Running) -> None:
    mark = running.crm.mark()
    running.later(15)
    running.changes(mark)
    calls = len(running.served.calls)
    changes = running.changes(mark)
    assert list(changes.deals) == []
    assert len(running.served.calls) - calls == 10, "of a day that has some ten thousand"
    assert not of_kind(list(changes.accounts), AccountRecord)
    assert mark == "2026-09-21T14:13:20Z"
    assert changes.mark == "2026-09-21T14:28:20Z"
    assert len(of_kind(changes.reference, StageRecord)) == 6
    assert len(of_kind(changes.reference, TargetRecord)) == 1


def line_item(org: Org, deal: str) -> str:
    product = next(row for row in org.rows("Product2"))["Id"]
    return org.insert(
        "OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=1.0, TotalPrice=5.0
    )


def family(org: Org, deal: str) -> None:
    product = next(row for row in org.rows("Product2") if row["Family"] == "Machines")
    org.update("Product2", str(product["Id"]), Family="Software")


def contact_goes(org: Org, deal: str) -> None:
    role = next(row for row in org.rows("OpportunityContactRole") if row["OpportunityId"] == deal)
    org.delete("OpportunityContactRole", str(role["Id"]))


def split(org: Org, deal: str) -> str:
    kind = next(org.rows("OpportunitySplitType"))["Id"]
    owner = next(org.rows("User"))["Id"]
    return org.insert(
        "OpportunitySplit", OpportunityId=deal, SplitTypeId=kind, SplitOwnerId=owner, SplitPercentage=100.0
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda org, deal: org.update("Opportunity", deal, NextStep="Sign"),
        lambda org, deal: org.delete("Opportunity", deal),
        line_item,
        family,
        contact_goes,
        split,
        lambda org, deal: org.insert("Task", WhatId=deal, IsClosed=False),
        lambda org, deal: org.insert("Event", WhatId=deal, ActivityDate=date(2026, 10, 1)),
    ],
    ids=["itself", "deleted", "product", "family", "contact gone", "split", "task", "meeting"],
)
def test_a_deal_changes_through_itself_and_what_hangs_on_it(
    running: Running, act: Callable[[Org, str], object]
) -> None:
    mark = running.crm.mark()
    running.later(15)
    act(running.org, running.deal("Spray tower"))
    running.later(15)
    assert running.changed(mark) == ["Spray tower"]


def test_a_closed_task_leaves_the_deal_without_it(running: Running) -> None:
    mark = running.crm.mark()
    running.later(15)
    task = next(running.org.rows("Task"))
    running.org.update("Task", str(task["Id"]), IsClosed=True, Status="Completed")
    ((deal,),) = running.changes(mark).deals
    assert (deal.opportunity.name, deal.activities) == ("Dryer line 2", ())


def test_an_account_that_changed_comes_without_its_deals(running: Running) -> None:
    """Whoever keeps accounts and people knows which values are different, and which deals have them."""
    running.org.insert("Account", Name="Nobody's customer")
    running.later(30)
    mark = running.crm.mark()
    running.later(15)
    account = next(row for row in running.org.rows("Account") if row["Name"] == "Alpenchemie")
    running.org.update("Account", str(account["Id"]), BillingCountry="Germany")
    changes = running.changes(mark, **{"Account.BillingCountry": TEXT})
    (found,) = of_kind(list(changes.accounts), AccountRecord)
    assert (found.name, found.fields) == ("Alpenchemie", {"BillingCountry": "Germany"})
    assert list(changes.deals) == []


def test_deals_change_with_whatever_else_a_field_is_taken_from(running: Running) -> None:
    deal = running.deal("Pilot plant")
    account = next(running.org.rows("Account"))["Id"]
    running.org.objects["Opportunity"].add(
        Field("Partner__c", Type.REFERENCE, refers_to="Account", relation="Partner__r")
    )
    lead = running.org.insert("Account", Name="Partner Inc.", Industry="Energy")
    running.org.update("Opportunity", deal, Partner__c=lead)
    running.later(30)
    mark = running.crm.mark()
    running.later(15)
    running.org.update("Account", lead, Industry="Food")
    assert running.changed(mark) == []
    assert running.changed(mark, **{"Partner__r.Industry": TEXT}) == ["Pilot plant"]
    assert account != lead


def test_an_account_that_is_new_to_us_comes_with_its_deal(running: Running) -> None:
    """It is old, and nobody had a deal with it before."""
    new_to_us = running.org.insert(
        "Account", at=datetime(2025, 1, 1, tzinfo=UTC), Name="Late starter", BillingCountry="Spain"
    )
    mark = running.crm.mark()
    running.later(15)
    running.org.update("Opportunity", running.deal("Pilot plant"), AccountId=new_to_us)
    accounts = of_kind(list(running.changes(mark).accounts), AccountRecord)
    assert [one.name for one in accounts] == ["Late starter"]


def test_deleted_deals_come_as_deleted_and_restored_ones_as_they_are(running: Running) -> None:
    deal = running.deal("Pilot plant")
    for act, is_deleted in ((running.org.delete, True), (running.org.restore, False)):
        running.later(30)
        mark = running.crm.mark()
        running.later(15)
        act("Opportunity", deal)
        ((found,),) = running.changes(mark).deals
        assert (found.opportunity.id, found.opportunity.is_deleted) == (deal, is_deleted)
        assert len(found.history) == 1


def test_a_change_that_becomes_visible_late_is_seen_the_next_time(running: Running) -> None:
    """It is stamped a minute before the mark of the look that does not see it."""
    mark = running.crm.mark()
    running.later(15)
    running.org.is_holding_commits = True
    running.org.update("Opportunity", running.deal("Second site"), Amount=5.0)
    running.later(1)
    changes = running.changes(mark)
    assert list(changes.deals) == []
    running.org.commit()
    running.later(15)
    assert running.changed(changes.mark) == ["Second site"]


def test_marks_are_told_by_salesforces_clock(running: Running) -> None:
    """Ours may be hours away from it."""
    assert read_mark(running.crm.mark()) == datetime.fromtimestamp(START, UTC)


@pytest.mark.parametrize("mark", ["", "yesterday", "2026-09-01T00:00:00Z"])
def test_a_mark_that_is_too_old_or_none_of_ours_means_pulling_everything(running: Running, mark: str) -> None:
    """Nobody sees on 21 September what was deleted on the first and has left the recycle bin since."""
    assert running.crm.changes(mark, request_for()) is None


def test_where_more_changed_than_is_sensible_everything_is_pulled(running: Running) -> None:
    session = running.connections.open()
    sight = Sight(running.connections.organisation().descriptions)
    since = datetime.fromtimestamp(START, UTC)
    running.later(15)
    for name in ("Pilot plant", "Second site", "Spray tower"):
        running.org.update("Opportunity", running.deal(name), NextStep="Sign")
    few = ChangeReader(sight, session, request_for(), since, most_changed=2)
    enough = ChangeReader(sight, session, request_for(), since, most_changed=3)
    assert few.deal_ids() is None
    assert len(enough.deal_ids() or ()) == 3


def test_a_deal_that_is_gone_for_good_is_left_to_the_reconcile(running: Running) -> None:
    mark = running.crm.mark()
    running.later(15)
    deal = running.deal("Pilot plant")
    running.org.insert("Task", WhatId=deal, IsClosed=False)
    running.org.purge("Opportunity", deal)
    assert running.changed(mark) == []


@pytest.mark.parametrize("in_bulk", [False, True])
def test_live_ids_are_those_outside_the_recycle_bin(running: Running, tmp_path: Path, in_bulk: bool) -> None:
    running.org.delete("Opportunity", running.deal("Pilot plant"))
    crm = open_crm(running.connections, tmp_path, in_bulk=in_bulk)
    ids = [one for some in crm.live_ids() for one in some]
    rows = running.org.rows("Opportunity")
    assert ids == [row["Id"] for row in rows if row["Name"] != "Pilot plant"]
    assert not running.served.jobs.ids
