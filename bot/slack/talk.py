"""One turn of talk in Slack: somebody does something, the handlers answer, and the answer is shown.

Slack waits three seconds for an acknowledgement and for a form to open. So the edge acknowledges as soon as
the inbox has what was done, and the turn goes on by itself; where a form is slow to come, one that asks for
patience stands in its place. When the answer stands in Slack the inbox is told: what a process that dies has
not shown is told by another one (`bot.resuming`).
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.dispatch import ALREADY, TakenIn
from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.colleagues import Colleagues
from bot.slack.heard import Heard, mentioned_users, with_addresses
from bot.slack.people import SlackPerson
from bot.slack.places import NAME, head_place
from bot.slack.rendering import Message, Origin, Rendering
from bot.slack.showing import Showing
from bot.surface import DeliveryFailed, OutcomeUnknown
from bot.turns import Turns, unwatched
from handlers.asking import Clicked, Question, Quote, Submitted, Typed, Where
from messages.card import (
    Card,
    Choice,
    ChoiceInput,
    DateInput,
    Form,
    Input,
    NumberInput,
    PersonInput,
    TextInput,
)
from messages.problem import compose_failure, compose_problem
from messages.reply import Reply
from pipeline.errors import AccessDenied, CouncilError
from pipeline.person_links import ChatAccount, Sender

logger = structlog.get_logger()

PATIENCE_SECONDS = 1.8
"""For the database or the CRM, before a form that asks for patience is opened: within Slack's three."""
LINK_SECONDS = 0.7
SAVING = "The CRM takes a moment. This window will say when it is done."
WHO_ARE_YOU = "Slack does not tell me at the moment who you are. Please try again in a minute."
HOME = Typed("/home")
"""What a person's own page shows (`handlers.home`)."""
_INPUTS = (TextInput, DateInput, NumberInput, ChoiceInput, PersonInput)


class Answers(Protocol):
    """Whoever answers chat users (`bot.dispatch.Dispatch`). It may block, and never raises."""

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        """`taken_in` is called, in whatever thread, when the inbox has the event."""

    def mark_shown(self, event: str) -> None:
        """The answer to the event stands in Slack."""

    def suggest(self, sender: Sender, command: str, typed: str) -> Sequence[Choice]:
        """What a menu offers for what somebody has typed so far; nothing for whom is not known here."""


class Talk:
    """Takes turns in one workspace."""

    def __init__(
        self,
        api: SlackApi,
        addresses: Addresses,
        colleagues: Colleagues,
        answers: Answers,
        find_key: Callable[[str], str | None],
        team: str,
        rendering: Rendering,
        turns: Turns,
    ) -> None:
        """`find_key`: the key of the letter that stands at a place (`storage.outbox_reading.read_key_at`)."""
        self._api = api
        self._addresses = addresses
        self._colleagues = colleagues
        self._answers = answers
        self._find_key = find_key
        self._team = team
        self._rendering = rendering
        self._showing = Showing(api, addresses, rendering)
        self._turns = turns

    # --- Turns ----------------------------------------------------------------------------------

    async def take(self, heard: Heard, taken_in: TakenIn) -> None:
        """A command, a click or words: ask, and show what comes back."""
        asking = self._turns.keep(self._ask(heard, heard.event, taken_in))
        waiting_view = await self._open_waiting_view(heard, asking)
        reply = await asking
        if reply == Reply(note=ALREADY):
            return
        if reply.form is not None:
            await self._open_form(heard, reply.form, waiting_view)
        elif waiting_view is not None:
            await self._change_view(waiting_view, self._said(reply))
        await self._show(heard, reply)

    async def submit(self, heard: Heard) -> Message:
        """A form that was filled in: what Slack is to do with the form, within its three seconds.

        An answer comes after the inbox has the form, and nothing is acknowledged before; but for one that is
        slow to come, see `Turns.receive`.
        """
        asking = self._turns.keep(self._ask(heard, heard.event, unwatched))
        await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not asking.done():
            self._turns.begin(self._show_late(heard, asking))
            return _updated(self._rendering.passing_view("Saving…", SAVING))
        reply = asking.result()
        if reply == Reply(note=ALREADY):
            return {}
        self._turns.begin(self._show(heard, reply))
        return {} if reply.form is None else self._answer_form(heard, reply.form)

    async def _show_late(self, heard: Heard, asking: asyncio.Task[Reply]) -> None:
        reply = await asking
        if heard.view is not None:
            shown = (
                self._said(reply) if reply.form is None else self._rendering.view(reply.form, heard.origin)
            )
            await self._change_view(heard.view, shown)
        if reply != Reply(note=ALREADY):
            await self._show(heard, reply)

    async def _show(self, heard: Heard, reply: Reply) -> None:
        """Everything but a form, and the person's own page as it is after what was done there.

        Where Slack does not let us, it is told later, as where the process had died.
        """
        await self._showing.show(heard, reply)
        await asyncio.to_thread(self._answers.mark_shown, heard.event)
        if heard.is_from_home:
            await self.show_home(replace(heard, question=HOME))

    async def suggest(self, user: str, team: str, command: str, typed: str) -> Sequence[Choice]:
        """What a menu offers for the letters typed into it so far; nothing where Slack cannot wait for it."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                person = await self._colleagues.person(user, team)
                return await asyncio.to_thread(self._answers.suggest, self._vouch(person), command, typed)
        except (TimeoutError, DeliveryFailed, AccessDenied):
            return ()

    async def show_home(self, heard: Heard) -> None:
        """Put a person's own page together anew: as often as Slack says, for it is the same page."""
        reply = await self._ask(heard, None, unwatched)
        await self._showing.show_home(heard.user, reply.cards)

    # --- Asking ---------------------------------------------------------------------------------

    async def look_up(self, heard: Heard) -> Reply:
        """What nobody waits for: should it never be shown, nobody misses it. Never raises."""
        reply = await self._ask(heard, heard.event, unwatched)
        await asyncio.to_thread(self._answers.mark_shown, heard.event)
        return reply

    async def _ask(self, heard: Heard, event: str | None, taken_in: TakenIn) -> Reply:
        """Never raises: whatever broke, the person gets an answer and the log the rest."""
        try:
            sender = await self._sender(heard)
            question = await self._with_addresses(heard.question)
            where = await self._where(heard)
            return await asyncio.to_thread(
                self._answers.answer_sender, sender, question, where, event, taken_in
            )
        except CouncilError as error:
            return Reply((compose_problem(error),))
        except (DeliveryFailed, OutcomeUnknown):
            logger.warning("slack_did_not_say_who", user=heard.user)
            return Reply((compose_problem(CouncilError(WHO_ARE_YOU)),))
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("slack_turn_failed", user=heard.user, reference=reference)
            return Reply((compose_failure(reference),))

    async def _sender(self, heard: Heard) -> Sender:
        return self._vouch(await self._colleagues.person(heard.user, heard.team))

    def _vouch(self, person: SlackPerson) -> Sender:
        account = ChatAccount(NAME, self._team, person.id)
        return Sender(account, person.name, person.email, person.timezone)

    async def _with_addresses(self, question: Question) -> Question:
        """Mentions as e-mails, which mean the same to the CRM."""
        if not isinstance(question, Typed) or not (users := mentioned_users(question.text)):
            return question
        return Typed(with_addresses(question.text, await self._colleagues.emails(users)))

    async def _where(self, heard: Heard) -> Where:
        origin = heard.origin
        return Where(
            NAME,
            await self._conversation(origin.channel, heard.user),
            message_key=origin.message_key or await self._key_at(origin.channel, origin.message),
            thread_key=await self._key_at(origin.channel, origin.thread),
            quoted=await self._quoted(heard.quoted, origin),
            tenant=self._team,
        )

    async def _conversation(self, channel: str, user: str) -> str:
        if not channel or channel.startswith("D"):
            return f"@{user}"
        try:
            name = await self._addresses.name_of(channel)
        except DeliveryFailed:
            name = None
        return f"#{name or channel}"

    async def _key_at(self, channel: str, ts: str) -> str | None:
        return await asyncio.to_thread(self._find_key, head_place(channel, ts)) if channel and ts else None

    async def _quoted(self, quoted: Quote | None, origin: Origin) -> Quote | None:
        """The quote with its author's name and its address, as far as Slack says these in time."""
        if quoted is None:
            return None
        try:
            async with asyncio.timeout(LINK_SECONDS):
                author = await self._name(quoted.author)
                answer = await self._api.ask(
                    "chat.getPermalink", channel=origin.channel, message_ts=origin.message
                )
                return replace(quoted, author=author, link=str(answer["permalink"]))
        except (TimeoutError, DeliveryFailed):
            return replace(quoted, author="")

    async def _name(self, user: str) -> str:
        try:
            return (await self._colleagues.person(user, self._team)).name
        except AccessDenied:
            return ""

    # --- Forms ----------------------------------------------------------------------------------

    async def _open_waiting_view(self, heard: Heard, asking: asyncio.Task[Reply]) -> str | None:
        """The id of a view that asks for patience, where the answer to a click does not come at once."""
        if heard.trigger is None or heard.view is not None or not isinstance(heard.question, Clicked):
            return None
        await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if asking.done():
            return None
        try:
            answer = await self._api.call(
                "views.open",
                trigger_id=heard.trigger,
                view=self._rendering.passing_view("One moment…", "This takes a little longer than usual."),
            )
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("waiting_view_not_opened", reason=str(error))
            return None
        return str(answer["view"]["id"])

    async def _open_form(self, heard: Heard, form: Form, waiting_view: str | None) -> None:
        view = self._rendering.view(form, heard.origin)
        open_view = heard.view or waiting_view
        if open_view is not None:
            await self._change_view(open_view, view)
            return
        try:
            await self._api.call("views.open", trigger_id=heard.trigger or "", view=view)
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("form_not_opened", reason=str(error))
            await self._showing.offer_form_again(heard, form.title)

    async def _change_view(self, view_id: str, view: Message) -> None:
        try:
            await self._api.call("views.update", view_id=view_id, view=view)
        except (DeliveryFailed, OutcomeUnknown) as error:  # it was closed, say
            logger.info("view_not_changed", reason=str(error))

    def _answer_form(self, heard: Heard, form: Form) -> Message:
        """What Slack is to do with the form that was sent.

        Say what is wrong at its fields, where nothing else has changed and the typed words can stay as they
        are; else show the new one in its place, as where the old one says what is right by now.
        """
        problems = {field.key: field.problem for field in _inputs(form) if field.problem}
        is_same = _is_same_form(heard.question, form) and not heard.shows_problems
        if problems and is_same and not form.problem:
            return {"response_action": "errors", "errors": problems}
        return _updated(self._rendering.view(form, heard.origin))

    def _said(self, reply: Reply) -> Message:
        """The reply as a few words in a window that was opened for it."""
        cards: tuple[Card, ...] = reply.cards
        words = reply.note or (cards[0].fallback if cards else "It is done.")
        return self._rendering.passing_view(cards[0].title if cards else "Done", words)


def _is_same_form(sent: Question, form: Form) -> bool:
    if not isinstance(sent, Submitted):
        return False
    keys = {field.key for field in _inputs(form)}
    return (sent.command, sent.argument, set(sent.answers)) == (form.command, form.argument, keys)


def _inputs(form: Form) -> list[Input]:
    return [block for block in form.blocks if isinstance(block, _INPUTS)]


def _updated(view: Message) -> Message:
    return {"response_action": "update", "view": view}
