"""Salesforce as a system of record, over its REST and Bulk API 2.0 interfaces."""
