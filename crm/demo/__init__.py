"""A company of our own invention, as a system of record: for trying the product without a CRM."""

from crm.demo.company import COMPANY_NAME
from crm.demo.configuration import demo_configuration
from crm.demo.crm import DemoCrm
from crm.demo.people import CastMember, demo_cast

__all__ = ["COMPANY_NAME", "CastMember", "DemoCrm", "demo_cast", "demo_configuration"]
