"""HubSpot keeps what every system of record owes."""

import pytest

from crm.hubspot.crm import HubspotCrm
from tests.contracts.crm import CrmCase, CrmContract, request_of
from tests.crm.hubspot.conftest import NOW
from tests.hubspot.server import LocalHubspot


class TestHubspot(CrmContract):
    @pytest.fixture
    def case(self, hubspot: LocalHubspot, deal: int, crm: HubspotCrm) -> CrmCase:
        account = hubspot.account
        account.change("deals", deal, dealstage="contractsent", amount="1300")
        account.link(deal, "contacts", account.add("contacts"), "Decision maker")
        account.link(deal, "companies", account.add("companies", name="Acme Inc."), "Primary")
        account.link(deal, "line_items", account.add("line_items", name="Cloud", amount="1300"))
        return CrmCase(crm, str(deal), NOW, request_of(NOW))
