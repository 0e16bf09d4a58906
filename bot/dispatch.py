"""From a person and what they asked to a reply: find the person, ask the handler.

The one place where an error becomes a message. Access is asked in the handlers, which know the object.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from handlers.asking import Asked, Desk, Question, Where
from handlers.capabilities import answer
from messages.problem import compose_failure, compose_problem
from messages.reply import Reply
from pipeline.access import Member, identify
from pipeline.errors import CouncilError
from storage.people import read_people

logger = structlog.get_logger()

NOWHERE = Where()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Dispatch:
    """Answers for one company, the same on every surface. Blocks while it reads the database or the CRM."""

    desk: Desk
    clock: Callable[[], datetime] = _now

    def answer(self, who: str, question: Question, where: Where = NOWHERE, event: str | None = None) -> Reply:
        """`who`: CRM user id or e-mail, proved by the surface; the question proves nothing. Never raises."""
        try:
            return answer(Asked(self.desk, self.member(who), where, self.clock(), event), question)
        except CouncilError as error:
            return Reply((compose_problem(error),))
        except Exception:  # whatever broke, the person gets an answer and the log the rest
            reference = secrets.token_hex(4)
            logger.exception("answer_failed", asker=_loggable(who), reference=reference)
            return Reply((compose_failure(reference),))

    def member(self, who: str) -> Member:
        """Raises `AccessDenied` for somebody whom nobody knows."""
        company = self.desk.company
        return identify(read_people(self.desk.engine), company.people, company.council, who)


def _loggable(who: str) -> str:
    """Logs carry ids; an address names a person."""
    return "(e-mail)" if "@" in who else who
