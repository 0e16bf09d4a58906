"""`council docs`: the page on configuration, written from the settings themselves."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bot.cli.invocation import Called
from bot.cli.sheet import print_text
from bot.settings_docs import configuration_markdown
from pipeline.errors import CouncilError

_PAGE = Path("docs/configuration.md")


def write_docs(
    *,
    to: Annotated[Path, Parameter(help="The file to write.")] = _PAGE,
    invocation: Called,  # noqa: ARG001 - every command is handed one
) -> None:
    """Write every key, every rule and the grammar of `when` to docs/configuration.md."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(configuration_markdown(), encoding="utf-8")
    except OSError as error:
        raise CouncilError(
            f"{to} cannot be written: {error.strerror}. Name another file with --to."
        ) from error
    print_text(f"{to} is written.\n")
