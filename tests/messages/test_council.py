"""The weekly post says the quarter first, what changed, what is red, and what to doubt."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from messages.card import Card, Facts, Folded, Heading, Image, Paragraph, spoken, text
from messages.council import (
    CHANGES,
    ColourChange,
    colour_changes,
    compose_council,
    council_key,
)
from messages.council_threads import Around
from messages.render.terminal import render_text
from pipeline.cell_gaps import by_gap, row_gap
from pipeline.cell_names import CellName
from pipeline.editions import Context
from pipeline.matrix import Dimension, Metric, PeriodStamp, Status
from tests.messages.matrix_examples import last_week, many_rows, matrix
from tests.messages.picture_example import PICTURE


def words_of(card: Card) -> str:
    return render_text(card, 400)


def test_the_post_opens_with_share_reached_and_expected() -> None:
    post = compose_council(matrix(), last_week(), PICTURE)
    assert post.summary.title == "Pipeline council · FY27 Q4, day 23 of 92"
    first = post.summary.blocks[0]
    assert isinstance(first, Facts)
    assert spoken(first.facts[0].value) == "30% of $12M, 28% expected by today  Green"
    assert spoken(first.facts[1].value) == "$8.76M, $190K short of green  Yellow"
    assert isinstance(post.summary.blocks[1], Image)


def test_the_post_is_read_in_the_order_in_which_a_council_speaks() -> None:
    around = Around(last_actions=(Paragraph(text("SPIFF in EMEA is done.")),))
    shown = words_of(compose_council(matrix(), last_week(), PICTURE, around).summary)
    order = (
        "Last week's actions",
        "Reached: 30%",
        "Region: EMEA red.",
        "What changed colour since last week",
        "Red EMEA: see its own message below.",
        "1 yellow: APAC & Japan",
        "Green AMER: on track.",
        "How far to trust it",
    )
    places = [shown.index(words) for words in order]
    assert places == sorted(places)


def test_many_changes_of_colour_leave_room_for_what_is_red() -> None:
    now = matrix()
    calm = {metric: replace(cell, status=Status.GREY) for metric, cell in now.rows[0].cells.items()}
    before = matrix(tuple(replace(row, cells=calm) for row in now.rows))
    blocks = compose_council(now, before, PICTURE).summary.blocks
    changes = colour_changes(now, before)
    start = blocks.index(Heading("What changed colour since last week")) + 1
    lines, fold = blocks[start : start + CHANGES], blocks[start + CHANGES]
    assert all(isinstance(line, Paragraph) for line in lines)
    assert isinstance(fold, Folded)
    assert fold.summary == f"{len(changes) - CHANGES} more changes of colour"
    assert len(fold.blocks) == len(changes) - CHANGES


def test_colour_changes_name_what_became_worse_first() -> None:
    assert colour_changes(matrix(), last_week()) == (
        ColourChange("EMEA", Metric.COVERAGE, Status.YELLOW, Status.RED),
        ColourChange("APAC & Japan", Metric.FORECAST, Status.RED, Status.YELLOW),
    )


def test_without_a_last_week_the_post_says_so() -> None:
    shown = words_of(compose_council(matrix(), None, PICTURE).summary)
    assert "There is no edition of last week to compare colours with." in shown


def test_an_unchanged_week_says_so() -> None:
    shown = words_of(compose_council(matrix(), matrix(), PICTURE).summary)
    assert "No colour has changed since last week." in shown


def test_a_rows_gap_is_that_of_its_worst_cell() -> None:
    assert row_gap(matrix().rows[0]) == Decimal(1_240_000)


def test_each_red_row_has_a_thread_with_its_worst_cells_first() -> None:
    _, thread = compose_council(matrix(), None, PICTURE).cards
    assert thread.key == council_key("FY27 Q4", matrix().as_of) + ":EMEA"
    assert thread.title == "EMEA · $1.24M to green"
    lines = [spoken(block.text) for block in thread.blocks if isinstance(block, Paragraph)]
    emea = matrix().rows[0]
    assert lines == [
        f" Red  {emea.why}".strip(),
        *(
            f"{emea.cells[metric].status.value.capitalize()}  {emea.cells[metric].why}"
            for metric in (
                Metric.OPEN_PIPELINE,
                Metric.COVERAGE,
                Metric.FORECAST,
                Metric.CLOSED_WON,
                Metric.PIPE_GEN,
            )
        ),
        "No open action.",
    ]


def test_a_thread_says_the_sentence_that_decided_the_row_once() -> None:
    emea = matrix().rows[0]
    row = replace(emea, why=emea.cells[Metric.COVERAGE].why)
    _, thread = compose_council(matrix((row,)), None, PICTURE).cards
    assert words_of(thread).count(row.why) == 1


def test_five_red_rows_get_threads_and_the_others_are_folded_and_named() -> None:
    table = many_rows(32)
    post = compose_council(table, None, PICTURE)
    red = by_gap(table, Status.RED)
    assert len(red) == 8
    assert [thread.title.split(" · ")[0] for thread in post.cards[1:]] == [row.value for row in red[:5]]
    folds = [block for block in post.summary.blocks if isinstance(block, Folded)]
    assert folds[0].summary == "3 more red: " + ", ".join(row.value for row in red[5:])
    assert folds[1].summary.startswith("8 yellow: ")


def test_green_rows_take_one_line() -> None:
    shown = words_of(compose_council(matrix(), None, PICTURE).summary)
    assert "Green AMER: on track." in shown
    assert "Grey (Unassigned): no colour, for want of a target." in shown


def test_caveats_say_what_to_doubt() -> None:
    shown = words_of(compose_council(matrix(), None, PICTURE).summary)
    assert "Unassigned: 2% of open pipeline has no region." in shown
    assert "Stale: 25% of open pipeline is in deals with an outdated or pushed record." in shown
    assert "⚑ Without stale deals: AMER coverage red." in shown
    assert "Unconverted: 2 deals are left out, because no exchange rate is known: R$90K, TRY45.5K." in shown
    assert "006000000000" not in shown


def test_last_weeks_actions_come_first_and_a_rows_stand_in_its_thread() -> None:
    around = Around(
        last_actions=(Paragraph(text("SPIFF in EMEA is done.")),),
        actions_by_row={"EMEA": (Paragraph(text("Dinner on Friday.")),)},
    )
    post = compose_council(matrix(), None, PICTURE, around)
    assert post.summary.blocks[:2] == (Heading("Last week's actions"), *around.last_actions)
    assert post.cards[1].blocks[-2] == around.actions_by_row["EMEA"][0]


def test_late_in_the_quarter_next_quarters_coverage_leads() -> None:
    period = matrix().period
    for day, leads in ((55, False), (56, True)):  # 60 % of 92 days is 55.2
        late = matrix(period=PeriodStamp(period.label, period.start, period.end, 92, day))
        first = compose_council(late, None, PICTURE).summary.blocks[0]
        assert isinstance(first, Paragraph) is leads
    assert late.total.coverage_next == Fraction(7, 5)
    assert "Next quarter's open pipeline is 1.4× of its target." in words_of(
        compose_council(late, None, PICTURE).summary
    )


def test_the_notification_names_what_is_red() -> None:
    fallback = compose_council(matrix(), None, PICTURE).summary.fallback
    assert fallback == ("Pipeline council · FY27 Q4, day 23 of 92: 30% of the target reached; red: EMEA.")


def test_what_an_owner_says_stands_in_folded_rows_and_of_other_tables_in_a_fold_of_its_own() -> None:
    yellow = CellName(Dimension.REGION, "APAC & Japan", Metric.COVERAGE)
    other = CellName(Dimension.PRODUCT, "Cloud", Metric.FORECAST)
    moment = datetime(2026, 11, 20, 9, tzinfo=UTC)
    said = (
        Context(yellow, "005A", "Ana", "Two deals wait.", moment),
        Context(other, "005B", "Ben", "Launch slipped.", moment),
    )
    around = Around(contexts=said, asked={replace(yellow, metric=Metric.FORECAST): "Cara"})
    post = compose_council(matrix(), None, PICTURE, around)
    folds = {one.summary: one for one in post.summary.blocks if isinstance(one, Folded)}
    rows = folds["1 yellow: APAC & Japan"].blocks
    words = [spoken(line.text) for line in rows if isinstance(line, Paragraph)]
    assert words[1:] == ["Ana on coverage: Two deals wait.", "No word from Cara."]
    (line,) = folds["Said about other cells: 1"].blocks
    assert isinstance(line, Paragraph)
    assert spoken(line.text) == "Ben on Cloud forecast: Launch slipped."
