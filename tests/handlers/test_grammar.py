"""Commands as people type them."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.apm import answer_apm, read_why_button
from handlers.capabilities import find_click, find_form, find_typed
from handlers.capability import Words
from handlers.grammar import (
    HygieneScope,
    ShowHygiene,
    ShowHygieneOf,
    ShowMatrix,
    ShowWhy,
    read_apm_words,
    read_hygiene_words,
)
from handlers.help import answer_help
from handlers.hygiene import answer_hygiene
from handlers.words import CommandNotUnderstood
from pipeline.errors import CouncilError, UnknownName
from pipeline.matrix import TOTAL, Dimension, Metric

HELP = "help"
READERS: dict[object, Callable[[Words], object]] = {
    answer_apm: read_apm_words,
    answer_hygiene: read_hygiene_words,
    answer_help: lambda _words: HELP,
}


def read_command(typed: str) -> object:
    """What the handler of a typed line makes of it."""
    handler, words = find_typed(typed)
    return READERS[handler](words)


REGION, PRODUCT, SEGMENT = Dimension.REGION, Dimension.PRODUCT, Dimension.SEGMENT


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/apm region", ShowMatrix(REGION)),
        ("apm region", ShowMatrix(REGION)),
        ("  /APM   Regions ", ShowMatrix(REGION)),
        ("/apm reg", ShowMatrix(REGION)),
        ("/apm", ShowMatrix()),
        ("/apm region EMEA", ShowMatrix(REGION, "EMEA")),
        ("/apm region north america", ShowMatrix(REGION, "north america")),
        ("/apm region “North America”", ShowMatrix(REGION, "North America")),
        ("/apm region 'North America'", ShowMatrix(REGION, "North America")),
        ("/apm region Côte d’Ivoire", ShowMatrix(REGION, "Côte d'Ivoire")),
        ("/apm region\u00a0EMEA", ShowMatrix(REGION, "EMEA")),
        ("/apm region \u200eEMEA\u200f", ShowMatrix(REGION, "EMEA")),
        ("/apm region by product", ShowMatrix(REGION, by=PRODUCT)),
        ("/apm Region BY Products", ShowMatrix(REGION, by=PRODUCT)),
        ("/apm region EMEA by product", ShowMatrix(REGION, "EMEA", PRODUCT)),
        ("/apm EMEA", ShowMatrix(None, "EMEA")),
        ('/apm region "by the sea"', ShowMatrix(REGION, "by the sea")),
        ("/apm region on 2026-10-01", ShowMatrix(REGION, as_of=date(2026, 10, 1))),
        ("/apm region EMEA as of 2026-10-01", ShowMatrix(REGION, "EMEA", as_of=date(2026, 10, 1))),
        ("/apm why EMEA coverage", ShowWhy("EMEA", Metric.COVERAGE)),
        ("/apm why EMEA cov", ShowWhy("EMEA", Metric.COVERAGE)),
        ("/apm why North America closed won", ShowWhy("North America", Metric.CLOSED_WON)),
        ("/apm why EMEA pipe_gen", ShowWhy("EMEA", Metric.PIPE_GEN)),
        ("/apm why EMEA pipe generation", ShowWhy("EMEA", Metric.PIPE_GEN)),
        ("/apm why region EMEA open pipeline", ShowWhy("EMEA", Metric.OPEN_PIPELINE, REGION)),
        ("/apm why EMEA forecast on 2026-10-01", ShowWhy("EMEA", Metric.FORECAST, None, date(2026, 10, 1))),
        ("/apm why coverage", ShowWhy(TOTAL, Metric.COVERAGE)),
        ("/hygiene", ShowHygiene()),
        ("Hygiene", ShowHygiene(HygieneScope.OWN)),
        ("/hygiene team", ShowHygiene(HygieneScope.TEAM)),
        ("/hygiene Company", ShowHygiene(HygieneScope.COMPANY)),
        ("/help", HELP),
        ("help me", HELP),
        ("", HELP),
        ("<@U012AB3CD> apm region", ShowMatrix(REGION)),
        ("<at>Pipeline Council</at> apm region", ShowMatrix(REGION)),
        ("@Pipeline Council /apm region", ShowMatrix(REGION)),
        ("/hygiene Ana Lind", ShowHygieneOf("Ana Lind")),
        ("@bot, hygiene team", ShowHygiene(HygieneScope.TEAM)),
        ("<@U012AB3CD>", HELP),
    ],
)
def test_what_is_typed_is_understood(typed: str, meant: object) -> None:
    assert read_command(typed) == meant


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("/halp", "I do not know “/halp”; did you mean help? Try /apm region, /hygiene or /help."),
        ("good morning", "I do not know “good”. Try /apm region, /hygiene or /help."),
        ("/apm region by", "By what? For example: /apm region by product."),
        ("/apm by product", "By product what? For example: /apm region by product."),
        ("/apm region by region", "region by region says the same twice. Name two dimensions."),
        ("/apm why EMEA", "Which figure? End with forecast, closed won, open pipeline, pipe gen or coverage"),
        ("/apm why", "Which figure?"),
        ("/apm region on Friday", "“Friday” is not a date. Write it as 2026-10-01."),
        ("/apm region on 2026-02-30", "“2026-02-30” is not a date."),
        ('/apm region "North America', "A quote is opened before North and not closed."),
        ("/apm " + "x" * 2_000, "That has 2,005 characters"),
    ],
)
def test_what_is_not_understood_is_answered_with_what_to_type(typed: str, says: str) -> None:
    with pytest.raises(CommandNotUnderstood) as error:
        read_command(typed)
    assert str(error.value).startswith(says)


def test_an_unknown_dimension_after_by_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="There is no dimension “colour”"):
        read_command("/apm region by colour")


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_command_or_a_kind_refusal(typed: str) -> None:
    try:
        answer: object = read_command(f"/apm {typed}")
    except CouncilError as error:
        answer = error
    assert isinstance(answer, ShowMatrix | ShowWhy | CouncilError)
    assert str(answer)


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("region/EMEA/coverage", ShowWhy("EMEA", Metric.COVERAGE, REGION)),
        ("product/Data/AI Cloud/closed_won", ShowWhy("Data/AI Cloud", Metric.CLOSED_WON, PRODUCT)),
        ("segment/TOTAL/pipe_gen", ShowWhy(TOTAL, Metric.PIPE_GEN, SEGMENT)),
    ],
)
def test_a_button_leads_to_its_cell_whatever_the_value_is_called(argument: str, meant: object) -> None:
    assert read_why_button(argument) == meant


@pytest.mark.parametrize("command", ["drop_table", ""])
def test_a_button_or_a_form_that_is_not_ours_is_refused_kindly(command: str) -> None:
    with pytest.raises(CommandNotUnderstood, match="from an older message"):
        find_click(command)
    with pytest.raises(CommandNotUnderstood, match="from an older message, and nothing was saved"):
        find_form(command)


def test_a_button_without_its_cell_is_refused_kindly() -> None:
    with pytest.raises(CommandNotUnderstood, match="from an older message"):
        read_why_button("EMEA")


def test_a_forged_button_does_not_pass_as_a_cell() -> None:
    with pytest.raises(UnknownName):
        read_why_button("planet/EMEA/coverage")
