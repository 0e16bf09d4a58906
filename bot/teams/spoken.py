"""Our commands as people type them in Teams: without the slash, behind which it looks for its own."""

import re
from typing import Any

from handlers.capabilities import TYPED_NAMES

_KNOWN = "|".join(sorted(TYPED_NAMES, key=len, reverse=True))
_SPOKEN = re.compile(rf"(?<![\w/.:])/({_KNOWN})(?![\w/-])")


def spoken(words: str) -> str:
    """Words that tell somebody what to type."""
    return _SPOKEN.sub(lambda found: found[1], words)


def in_card(content: Any) -> Any:
    """The same for every text of a card."""
    if isinstance(content, dict):
        return {key: _part(key, value) for key, value in content.items()}
    if isinstance(content, list):
        return [in_card(one) for one in content]
    return content


def _part(key: str, value: Any) -> Any:
    return spoken(value) if key in ("text", "fallbackText") and isinstance(value, str) else in_card(value)
