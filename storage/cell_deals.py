"""The deals behind cells whose records need a fix."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Engine

from pipeline.cell_names import CellName
from pipeline.company import Company
from pipeline.findings import HygieneReport
from pipeline.preparation import FixableDeal
from storage.deals import read_deals

LOOKED_AT = 200
"""So many deals of a cell, the largest, are looked through."""


def wrongs_by_deal(report: HygieneReport) -> Mapping[str, tuple[str, ...]]:
    """What somebody is nudged to fix, by opportunity id."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for finding in report.findings:
        if finding.nudges and not finding.waived:
            found[finding.opportunity_id].append(finding.says)
    return {deal: tuple(says) for deal, says in found.items()}


def read_fixable(
    engine: Engine, company: Company, *, as_of: date, cell: CellName, wrongs: Mapping[str, tuple[str, ...]]
) -> tuple[FixableDeal, ...]:
    """The deals of a cell that need a fix, the largest first, whoever may see them."""
    deals = read_deals(
        engine,
        company,
        as_of=as_of,
        dimension=cell.dimension,
        value=cell.value,
        metric=cell.metric,
        limit=LOOKED_AT,
    )
    return tuple(
        FixableDeal(deal, wrongs[deal.opportunity_id]) for deal in deals if deal.opportunity_id in wrongs
    )
