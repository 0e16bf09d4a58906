"""The rights that the app asks a workspace for, each with its reason: no others are asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    name: str
    reason: str
    """What would not work without it, for whoever approves the app."""


BOT_SCOPES = (
    Scope("app_mentions:read", "to answer when somebody mentions the bot in a channel"),
    Scope("chat:write", "to post digests, the council's post and answers, and to update them"),
    Scope("commands", "to offer /apm and the other commands, and “Assign an action” on messages"),
    Scope("files:write", "to post the heat map and CSV files"),
    Scope("im:history", "to hear what people write to the bot in their own conversation with it"),
    Scope("im:write", "to open that conversation"),
    Scope("channels:history", "to find a message again after a crash instead of posting it twice"),
    Scope("groups:history", "the same in a private council channel"),
    Scope("channels:read", "to find the council's channel by its name"),
    Scope("groups:read", "the same for a private channel that the bot was invited to"),
    Scope("links:read", "to see addresses of deals that people post"),
    Scope("links:write", "to show beside such an address what the deal lacks, to those who may see it"),
    Scope("metadata.message:read", "to recognise its own messages by their key after a crash"),
    Scope("usergroups:read", "to take a user group as the council's members"),
    Scope("users:read", "to tell guests, bots and people who left from colleagues, and to know time zones"),
    Scope("users:read.email", "to find the CRM user with the same e-mail"),
)
APP_SCOPES = (Scope("connections:write", "to receive events through Socket Mode, without a public address"),)
