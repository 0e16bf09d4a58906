"""Whatever people do and whenever it becomes visible: what changed, laid over what was there, is what a pull
reads."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.records import DealEvidence, FieldKind
from crm.salesforce.crm import SalesforceCrm
from tests.crm.salesforce.conftest import Connections
from tests.crm.salesforce.pulling import open_crm, request_for
from tests.examples import examples
from tests.salesforce.org import Org
from tests.salesforce.organisation import STAGES, new_organisation, salesforce
from tests.salesforce.values import Row

START = 1_790_000_000.0
_FIRST_DAY = date(2026, 9, 1)
_HANGING = ("OpportunityLineItem", "OpportunityContactRole", "OpportunitySplit", "Task", "Event")


class Act(NamedTuple):
    """What somebody does; the numbers choose of what there is."""

    do: str
    deal: int
    choice: int


ACTS = st.builds(
    Act,
    st.sampled_from(
        (
            "edit",
            "edit",
            "stage",
            "delete",
            "restore",
            "purge",
            "make",
            "hang",
            "unhang",
            "work",
            "family",
            "hold",
            "commit",
            "look",
            "wait",
        )
    ),
    st.integers(0, 30),
    st.integers(0, 30),
)


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, max_size=25))
def test_changes_laid_over_what_was_there_are_what_a_pull_reads(acts: Sequence[Act]) -> None:
    now = [START]
    org = new_organisation(lambda: now[0])
    with tempfile.TemporaryDirectory() as folder, salesforce(org) as served:
        connections = Connections(served, Path(folder))
        crm = open_crm(connections, Path(folder))
        mirror = _Mirror(crm)
        for act in acts:
            now[0] += 20
            _do(org, act, now)
            if act.do == "look":
                mirror.look()
        org.commit()
        now[0] += 60
        mirror.look()
        assert mirror.deals == _pulled(crm)
        connections.close()


class _Mirror:
    """What is known of the deals, kept up to date by changes alone."""

    def __init__(self, crm: SalesforceCrm) -> None:
        self._crm = crm
        self._mark = crm.mark()
        self.deals = _pulled(crm)

    def look(self) -> None:
        changes = self._crm.changes(self._mark, request_for(Region__c=FieldKind.TEXT))
        assert changes is not None
        for deals in changes.deals:
            self.deals |= {deal.opportunity.id: deal for deal in deals}
        live = {one for some in self._crm.live_ids() for one in some}
        gone = [
            known
            for known, deal in self.deals.items()
            if known not in live and not deal.opportunity.is_deleted
        ]
        for known in gone:
            del self.deals[known]
        self.deals = {known: deal for known, deal in self.deals.items() if _is_kept(deal, self._crm)}
        self._mark = changes.mark


def _is_kept(deal: DealEvidence, crm: SalesforceCrm) -> bool:
    """A deleted deal may leave the recycle bin, which changes nothing for anybody."""
    return not deal.opportunity.is_deleted or crm.read_deal(deal.opportunity.id, request_for()) is not None


def _pulled(crm: SalesforceCrm) -> dict[str, DealEvidence]:
    request = request_for(Region__c=FieldKind.TEXT)
    ids = [
        getattr(record, "id", "")
        for batch in crm.pull(request)
        for record in batch.records
        if type(record).__name__ == "OpportunityRecord"
    ]
    return {deal.opportunity.id: deal for deals in crm.read_deals(ids, request) for deal in deals}


def _do(org: Org, act: Act, now: list[float]) -> None:
    deals = list(org.rows("Opportunity"))
    deal = deals[act.deal % len(deals)]
    deed = _DEEDS.get(act.do)
    if deed is not None:
        deed(org, deal, act.choice)
    elif act.do == "hold":
        org.is_holding_commits = True
    elif act.do == "commit":
        org.commit()
    elif act.do == "wait":
        org.commit()  # no transaction lasts longer than ten minutes
        now[0] += 60 * act.choice


def _edit(org: Org, deal: Row, choice: int) -> None:
    changes: Row = {
        "Amount": float(choice * 1_000),
        "NextStep": f"Step {choice}",
        "CloseDate": _FIRST_DAY + timedelta(days=choice),
        "Region__c": ("DACH", "Nordics", None)[choice % 3],
    }
    name = sorted(changes)[choice % len(changes)]
    org.update("Opportunity", str(deal["Id"]), by=None, **{name: changes[name]})


def _stage(org: Org, deal: Row, choice: int) -> None:
    org.update("Opportunity", str(deal["Id"]), StageName=STAGES[choice % len(STAGES)][0])


def _delete(org: Org, deal: Row, _: int) -> None:
    if not deal["IsDeleted"]:
        org.delete("Opportunity", str(deal["Id"]))


def _restore(org: Org, deal: Row, _: int) -> None:
    if deal["IsDeleted"]:
        org.restore("Opportunity", str(deal["Id"]))


def _purge(org: Org, deal: Row, _: int) -> None:
    """Nobody takes a deal away in the middle of what others do to it."""
    if deal["IsDeleted"] and not org.is_holding_commits:
        org.purge("Opportunity", str(deal["Id"]))


def _make(org: Org, deal: Row, choice: int) -> None:
    org.insert(
        "Opportunity", Name=f"New {choice}", StageName="Discovery", CloseDate=_FIRST_DAY,
        OwnerId=deal["OwnerId"], CurrencyIsoCode="EUR",
    )  # fmt: skip


def _hang(org: Org, deal: Row, choice: int) -> None:
    if deal["IsDeleted"]:
        return
    name = _HANGING[choice % len(_HANGING)]
    own: Mapping[str, Row] = {
        "OpportunityLineItem": {
            "Product2Id": next(org.rows("Product2"))["Id"], "Quantity": 1.0, "TotalPrice": float(choice),
        },
        "OpportunityContactRole": {"ContactId": next(org.rows("Contact"))["Id"], "Role": "Evaluator"},
        "OpportunitySplit": {
            "SplitTypeId": next(org.rows("OpportunitySplitType"))["Id"], "SplitOwnerId": deal["OwnerId"],
            "SplitPercentage": 50.0,
        },
        "Task": {"IsClosed": False, "ActivityDate": _FIRST_DAY},
        "Event": {"ActivityDate": _FIRST_DAY + timedelta(days=40)},
    }  # fmt: skip
    link = "WhatId" if name in ("Task", "Event") else "OpportunityId"
    org.insert_row(name, {link: deal["Id"], **own[name]})


def _some_hanging(org: Org, choice: int) -> tuple[str, Row] | None:
    name = _HANGING[choice % len(_HANGING)]
    rows = [row for row in org.rows(name) if not row["IsDeleted"]]
    return (name, rows[choice % len(rows)]) if rows else None


def _unhang(org: Org, _: Row, choice: int) -> None:
    if found := _some_hanging(org, choice):
        name, row = found
        org.delete(name, str(row["Id"]))


def _work(org: Org, _: Row, choice: int) -> None:
    found = _some_hanging(org, choice)
    if found is None:
        return
    name, row = found
    changes: Mapping[str, Row] = {
        "OpportunityLineItem": {"TotalPrice": float(choice)},
        "OpportunityContactRole": {"Role": "Decision Maker"},
        "OpportunitySplit": {"SplitPercentage": 25.0},
        "Task": {"IsClosed": True},
        "Event": {"ActivityDate": _FIRST_DAY + timedelta(days=41)},
    }
    org.update(name, str(row["Id"]), by=None, **changes[name])


def _family(org: Org, _: Row, choice: int) -> None:
    product = next(org.rows("Product2"))
    org.update("Product2", str(product["Id"]), Family=("Machines", "Software")[choice % 2])


_DEEDS: Mapping[str, Callable[[Org, Row, int], None]] = {
    "edit": _edit,
    "stage": _stage,
    "delete": _delete,
    "restore": _restore,
    "purge": _purge,
    "make": _make,
    "hang": _hang,
    "unhang": _unhang,
    "work": _work,
    "family": _family,
}
