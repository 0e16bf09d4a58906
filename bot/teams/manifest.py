"""The app package: what an administrator uploads to Teams to make the app there."""

import json
import uuid
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.teams.command_menu import ALONE, AMONG_OTHERS, MenuCommand
from bot.teams.heard import ASSIGN_COMMAND
from bot.teams.icons import ACCENT, draw_colour_icon, draw_outline_icon
from pipeline.errors import CouncilError

Json = dict[str, Any]

SCHEMA = "1.25"
"""The first in which an app can say that it works in private and shared channels."""
LONGEST_NAME = 30
_COLOUR, _OUTLINE = "color.png", "outline.png"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""A zip's first day: packages of the same content are the same file."""


def build_manifest(
    *, app_id: str, name: str, public_address: str, version: str, crm_domains: Sequence[str] = ()
) -> Json:
    """The manifest as JSON.

    `public_address`: where Teams reaches this machine (`https://council.example.com`). `version`: three
    numbers; Teams takes a package for an update where they grow. `crm_domains`: where the CRM's records have
    their addresses. Raises `CouncilError` for a name or an address that Teams does not take.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise CouncilError(f"Teams shows names of up to {LONGEST_NAME} letters; {name!r} has {len(name)}.")
    host = _host(public_address)
    website = f"https://{host}/"
    extension: Json = {
        "botId": app_id,
        "commands": [
            {
                "id": ASSIGN_COMMAND,
                "type": "action",
                "context": ["message"],
                "title": "Assign an action",
                "description": "Make an action of this message, for the cell of its thread",
                "fetchTask": True,
            }
        ],
    }
    if crm_domains:
        extension["messageHandlers"] = [{"type": "link", "value": {"domains": list(crm_domains)}}]
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": version,
        "id": package_id(app_id),
        "developer": {
            "name": "Pipeline Council",
            "websiteUrl": website,
            "privacyUrl": website,
            "termsOfUseUrl": website,
        },
        "name": {"short": name, "full": name},
        "description": {
            "short": "Keeps the sales pipeline honest, here in chat.",
            "full": "Tells you which of your deals need a moment and lets you mend them here, shows the "
            "matrix of the pipeline with the reason of each colour, and keeps the council's actions. It runs "
            "on your organisation's own machine, and shows each person what that person may see.",
        },
        "icons": {"color": _COLOUR, "outline": _OUTLINE},
        "accentColor": ACCENT,
        "bots": [
            {
                "botId": app_id,
                "scopes": ["personal", "team", "groupChat"],
                "supportsFiles": True,
                "commandLists": [
                    _menu("personal", ALONE),
                    _menu("team", AMONG_OTHERS),
                    _menu("groupChat", AMONG_OTHERS),
                ],
            }
        ],
        "composeExtensions": [extension],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [host],
        "supportsChannelFeatures": "tier1",
    }


def package_id(app_id: str) -> str:
    """The package's own id; the same app keeps it, so that a newer package is an update."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pipeline-council:{app_id.lower()}"))


def write_package(manifest: Mapping[str, Any]) -> bytes:
    """The zip: the manifest and two icons; the same bytes for the same manifest."""
    written = BytesIO()
    with ZipFile(written, "w") as package:
        for name, content in (
            ("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2).encode()),
            (_COLOUR, draw_colour_icon()),
            (_OUTLINE, draw_outline_icon()),
        ):
            entry = ZipInfo(name, _LONG_AGO)
            entry.compress_type = ZIP_DEFLATED
            package.writestr(entry, content)
    return written.getvalue()


def _menu(scope: str, commands: Sequence[MenuCommand]) -> Json:
    return {
        "scopes": [scope],
        "commands": [{"title": command.typed, "description": command.does} for command in commands],
    }


def _host(public_address: str) -> str:
    """Raises `CouncilError` unless it is an https address that Teams can reach at its usual port."""
    try:
        parts = urlsplit(public_address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme != "https" or port not in (None, 443) or parts.path.strip("/"):
        raise CouncilError(
            f"{public_address!r} is not where Teams could reach this machine: expected https and a host, "
            "such as --public-address https://council.example.com."
        )
    return host
