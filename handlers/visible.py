"""What of a table and of the deals behind it somebody may see."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pipeline.access import (
    FEWEST_DEALS_WITH_AMOUNTS,
    Action,
    Deal,
    FiguresScope,
    Member,
    TeamOnly,
    TotalOnly,
    WholeCompany,
    may,
)
from pipeline.deals import DealLine
from pipeline.matrix import Caveats, Matrix

CONFIDENTIAL = "(confidential)"
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


def sees_deals(member: Member) -> bool:
    """Whether somebody may see deals beyond their own team's."""
    return may(member, Action.SEE, Deal(owner_id=None)).allowed


def visible_deals(member: Member, deals: Sequence[DealLine]) -> tuple[DealLine, ...]:
    """The deals of a drill-down as far as somebody may see them.

    A confidential deal stands there without its name for those outside its owner's management chain;
    where it is one of fewer than three deals, amounts are hidden too.
    """
    seen = [deal for deal in deals if _in_reach(member, deal)]
    hidden = {deal.opportunity_id for deal in seen if not _is_named(member, deal)}
    hides_amounts = bool(hidden) and len(deals) < FEWEST_DEALS_WITH_AMOUNTS
    return tuple(_shown(deal, deal.opportunity_id in hidden, hides_amounts) for deal in seen)


def _in_reach(member: Member, deal: DealLine) -> bool:
    """Whether somebody might see the deal if it were not confidential."""
    owner_id = deal.owner.id if deal.owner else None
    return may(member, Action.SEE, Deal(owner_id)).allowed


def _is_named(member: Member, deal: DealLine) -> bool:
    owner_id = deal.owner.id if deal.owner else None
    return may(member, Action.SEE, Deal(owner_id, deal.confidential)).allowed


def _shown(deal: DealLine, is_hidden: bool, hides_amounts: bool) -> DealLine:
    shown = replace(deal, value=None) if hides_amounts else deal
    if not is_hidden:
        return shown
    return replace(shown, opportunity_id="", name=CONFIDENTIAL, account=None, owner=None)
