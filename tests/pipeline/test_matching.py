"""Which known name is meant by what somebody typed."""

import pytest

from pipeline.errors import UnknownName
from pipeline.matching import match_name

REGIONS = ("AMER", "APAC", "EMEA", "LATAM", "Côte d’Ivoire", "North America", "(Unassigned)")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("EMEA", "EMEA"),
        ("emea", "EMEA"),
        ("em", "EMEA"),
        ("north", "North America"),
        ("north_america", "North America"),
        ("côte d'ivoire", "Côte d’Ivoire"),
        ("unassigned", "(Unassigned)"),
        ("(unassigned)", "(Unassigned)"),
    ],
)
def test_case_prefix_and_dressed_letters_do_not_matter(typed: str, meant: str) -> None:
    assert match_name(typed, REGIONS, "region") == meant


def test_a_whole_name_wins_over_longer_ones_that_begin_with_it() -> None:
    assert match_name("cloud", ("Cloud Sales", "Cloud"), "product") == "Cloud"


def test_names_that_differ_in_case_alone_are_told_apart_by_it() -> None:
    assert match_name("emea", ("EMEA", "emea"), "region") == "emea"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("a", "“a” could be AMER or APAC. Write a little more of the name."),
        ("EMAE", "There is no region “EMAE”. Did you mean EMEA?"),
        ("Mars", "There is no region “Mars”. Known: AMER, APAC, EMEA, LATAM, "),
        ("", "There is no region “”."),
    ],
)
def test_what_cannot_be_told_is_answered_with_right_names(typed: str, says: str) -> None:
    with pytest.raises(UnknownName) as error:
        match_name(typed, REGIONS, "region")
    assert str(error.value).startswith(says)


def test_a_long_list_is_cut_and_what_is_left_out_is_counted() -> None:
    with pytest.raises(UnknownName, match="R0, R1, R2, R3, R4, R5, R6, R7 and 12 more"):
        match_name("zzz", [f"R{i}" for i in range(20)], "region")


def test_without_any_known_name_it_is_said_what_to_do() -> None:
    with pytest.raises(UnknownName, match="pull first"):
        match_name("EMEA", (), "region")
