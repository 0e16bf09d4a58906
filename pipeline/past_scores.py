"""Hygiene scores beside what they were, and whose score somebody may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from pipeline.access import Action, GroupScore, Member, PersonScore, may
from pipeline.findings import Score

WEEK_AGO, FOUR_WEEKS_AGO = timedelta(weeks=1), timedelta(weeks=4)


@dataclass(frozen=True)
class PastShare:
    """Shares of clean value as they were; `None` where that is not known."""

    week_ago: Fraction | None = None
    four_weeks_ago: Fraction | None = None


UNKNOWN = PastShare()


@dataclass(frozen=True)
class PastScores:
    """By level and id of the score."""

    shares: Mapping[tuple[str, str], PastShare] = field(default_factory=dict)

    def of(self, score: Score) -> PastShare:
        return self.shares.get((score.level, score.id), UNKNOWN)


NO_PAST = PastScores()


def points_since(score: Score, before: Fraction | None) -> int | None:
    """Percentage points that a score has gained, half points to the even one; `None`: nothing to compare."""
    if score.value_share is None or before is None:
        return None
    return round(100 * (score.value_share - before))


def visible_scores(member: Member, scores: Iterable[Score], *, are_public: bool) -> tuple[Score, ...]:
    """Those that a person may see. `are_public`: the configuration shows them to everybody."""
    return tuple(score for score in scores if may(member, Action.SEE, _object_of(score, are_public)).allowed)


def _object_of(score: Score, is_public: bool) -> PersonScore | GroupScore:
    if score.level == "rep":
        return PersonScore(score.id, is_public)
    return GroupScore(score.id if score.level == "team" else None, is_public)
