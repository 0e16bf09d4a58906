"""As whom the command line looks: it has the database, so it sees what sales operations see.

Confidential deals stay unnamed here too: nobody at a terminal has proved to be in an owner's
management chain.
"""

from dataclasses import replace

from pipeline.access import Action, Deal, Member, Role, may
from pipeline.findings import Finding, HygieneReport
from pipeline.visible_deals import CONFIDENTIAL

OPERATOR = Member("command-line", "the command line", frozenset({Role.OPERATIONS}))


def visible_report(report: HygieneReport) -> HygieneReport:
    """Findings of confidential deals stay, with their ids and without their names."""
    return replace(report, findings=tuple(_shown(finding) for finding in report.findings))


def _shown(finding: Finding) -> Finding:
    deal = Deal(finding.owner.id if finding.owner else None, finding.confidential)
    if may(OPERATOR, Action.SEE, deal).allowed:
        return finding
    return replace(finding, opportunity_name=CONFIDENTIAL, owner=None, seen=None, value=None)
