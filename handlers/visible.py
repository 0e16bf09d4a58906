"""What of a table somebody may see."""

from dataclasses import replace
from decimal import Decimal

from pipeline.access import FiguresScope, TeamOnly, TotalOnly, WholeCompany
from pipeline.matrix import Caveats, Matrix

TEAM_NOTICE = "These are the deals of you and your team; targets are the company's, so nothing has a colour."


def visible_matrix(matrix: Matrix, scope: FiguresScope) -> Matrix:
    """Without rows for those who see the total alone, without the company's caveats for a team."""
    match scope:
        case TeamOnly():
            return replace(matrix, caveats=_of_team(matrix.caveats))
        case TotalOnly():
            return replace(matrix, rows=())
        case WholeCompany():
            return matrix


def _of_team(caveats: Caveats) -> Caveats:
    """What the company's caveats count is not the team's; what they say of all figures stays."""
    return replace(
        caveats,
        unconverted=(),
        overdue_prior_amount=Decimal(0),
        overdue_prior_ids=(),
        undated_ids=(),
        value_unknown_ids=(),
        notices=(TEAM_NOTICE, *caveats.notices),
    )
