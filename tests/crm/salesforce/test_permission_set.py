"""The least rights of our user, as metadata that Salesforce takes."""

import io
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree

from crm.salesforce.describing import ObjectDescription
from crm.salesforce.organisation import Organisation
from crm.salesforce.permission_set import Rights, rights_for, write_package, write_permission_set
from tests.crm.salesforce.conftest import Connections
from tests.salesforce.schema import Field, Type
from tests.salesforce.server import LocalSalesforce

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
WRITTEN = ("Name", "StageName", "CloseDate", "Amount", "NextStep", "Loss_Reason__c")


def nothing_is_known(_: str) -> ObjectDescription | None:
    return None


def rights(read: Iterable[str] = (), written: Iterable[str] = WRITTEN) -> Rights:
    return rights_for(read, written, nothing_is_known)


def texts(xml: str, path: str) -> list[str]:
    steps = "/".join(f"{NAMESPACE}{step}" for step in path.split("/"))
    return [found.text or "" for found in ElementTree.fromstring(xml).findall(steps)]


def test_only_what_is_mended_in_chat_can_be_written_and_nothing_made_or_deleted() -> None:
    found = rights(read=("ACV__c", "Account.Industry"))
    assert {field for field, is_edited in found.edited.items() if is_edited} == {
        "Opportunity.Amount",
        "Opportunity.NextStep",
        "Opportunity.Loss_Reason__c",
    }
    assert found.edited["Opportunity.ACV__c"] is False
    xml = write_permission_set(found, "Pipeline Council")
    for right in ("allowCreate", "allowDelete", "modifyAllRecords"):
        assert {*texts(xml, f"objectPermissions/{right}")} == {"false"}
    edited = zip(
        texts(xml, "objectPermissions/object"), texts(xml, "objectPermissions/allowEdit"), strict=True
    )
    assert [name for name, is_edited in edited if is_edited == "true"] == ["Opportunity"]


def test_fields_that_come_with_their_object_are_not_named() -> None:
    """Salesforce refuses a permission set as a whole that names a required or a system field."""
    found = rights(
        read=("CreatedDate", "RecordType.Name", "Owner.Name", "Owner.UserRole.Name", "Account.Name")
    )
    assert {*found.edited} == {
        "Opportunity.AccountId",
        "Opportunity.Amount",
        "Opportunity.LeadSource",
        "Opportunity.Loss_Reason__c",
        "Opportunity.NextStep",
        "Opportunity.Type",
        "Product2.Family",
    }
    assert not found.unclear
    assert {*found.objects} == {"Opportunity", "Account", "Contact", "Product2"}


def test_parts_of_an_address_are_opened_by_the_address_and_people_by_their_own_fields() -> None:
    found = rights(read=("Account.BillingCountry", "Owner.Team__c", "Campaign.Type"), written=())
    assert {"Account.BillingAddress", "User.Team__c", "Campaign.Type"} < {*found.edited}
    assert "Campaign" in found.objects
    assert not found.objects["Opportunity"].is_edited


def test_where_our_user_sees_a_field_already_salesforce_says_what_it_is(
    served: LocalSalesforce, connections: Connections
) -> None:
    served.org.objects["Opportunity"].add(
        Field("Country_Code__c", length=2, is_nillable=False),
        Field("Score__c", Type.DOUBLE, is_calculated=True, is_updateable=False),
        Field("Partner__c", Type.REFERENCE, refers_to="Account", relation="Partner__r"),
    )
    organisation: Organisation = connections.organisation()
    asked = ("Country_Code__c", "Partner__r.Industry", "Unknown__r.Name")
    found = rights_for(asked, ("Score__c", "Region__c"), organisation.descriptions.object)
    assert "Opportunity.Country_Code__c" not in found.edited
    assert found.edited["Opportunity.Score__c"] is False
    assert found.edited["Opportunity.Region__c"] is True
    assert found.edited["Account.Industry"] is False
    assert found.unclear == ("Unknown__r.Name",)


def test_the_package_holds_the_permission_set_under_the_name_that_it_lists() -> None:
    package = write_package(rights(), "Pipeline & Council")
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        listed = opened.read("package.xml").decode()
        [held] = [name for name in opened.namelist() if name != "package.xml"]
        xml = opened.read(held).decode()
    assert texts(listed, "types/members") == ["Pipeline_Council"]
    assert texts(listed, "types/name") == ["PermissionSet"]
    assert held == "permissionsets/Pipeline_Council.permissionset"
    assert texts(xml, "label") == ["Pipeline & Council"]
    assert package == write_package(rights(), "Pipeline & Council")
