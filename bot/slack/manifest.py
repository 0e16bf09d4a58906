"""The app's manifest: what an administrator pastes into Slack to make the app in one step."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.slack.commands import COMMANDS, CommandNames
from bot.slack.scopes import BOT_SCOPES

Json = dict[str, Any]

EVENTS_PATH = "/slack/events"
ASSIGN_SHORTCUT = "assign_from_message"


def build_manifest(
    *,
    app_name: str = "Pipeline Council",
    command_names: Mapping[str, str] | None = None,
    public_address: str | None = None,
    unfurl_domains: Sequence[str] = (),
) -> Json:
    """The manifest as JSON.

    `command_names` renames commands that another app of the workspace has already (`{"apm": "apm2"}`).
    Without `public_address` (`https://council.example.com`) the app listens through Socket Mode.
    `unfurl_domains`: where the CRM's records have their addresses, five at most.
    """
    names = CommandNames(command_names or {})
    listens = {} if public_address is None else {"request_url": public_address.rstrip("/") + EVENTS_PATH}
    url = {} if public_address is None else {"url": public_address.rstrip("/") + EVENTS_PATH}
    features: Json = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": _as_handle(app_name), "always_online": True},
        "shortcuts": [
            {
                "name": "Assign an action",
                "type": "message",
                "callback_id": ASSIGN_SHORTCUT,
                "description": "Make an action of this message, for the cell of its thread",
            }
        ],
        "slash_commands": [
            {
                "command": f"/{names.of(command.name)}",
                "description": command.does,
                **({"usage_hint": command.hint} if command.hint else {}),
                "should_escape": True,
                **url,
            }
            for command in COMMANDS
        ],
    }
    if unfurl_domains:
        features["unfurl_domains"] = list(unfurl_domains)
    return {
        "display_information": {
            "name": app_name,
            "description": "Keeps the sales pipeline honest, here in chat.",
            "background_color": "#1f3a5f",
        },
        "features": features,
        "oauth_config": {"scopes": {"bot": [scope.name for scope in BOT_SCOPES]}},
        "settings": {
            "event_subscriptions": {
                **listens,
                "bot_events": ["app_home_opened", "app_mention", "link_shared", "message.im"],
            },
            "interactivity": {"is_enabled": True, **listens},
            "org_deploy_enabled": False,
            "socket_mode_enabled": public_address is None,
            "token_rotation_enabled": False,
        },
    }


def _as_handle(app_name: str) -> str:
    """A bot's own name has letters, digits, hyphens and dots only."""
    return re.sub(r"[^\w\-.]+", "-", app_name).strip("-").lower() or "pipeline-council"
