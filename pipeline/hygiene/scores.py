"""The hygiene score: the share of open pipeline without a finding that counts (DOMAIN section 8).

Open pipeline here has no period: deals without a close date, or with one that has passed, are the ones
that a score is about. Renewals, which have a line of their own, stay out. A deal counts as unclean with
an unwaived high or medium finding of a rule that nudges.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pipeline.expressions import Vocabulary, check, parse
from pipeline.findings import Finding, Score, ScoreSum, Severity
from pipeline.hygiene.facts import RULE_FACTS
from pipeline.matrix import TOTAL

SCORED = check(
    parse("is_qualified and category != 'Omitted' and deal_type != 'renewal'"),
    Vocabulary.of({}, ()).with_names({name: fact.kind for name, fact in RULE_FACTS.items()}),
)
"""Whether a deal counts in the scores."""


Group = tuple[str, str]
"""Level and id of a score."""


@dataclass(frozen=True)
class Share:
    """Some deals of one owner in one region. Values in the corporate currency; those of 0 and below, and
    unknown ones, are left out of the value but not of the count."""

    owner: str | None
    """CRM user id."""
    region: str
    deals: int
    value: Fraction


@dataclass(frozen=True)
class Hierarchy:
    """Who reports to whom, by CRM user id."""

    names: Mapping[str, str]
    managers: Mapping[str, str]

    def chain(self, person: str) -> list[str]:
        """The person's managers upwards; a circle in the CRM ends it."""
        chain: list[str] = []
        manager = self.managers.get(person)
        while manager is not None and manager not in chain:
            chain.append(manager)
            manager = self.managers.get(manager)
        return chain


@dataclass
class _Tally:
    deals: int = 0
    unclean_deals: int = 0
    value: Fraction = field(default_factory=Fraction)
    unclean_value: Fraction = field(default_factory=Fraction)


def counts_in_score(finding: Finding) -> bool:
    return finding.nudges and not finding.waived and finding.severity is not Severity.LOW


def sum_shares(pipeline: Iterable[Share], unclean: Iterable[Share]) -> tuple[ScoreSum, ...]:
    """By owner and region. `unclean` is the part of `pipeline` that has a finding that counts."""
    tallies: defaultdict[tuple[str | None, str], _Tally] = defaultdict(_Tally)
    for share in pipeline:
        tally = tallies[share.owner, share.region]
        tally.deals += share.deals
        tally.value += share.value
    for share in unclean:
        tally = tallies[share.owner, share.region]
        tally.unclean_deals += share.deals
        tally.unclean_value += share.value
    return tuple(
        ScoreSum(owner, region, one.deals, one.unclean_deals, one.value, one.unclean_value)
        for (owner, region), one in tallies.items()
    )


def score(
    sums: Iterable[ScoreSum], hierarchy: Hierarchy, only: Collection[Group] | None = None
) -> tuple[Score, ...]:
    """Scores of every rep, team (a manager's whole subtree, their own deals included), region and the
    company, in this order and by name; or of the groups that are named."""
    tallies: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
    tallies["company", TOTAL] = _Tally()
    leaders = frozenset(hierarchy.managers.values())
    for one in sums:
        for group in _groups(one, hierarchy, leaders):
            if only is not None and group not in only:
                continue
            tally = tallies[group]
            tally.deals += one.deals
            tally.unclean_deals += one.unclean_deals
            tally.value += one.value
            tally.unclean_value += one.unclean_value
    scores = [_score(level, key, tally, hierarchy.names) for (level, key), tally in tallies.items()]
    levels = ("rep", "team", "region", "company")
    return tuple(sorted(scores, key=lambda one: (levels.index(one.level), one.name, one.id)))


def groups_of(sums: Iterable[ScoreSum], hierarchy: Hierarchy) -> frozenset[Group]:
    """Level and id of every score that some sums are part of."""
    leaders = frozenset(hierarchy.managers.values())
    return frozenset(group for one in sums for group in _groups(one, hierarchy, leaders))


def _groups(share: ScoreSum, hierarchy: Hierarchy, leaders: Collection[str]) -> Iterable[Group]:
    yield "company", TOTAL
    yield "region", share.region
    if share.owner is None:
        return
    yield "rep", share.owner
    if share.owner in leaders:
        yield "team", share.owner
    for manager in hierarchy.chain(share.owner):
        if manager != share.owner:
            yield "team", manager


def _score(level: str, key: str, tally: _Tally, names: Mapping[str, str]) -> Score:
    clean_deals = tally.deals - tally.unclean_deals
    return Score(
        level=level,
        id=key,
        name=names.get(key, key) if level in ("rep", "team") else key,
        value_share=(tally.value - tally.unclean_value) / tally.value if tally.value > 0 else None,
        deal_share=Fraction(clean_deals, tally.deals) if tally.deals else None,
        deals=tally.deals,
        clean_deals=clean_deals,
    )
