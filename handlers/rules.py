"""The rules lab of sales operations: `/hygiene rules` and `/hygiene preview RULE [for N weeks]`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handlers.asking import Asked
from handlers.capability import Words
from handlers.operations_only import require_operations
from handlers.words import CommandNotUnderstood
from messages.reply import Reply
from messages.rule_trial import compose_trial
from messages.rules import compose_rules
from pipeline.access import Action
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.rule_settings import BuiltInRules
from pipeline.matching import match_name
from storage.rule_statistics import read_rule_statistics
from storage.rule_trials import WEEKS, try_rules

LONGEST = 52
"""Weeks of a preview: each costs two scans over the versions."""


def answer_rules(asked: Asked, words: Words) -> Reply:
    """Each rule with what it finds and what comes of it. Raises `AccessDenied` beyond sales operations."""
    require_operations(asked, Action.SEE)
    if words:
        raise CommandNotUnderstood("Type /hygiene rules alone, or /hygiene preview and a rule's name.")
    return Reply((compose_rules(read_rule_statistics(asked.engine, asked.company)),))


def answer_preview(asked: Asked, words: Words) -> Reply:
    """A rule as if it nudged, replayed over the last weeks. Raises `AccessDenied`, `UnknownName` or
    `CommandNotUnderstood`."""
    require_operations(asked, Action.SEE)
    wanted = read_preview(words)
    hygiene = asked.company.hygiene
    name = match_name(wanted.rule, rule_names(hygiene), "rule")
    trials = try_rules(asked.engine, asked.company, hygiene, [name], wanted.weeks)
    return Reply(tuple(map(compose_trial, trials)))


VIEWS: Mapping[str, Callable[[Asked, Words], Reply]] = {"rules": answer_rules, "preview": answer_preview}
"""By the word behind `hygiene`."""


@dataclass(frozen=True)
class ShowPreview:
    rule: str
    """As typed."""
    weeks: int = WEEKS


def read_preview(words: Sequence[str]) -> ShowPreview:
    """What stands behind `preview`: a rule's name, and perhaps `for 4 weeks`. Raises
    `CommandNotUnderstood`."""
    folded = [word.casefold() for word in words]
    weeks = WEEKS
    if len(words) >= 3 and folded[-3] == "for" and folded[-1] in ("week", "weeks"):
        weeks, words = read_weeks(words[-2]), words[:-3]
    if not words:
        raise CommandNotUnderstood("Which rule? For example: /hygiene preview close_date_past for 8 weeks.")
    return ShowPreview("_".join(words), weeks)


def read_weeks(word: str) -> int:
    """Raises `CommandNotUnderstood`."""
    if word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= LONGEST:
        return int(word)
    raise CommandNotUnderstood(f"For how many weeks? Expected a number from 1 to {LONGEST}, not “{word}”.")


def rule_names(hygiene: HygieneDefinition) -> Sequence[str]:
    """Every built-in rule and the company's own."""
    return [*BuiltInRules.model_fields, *(rule.name for rule in hygiene.custom)]
