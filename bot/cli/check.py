"""`council check`: the configuration against the CRM."""

from datetime import UTC, datetime

from bot.app import build_crm, read_settings
from bot.checking import check_configuration
from bot.cli.invocation import Called
from bot.cli.sheet import print_text
from messages.owner_notice import idle_words
from pipeline.cell_owners import functions_without_owner


def check(*, invocation: Called) -> None:
    """Check keys, values, stages and fields of the configuration; nothing is written."""
    settings = read_settings(invocation.config, invocation.environ)
    now = datetime.now(UTC)
    crm = build_crm(settings, now)
    check_configuration(settings, crm, now)
    idle = functions_without_owner(settings.council.owners)
    notices = (*crm.capabilities().notices, *([idle_words(idle)] if idle else []))
    print_text(f"{settings.file} fits {crm.name}.\n")
    for notice in notices:
        print_text(f"Note: {notice}\n")
