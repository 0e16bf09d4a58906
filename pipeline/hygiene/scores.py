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

    def add(self, other: "_Tally") -> None:
        self.deals += other.deals
        self.unclean_deals += other.unclean_deals
        self.value += other.value
        self.unclean_value += other.unclean_value


def counts_in_score(finding: Finding) -> bool:
    return finding.nudges and not finding.waived and finding.severity is not Severity.LOW


def sum_shares(
    pipeline: Iterable[Share], unclean: Iterable[Share], hierarchy: Hierarchy
) -> tuple[ScoreSum, ...]:
    """What the scores are made of that the deals are part of: of reps, teams (a manager's whole subtree,
    their own deals included), regions and the company. `unclean` is the part of `pipeline` that has a finding
    that counts."""
    leaders = frozenset(hierarchy.managers.values())
    groups: defaultdict[Group, _Tally] = defaultdict(_Tally)
    groups["company", TOTAL] = _Tally()
    for (owner, region), tally in _by_owner_and_region(pipeline, unclean).items():
        for group in _groups(owner, region, hierarchy, leaders):
            groups[group].add(tally)
    return tuple(
        ScoreSum(level, id, one.deals, one.unclean_deals, one.value, one.unclean_value)
        for (level, id), one in groups.items()
    )


def _by_owner_and_region(
    pipeline: Iterable[Share], unclean: Iterable[Share]
) -> Mapping[tuple[str | None, str], _Tally]:
    tallies: defaultdict[tuple[str | None, str], _Tally] = defaultdict(_Tally)
    for share in pipeline:
        tallies[share.owner, share.region].add(_Tally(deals=share.deals, value=share.value))
    for share in unclean:
        tallies[share.owner, share.region].add(_Tally(unclean_deals=share.deals, unclean_value=share.value))
    return tallies


def _groups(
    owner: str | None, region: str, hierarchy: Hierarchy, leaders: Collection[str]
) -> Iterable[Group]:
    yield "company", TOTAL
    yield "region", region
    if owner is None:
        return
    yield "rep", owner
    if owner in leaders:
        yield "team", owner
    for manager in hierarchy.chain(owner):
        if manager != owner:
            yield "team", manager


def score(sums: Iterable[ScoreSum], names: Mapping[str, str]) -> tuple[Score, ...]:
    """The scores of reps, teams, regions and the company, in this order and by name. `names`: of people, by
    CRM user id."""
    levels = ("rep", "team", "region", "company")
    scores = (_score(one, names) for one in sums)
    return tuple(sorted(scores, key=lambda one: (levels.index(one.level), one.name, one.id)))


def _score(one: ScoreSum, names: Mapping[str, str]) -> Score:
    return Score(
        level=one.level,
        id=one.id,
        name=names.get(one.id, one.id) if one.level in ("rep", "team") else one.id,
        value_share=clean_value_share(one),
        deal_share=clean_deal_share(one),
        deals=one.deals,
        clean_deals=one.deals - one.unclean_deals,
    )


def clean_value_share(one: ScoreSum) -> Fraction | None:
    """`None` where there is no value to have a share of."""
    return (one.value - one.unclean_value) / one.value if one.value > 0 else None


def clean_deal_share(one: ScoreSum) -> Fraction | None:
    """`None` where there are no deals."""
    return Fraction(one.deals - one.unclean_deals, one.deals) if one.deals else None
