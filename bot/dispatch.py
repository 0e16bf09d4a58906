"""From a person and what they typed or clicked to a reply: find the person, read it, answer.

The one place where an error becomes a message. Access is asked in the handlers, which know the object.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from handlers.apm import show_matrix, show_why
from handlers.clicks import read_click
from handlers.grammar import Command, ShowHelp, ShowHygiene, ShowMatrix, ShowWhy, read_command
from handlers.help import show_help
from handlers.hygiene import show_hygiene
from messages.problem import compose_failure, compose_problem
from messages.reply import Reply
from pipeline.access import Member, identify
from pipeline.company import Company
from pipeline.errors import CouncilError
from storage.database import Engine
from storage.people import read_people

logger = structlog.get_logger()


@dataclass(frozen=True)
class Dispatch:
    """Answers for one company, the same on every surface. Blocks while it reads the database."""

    engine: Engine
    company: Company

    def answer_typed(self, who: str, typed: str) -> Reply:
        """`who`: CRM user id or e-mail, proved by the surface. Never raises."""
        return self._answer(who, lambda: read_command(typed))

    def answer_click(self, who: str, command: str, argument: str) -> Reply:
        """A button of one of our messages; both values prove nothing and are read anew. Never raises."""
        return self._answer(who, lambda: read_click(command, argument))

    def member(self, who: str) -> Member:
        """Raises `AccessDenied` for somebody whom nobody knows."""
        return identify(read_people(self.engine), self.company.people, self.company.council, who)

    def _answer(self, who: str, read: Callable[[], Command]) -> Reply:
        try:
            member = self.member(who)
            return self._handle(member, read())
        except CouncilError as error:
            return Reply((compose_problem(error),))
        except Exception:  # whatever broke, the person gets an answer and the log the rest
            reference = secrets.token_hex(4)
            logger.exception("answer_failed", asker=_loggable(who), reference=reference)
            return Reply((compose_failure(reference),))

    def _handle(self, member: Member, command: Command) -> Reply:
        match command:
            case ShowMatrix():
                return show_matrix(self.engine, self.company, member, command)
            case ShowWhy():
                return show_why(self.engine, self.company, member, command)
            case ShowHygiene():
                return show_hygiene(self.engine, self.company, member, command)
            case ShowHelp():
                return show_help(member)
        assert_never(command)


def _loggable(who: str) -> str:
    """Logs carry ids; an address names a person."""
    return "(e-mail)" if "@" in who else who
