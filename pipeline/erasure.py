"""Taking a person's names out of what was written."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class ErasedPerson:
    """Whose names go, and what stands in their place."""

    names: tuple[str, ...]
    """Name, e-mail and chat users: whatever tells who it was."""
    token: str
    """Means nothing to anybody, and is the same in every place: `erased-3fa2c1d0`."""

    @cached_property
    def spellings(self) -> frozenset[str]:
        """The names as they can stand in a text, in JSON and in JSON of ASCII alone."""
        return frozenset(
            spelling
            for name in self.names
            for spelling in (name, json.dumps(name, ensure_ascii=False)[1:-1], json.dumps(name)[1:-1])
        )

    def taken_out_of(self, text: str) -> str:
        """The text with the token in the place of each name that stands as words of its own."""
        if not self.names:
            return text
        return self._pattern.sub(lambda _: self.token, text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The longest first, so that an e-mail is taken out whole."""
        longest_first = sorted(self.spellings, key=lambda name: (-len(name), name))
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def names_of(person: str, name: str, email: str | None, chat_users: Collection[str]) -> tuple[str, ...]:
    """What tells who somebody was. The CRM user's id stays, also where it stands for a name."""
    told = [email, *chat_users] if name == person else [name, email, *chat_users]
    return tuple(dict.fromkeys(each.strip() for each in told if each and each.strip()))
