"""One turn of talk in Teams: somebody does something, the handlers answer, and the answer is shown.

Teams sends a message again that is not acknowledged within fifteen seconds, and waits ten for the answer to a
click. So words are acknowledged when the inbox has them; a click is answered with what the handlers say, or,
where that takes longer, with a request for patience, and the answer comes as a message. When the answer
stands in Teams the inbox is told: what a process that dies has not shown is told by another one
(`bot.resuming`).
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.dispatch import ALREADY, TakenIn
from bot.surface import DeliveryFailed, OutcomeUnknown
from bot.teams.addresses import Addresses
from bot.teams.colleagues import Colleagues
from bot.teams.heard import Heard, with_addresses
from bot.teams.people import TeamsPerson
from bot.teams.places import NAME, Conversation, Thread, head_place, split_thread
from bot.teams.rendering import BACK, Rendering
from bot.teams.showing import Showing
from bot.turns import Turns, unwatched
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import Card, Form
from messages.problem import PROBLEM, compose_failure, compose_problem
from messages.reply import Reply, Visibility
from pipeline.errors import AccessDenied, CouncilError
from pipeline.person_links import ChatAccount, Sender

logger = structlog.get_logger()

Json = dict[str, Any]

PATIENCE_SECONDS = 4.0
"""For the database, the CRM and Teams itself, before a click or a form is answered with a request for
patience: what stands in a window has five seconds, a click ten."""
PATIENCE = "This takes a little longer than usual. I write to you when it is done."
LATER = "Teams does not take my answer at the moment. I write to you as soon as it does."
WHO_ARE_YOU = "Teams does not tell me at the moment who you are. Please try again in a minute."
DONE = "Done."
NOTHING_CHANGED = "Nothing was changed."
IN_CHAT = "The answer stands in the chat."
SAID = "teams_said"
"""The key of what a form that stood alone leaves behind; nobody asks for it by that."""


class Answers(Protocol):
    """Whoever answers chat users (`bot.dispatch.Dispatch`). It may block, and never raises."""

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        """`taken_in` is called, in whatever thread, when the inbox has the event."""

    def mark_shown(self, event: str) -> None:
        """The answer to the event stands in Teams."""


@dataclass(frozen=True)
class Answered:
    """What became of a question."""

    person: TeamsPerson | None
    """Who asked; `None` for whom we do not speak with."""
    reply: Reply
    aloud: Thread | None = None
    """Where all see what is meant for all; `None` where the two of us are alone."""

    @property
    def is_repetition(self) -> bool:
        """Another turn has the same event in hand: when its answer is shown is that turn's to say."""
        return self.reply == Reply(note=ALREADY)


class Talk:
    """Takes turns in one organisation."""

    def __init__(
        self,
        addresses: Addresses,
        colleagues: Colleagues,
        showing: Showing,
        answers: Answers,
        find_key: Callable[[str], str | None],
        read_card: Callable[[str, str], Card | None],
        tenant: str,
        rendering: Rendering,
        turns: Turns,
    ) -> None:
        """`find_key`: the key of the letter that stands at a place (`storage.outbox_reading.read_key_at`);
        `read_card`: the card of the letter of a key as it should stand now, if it stands in a conversation
        (Teams' id of it)."""
        self._addresses = addresses
        self._colleagues = colleagues
        self._showing = showing
        self._answers = answers
        self._find_key = find_key
        self._read_card = read_card
        self._tenant = tenant
        self._rendering = rendering
        self._turns = turns

    # --- Words ----------------------------------------------------------------------------------

    async def take(self, heard: Heard, taken_in: TakenIn = unwatched) -> None:
        """Words: ask, and show what comes back; a form stands in a message of its own."""
        answered = await self.ask(heard, taken_in)
        person, reply = answered.person, answered.reply
        if answered.is_repetition:
            return
        if person is None:
            await self._refuse(heard, reply)
            return
        said = await self._showing.show(heard, person, reply, answered.aloud)
        if reply.form is not None:
            said = await self._show_form(heard, person, reply.form) or said
        if said:
            await self._showing.mention(heard, said)
        await self._mark_shown(heard)

    async def _refuse(self, heard: Heard, reply: Reply) -> None:
        """Somebody with whom we do not speak is told so where they spoke, in words that name no deal."""
        words = " ".join(card.fallback for card in reply.cards) or reply.note
        await self._showing.mention(heard, words)

    # --- Clicks ---------------------------------------------------------------------------------

    async def click(self, heard: Heard) -> Json:
        """A control of a card, or a form in its place: the answer that Teams shows the one who clicked."""
        if isinstance(heard.question, Clicked) and heard.question.command == BACK:
            return await self._restore(heard, NOTHING_CHANGED)
        until = _now() + PATIENCE_SECONDS
        asking = self._turns.keep(self.ask(heard))
        await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not asking.done():
            self._turns.begin(self._show_late(heard, asking))
            return await self._ask_for_patience(heard)
        answered = asking.result()
        if answered.person is None:
            return self._rendering.say(_spoken(answered.reply))
        if answered.is_repetition:
            return self._rendering.say(ALREADY)
        return await self._answer_click(heard, answered, until)

    async def _answer_click(self, heard: Heard, answered: Answered, until: float) -> Json:
        reply = answered.reply
        if reply.form is not None:
            self._turns.begin(self._mark_shown(heard))
            return self._rendering.replace(self._form_there(heard, reply.form))
        if problem := _problem_in(reply):  # a form stays as it is filled in
            self._turns.begin(self._mark_shown(heard))
            return self._rendering.say(problem)
        said = await self._show_in_time(heard, answered, until)
        replacing = next((one for one in reply.cards if self._showing.replaces(heard, reply, one)), None)
        if replacing is not None:
            self._turns.begin(self._showing.replace(heard, replacing))
            return self._as_card(heard, replacing, said)
        if reply.cards and reply.visibility is Visibility.ASKER:
            said = said or IN_CHAT
        if isinstance(heard.question, Submitted):
            return await self._restore(heard, said or DONE)
        return self._rendering.say(said or DONE)

    async def _show_in_time(self, heard: Heard, answered: Answered, until: float) -> str:
        """What of an answer stands in messages of its own, and a few words for the one who waits for it."""
        showing = self._turns.keep(self._try_to_show(heard, answered))
        await asyncio.wait({showing}, timeout=max(0.0, until - _now()))
        return showing.result() if showing.done() else PATIENCE

    async def _try_to_show(self, heard: Heard, answered: Answered) -> str:
        if answered.person is None:
            return _spoken(answered.reply)
        try:
            said = await self._showing.show(heard, answered.person, answered.reply, answered.aloud)
        except (DeliveryFailed, OutcomeUnknown) as failure:
            logger.warning("answer_not_shown", reason=str(failure))
            return LATER
        await self._mark_shown(heard)
        return said

    def _form_there(self, heard: Heard, form: Form) -> Json:
        """Where the control stood that was used, be it that of a form."""
        origin = heard.origin
        if origin.is_form_alone:
            return self._rendering.form_alone(form)
        return self._rendering.form_in_place(form, origin.message_key, origin.part)

    async def _ask_for_patience(self, heard: Heard) -> Json:
        """A form goes: left there, it would be sent once more."""
        if not isinstance(heard.question, Submitted):
            return self._rendering.say(PATIENCE)
        if heard.origin.is_form_alone:
            return self._as_card(heard, _said(PATIENCE), "")
        return await self._restore(heard, PATIENCE)

    async def _show_late(self, heard: Heard, asking: asyncio.Task[Answered]) -> None:
        is_alone = heard.origin.is_form_alone
        if is_alone:
            await self._showing.replace(heard, _said(PATIENCE))
        answered = await asking
        person, reply = answered.person, answered.reply
        if answered.is_repetition:
            return
        if person is None:
            await self._refuse(heard, reply)
            return
        for card in reply.cards:
            if self._showing.replaces(heard, reply, card):
                await self._showing.replace(heard, card)
        said = await self._showing.show(heard, person, reply, answered.aloud)
        if reply.form is not None and is_alone:
            form = self._rendering.form_alone(reply.form)
            await self._showing.replace_by_form(heard, form, reply.form.title)
        elif reply.form is not None:
            said = await self._show_form(heard, person, reply.form) or said
        elif is_alone and not reply.cards:
            await self._showing.replace(heard, _said(said or DONE))
            said = ""
        if said:
            await self._showing.say_to(heard, person, said)
        await self._mark_shown(heard)

    async def _show_form(self, heard: Heard, person: TeamsPerson, form: Form) -> str:
        return await self._showing.show_form(heard, person, self._rendering.form_alone(form), form.title)

    async def _mark_shown(self, heard: Heard) -> None:
        await asyncio.to_thread(self._answers.mark_shown, heard.event)

    async def _restore(self, heard: Heard, words: str) -> Json:
        """The message as it was before a form stood in its place, with a few words below.

        A form that stood alone leaves the words behind, on every device: it is not to be sent once more.
        """
        if heard.origin.is_form_alone:
            self._turns.begin(self._showing.replace(heard, _said(words)))
            return self._as_card(heard, _said(words), "")
        key, here = heard.origin.message_key, heard.origin.conversation.id
        card = await asyncio.to_thread(self._read_card, key, here) if key else None
        if card is None and (standing := self._showing.remembered(heard)) is not None:
            card = standing.card
        if card is None:
            return self._as_card(heard, _said(words), "")
        return self._as_card(heard, card, words)

    def _as_card(self, heard: Heard, card: Card, words: str) -> Json:
        """The part of a card that stands in the message that was used, for the eyes of the one who clicked,
        with what is said to them alone."""
        standing = self._showing.remembered(heard)
        parts = self._rendering.cards(card, card.key, standing.asked_in if standing else "")
        shown = parts[min(heard.origin.part, len(parts) - 1)]
        return self._rendering.replace(self._rendering.with_words(shown, words))

    # --- Dialogs --------------------------------------------------------------------------------

    async def in_dialog(self, heard: Heard) -> Json:
        """A button or the menu of a message that opens a window, or a window that was filled in: what stands
        in it next, or that it closes."""
        until = _now() + PATIENCE_SECONDS
        asking = self._turns.keep(self.ask(heard))
        await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not asking.done():
            self._turns.begin(self._show_late(heard, asking))
            return self._rendering.closing(PATIENCE)
        answered = asking.result()
        if answered.person is None:
            return self._rendering.closing(_spoken(answered.reply))
        if answered.is_repetition:
            return self._rendering.closing(ALREADY)
        if answered.reply.form is not None:
            origin = heard.origin
            self._turns.begin(self._mark_shown(heard))
            return self._rendering.dialog(
                answered.reply.form, origin.message_key, origin.part, origin.message
            )
        return self._rendering.closing(await self._show_from_dialog(heard, answered, until))

    async def _show_from_dialog(self, heard: Heard, answered: Answered, until: float) -> str:
        """Problems are said in the window; what stands in the chat is shown there."""
        reply = answered.reply
        replacing = next((one for one in reply.cards if self._showing.replaces(heard, reply, one)), None)
        if replacing is not None:
            self._turns.begin(self._showing.replace(heard, replacing))
        others = tuple(card for card in reply.cards if card is not replacing)
        if problem := _problem_in(reply):
            self._turns.begin(self._mark_shown(heard))
            return problem
        said = await self._show_in_time(heard, answered, until)
        return said or (IN_CHAT if others else "")

    # --- Asking ---------------------------------------------------------------------------------

    async def look_up(self, heard: Heard) -> Reply:
        """What nobody waits for: should it never be shown, nobody misses it. Never raises."""
        answered = await self.ask(heard)
        await self._mark_shown(heard)
        return answered.reply

    async def ask(self, heard: Heard, taken_in: TakenIn = unwatched) -> Answered:
        """Never raises: whatever broke, the person gets an answer and the log the rest."""
        person: TeamsPerson | None = None
        try:
            person = await self._colleagues.person(heard.origin.conversation, heard.user, heard.tenant)
            if heard.origin.is_personal:
                await self._addresses.keep_chat(person.object_id, heard.origin.conversation)
            sender = self._vouch(person, heard)
            question = await self._with_addresses(heard)
            aloud = await self._aloud(heard)
            where = await self._where(heard, person, aloud)
            reply = await asyncio.to_thread(
                self._answers.answer_sender, sender, question, where, heard.event, taken_in
            )
            return Answered(person, reply, aloud)
        except AccessDenied as refused:
            return Answered(None, Reply((compose_problem(refused),)))
        except (DeliveryFailed, OutcomeUnknown):
            logger.warning("teams_did_not_say_who", user=heard.user)
            return Answered(None, Reply((compose_problem(CouncilError(WHO_ARE_YOU)),)))
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("teams_turn_failed", user=heard.user, reference=reference)
            return Answered(person, Reply((compose_failure(reference),)))

    def _vouch(self, person: TeamsPerson, heard: Heard) -> Sender:
        account = ChatAccount(NAME, self._tenant, person.object_id)
        return Sender(account, person.name, person.email, heard.timezone)

    async def _with_addresses(self, heard: Heard) -> Question:
        """Mentions as e-mails, which mean the same to the CRM."""
        question, mentions = heard.question, heard.mentions
        if not isinstance(question, Typed) or not mentions:
            return question
        emails = await self._colleagues.emails(heard.origin.conversation, tuple(mentions.values()))
        return Typed(with_addresses(question.text, mentions, emails))

    async def _aloud(self, heard: Heard) -> Thread | None:
        """Where all see what is meant for all. A button below an answer in our chat speaks in the channel in
        which was asked, for whoever is in it now: what the button says of it comes from outside.

        Raises `DeliveryFailed`.
        """
        origin = heard.origin
        if not origin.is_personal:
            return origin.here
        channel_id, head = split_thread(origin.asked_in)
        channel = Conversation(origin.conversation.service_url, channel_id)
        if not isinstance(heard.question, Clicked) or not channel.has_threads:
            return None
        is_ours = await self._addresses.name_of(channel_id) is not None
        return (
            Thread(channel, head or None)
            if is_ours and await self._colleagues.is_in(channel, heard.user)
            else None
        )

    async def _where(self, heard: Heard, person: TeamsPerson, aloud: Thread | None) -> Where:
        origin = heard.origin
        here = origin.conversation.id
        return Where(
            NAME,
            f"@{person.object_id}" if aloud is None else await self._conversation(aloud),
            message_key=origin.message_key or await self._key_at(here, origin.message),
            thread_key=await self._key_at(here, origin.thread),
            quoted=heard.quoted,
            tenant=self._tenant,
        )

    async def _conversation(self, aloud: Thread) -> str:
        """A channel's name; of a group chat, and where Teams does not say it, the id."""
        where = aloud.conversation
        try:
            name = await self._addresses.name_of(where.id) if where.has_threads else None
        except DeliveryFailed:
            name = None
        return f"#{name or where.id}"

    async def _key_at(self, conversation: str, message: str) -> str | None:
        if not message:
            return None
        return await asyncio.to_thread(self._find_key, head_place(conversation, message))


def _now() -> float:
    """Seconds of a clock that only ever goes on."""
    return asyncio.get_running_loop().time()


def _said(words: str) -> Card:
    return Card(SAID, words, (), words)


def _problem_in(reply: Reply) -> str:
    """What went wrong, where that is all there is to say."""
    alone = [card.fallback for card in reply.cards if card.key == PROBLEM]
    return alone[0] if len(reply.cards) == len(alone) == 1 else ""


def _spoken(reply: Reply) -> str:
    return " ".join(card.fallback for card in reply.cards) or reply.note
