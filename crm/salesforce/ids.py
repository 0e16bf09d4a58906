"""Record ids: what may stand in a path or a query."""

import re

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def is_id(text: str) -> bool:
    """Whether it has the form of a record id; anything else would never be found."""
    return _ID.fullmatch(text) is not None
