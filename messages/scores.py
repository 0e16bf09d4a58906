"""`/hygiene scores`: the scores of reps, teams and regions that somebody may see, with their trends.

By name and never by rank: it is there to look something up, not to put anybody on a wall.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from messages.card import (
    Align,
    Block,
    Card,
    Column,
    Fact,
    Facts,
    Heading,
    Paragraph,
    RowKind,
    Table,
    TableRow,
    TextCell,
    Tone,
    text,
)
from messages.score_trends import clean_words, trend_words
from messages.wording import NO_VALUE, Wording
from pipeline.findings import Score
from pipeline.past_scores import PastScores, points_since

MOST_ROWS = 90
"""What one message of Slack takes."""


def compose_scores(
    day: date,
    scores: Sequence[Score],
    past: PastScores,
    managers: Mapping[str, str],
    wording: Wording | None = None,
    *,
    are_public: bool = False,
) -> Card:
    """Teams with their reps, and regions. `managers`: by rep, whose team they are listed under."""
    wording = wording or Wording()
    lines = _lines(scores, managers)
    is_short = len(lines) > MOST_ROWS
    if is_short:
        lines = [(score, kind) for score, kind in lines if score.level != "rep"]
    regions = [score for score in _by_name(scores, "region") if score.value_share is not None]
    table = Table("Scores by team", _COLUMNS, tuple(_row(one, kind, past, wording) for one, kind in lines))
    blocks: tuple[Block, ...] = (
        *((table,) if lines else (Paragraph(text("There is no score yet: no open pipeline.")),)),
        *_regions(regions, past, wording),
        *(Paragraph(text(words), Tone.NOTE) for words in _notes(scores, wording, is_short, are_public)),
    )
    title = f"Hygiene scores, {wording.full_day(day).words}"
    reps = sum(score.level == "rep" for score in scores)
    says = (
        f"{title}: {wording.count(reps, 'rep', 'reps')}, {wording.count(len(regions), 'region', 'regions')}."
    )
    return Card("hygiene:scores", title, blocks, says)


_COLUMNS = (
    Column("Whose"),
    *(Column(title, Align.RIGHT) for title in ("Clean value", "Week", "4 weeks", "Clean deals")),
)


def _lines(scores: Sequence[Score], managers: Mapping[str, str]) -> list[tuple[Score, RowKind]]:
    """Each team with its reps below it, then reps of no team that is shown, then the company."""
    teams, reps = _by_name(scores, "team"), _by_name(scores, "rep")
    shown = {team.id for team in teams}
    lines: list[tuple[Score, RowKind]] = []
    for team in teams:
        lines.append((team, RowKind.PLAIN))
        lines += [(rep, RowKind.PART) for rep in reps if managers.get(rep.id) == team.id]
    lines += [(rep, RowKind.PLAIN) for rep in reps if managers.get(rep.id) not in shown]
    lines += [(company, RowKind.TOTAL) for company in _by_name(scores, "company")]
    return lines


def _by_name(scores: Sequence[Score], level: str) -> list[Score]:
    return sorted((one for one in scores if one.level == level), key=lambda one: (one.name, one.id))


def _row(score: Score, kind: RowKind, past: PastScores, wording: Wording) -> TableRow:
    before = past.of(score)
    cells = (
        _name_of(score),
        NO_VALUE if score.value_share is None else wording.percent(score.value_share),
        trend_words(points_since(score, before.week_ago)),
        trend_words(points_since(score, before.four_weeks_ago)),
        f"{wording.number(score.clean_deals)} of {wording.number(score.deals)}",
    )
    return TableRow(tuple(TextCell(text(words)) for words in cells), kind)


def _name_of(score: Score) -> str:
    if score.level == "company":
        return "Company"
    return f"Team of {score.name}" if score.level == "team" else score.name


def _regions(regions: Sequence[Score], past: PastScores, wording: Wording) -> tuple[Block, ...]:
    facts = tuple(Fact(one.name, text(clean_words(one, past.of(one), wording))) for one in regions)
    return (Heading("Regions"), Facts(facts)) if facts else ()


def _notes(scores: Sequence[Score], wording: Wording, is_short: bool, are_public: bool) -> Sequence[str]:
    notes = [
        "Share of open pipeline without an open high or medium finding of a rule that nudges; week and "
        "4 weeks: percentage points since then."
    ]
    if is_short:
        reps = wording.number(sum(score.level == "rep" for score in scores))
        notes.append(f"{reps} reps are left out here: council hygiene scores --format csv has each of them.")
    notes.append(
        "Everybody sees these scores: public_scores is on in the configuration."
        if are_public
        else "A person's score is seen by that person, the managers above and sales operations."
    )
    return notes
