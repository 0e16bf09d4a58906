"""What came of looking whether a chat platform or a CRM is set up as it has to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at."""

    is_well: bool
    says: str
    do: str = ""
    """What to click or set, where it is not well."""
