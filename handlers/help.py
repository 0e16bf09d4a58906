"""`/help`: what somebody may type, by their roles."""

from handlers.asking import Asked
from handlers.capability import Capability, Words
from messages.help import compose_help
from messages.reply import Reply


def answer_help(asked: Asked, words: Words) -> Reply:  # noqa: ARG001 - whatever is asked after help, it is help
    return Reply((compose_help([role.value for role in asked.member.roles]),))


CAPABILITY = Capability(typed={"help": answer_help})
