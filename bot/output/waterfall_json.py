"""`council waterfall --format json`: the terms as docs/schema/waterfall.json describes them."""

from messages.numbers import money
from pipeline.matrix import Dimension
from pipeline.waterfall import Term, Waterfall

Json = dict[str, object]


def waterfall_json(waterfall: Waterfall, dimension: Dimension | None, value: str | None) -> Json:
    """The terms in whole cents, such that the printed figures balance too."""
    rounded = waterfall.rounded_to_cents()
    return {
        "from": rounded.from_date.isoformat(),
        "to": rounded.to_date.isoformat(),
        "period": {"label": rounded.period_label},
        "dimension": dimension.value if dimension else None,
        "value": value,
        "currency": rounded.currency,
        "start": money(rounded.start),
        **{term.value: money(rounded.term(term)) for term in Term},
        "end": money(rounded.end),
        "removed_deals": [
            {
                "opportunity_id": removal.opportunity_id,
                "reason": removal.reason.value,
                "amount": money(removal.amount),
            }
            for removal in rounded.removed_ids
        ],
    }
