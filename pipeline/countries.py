"""In which country somebody is, for the public holidays that hold there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.people import User

OWNER = "Owner."
"""Before the name of a user's field, as the configuration writes it."""


def check_country(where: str, country: str) -> None:
    """Raises `ValueError`, which says what is expected at `where`."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise ValueError(f"{where}: expected the two capital letters of a country, such as DE")


@dataclass(frozen=True)
class Countries:
    """What tells a person's country: the configuration by name, then a field of the CRM user, then the time
    zone."""

    by_person: Mapping[str, str] = field(default_factory=dict)
    """By e-mail or CRM user id."""
    user_field: str | None = None
    """The CRM user's field that holds an ISO code, as `Owner.CountryCode`."""
    by_zone: Mapping[str, str] = field(default_factory=dict)
    """By IANA time zone."""

    def of(self, user: User) -> str | None:
        """An ISO code; `None`: the organisation's own country."""
        return self._by_name(user) or self._by_field(user) or self.by_zone.get(user.timezone or "")

    def _by_name(self, user: User) -> str | None:
        return self._folded.get((user.email or "").casefold()) or self._folded.get(user.id.casefold())

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {name.strip().casefold(): country for name, country in self.by_person.items()}

    def _by_field(self, user: User) -> str | None:
        """What is no code tells nothing."""
        if self.user_field is None:
            return None
        value = user.fields.get(self.user_field.removeprefix(OWNER))
        code = value.strip().upper() if isinstance(value, str) else ""
        return code if re.fullmatch(r"[A-Z]{2}", code) else None
