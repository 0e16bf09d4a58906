"""Who somebody in Teams is: what its directory says of one, and why some are not spoken with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import AccessDenied


@dataclass(frozen=True)
class TeamsPerson:
    """A member of the organisation, as Teams vouches for one."""

    object_id: str
    """Of the user in Entra: it stays for good, and is the same in every conversation."""
    user_id: str
    """Teams' own id (`29:…`), by which it knows the user to this bot."""
    name: str
    email: str | None
    """The mail address, else the name by which the person signs in; `None` where Teams shows neither."""


def read_member(member: Mapping[str, Any], tenant: str) -> TeamsPerson:
    """The person behind a member of a conversation.

    Raises `AccessDenied`, in words for the person, for guests, bots and people of other organisations.
    """
    object_id = str(member.get("aadObjectId") or member.get("objectId") or "")
    if not object_id or str(member.get("id") or "").startswith("28:"):
        raise AccessDenied("I only speak with people who are signed in, not with other apps.")
    if str(member.get("userRole") or "user").casefold() in ("guest", "anonymous"):
        raise AccessDenied(
            "You are a guest in this team, and the pipeline is for members only. Ask whoever invited you."
        )
    if str(member.get("tenantId") or tenant).casefold() != tenant.casefold():
        raise AccessDenied(
            "You are here from another organisation, and the pipeline is for colleagues only. "
            "Ask whoever invited you."
        )
    email = str(member.get("email") or member.get("userPrincipalName") or "").strip()
    # A guest's sign-in name says from where they came: name_company.com#EXT#@tenant
    if "#ext#" in str(member.get("userPrincipalName") or "").casefold():
        raise AccessDenied(
            "You are a guest in this organisation, and the pipeline is for members only. "
            "Ask whoever invited you."
        )
    return TeamsPerson(object_id, str(member.get("id") or ""), str(member.get("name") or ""), email or None)
