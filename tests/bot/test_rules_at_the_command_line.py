"""The rules lab at the command line, on the small company pulled once, counted by hand."""

from pathlib import Path

import pytest

from tests.bot.small_company import PULLED_AT, build_company
from tests.bot.test_command_line import answer, council

RULE = """
[[hygiene.custom]]
name = "small"
when = "Amount < {below}"
says = "Check the amount"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """It has a rule about small deals: Initech (700, Ben) breaks it; Nightfall (1000, Zoe) does not."""
    configuration = build_company(tmp_path)
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text + RULE.format(below=800), encoding="utf-8")
    assert council(tmp_path, "pull", "--at", PULLED_AT).returncode == 0
    return tmp_path


def test_every_rule_comes_with_what_it_finds(folder: Path) -> None:
    rules = {rule["rule"]: rule for rule in answer(folder, "hygiene", "rules")["rules"]}
    small = rules["small"]
    assert (small["open"], small["nudges"], small["fix_rate"]) == (1, False, None)
    assert rules["close_date_placeholder"]["open"] == 1
    assert "only observe" in council(folder, "hygiene", "rules").stdout
    assert "\nsmall,medium,False,1,0,0,0," in council(folder, "hygiene", "rules", "--format", "csv").stdout


def test_a_proposed_rule_is_replayed_beside_the_rule_as_it_is_set(folder: Path) -> None:
    (folder / "rules.toml").write_text(RULE.format(below=1500), encoding="utf-8")
    (trial,) = answer(folder, "hygiene", "--preview", "rules.toml")["rules"]
    proposed, current = trial["proposed"], trial["current"]
    assert (proposed["findings"], proposed["asks"], proposed["messages"]) == (2, 2, 2)
    assert [one["name"] for one in proposed["people"]] == ["Ben Osei", "Zoe Park"]
    assert (current["findings"], current["messages"]) == (1, 0)  # as it is set, it only observes
    assert "Rule preview" in council(folder, "hygiene", "--preview", "rules.toml").stdout


def test_every_mistake_of_a_proposal_is_named_at_once_with_file_key_and_value(folder: Path) -> None:
    text = (
        RULE.format(below="'x") + "\n[hygiene.rules.close_date_past]\ngrace_days = -1\n"
        "[hygiene.rules.close_date_pst]\ngrace_days = 2\n"
    )
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    done = council(folder, "hygiene", "--preview", "rules.toml")
    assert done.returncode == 2
    assert "rules.toml: hygiene.rules.close_date_past.grace_days = -1: expected 0 or more" in done.stderr
    assert "did you mean close_date_past?" in done.stderr
    assert "rules.toml: hygiene.custom[0].when" in done.stderr
    (folder / "rules.toml").write_text("[metrics]\nvalue_field = 'ACV'\n", encoding="utf-8")
    done = council(folder, "hygiene", "--preview", "rules.toml")
    assert "rules.toml: metrics" in done.stderr
    assert "it proposes no rule" in done.stderr


def test_scores_come_with_what_they_were(folder: Path) -> None:
    scores = answer(folder, "hygiene", "scores")["scores"]
    ana = next(one for one in scores if one["id"] == "005A")
    assert (ana["value_share"], ana["value_share_week_ago"]) == (1, None)
    shown = council(folder, "hygiene", "scores").stdout
    assert "Team of Mona Reyes" in shown
    assert "Company" in shown
    assert (
        "\nrep,005A,Ana Lind,1.0,,,1.0,1,1" in council(folder, "hygiene", "scores", "--format", "csv").stdout
    )
