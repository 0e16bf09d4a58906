"""Which deals somebody may see, and how a confidential one stands among them."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.access import FEWEST_DEALS_WITH_AMOUNTS, Action, Deal, Member, may
from pipeline.deals import DealLine

CONFIDENTIAL = "(confidential)"


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
