"""Salesforce keeps what every system of record owes, whichever way it is pulled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contracts.crm import CrmCase, CrmContract, request_of
from tests.crm.salesforce.conftest import Connections, deal_id
from tests.crm.salesforce.pulling import NOW, open_crm
from tests.salesforce.server import LocalSalesforce


class TestSalesforceByQueries(CrmContract):
    @pytest.fixture
    def case(self, served: LocalSalesforce, connections: Connections, tmp_path: Path) -> CrmCase:
        """The deal that has everything: two products, a contact, an open task, a history."""
        deal = deal_id(served, "Spray tower")
        rep = served.org.row("Opportunity", deal)
        assert rep is not None
        served.org.insert("Task", WhatId=deal, OwnerId=rep["OwnerId"], Subject="Call", IsClosed=False)
        served.org.update("Opportunity", deal, NextStep="Send the draft")
        # Within the second of a save a writer waits for the next one, and nobody really waits here.
        rep["LastModifiedDate"] = datetime.now(UTC) - timedelta(minutes=5)
        return CrmCase(open_crm(connections, tmp_path, in_bulk=self.in_bulk), deal, NOW, request_of(NOW))

    in_bulk = False


class TestSalesforceInBulk(TestSalesforceByQueries):
    in_bulk = True
