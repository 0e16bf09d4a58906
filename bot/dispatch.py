"""From a person and what they asked to a reply: find the person, ask the handler.

The one place where an error becomes a message. Access is asked in the handlers, which know the object.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from bot.answer_text import answer_to_text
from bot.event_text import Happening, event_to_text
from handlers.asking import Asked, Desk, Question, Where
from handlers.capabilities import answer
from handlers.recognising import recognise_sender
from handlers.suggesting import suggest
from messages.card import Choice
from messages.problem import compose_failure, compose_problem
from messages.reply import Reply
from pipeline.access import Member, identify
from pipeline.errors import CouncilError
from pipeline.person_links import Sender
from storage.database import writing
from storage.inbox import Received, keep_answer, receive_event, settle_event
from storage.people import read_people

logger = structlog.get_logger()

TakenIn = Callable[[], None]
"""Is called once the event stands in the inbox, from the thread that put it there: nothing loses it now."""

NOWHERE = Where()
ALREADY = "This was done already; nothing happened a second time."


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Dispatch:
    """Answers for one company, the same on every surface. Blocks while it reads the database or the CRM."""

    desk: Desk
    clock: Callable[[], datetime] = _now

    def answer(self, who: str, question: Question, where: Where = NOWHERE, event: str | None = None) -> Reply:
        """`who`: CRM user id or e-mail, proved by the surface; the question proves nothing. Never raises.

        `event`: by which a repetition is known. It counts once, in this process and in any other; what it
        was about stands in the inbox until it is done.
        """
        happening = Happening(who, question, where)
        if event is None:
            return self.reply(happening, None)
        return _in_words(who, lambda: self._answer_once(event, happening))

    def answer_sender(
        self,
        sender: Sender,
        question: Question,
        where: Where = NOWHERE,
        event: str | None = None,
        taken_in: TakenIn | None = None,
    ) -> Reply:
        """The same for a chat user for whom a platform vouches; a link says which person that is.

        Whoever cannot be matched with a person is told whom to ask, and sales operations are told of them.
        `taken_in`: of a surface that is yet to show the answer, and tells `mark_shown` when it stands there;
        until then the answer waits in the inbox, to be told otherwise should the process die.
        """
        account = sender.account
        here = replace(where, surface=account.surface, tenant=account.tenant)

        def ask() -> Reply:
            who = recognise_sender(self.desk, sender, self.clock())
            if event is None or taken_in is None:
                return self.answer(who, question, here, event)
            return self._answer_to_show(event, Happening(who, question, here), taken_in)

        return _in_words(str(account), ask)

    def mark_shown(self, event: str) -> None:
        """The answer to an event stands where the asker sees it. Never raises."""
        self._settle(event)

    def suggest(self, sender: Sender, command: str, typed: str) -> tuple[Choice, ...]:
        """What a menu offers for the letters that a chat user has typed so far; nothing for a stranger."""
        try:
            member = self.member(recognise_sender(self.desk, sender, self.clock()))
        except CouncilError:
            return ()
        here = Where(sender.account.surface, tenant=sender.account.tenant)
        return suggest(Asked(self.desk, member, here, self.clock()), command, typed)

    def reply(self, happening: Happening, event: str | None) -> Reply:
        """The answer to an event that is in our hands; what settles it is the caller's. Never raises."""

        def ask() -> Reply:
            member = self.member(happening.who)
            return answer(Asked(self.desk, member, happening.where, self.clock(), event), happening.question)

        return _in_words(happening.who, ask)

    def _answer_once(self, event: str, happening: Happening) -> Reply:
        if not self._take_in(event, happening):
            return Reply(note=ALREADY)
        reply = self.reply(happening, event)
        self._settle(event)
        return reply

    def _answer_to_show(self, event: str, happening: Happening, taken_in: TakenIn) -> Reply:
        is_new = self._take_in(event, happening)
        taken_in()
        if not is_new:
            return Reply(note=ALREADY)
        reply = self.reply(happening, event)
        self._keep(event, happening, reply)
        return reply

    def _keep(self, event: str, happening: Happening, reply: Reply) -> None:
        """From here on the process may die: what it found is told by another one."""
        try:
            answer = answer_to_text(event, happening, reply)
            with writing(self.desk.engine) as connection:
                keep_answer(connection, event, answer, self.clock())
        except Exception:  # the database is away: the answer is worth more than this line
            logger.exception("answer_not_kept", event_id=event)

    def _take_in(self, event: str, happening: Happening) -> bool:
        """Whether it is ours to answer; a question that writes nothing is settled by its answer alone."""
        with writing(self.desk.engine) as connection:
            received = receive_event(connection, event, event_to_text(happening), self.clock())
        return received is Received.NEW

    def _settle(self, event: str) -> None:
        """The asker has an answer, be it that it failed: nothing is done about it later behind their back."""
        try:
            with writing(self.desk.engine) as connection:
                settle_event(connection, event, self.clock())
        except Exception:  # the database is away: the answer is worth more than this line
            logger.exception("event_not_settled", event_id=event)

    def member(self, who: str) -> Member:
        """Raises `AccessDenied` for somebody whom nobody knows."""
        company = self.desk.company
        return identify(read_people(self.desk.engine), company.people, company.council, who)


def _in_words(asker: str, work: Callable[[], Reply]) -> Reply:
    """What the work answers; in its place, where it breaks, what went wrong."""
    try:
        return work()
    except CouncilError as error:
        return Reply((compose_problem(error),))
    except Exception:  # whatever broke, the person gets an answer and the log the rest
        reference = secrets.token_hex(4)
        logger.exception("answer_failed", asker=_loggable(asker), reference=reference)
        return Reply((compose_failure(reference),))


def _loggable(who: str) -> str:
    """Logs carry ids; an address names a person."""
    return "(e-mail)" if "@" in who else who
