"""Findings gathered by deal, in the order in which they matter, and how a broken rule is shown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.findings import Finding, PersonName, Severity


@dataclass(frozen=True)
class DealFindings:
    """One opportunity and everything that is open on it."""

    opportunity_id: str
    name: str
    owner: PersonName | None
    value: Decimal | None
    findings: tuple[Finding, ...]
    """Those that are asked about first, the most severe at the front."""

    @property
    def severity(self) -> Severity:
        return self.findings[0].severity

    @property
    def since(self) -> date:
        return min(finding.since for finding in self.findings)

    @property
    def is_asked_about(self) -> bool:
        """Some rule that asks has found it: one that only observes has not."""
        return any(finding.nudges and not finding.waived for finding in self.findings)

    @property
    def is_at_risk(self) -> bool:
        """An unwaived high or medium finding of a rule that counts (DOMAIN section 8, score)."""
        return any(
            finding.nudges and not finding.waived and finding.severity is not Severity.LOW
            for finding in self.findings
        )


def by_deal(findings: Iterable[Finding]) -> tuple[DealFindings, ...]:
    """One entry a deal: what is only observed last, the most severe first, then the most money, then the
    oldest."""
    gathered: dict[str, list[Finding]] = {}
    for finding in findings:
        gathered.setdefault(finding.opportunity_id, []).append(finding)
    deals = [
        DealFindings(
            opportunity_id,
            group[0].opportunity_name,
            group[0].owner,
            group[0].value,
            tuple(sorted(group, key=_asking_first)),
        )
        for opportunity_id, group in gathered.items()
    ]
    return tuple(
        sorted(
            deals,
            key=lambda deal: (
                not deal.is_asked_about,
                -deal.severity.rank,
                -(deal.value or Decimal(0)),
                deal.since,
                deal.opportunity_id,
            ),
        )
    )


def _asking_first(finding: Finding) -> tuple[bool, int, date, str]:
    return not finding.nudges, -finding.severity.rank, finding.since, finding.rule


def money_at_risk(deals: Iterable[DealFindings]) -> Decimal:
    """Value of the deals at risk, each once; deals of unknown value add nothing."""
    return sum((deal.value for deal in deals if deal.is_at_risk and deal.value is not None), Decimal(0))


def field_label(api_name: str) -> str:
    """An API name as words: `CloseDate` is `Close date`, `ACV__c` is `ACV`."""
    first, *rest = field_words(api_name).split(" ")
    return " ".join([first if first.isupper() else first.capitalize(), *rest])


def field_words(api_name: str) -> str:
    """An API name inside a sentence: `close date`, `ACV`."""
    bare = re.sub(r"__[cr]$", "", api_name.rsplit(".", 1)[-1])
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare.replace("_", " ")).split()
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words) or api_name


def rule_label(rule: str) -> str:
    """`close_date_past` is `Close date past`."""
    return rule.replace("_", " ").capitalize()


def sentence(says: str) -> str:
    """The words of a rule with a full stop, which a customer's own may lack."""
    return says if says.endswith((".", "?", "!")) else f"{says}."
