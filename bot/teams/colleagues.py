"""Who somebody in the organisation is, asked of Teams and kept for a few minutes."""

from collections.abc import Callable, Sequence

from bot.surface import DeliveryFailed, Unreachable
from bot.teams.connector import Connector
from bot.teams.people import TeamsPerson, read_member
from bot.teams.places import Conversation
from pipeline.errors import AccessDenied

KEPT_SECONDS = 300.0
"""After that a changed e-mail, or somebody who has left, is noticed."""
MOST_KEPT = 20_000


class Colleagues:
    """Looks people up in one organisation. `seconds` gives a time that only ever grows."""

    def __init__(self, connector: Connector, tenant: str, seconds: Callable[[], float]) -> None:
        self._connector = connector
        self._tenant = tenant
        self._seconds = seconds
        self._kept: dict[str, tuple[float, TeamsPerson]] = {}

    async def person(self, where: Conversation, user_id: str, tenant: str) -> TeamsPerson:
        """The colleague of that id, who is in that conversation. Raises `AccessDenied` in words for whom we
        do not speak with, and `DeliveryFailed` where Teams does not say.

        `tenant`: the organisation that Teams named beside the user.
        """
        if tenant.casefold() != self._tenant.casefold():
            raise AccessDenied(
                "You are here from another organisation, and the pipeline is for colleagues only. "
                "Ask whoever invited you."
            )
        kept = self._kept.get(user_id)
        if kept is not None and self._seconds() < kept[0]:
            return kept[1]
        return self.keep(user_id, read_member(await self._connector.member(where, user_id), self._tenant))

    async def is_in(self, where: Conversation, user_id: str) -> bool:
        """Whether somebody is in a conversation now, as Teams says at this moment. Raises `TryLater`."""
        try:
            await self._connector.member(where, user_id)
        except Unreachable:
            return False
        return True

    def keep(self, user_id: str, person: TeamsPerson) -> TeamsPerson:
        """Remember somebody of whom Teams told us by itself."""
        self._kept[user_id] = (self._seconds() + KEPT_SECONDS, person)
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        return person

    async def emails(self, where: Conversation, user_ids: Sequence[str]) -> dict[str, str]:
        """The e-mails of those who are colleagues and have one; of others nothing is said."""
        found = {}
        for user_id in user_ids:
            try:
                email = (await self.person(where, user_id, self._tenant)).email
            except (AccessDenied, DeliveryFailed):
                continue
            if email is not None:
                found[user_id] = email
        return found
