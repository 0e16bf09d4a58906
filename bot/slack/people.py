"""Who a Slack user is: what `users.info` says of one, and why some are not spoken with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import AccessDenied

_LAST_SECOND = 4_102_444_800
"""The year 2100: what lies beyond is no date of anybody's."""


@dataclass(frozen=True)
class Away:
    """A status of absence."""

    until: datetime | None
    """When Slack takes the status away, in UTC; `None`: nobody knows."""


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
    away: Away | None = None
    """Whether the status says that the person is on leave or ill."""


AWAY_EMOJI = frozenset({":palm_tree:", ":face_with_thermometer:"})
"""Slack's own suggestions “Vacationing” and “Out sick”; any other status can mean anything."""


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
    if user.get("is_stranger") or home_team not in _teams(user):
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
    zone = timezone if isinstance(timezone, str) else None
    return SlackPerson(str(user.get("id")), home_team, name, email, zone, _away(profile))


def _away(profile: Mapping[str, Any]) -> Away | None:
    if profile.get("status_emoji") not in AWAY_EMOJI:
        return None
    expires = profile.get("status_expiration")
    ends = isinstance(expires, int) and 0 < expires < _LAST_SECOND
    return Away(datetime.fromtimestamp(expires, UTC) if ends and isinstance(expires, int) else None)


def _teams(user: Mapping[str, Any]) -> frozenset[str]:
    """The workspaces that somebody is a member of: in an Enterprise Grid they can be several."""
    grid: Mapping[str, Any] = user.get("enterprise_user") or {}
    return frozenset(str(team) for team in (user.get("team_id"), *(grid.get("teams") or ())) if team)
