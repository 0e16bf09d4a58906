"""`council manifest teams`: the package that an administrator uploads."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image

from bot.cli.command_line import run
from bot.teams.heard import ASSIGN_COMMAND
from bot.teams.manifest import build_manifest, package_id, write_package
from handlers.capabilities import TYPED_NAMES
from messages.help import compose_help
from messages.render.terminal import render_text
from pipeline.access import Role
from pipeline.actions_definition import ActionsDefinition
from pipeline.errors import CouncilError
from tests.teams.issuer import APP_ID, TENANT

ADDRESS = "https://council.example.com"


def manifest(**changed: Any) -> dict[str, Any]:
    asked = {"app_id": APP_ID, "name": "Pipeline Council", "public_address": ADDRESS, "version": "0.1.0"}
    return build_manifest(**{**asked, **changed})


def make(folder: Path, section: str, *words: str) -> int:
    config = folder / "council.toml"
    config.write_text(f"[teams]\n{section}\n", encoding="utf-8")
    return run(["--config", str(config), "manifest", "teams", *words])


def test_the_package_holds_what_the_configuration_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "app.zip"
    section = f'app_id = "{APP_ID}"\ntenant = "{TENANT}"\ncrm_domains = ["example.lightning.force.com"]'
    assert make(tmp_path, section, "--public-address", ADDRESS, "--output", str(output)) == 0
    assert "Upload new app" in capsys.readouterr().out
    with ZipFile(output) as package:
        assert package.namelist() == ["manifest.json", "color.png", "outline.png"]
        written = json.loads(package.read("manifest.json"))
    (bot,), (extension,) = written["bots"], written["composeExtensions"]
    assert bot["botId"] == extension["botId"] == APP_ID
    assert bot["scopes"] == ["personal", "team", "groupChat"]
    assert bot["supportsFiles"] is True
    assert written["validDomains"] == ["council.example.com"]
    assert extension["messageHandlers"][0]["value"] == {"domains": ["example.lightning.force.com"]}
    (entry,) = extension["commands"]
    assert (entry["id"], entry["context"], entry["fetchTask"]) == (ASSIGN_COMMAND, ["message"], True)


def test_without_addresses_of_the_crm_nothing_is_to_unfold() -> None:
    assert "messageHandlers" not in manifest()["composeExtensions"][0]


def test_every_command_of_a_menu_can_be_typed_and_each_menu_has_at_most_ten() -> None:
    known = TYPED_NAMES | {one.command for one in ActionsDefinition().types.values() if one.command}
    for menu in manifest()["bots"][0]["commandLists"]:
        assert len(menu["commands"]) <= 10
        assert {command["title"].split()[0] for command in menu["commands"]} <= known
        assert "help" in [command["title"] for command in menu["commands"]]


def test_what_is_in_no_menu_help_names_to_those_who_may_type_it() -> None:
    menus = manifest()["bots"][0]["commandLists"]
    offered = {command["title"].split()[0] for menu in menus for command in menu["commands"]}
    listed = render_text(compose_help([role.value for role in Role]), 300)
    typed_alone = TYPED_NAMES - offered - {"assign"}  # another word for action
    assert typed_alone == {"held", "link", "unlink", "outbox", "audit"}
    assert all(f"/{name}" in listed for name in typed_alone)


def test_every_right_that_the_package_asks_for_has_its_reason_in_the_readme() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    section = readme.split("## Microsoft Teams, from nothing")[1].split("\n## ")[0]
    asked = manifest(crm_domains=["example.lightning.force.com"])
    bot, extension = asked["bots"][0], asked["composeExtensions"][0]
    rights = {*asked["permissions"], *(f"scopes: {one}" for one in bot["scopes"]), "supportsFiles",
              *(command["id"] for command in extension["commands"]), "messageHandlers", "validDomains",
              "supportsChannelFeatures"}  # fmt: skip
    assert {right for right in rights if f"| `{right}` |" not in section} == set()


def test_the_same_app_has_the_same_package_to_the_byte_and_another_has_another_id() -> None:
    assert write_package(manifest()) == write_package(manifest())
    assert package_id(APP_ID) == package_id(APP_ID.upper())
    assert package_id(APP_ID) not in (APP_ID, package_id(TENANT))


@pytest.mark.parametrize(("name", "size"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons_have_the_sizes_that_teams_takes(name: str, size: int) -> None:
    with ZipFile(BytesIO(write_package(manifest()))) as package:
        image = Image.open(BytesIO(package.read(name)))
    assert image.size == (size, size)


def test_the_outline_is_white_on_nothing_and_its_bars_have_three_lengths() -> None:
    with ZipFile(BytesIO(write_package(manifest()))) as package:
        image = Image.open(BytesIO(package.read("outline.png"))).convert("RGBA")
    pixels = [image.getpixel((x, y)) for x in range(32) for y in range(32)]
    assert {pixel[:3] for pixel in pixels if isinstance(pixel, tuple) and pixel[3]} == {(255, 255, 255)}
    assert [_filled(image, row) for row in (7, 16, 25)] == [11, 17, 24]


def _filled(image: Image.Image, row: int) -> int:
    alphas = image.getchannel("A")
    return sum(1 for x in range(image.width) if _at(alphas.getpixel((x, row))) > 200)


def _at(alpha: float | Sequence[int] | None) -> float:
    assert isinstance(alpha, int | float)
    return alpha


@pytest.mark.parametrize(
    ("section", "words", "says"),
    [
        ("", ("--public-address", ADDRESS), "Application (client) ID"),
        (f'app_id = "{APP_ID}"', (), "--public-address"),
        (f'app_id = "{APP_ID}"', ("--public-address", "http://council.example.com"), "expected https"),
        (f'app_id = "{APP_ID}"', ("--public-address", ADDRESS, "--name", "N" * 31), "up to 30 letters"),
    ],
)
def test_what_lacks_is_said_with_where_to_find_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], section: str, words: Sequence[str], says: str
) -> None:
    assert make(tmp_path, section, *words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["council.example.com", "https://council.example.com:8443", "https://[", "https://a/b"]
)
def test_an_address_that_teams_cannot_reach_is_refused(address: str) -> None:
    with pytest.raises(CouncilError, match="expected https and a host"):
        manifest(public_address=address)
