"""Who somebody in the workspace is, asked of Slack and kept for a few minutes."""

from collections.abc import Callable

from bot.slack.api import SlackApi
from bot.slack.people import SlackPerson, read_person
from bot.surface import DeliveryFailed
from pipeline.errors import AccessDenied

KEPT_SECONDS = 300.0
"""After that a deactivated account, a changed e-mail or a moved person is noticed."""
MOST_KEPT = 20_000


class Colleagues:
    """Looks people up in one workspace. `seconds` gives a time that only ever grows."""

    def __init__(
        self, api: SlackApi, home_team: str, seconds: Callable[[], float], *, is_in_grid: bool = False
    ) -> None:
        """`is_in_grid`: the workspace is one of an Enterprise Grid, whose people have one team of several."""
        self._api = api
        self._home_team = home_team
        self._seconds = seconds
        self._is_in_grid = is_in_grid
        self._kept: dict[str, tuple[float, SlackPerson]] = {}

    async def person(self, user_id: str, team: str) -> SlackPerson:
        """The colleague of that id. Raises `AccessDenied` in words for whom we do not speak with, and
        `DeliveryFailed` where Slack does not say.

        `team`: the workspace that Slack named beside the user; a stranger's may be told by it alone.
        """
        if team and team != self._home_team and not self._is_in_grid:
            raise AccessDenied(
                "You are here from another organisation, and the pipeline is for colleagues only. "
                "Ask whoever invited you."
            )
        kept = self._kept.get(user_id)
        if kept is not None and self._seconds() < kept[0]:
            return kept[1]
        answer = await self._api.ask("users.info", user=user_id)
        person = read_person(answer["user"], self._home_team)
        self._kept[user_id] = (self._seconds() + KEPT_SECONDS, person)
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        return person

    async def emails(self, user_ids: tuple[str, ...]) -> dict[str, str]:
        """The e-mails of those who are colleagues and have one; of others nothing is said."""
        found = {}
        for user_id in user_ids:
            try:
                email = (await self.person(user_id, self._home_team)).email
            except (AccessDenied, DeliveryFailed):
                continue
            if email is not None:
                found[user_id] = email
        return found
