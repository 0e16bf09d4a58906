"""Our commands as people type them in Teams: without the slash, behind which it looks for its own."""

import re
from collections.abc import Collection
from typing import Any

from handlers.capabilities import TYPED_NAMES


class Spoken:
    """Words that tell people what to type here."""

    def __init__(self, configured: Collection[str] = ()) -> None:
        """`configured`: commands that a company has beside ours."""
        known = "|".join(sorted({*TYPED_NAMES, *configured}, key=len, reverse=True))
        self._commands = re.compile(rf"(?<![\w/.:])/({known})(?![\w/-])")

    def words(self, words: str) -> str:
        return self._commands.sub(lambda found: found[1], words)

    def card(self, content: Any) -> Any:
        """The same for every text of a card."""
        if isinstance(content, dict):
            return {key: self._part(key, value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.card(one) for one in content]
        return content

    def _part(self, key: str, value: Any) -> Any:
        is_text = key in ("text", "fallbackText") and isinstance(value, str)
        return self.words(value) if is_text else self.card(value)
