"""`council hygiene rules` and `council hygiene --preview FILE`: the rules lab at the terminal."""

from datetime import UTC, datetime
from pathlib import Path

from bot.app import Council, build_crm
from bot.checking import find_mistakes
from bot.cli.invocation import Format
from bot.cli.sheet import print_cards, print_json, print_text
from bot.output.rules_json import rules_csv, rules_json, trials_csv, trials_json
from bot.settings import Proposal, load_proposal
from messages.rule_trial import compose_trial
from messages.rules import compose_rules
from pipeline.errors import ConfigurationError
from storage.rule_statistics import read_rule_statistics
from storage.rule_trials import try_rules


def show_rules(council: Council, format: Format) -> None:
    """What comes of each rule. Raises `NothingPulled` before the first pull."""
    book = read_rule_statistics(council.engine, council.company)
    if format is Format.TABLE:
        print_cards(compose_rules(book))
    elif format is Format.JSON:
        print_json(rules_json(book))
    else:
        print_text(rules_csv(book))


def show_preview(council: Council, file: Path, format: Format) -> None:
    """The rules of a file, replayed beside those that are set; nothing is written.

    Raises `ConfigurationError` with every mistake of the file and `NothingPulled` before the first pull.
    """
    proposal = load_proposal(file, council.settings)
    _check_against_crm(council, proposal)
    trials = try_rules(council.engine, council.company, proposal.settings.hygiene, proposal.rules)
    if format is Format.TABLE:
        print_cards(*map(compose_trial, trials))
    elif format is Format.JSON:
        print_json(trials_json(trials))
    else:
        print_text(trials_csv(trials))


def _check_against_crm(council: Council, proposal: Proposal) -> None:
    """Only of the proposed rules: what else is wrong is not this file's mistake."""
    now = datetime.now(UTC)
    found = find_mistakes(proposal.settings, build_crm(council.settings, now), now)
    mistakes = [mistake for mistake in found if mistake.key.startswith("hygiene.")]
    if mistakes:
        raise ConfigurationError(mistakes)
