"""Whatever a card holds, it fits the platforms, nothing of it is lost, and what was cut is said."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.card import (
    Button,
    Buttons,
    Card,
    Choice,
    ChoiceInput,
    ChoicePick,
    Column,
    DatePick,
    FigureCell,
    Folded,
    Form,
    Heading,
    Image,
    Paragraph,
    Person,
    PersonInput,
    Pick,
    Table,
    TableRow,
    TextCell,
    TextInput,
    text,
)
from messages.manager_digest import compose_manager_digest
from messages.nudge import compose_digest
from messages.render import adaptive, blockkit, html, terminal
from pipeline.digests import Digest
from pipeline.matrix import Status
from tests.examples import examples
from tests.messages.digest_examples import crowded_digest, crowded_team_digest, digest, digest_later
from tests.messages.limits import check_adaptive, check_slack, count_words
from tests.messages.message_examples import CARDS, form, plain_blocks
from tests.messages.surfaces import SURFACES, Surface, texts

words = st.text(max_size=300) | st.text(min_size=2000, max_size=9000)


def numbered_table(rows: int, columns: int = 2, filler: str = "") -> Table:
    """Each row has a number that stands in its second cell alone."""
    return Table(
        "Numbers",
        tuple(Column(f"Column {number}") for number in range(columns)),
        tuple(
            TableRow(
                (
                    TextCell(text(f"name{filler}")),
                    FigureCell(f"<{number}>", Status.RED),
                    *(TextCell(text(filler)) for _ in range(columns - 2)),
                )
            )
            for number in range(rows)
        ),
    )


def card(*blocks: Any, title: str = "Title") -> Card:
    return Card("key", title, blocks, "fallback")


@pytest.mark.parametrize("kind", CARDS)
def test_every_kind_fits_both_platforms(kind: str) -> None:
    check_slack(blockkit.render_card(CARDS[kind]))
    check_adaptive(adaptive.render_card(CARDS[kind]))


@settings(max_examples=examples(40), deadline=None)
@given(rows=st.integers(0, 400), columns=st.integers(2, 20), filler=st.text(max_size=120))
def test_a_table_of_any_size_loses_no_row_in_slack(rows: int, columns: int, filler: str) -> None:
    messages = blockkit.render_card(card(numbered_table(rows, columns, filler)))
    check_slack(messages)
    cells = [
        found
        for message in messages
        for block in message["blocks"]
        if block["type"] == "table"
        for row in block["rows"][1:]
        for found in [row[1]["elements"][0]["elements"][0]["text"]]
    ]
    assert [cell for cell in cells if cell.startswith("<")] == [f"<{number}>" for number in range(rows)]


@settings(max_examples=examples(40), deadline=None)
@given(rows=st.integers(0, 300), columns=st.integers(2, 20), filler=st.text(max_size=120))
def test_a_table_of_any_size_loses_no_row_in_teams(rows: int, columns: int, filler: str) -> None:
    cards = adaptive.render_card(card(numbered_table(rows, columns, filler)))
    check_adaptive(cards)
    shown = [found for found in texts(cards) if found.startswith("<") and found.endswith(">")]
    assert [found for found in shown if found[1:-1].isdigit()] == [f"<{number}>" for number in range(rows)]


@settings(max_examples=examples(25), deadline=None)
@given(rows=st.integers(0, 300))
def test_a_table_of_any_size_loses_no_row_in_the_room_and_the_terminal(rows: int) -> None:
    page, sheet = (
        html.render_card(card(numbered_table(rows))),
        terminal.render_text(card(numbered_table(rows))),
    )
    for number in range(rows):
        assert page.count(f"&lt;{number}&gt;") == 1
        assert sheet.count(f"<{number}>") == 1


@settings(max_examples=examples(60), deadline=None)
@given(content=words)
def test_any_words_in_any_block_fit_both_platforms(content: str) -> None:
    blocks = plain_blocks(content)
    folded = Folded(content, tuple(block for block in blocks if not isinstance(block, Pick)))
    everything = Card("key", content, (*blocks, folded), content, (Button("Done", "done"),))
    check_slack(blockkit.render_card(everything))
    check_adaptive(adaptive.render_card(everything))
    assert html.render_card(everything)
    assert terminal.render_text(everything)


@settings(max_examples=examples(40), deadline=None)
@given(paragraphs=st.lists(st.integers(1, 4000), max_size=80))
def test_no_paragraph_is_lost_whatever_their_number_and_length(paragraphs: list[int]) -> None:
    blocks = [Paragraph(text("x" * length)) for length in paragraphs]
    written = sum(paragraphs)
    for rendered in (blockkit.render_card(card(*blocks)), adaptive.render_card(card(*blocks))):
        found = sum(len(words) for words in texts(rendered) if set(words) == {"x"})
        assert found == written
    check_slack(blockkit.render_card(card(*blocks)))
    check_adaptive(adaptive.render_card(card(*blocks)))


@settings(max_examples=examples(30), deadline=None)
@given(count=st.integers(1, 120))
def test_no_button_is_lost_whatever_their_number(count: int) -> None:
    buttons = Buttons(tuple(Button(f"<{number}>", "fix", str(number)) for number in range(count)))
    for blocks in ((buttons,), (Folded("Show all", (buttons,)),)):
        messages, cards = blockkit.render_card(card(*blocks)), adaptive.render_card(card(*blocks))
        check_slack(messages)
        check_adaptive(cards)
        for number in range(count):
            assert count_words(messages, f"<{number}>") == 1
            assert titles(cards).count(f"<{number}>") == 1


def titles(value: object) -> list[str]:
    """Of every button of some Adaptive Cards that asks us something."""
    if isinstance(value, dict) and value.get("type") == "Action.Execute":
        return [value["title"]]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [title for item in inside for title in titles(item)]


@pytest.mark.parametrize("written", [digest(), digest_later(), crowded_digest()])
def test_a_digest_is_one_message_with_every_control(written: Digest) -> None:
    composed = compose_digest(written, "USD")
    assert len(blockkit.render_card(composed)) == 1
    cards = adaptive.render_card(composed)
    assert len(cards) == 1
    to_fix = [title for title in titles(cards) if title.startswith(("Fix", "Add"))]
    assert len(to_fix) == min(10, len(written.open_items))
    check_slack(blockkit.render_card(composed))
    check_adaptive(cards)


def test_the_digest_of_a_large_team_is_two_messages_at_most_with_every_control() -> None:
    composed = compose_manager_digest(crowded_team_digest(), "USD")
    messages, cards = blockkit.render_card(composed), adaptive.render_card(composed)
    assert len(messages) <= 2
    assert len(cards) == 1
    assert titles(cards).count("Reassign") == 10
    assert titles(cards).count("Looks right") == 10
    check_slack(messages)
    check_adaptive(cards)


def test_what_is_said_of_a_deal_and_its_buttons_stand_in_one_message() -> None:
    deals = [
        block
        for number in range(40)
        for block in (Paragraph(text(f"Deal {number}")), Buttons((Button(f"Fix {number}", "fix"),)))
    ]
    for rendered in (blockkit.render_card(card(*deals)), adaptive.render_card(card(*deals))):
        assert len(rendered) > 1
        for number in range(40):
            said, button = (
                [place for place, part in enumerate(rendered) if words in texts(part)]
                for words in (f"Deal {number}", f"Fix {number}")
            )
            assert said == button


def test_a_heading_stands_in_the_message_of_its_table() -> None:
    blocks = [block for name in ("First", "Second") for block in (Heading(name), numbered_table(3))]
    first, second = blockkit.render_card(card(*blocks))
    assert "Second" not in texts(first)
    assert "Second" in texts(second)


def test_each_part_of_a_long_card_says_which_it_is() -> None:
    long = card(*(Paragraph(text("x" * 2000)) for _ in range(14)), title="A long one")
    for rendered in (blockkit.render_card(long), adaptive.render_card(long)):
        parts = len(rendered)
        assert parts > 1
        assert count_words(rendered[0], f"Part 1 of {parts}; the rest follows.") == 1
        assert count_words(rendered[-1], f"A long one · part {parts} of {parts}") == 1


def test_each_part_of_a_long_table_says_which_rows_it_has() -> None:
    messages = blockkit.render_card(card(numbered_table(150)))
    assert count_words(messages, "Numbers: rows 1 to 99 of 150") == 1
    assert count_words(messages, "Numbers: rows 100 to 150 of 150") == 1


def test_a_long_cell_is_shortened_and_stands_below_in_full() -> None:
    row = TableRow((TextCell(text("Acme")), TextCell(text("y" * 900))))
    long = Table("Notes", (Column("Deal"), Column("Note")), (row,))
    for rendered in (blockkit.render_card(card(long)), adaptive.render_card(card(long))):
        assert count_words(rendered, "Note of Acme in full: " + "y" * 900) == 1


def test_a_table_too_wide_for_a_phone_is_read_row_by_row_on_teams() -> None:
    columns = tuple(Column(title) for title in ("Person", "E-mail", "Chat user"))
    row = TableRow(
        tuple(TextCell(text(words)) for words in ("Ana Lind", "ana.lind@example.com", "slack:T01ABC:U0123BO"))
    )
    (rendered,) = adaptive.render_card(card(Table("People", columns, (row,))))
    assert "Table" not in [element["type"] for element in rendered["body"]]
    name, others = rendered["body"][-2:]
    assert [run["text"] for run in name["inlines"]] == ["Ana Lind"]
    said = "".join(run["text"] for run in others["inlines"])
    assert said == "E-mail: ana.lind@example.com · Chat user: slack:T01ABC:U0123BO"


def test_a_column_on_teams_is_as_wide_as_its_longest_word_and_a_sentence_has_the_rest() -> None:
    columns = (Column("Deal"), Column("Value"), Column("What is wrong"))
    row = TableRow(tuple(TextCell(text(words)) for words in ("Acme", "$840K", "word " * 30)))
    (rendered,) = adaptive.render_card(card(Table("Deals", columns, (row,))))
    (table,) = (element for element in rendered["body"] if element["type"] == "Table")
    # Four, five and five letters of 6 pixels with 12 around each make 120 of the phone's 288.
    assert [column["width"] for column in table["columns"]] == [36, 42, 42 + 168]


def test_figures_that_a_phone_cannot_show_side_by_side_stand_in_more_tables() -> None:
    titles = ("Segment", "Forecast", "Closed won", "Open pipeline", "Pipe gen", "Coverage")
    columns = tuple(Column(title) for title in titles)

    def shown(name: str, *figures: str) -> list[tuple[int, list[str]]]:
        """Of each table the number of its columns, and what its row says."""
        row = TableRow((FigureCell(name), *(FigureCell(words, Status.YELLOW) for words in figures)))
        (rendered,) = adaptive.render_card(card(Table("Segments", columns, (row,))))
        tables = [element for element in rendered["body"] if element["type"] == "Table"]
        return [
            (len(table["columns"]), [cell_text(one) for one in table["rows"][1]["cells"]]) for table in tables
        ]

    # 12 letters of 6 pixels and 3 times 6 of 8.5, with 14 around each, are 281 of 288.
    assert [count for count, _ in shown("(Unassigned)", "$8.76M", "$3.65M", "$21.9M", "$5.0M", "2.6×")] == [
        4,
        3,
    ]
    # A letter more in two of them is 298.
    assert [count for count, _ in shown("(Unassigned)", "$218.4M", "$118.4M", "$1.22B", "$9M", "1×")] == [
        3,
        4,
    ]
    yen = shown("Telecommunications", "¥12,345M", "¥1,234.5M", "¥98,765M", "¥4,321M", "12.4×")
    assert [count for count, _ in yen] == [3, 3, 2]
    assert {row[0].replace("\u00ad", "") for _, row in yen} == {"Telecommunications"}
    assert [words for _, row in yen for words in row[1:]] == [
        f"{figure} ◆\u00a0Yellow" for figure in ("¥12,345M", "¥1,234.5M", "¥98,765M", "¥4,321M", "12.4×")
    ]


def cell_text(cell: dict[str, Any]) -> str:
    return " ".join("".join(run["text"] for run in line["inlines"]) for line in cell["items"])


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("(Unassigned)", "(Unassigned)"),
        ("Telecommunications", "Telecommu|nications"),
        ("Public sector", "Public sector"),
        ("Österreich/Schweiz", "Österreich/~Schweiz"),
        ("Manufacturing & Automotive", "Manufac|turing & Automotive"),
    ],
)
def test_a_long_word_in_the_name_of_a_row_may_be_broken_on_teams(name: str, broken: str) -> None:
    row = TableRow((FigureCell(name), FigureCell("$1M", Status.GREEN)))
    (rendered,) = adaptive.render_card(card(Table("t", (Column("Segment"), Column("Won")), (row,))))
    (table,) = (element for element in rendered["body"] if element["type"] == "Table")
    shown = cell_text(table["rows"][1]["cells"][0])
    assert shown.replace("\u00ad", "|").replace("\u200b", "~") == broken


@settings(max_examples=examples(20), deadline=None)
@given(count=st.integers(0, 3000), label=st.text(max_size=255))
def test_a_menu_of_any_length_fits_and_says_what_it_leaves_out(count: int, label: str) -> None:
    choices = tuple(Choice(str(number), label) for number in range(count))
    chosen = str(count - 1) if count else None
    menu = ChoiceInput("stage", "Stage", choices, chosen)
    check_slack(blockkit.render_card(card(menu)))
    cards = adaptive.render_card(card(menu))
    check_adaptive(cards)
    shown = next(element for element in cards[0]["body"] if element["type"] == "Input.ChoiceSet")["choices"]
    assert count == 0 or chosen in [choice["value"] for choice in shown]
    assert count_words(cards, f"Only {len(shown):,} of {count:,} choices fit here.") == (len(shown) < count)


def test_a_picture_on_slack_has_its_table_folded_below_it() -> None:
    picture = Image("heat.png", "EMEA red", b"png", instead=numbered_table(3))
    (message,) = blockkit.render_card(card(picture), {"heat.png": "F012345"})
    check_slack([message])
    image, fold = message["blocks"][1:3]
    assert image["slack_file"] == {"id": "F012345"}
    assert (fold["type"], fold["default_collapsed"]) == ("container", True)
    assert "table" in [child["type"] for child in fold["child_blocks"]]


def test_people_too_many_for_a_menu_are_searched_for_on_slack() -> None:
    people = tuple(Person(f"005{number:04}", f"Person {number}") for number in range(2000))
    modal = blockkit.render_form(Form("key", "New owner", (PersonInput("owner", "Owner", people),), "save"))
    (asked,) = modal["blocks"]
    assert (asked["element"]["type"], asked["element"]["min_query_length"]) == ("external_select", 2)
    assert asked["element"]["placeholder"]["text"] == "Type the first letters of a name"
    known = PersonInput("owner", "Owner", people, "0050007")
    (asked,) = blockkit.render_form(Form("key", "New owner", (known,), "save"))["blocks"]
    assert asked["element"]["initial_option"]["text"]["text"] == "Person 7"


def test_a_value_too_long_for_a_field_is_cut_and_says_so() -> None:
    field = TextInput("note", "Note", "z" * 5000, lines=5)
    modal = blockkit.render_form(Form("key", "Edit", (field,), "save"))
    assert count_words(modal, "Only the first 3,000 of 5,000 characters fit here.") == 1
    assert (
        count_words(adaptive.render_card(card(field)), "Only the first 3,000 of 5,000 characters fit here.")
        == 1
    )


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_a_form_shows_every_field_with_its_value(surface: Surface) -> None:
    shown = surface.form(form("Acme"))
    for expected in ("Acme", "2026-11-14", "1200.5", "Proposal", "Ben"):
        assert expected in shown


def test_a_button_that_no_platform_could_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="1,500"):
        Button("Fix", "fix", "x" * 1501)
    with pytest.raises(ValueError, match="without '#'"):
        Button("Fix", "a#b")


def test_a_pick_that_no_platform_could_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="250 characters together"):
        DatePick("When", "fix_date", "x" * 243)
    with pytest.raises(ValueError, match="without '#'"):
        ChoicePick("Which", "a#b", "", ())
    with pytest.raises(ValueError, match="needs a label"):
        DatePick("", "fix_date")


def test_a_pick_names_its_command_and_argument_on_every_surface() -> None:
    picks = (
        DatePick("Closes", "fix_date", "006#A"),
        ChoicePick("Status", "status", "7", (Choice("done", "Done"), Choice("open", "Open")), "open"),
    )
    blocks = blockkit.render_card(card(*picks))[0]["blocks"]
    elements = [blocks[1]["elements"][0], blocks[2]["accessory"]]
    assert [element["type"] for element in elements] == ["datepicker", "static_select"]
    ids = [element["action_id"] for element in elements]
    assert [blockkit.command_of(name) for name in ids] == ["fix_date", "status"]
    assert [blockkit.argument_of_pick(name) for name in ids] == ["006#A", "7"]
    rows = [element for element in adaptive.render_card(card(*picks))[0]["body"] if "columns" in element]
    fields = [row["columns"][0]["items"][0] for row in rows]
    sends = [row["columns"][1]["items"][0]["actions"][0] for row in rows]
    assert [(field["type"], field["label"]) for field in fields] == [
        ("Input.Date", "Closes"),
        ("Input.ChoiceSet", "Status"),
    ]
    assert [(send["verb"], send["data"]["argument"]) for send in sends] == [
        ("fix_date", "006#A"),
        ("status", "7"),
    ]
    assert [send["data"]["value_in"] for send in sends] == [field["id"] for field in fields]
    page = html.render_card(card(*picks))
    assert 'class="m-pick" data-command="fix_date" data-argument="006#A"' in page
    assert '<option value="open" selected>Open</option>' in page
    sheet = terminal.render_text(card(*picks))
    assert "[Closes: pick a date]" in sheet
    assert "[Status: Done / [Open]]" in sheet


@settings(max_examples=examples(20), deadline=None)
@given(count=st.integers(0, 3000), label=st.text(min_size=1, max_size=255), is_picked=st.booleans())
def test_a_pick_of_any_length_fits_and_says_what_it_leaves_out(
    count: int, label: str, is_picked: bool
) -> None:
    choices = tuple(Choice(str(number), label) for number in range(count))
    picked = str(count - 1) if count and is_picked else None
    pick = ChoicePick(label, "status", "7", choices, picked)
    check_slack(blockkit.render_card(card(pick)))
    cards = adaptive.render_card(card(pick))
    check_adaptive(cards)
    row = next(element for element in cards[0]["body"] if element["type"] == "ColumnSet")
    shown = row["columns"][0]["items"][0]["choices"]
    assert picked is None or picked in [choice["value"] for choice in shown]
    assert count_words(cards, f"Only {len(shown):,} of {count:,} choices fit here.") == (len(shown) < count)


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_a_form_says_what_is_wrong_with_it_as_a_whole(surface: Surface) -> None:
    refused = Form("key", "Edit", (TextInput("note", "Note"),), "save", problem="Somebody was faster.")
    assert "Somebody was faster." in surface.words(surface.form(refused))


def test_a_table_whose_rows_do_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 2 cells"):
        Table("T", (Column("A"), Column("B")), (TableRow((TextCell(text("1")),)),))
    with pytest.raises(ValueError, match="1 to 20 columns"):
        Table("T", (), ())


def test_the_command_comes_back_from_slacks_action_id() -> None:
    buttons = Buttons((Button("A", "fix", "1"), Button("B", "fix", "2")))
    (actions,) = [b for b in blockkit.render_card(card(buttons))[0]["blocks"] if b["type"] == "actions"]
    assert [blockkit.command_of(element["action_id"]) for element in actions["elements"]] == ["fix", "fix"]
    assert [element["value"] for element in actions["elements"]] == ["1", "2"]


def test_amounts_in_number_fields_keep_their_digits() -> None:
    from messages.card import NumberInput

    field = NumberInput("amount", "Amount", Decimal("1200.50"))
    assert count_words(blockkit.render_card(card(field)), "1200.50") == 1


def test_a_part_of_a_single_row_is_called_a_row() -> None:
    messages = blockkit.render_card(card(numbered_table(100)))
    assert count_words(messages, "Numbers: row 100 of 100") == 1
