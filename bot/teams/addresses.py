"""Where people and channels are in Teams: what it told us of, and who and what is in our teams."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic

from bot.surface import Addressee, Unreachable
from bot.teams.connector import Connector
from bot.teams.people import read_member
from bot.teams.places import NAME, Conversation, conversation_from_text
from pipeline.audiences import person_of
from pipeline.errors import AccessDenied
from storage.chat_places import ChatPlace, PlaceKind, put_place, read_place, read_places, remove_place
from storage.database import Engine, reading, writing

KEPT_SECONDS = 600.0
ASK_AGAIN_SECONDS = 60.0
"""Somebody or something missing is looked for once in that time at most: teams can have thousands."""


class Addresses:
    """Finds conversations in one organisation."""

    def __init__(
        self,
        connector: Connector,
        engine: Engine,
        tenant: str,
        service_url: str,
        channel_ids: Mapping[str, str],
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        """`service_url`: where to speak to people who have not written yet. `channel_ids`: channels by their
        configured names, where a name alone does not say which is meant. `seconds`: only ever grows."""
        self._connector = connector
        self._engine = engine
        self._tenant = tenant
        self._service_url = service_url
        self._channel_ids = {name.removeprefix("#"): channel for name, channel in channel_ids.items()}
        self._seconds = seconds
        self._channels: Mapping[str, tuple[Conversation, ...]] = {}
        self._names: Mapping[str, str] = {}
        self._channels_at: float | None = None
        self._people: Mapping[str, str] = {}
        self._people_at: float | None = None
        self._listing = asyncio.Lock()

    # --- For delivery ---------------------------------------------------------------------------

    async def conversation_of(self, to: Addressee) -> Conversation:
        """The channel, or the personal chat with the person. Raises `DeliveryFailed`."""
        if person_of(to.audience) is None:
            return await self._channel(to.audience.removeprefix("#"))
        return await self.chat_with(to.user_id or await self._user_with(to.email, to.name))

    async def chat_with(self, object_id: str) -> Conversation:
        """The personal chat with a user, opened where Teams has not told of one. Raises `DeliveryFailed`."""
        known = await asyncio.to_thread(self._read, PlaceKind.PERSON, object_id)
        if known is not None:
            return conversation_from_text(known.address)
        opened = await self._connector.open_chat(self._service_url, object_id, self._tenant)
        await self.keep_chat(object_id, opened)
        return opened

    async def reaches(self, person: Addressee) -> bool:
        """Whether we have a chat with a person, or a team in common, by which one can be opened.

        Raises `DeliveryFailed`.
        """
        await self._list_people(fresh=False)
        user_id = person.user_id or self._people.get((person.email or "").casefold())
        if user_id is None:
            return False
        known = await asyncio.to_thread(self._read, PlaceKind.PERSON, user_id)
        return known is not None or user_id in self._people.values()

    async def places(self, kind: PlaceKind) -> tuple[ChatPlace, ...]:
        """Those of whom Teams told us: people who have the app, or teams that it was added to."""
        return await asyncio.to_thread(self._read_all, kind)

    # --- What Teams tells us of -----------------------------------------------------------------

    async def keep_chat(self, object_id: str, chat: Conversation) -> None:
        await asyncio.to_thread(self._put, ChatPlace(PlaceKind.PERSON, object_id, chat.as_text()))

    async def forget_chat(self, object_id: str) -> None:
        """The app was taken away from the person."""
        await asyncio.to_thread(self._remove, PlaceKind.PERSON, object_id)

    async def keep_team(self, team_id: str, service_url: str, name: str) -> None:
        place = ChatPlace(PlaceKind.TEAM, team_id, service_url, name)
        await asyncio.to_thread(self._put, place)
        self._channels_at = self._people_at = None

    async def forget_team(self, team_id: str) -> None:
        await asyncio.to_thread(self._remove, PlaceKind.TEAM, team_id)
        self._channels_at = self._people_at = None

    # --- Channels -------------------------------------------------------------------------------

    async def name_of(self, channel_id: str) -> str | None:
        """The configured name of a channel, else its own; `None` for one of a team that we are not in.

        Raises `DeliveryFailed`.
        """
        for name, known in self._channel_ids.items():
            if known == channel_id:
                return name
        if channel_id not in self._names:
            await self._list_channels(fresh=True)
        return self._names.get(channel_id)

    async def _channel(self, name: str) -> Conversation:
        if name in self._channel_ids:
            return Conversation(await self.service_url_of(""), self._channel_ids[name])
        await self._list_channels(fresh=False)
        if name.casefold() not in self._channels:
            await self._list_channels(fresh=True)
        found = self._channels.get(name.casefold(), ())
        if not found:
            raise Unreachable(
                f"I see no channel {name}. Add the app to its team (Manage team, Apps); for a private "
                f'channel put its id into the configuration: [teams] channels = {{ "{name}" = "19:…" }}.'
            )
        if len(found) > 1:
            raise Unreachable(
                f"{len(found)} channels are called {name}. Say which one is meant: "
                f'[teams] channels = {{ "{name}" = "19:…" }}.'
            )
        return found[0]

    async def service_url_of(self, team_id: str) -> str:
        """Where to ask about a team; one of which Teams has not told us is in the region of the others."""
        teams = await asyncio.to_thread(self._read_all, PlaceKind.TEAM)
        own = next((team.address for team in teams if team.id == team_id), None)
        return own or (teams[0].address if teams else self._service_url)

    async def _list_channels(self, *, fresh: bool) -> None:
        async with self._listing:
            if not self._is_due(self._channels_at, fresh=fresh):
                return
            by_name: dict[str, tuple[Conversation, ...]] = {}
            names: dict[str, str] = {}
            for team in await asyncio.to_thread(self._read_all, PlaceKind.TEAM):
                for channel_id, name in (await self._connector.channels(team.address, team.id)).items():
                    here = Conversation(team.address, channel_id)
                    by_name[name.casefold()] = (*by_name.get(name.casefold(), ()), here)
                    names[channel_id] = name
            self._channels, self._names, self._channels_at = by_name, names, self._seconds()

    # --- People ---------------------------------------------------------------------------------

    async def _user_with(self, email: str | None, name: str) -> str:
        """The id in Entra of whoever has this e-mail, among the members of our teams."""
        if not email:
            raise Unreachable(
                f"{name} has no e-mail address in the CRM. Sales operations can link {name} to a Teams user "
                "with /link."
            )
        await self._list_people(fresh=False)
        if email.casefold() not in self._people:
            await self._list_people(fresh=True)
        found = self._people.get(email.casefold())
        if found is None:
            raise Unreachable(
                f"{name} ({email}) is in no team that the app was added to, and has never written to it. Let "
                "the administrators install the app for everybody in sales (Teams admin center, Setup "
                "policies), or add it to a team that they are in."
            )
        return found

    async def _list_people(self, *, fresh: bool) -> None:
        async with self._listing:
            if not self._is_due(self._people_at, fresh=fresh):
                return
            found: dict[str, str] = {}
            for team in await asyncio.to_thread(self._read_all, PlaceKind.TEAM):
                async for member in self._connector.members(Conversation(team.address, team.id)):
                    try:
                        person = read_member(member, self._tenant)
                    except AccessDenied:
                        continue
                    if person.email:
                        found[person.email.casefold()] = person.object_id
            self._people, self._people_at = found, self._seconds()

    def _is_due(self, looked_at: float | None, *, fresh: bool) -> bool:
        if looked_at is None:
            return True
        return self._seconds() - looked_at >= (ASK_AGAIN_SECONDS if fresh else KEPT_SECONDS)

    # --- The database ---------------------------------------------------------------------------

    def _read(self, kind: PlaceKind, place_id: str) -> ChatPlace | None:
        with reading(self._engine) as connection:
            return read_place(connection, NAME, self._tenant, kind, place_id)

    def _read_all(self, kind: PlaceKind) -> tuple[ChatPlace, ...]:
        with reading(self._engine) as connection:
            return read_places(connection, NAME, self._tenant, kind)

    def _put(self, place: ChatPlace) -> None:
        """Most are known already, and the database has one writer."""
        if self._read(place.kind, place.id) == place:
            return
        with writing(self._engine) as connection:
            put_place(connection, NAME, self._tenant, place)

    def _remove(self, kind: PlaceKind, place_id: str) -> None:
        with writing(self._engine) as connection:
            remove_place(connection, NAME, self._tenant, kind, place_id)
