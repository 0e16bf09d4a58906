"""What the scores say where a company is large."""

from fractions import Fraction

from messages.card import Table, TextCell, spoken
from messages.render.blockkit import render_card
from messages.render.terminal import render_text
from messages.scores import MOST_ROWS, compose_scores
from pipeline.findings import Score
from pipeline.past_scores import NO_PAST
from tests.messages.matrix_examples import AS_OF


def score(level: str, number: int) -> Score:
    return Score(level, f"{level}-{number}", f"{level} {number:03}", Fraction(1, 2), Fraction(1, 2), 4, 2)


def names_in(table: Table) -> list[str]:
    return [spoken(row.cells[0].text) for row in table.rows if isinstance(row.cells[0], TextCell)]


def test_where_reps_do_not_fit_into_a_message_their_teams_do_and_the_card_says_where_the_reps_are() -> None:
    scores = [score("team", 1), score("team", 2), *(score("rep", number) for number in range(MOST_ROWS))]
    card = compose_scores(AS_OF, scores, NO_PAST, {})
    (table,) = (block for block in card.blocks if isinstance(block, Table))
    assert names_in(table) == ["Team of team 001", "Team of team 002"]
    assert "90 reps are left out here: council hygiene scores --format csv" in render_text(card, 300)
    assert len(render_card(card, {})) == 1


def test_reps_stand_below_their_manager_by_name_and_not_by_rank() -> None:
    scores = [score("rep", 2), score("rep", 1), score("rep", 3), score("team", 1)]
    managers = {"rep-1": "team-1", "rep-2": "team-1", "rep-3": "somebody"}
    (table,) = (
        block for block in compose_scores(AS_OF, scores, NO_PAST, managers).blocks if isinstance(block, Table)
    )
    assert names_in(table) == ["Team of team 001", "rep 001", "rep 002", "rep 003"]
