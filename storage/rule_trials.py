"""Trying hygiene rules on the stored versions: a proposed rule beside the rule as it is set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, select

from pipeline.company import Company
from pipeline.findings import Audience
from pipeline.hygiene.catalogue import RULES
from pipeline.hygiene.definition import CustomRule, HygieneDefinition
from pipeline.hygiene.rule_settings import BuiltInRules, RuleSettings
from pipeline.rule_trial import RuleTrial, digest_days
from storage.database import reading
from storage.mirror import pulled_state
from storage.nudge_tables import asked_finding
from storage.rule_replay import Replayed, replay_rules

WEEKS = 8
WAIT_DAYS = 14
"""A finding that is gone within two weeks without us was fixed anyway."""


def try_rules(
    engine: Engine, company: Company, proposed: HygieneDefinition, rules: Sequence[str], weeks: int = WEEKS
) -> tuple[RuleTrial, ...]:
    """These rules of a proposed definition, over the last weeks up to the last pull.

    Raises `NothingPulled` before the first pull.
    """
    with reading(engine) as connection:
        trial = _Trial(connection, company, _days(connection, company, weeks))
        changed = [name for name in rules if not _is_same(company.hygiene, proposed, name)]
        compared = [name for name in changed if _is_enabled(company.hygiene, name)]
        as_proposed = trial.replay(proposed, rules, as_if_nudging=True)
        as_set = trial.replay(company.hygiene, compared, as_if_nudging=False)
        return tuple(
            RuleTrial(
                rule=name,
                audience=_audience(proposed, name),
                weeks=weeks,
                wait_days=WAIT_DAYS,
                proposed=as_proposed[name].course,
                current=as_set[name].course if name in as_set else None,
                is_same=name not in changed,
                nudges_now=_nudges(company.hygiene, name),
                left_out=as_proposed[name].left_out,
                rebuilt_before=as_proposed[name].rebuilt_before,
                notices=as_proposed[name].notices,
            )
            for name in rules
        )


@dataclass(frozen=True)
class _Trial:
    connection: Connection
    company: Company
    days: Sequence[date]

    def replay(
        self, definition: HygieneDefinition, rules: Sequence[str], *, as_if_nudging: bool
    ) -> Mapping[str, Replayed]:
        if not rules:
            return {}
        return replay_rules(
            self.connection,
            self.company,
            definition,
            rules,
            days=self.days,
            wait_days=WAIT_DAYS,
            asks_of=lambda _, nudges: nudges or as_if_nudging,
            asked_by_us={name: _asked_by_us(self.connection, name) for name in rules},
        )


def _asked_by_us(connection: Connection, rule: str) -> frozenset[int]:
    """The deals about which somebody was asked under a rule, ever."""
    statement = select(asked_finding.c.opportunity).where(asked_finding.c.rule == rule).distinct()
    return frozenset(connection.scalars(statement))


def _days(connection: Connection, company: Company, weeks: int) -> Sequence[date]:
    state = pulled_state(connection)
    last = date.fromordinal(state.measured_day or 1)
    nudges = company.nudges
    countries = {*nudges.countries.values(), *company.people.countries.values()}
    return digest_days(company.working_days, nudges.days, countries, last=last, weeks=weeks)


def rule_named(definition: HygieneDefinition, name: str) -> RuleSettings | CustomRule | None:
    """A rule of a definition by name; `None` where there is none."""
    if name in BuiltInRules.model_fields:
        return definition.rules.of(name)
    return next((rule for rule in definition.custom if rule.name == name), None)


def _audience(definition: HygieneDefinition, name: str) -> Audience:
    rule = rule_named(definition, name)
    return rule.audience if isinstance(rule, CustomRule) else RULES[name].audience


def _is_same(one: HygieneDefinition, other: HygieneDefinition, name: str) -> bool:
    """Whether both ask the same of the same deals: nudging and being on do not count."""
    first, second = rule_named(one, name), rule_named(other, name)
    if first is None or second is None:
        return False
    apart = {"nudge": False, "enabled": True}
    shared = all(
        getattr(one, key) == getattr(other, key) for key in ("stages", "segments", "qualification_fields")
    )
    return shared and first.model_copy(update=apart) == second.model_copy(update=apart)


def _is_enabled(definition: HygieneDefinition, name: str) -> bool:
    rule = rule_named(definition, name)
    return rule is not None and rule.enabled


def _nudges(definition: HygieneDefinition, name: str) -> bool:
    rule = rule_named(definition, name)
    return rule is not None and rule.enabled and rule.nudge
