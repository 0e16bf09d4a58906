"""Who a Slack user is: what `users.info` says of one, and why some are not spoken with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import AccessDenied


@dataclass(frozen=True)
class SlackPerson:
    """A member of the workspace, as Slack vouches for one."""

    id: str
    team: str
    name: str
    email: str | None
    """`None` where Slack does not show it."""
    timezone: str | None
    """IANA name; `None` where Slack does not say."""


def read_person(user: Mapping[str, Any], home_team: str) -> SlackPerson:
    """The person behind the `user` of `users.info`.

    Raises `AccessDenied`, in words for the person, for bots, guests, people from other organisations, and
    those who are deactivated.
    """
    profile = user.get("profile") or {}
    name = str(profile.get("real_name") or user.get("real_name") or user.get("name") or "")
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        raise AccessDenied("I only speak with people, not with other apps.")
    if user.get("deleted"):
        raise AccessDenied("This Slack account is deactivated.")
    if user.get("is_stranger") or _team(user) != home_team:
        raise AccessDenied(
            "You are here as a visitor from another organisation, and the pipeline is for colleagues only. "
            "Ask whoever invited you."
        )
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        raise AccessDenied(
            "You are a guest in this workspace, and the pipeline is for members only. "
            "Ask a workspace administrator to make you a full member."
        )
    email = str(profile.get("email") or "").strip() or None
    timezone = user.get("tz")
    return SlackPerson(
        str(user.get("id")), home_team, name, email, timezone if isinstance(timezone, str) else None
    )


def _team(user: Mapping[str, Any]) -> str:
    """In an Enterprise Grid, a member of several workspaces still has one home team."""
    return str(user.get("team_id") or "")
