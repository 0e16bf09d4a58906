"""The company that a command is asked about, opened for as long as the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.app import Council, open_council, read_settings
from bot.cli.invocation import Invocation


@contextmanager
def opened(invocation: Invocation) -> Iterator[Council]:
    """Raises `CouncilError` where the configuration or the database is not right."""
    council = open_council(read_settings(invocation.config, invocation.environ))
    try:
        yield council
    finally:
        council.engine.dispose()
