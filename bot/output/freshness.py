"""How old the records of an answer are, as programs read it."""

from pipeline.freshness import Freshness, Staleness

COLUMNS = ("pulled_at", "stale")
"""Of every line of CSV: when the records were read, and `yes` where that is longer ago than it should be."""

Json = dict[str, object]


def age_json(freshness: Freshness) -> Json:
    """Both keys are present; null where there is nothing to say."""
    stale = freshness.stale
    return {
        "pulled_at": None if freshness.pulled_at is None else freshness.pulled_at.isoformat(),
        "stale": None if stale is None else stale_json(stale),
    }


def stale_json(stale: Staleness) -> Json:
    return {"since": stale.pulled_at.isoformat(), "why": stale.why or None}


def age_columns(freshness: Freshness) -> tuple[str | None, str]:
    pulled_at = freshness.pulled_at
    return (None if pulled_at is None else pulled_at.isoformat(), "no" if freshness.stale is None else "yes")
