"""How a hygiene score has moved, in words and as a figure of a table."""

from messages.wording import NO_VALUE, Wording
from pipeline.findings import Score
from pipeline.past_scores import PastShare, points_since


def trend_words(points: int | None) -> str:
    """`+3`, `−4`, `0`; a dash where there is nothing to compare with."""
    if points is None:
        return NO_VALUE
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def movement_words(score: Score, before: PastShare) -> str:
    """`, up 3 points since last week, down 4 points in four weeks`; empty where nothing is known."""
    spans = (
        (points_since(score, before.week_ago), "since last week"),
        (points_since(score, before.four_weeks_ago), "in four weeks"),
    )
    return "".join(f", {_moved(points)} {since}" for points, since in spans if points is not None)


def clean_words(score: Score, before: PastShare, wording: Wording) -> str:
    """`64% of value is clean, 12 of 18 deals, up 7 points in four weeks`."""
    if score.value_share is None:
        return "none yet: no open pipeline"
    deals = f"{wording.number(score.clean_deals)} of {wording.count(score.deals, 'deal', 'deals')}"
    return f"{wording.percent(score.value_share)} of value is clean, {deals}{movement_words(score, before)}"


def _moved(points: int) -> str:
    if points == 0:
        return "unchanged"
    return f"{'up' if points > 0 else 'down'} {abs(points)} {'point' if abs(points) == 1 else 'points'}"
