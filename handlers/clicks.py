"""What the buttons of our messages ask for, read as if a stranger had sent it."""

from handlers.grammar import Command, ShowWhy, read_dimension, read_metric
from handlers.words import CommandNotUnderstood
from messages.apm import SHOW_WHY


def read_click(command: str, argument: str) -> Command:
    """The command behind a button. Raises `CommandNotUnderstood` for one that we no longer offer."""
    if command == SHOW_WHY and argument.count("/") >= 2:
        dimension, rest = argument.split("/", 1)
        value, metric = rest.rsplit("/", 1)
        return ShowWhy(value, read_metric(metric), read_dimension(dimension))
    raise CommandNotUnderstood(
        "This button is from an older message. Ask again, for example with /apm region."
    )
