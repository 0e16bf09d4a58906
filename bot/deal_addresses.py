"""Addresses of the CRM's records, as people paste them into a chat."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_RECORD = re.compile(r"/(006[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)(?=/|$)")
"""A Salesforce opportunity in an address of the web client: 15 characters, or 18 with their check-sum."""


def deal_in(address: str, domains: Sequence[str]) -> str | None:
    """The id of the deal that an address of one of these domains (or below them) shows."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = (parts.hostname or "").casefold()
    is_ours = any(host == domain or host.endswith("." + domain) for domain in domains)
    found = _RECORD.search(parts.path) if is_ours and parts.scheme == "https" else None
    return found[1] if found else None
