"""`council check slack`: each thing that can be wrong in a workspace, and what to click."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.checked import Checked
from bot.cli.command_line import run
from bot.slack.checkup import GREETING, Wanted, check_workspace
from bot.slack.definition import SlackDefinition
from bot.surface import Addressee
from tests.contracts.surface import ANA
from tests.slack.office import ALL_SCOPES, COUNCIL_CHANNEL, Office, open_office
from tests.slack.server import APP_TOKEN, BOT_TOKEN

DEFINITION = SlackDefinition(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr(APP_TOKEN))
WANTED = Wanted({"#pipeline-council": "the council"}, lambda _: (ANA,))


async def check(
    office: Office, definition: SlackDefinition = DEFINITION, wanted: Wanted = WANTED
) -> Sequence[Checked]:
    return [one async for one in check_workspace(office.api, office.addresses, definition, wanted)]


def wrong(checked: Sequence[Checked]) -> list[str]:
    return [f"{one.says} {one.do}".strip() for one in checked if not one.is_well]


async def test_a_workspace_in_which_all_is_well_says_so_and_the_administrator_is_written_to() -> None:
    async with open_office() as office:
        checked = await check(office)
        assert wrong(checked) == []
        assert [one.says for one in checked] == [
            "The app is in the workspace Council as @council.",
            "It has every right that it needs.",
            "A socket can be opened.",
            "#pipeline-council is there (the council).",
            "Ana Lind has a test message.",
        ]
        assert [(one.channel, one.text) for one in office.workspace.messages] == [("D0ANA", GREETING)]


async def test_a_refused_token_ends_the_check_with_what_to_do() -> None:
    async with open_office(token="xoxb-old") as office:
        (only,) = await check(office)
        assert "invalid_auth" in only.says
        assert "OAuth & Permissions" in only.do


async def test_missing_rights_are_named_with_what_fails_without_them() -> None:
    async with open_office(scopes=ALL_SCOPES - {"files:write", "users:read.email"}) as office:
        (rights,) = [one for one in await check(office) if one.says.startswith("Rights are missing")]
        assert "files:write (to post the heat map and CSV files)" in rights.says
        assert "users:read.email" in rights.says
        assert "Reinstall to Workspace" in rights.do


async def test_a_wrong_app_token_says_where_the_right_one_is_made() -> None:
    definition = SlackDefinition(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr("xapp-old"))
    async with open_office() as office:
        (only,) = wrong(await check(office, definition))
        assert "connections:write" in only


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        (SlackDefinition(bot_token=SecretStr(BOT_TOKEN)), "slack.app_token is not set"),
        (SlackDefinition(bot_token=SecretStr(BOT_TOKEN), way_in="http"), "slack.signing_secret is not set"),
    ],
)
async def test_a_secret_that_is_not_set_is_named_with_where_slack_shows_it(
    definition: SlackDefinition, says: str
) -> None:
    async with open_office() as office:
        (only,) = wrong(await check(office, definition))
        assert says in only
        assert "Basic Information" in only


async def test_a_channel_that_is_missing_or_not_entered_says_what_to_type() -> None:
    async with open_office() as office:
        office.workspace.add_channel("C0OPS", "sales-ops", has_bot=False)
        wanted = Wanted({"#sales-ops": "sales operations", "#nowhere": "administrators"}, lambda _: ())
        entered, missing = wrong(await check(office, wanted=wanted))
        assert "In #sales-ops type /invite" in entered
        assert "no channel #nowhere" in missing


async def test_a_channel_that_is_shared_with_another_organisation_is_warned_of() -> None:
    async with open_office() as office:
        office.workspace.channels[COUNCIL_CHANNEL].is_ext_shared = True
        (shared,) = wrong(await check(office))
        assert shared.startswith("#pipeline-council (the council) is shared with another organisation")


async def test_a_user_group_is_counted_or_said_to_be_unreadable() -> None:
    group = DEFINITION.model_copy(update={"council_group": "S0COUNCIL"})
    async with open_office() as office:
        (unreadable,) = wrong(await check(office, group))
        assert "Copy group ID" in unreadable
        office.workspace.groups["S0COUNCIL"] = ["U0ANA", "U0BEN"]
        assert any("has 2 people" in one.says for one in await check(office, group))


async def test_an_administrator_who_is_not_in_slack_is_named() -> None:
    async with open_office() as office:
        wanted = Wanted({}, lambda _: (Addressee("@x", "nobody@example.com", "No Body"),))
        (only,) = wrong(await check(office, wanted=wanted))
        assert only.startswith("No Body could not be written to")


# --- At the command line ------------------------------------------------------------------------


def test_the_manifest_names_commands_as_the_configuration_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "council.toml"
    config.write_text('[slack]\ncommand_names = { apm = "pipeline-apm" }\n', encoding="utf-8")
    assert run(["--config", str(config), "manifest", "slack"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    commands = [command["command"] for command in manifest["features"]["slash_commands"]]
    assert commands[0] == "/pipeline-apm"
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_posts_need_an_address_that_slack_can_reach(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "council.toml"
    config.write_text('[slack]\nway_in = "http"\n', encoding="utf-8")
    assert run(["--config", str(config), "manifest", "slack"]) == 2
    assert "--public-address" in capsys.readouterr().err
    address = ["--public-address", "https://council.example.com"]
    assert run(["--config", str(config), "manifest", "slack", *address]) == 0
    manifest = json.loads(capsys.readouterr().out)
    url = manifest["settings"]["event_subscriptions"]["request_url"]
    assert url == "https://council.example.com/slack/events"


def test_tokens_are_refused_in_the_configuration_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "council.toml"
    config.write_text('[slack]\nbot_token = "xoxb-1"\nsigning_secret = "s"\n', encoding="utf-8")
    assert run(["--config", str(config), "check", "slack"]) == 2
    said = capsys.readouterr().err
    assert "slack.bot_token" in said
    assert "COUNCIL_SLACK__SIGNING_SECRET" in said
    assert "xoxb-1" not in said


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('command_names = { hygeine = "x" }', "did you mean hygiene"),
        ('command_names = { apm = "/apm" }', "no slash"),
        ('command_names = { apm = "actions" }', "two commands would be called actions"),
        ('unfurl_domains = ["https://x.example"]', "no domain"),
    ],
)
def test_mistakes_of_the_section_are_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, says: str
) -> None:
    config = tmp_path / "council.toml"
    config.write_text(f"[slack]\n{written}\n", encoding="utf-8")
    assert run(["--config", str(config), "manifest", "slack"]) == 2
    assert says in capsys.readouterr().err
