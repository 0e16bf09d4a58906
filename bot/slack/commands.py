"""Our slash commands, and what a workspace calls them: other apps may have had the names before us."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SlashCommand:
    """A command as Slack's own menu shows it."""

    name: str
    does: str
    hint: str


COMMANDS = (
    SlashCommand("apm", "The red, yellow and green matrix", "region · region EMEA · why EMEA coverage"),
    SlashCommand("hygiene", "Deals that need a moment of yours, and your score", "team · company · rules"),
    SlashCommand("action", "Assign an action to a cell", 'spiff EMEA coverage "2x" @ana by Friday'),
    SlashCommand("actions", "Actions: yours, overdue, by cell, the ledger", "overdue · EMEA · ledger"),
    SlashCommand("spiff", "Assign a SPIFF", 'EMEA coverage "2x on Data Cloud" @ana by Friday'),
    SlashCommand("dinner", "Assign a prospect dinner", 'EMEA coverage "Zürich" @ana by Friday'),
    SlashCommand("fix", "Mend a deal of yours", "ACME"),
    SlashCommand("deal", "One deal, and what its record lacks", "ACME"),
    SlashCommand("pause", "Leave: nobody asks you anything", "until 4 Dec · off"),
    SlashCommand("held", "Messages that were held back to spare you", ""),
    SlashCommand("council", "The latest council, a word about a cell, the recap", "recap"),
    SlashCommand("link", "Sales operations: link a chat user to a person", "@ana ana@example.com"),
    SlashCommand("unlink", "Sales operations: undo such a link", "@ana"),
    SlashCommand("outbox", "Sales operations: messages that did not arrive", ""),
    SlashCommand("audit", "Sales operations: who changed what", "deal:006…"),
    SlashCommand("help", "What you can type", ""),
)
DEFAULT_NAMES = {"help": "council-help", "link": "council-link", "unlink": "council-unlink"}
"""Where our own name is so general that it would be in everybody's way."""

_KNOWN = "|".join(sorted((command.name for command in COMMANDS), key=len, reverse=True))
_SPOKEN = re.compile(rf"(?<![\w/.:])/({_KNOWN})(?![\w/-])")


@dataclass(frozen=True)
class CommandNames:
    """What one workspace calls our commands."""

    configured: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The workspace's name of our command, without the slash."""
        return self.configured.get(name) or DEFAULT_NAMES.get(name, name)

    def ours(self, typed: str) -> str:
        """Our name of a command as it was typed, with its slash or without."""
        bare = typed.removeprefix("/")
        return next((command.name for command in COMMANDS if self.of(command.name) == bare), bare)

    def spoken(self, words: str) -> str:
        """Words that tell somebody what to type, with the names that they can type here."""
        return _SPOKEN.sub(lambda found: f"/{self.of(found[1])}", words)

    def in_message(self, content: Any) -> Any:
        """The same for every text of a message or a form."""
        if isinstance(content, dict):
            return {key: self._part(key, value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.in_message(one) for one in content]
        return content

    def _part(self, key: str, value: Any) -> Any:
        return self.spoken(value) if key == "text" and isinstance(value, str) else self.in_message(value)
