"""`/help`: what somebody may type, by their roles."""

from messages.help import compose_help
from messages.reply import Reply
from pipeline.access import Member


def show_help(member: Member) -> Reply:
    return Reply((compose_help([role.value for role in member.roles]),))
