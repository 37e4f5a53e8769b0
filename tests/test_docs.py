"""README, config.example.toml and CHANGELOG held against the code: what there is, is told."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from connectors import registry
from connectors.settings import ConnectorSettings
from monitor import cli, config
from tests.contracts.platform import HARNESSES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = (ROOT / "config.example.toml").read_text("utf-8")
PLATFORMS = sorted(registry.PLATFORMS)
#: "# key = value" and "# [table]" are settings that are switched off; other comments are words.
_SWITCHED_OFF = re.compile(r"^# (?=\[|\w+ = )", re.MULTILINE)


@cache
def whole() -> Mapping[str, Any]:
    """The example with everything that is commented out."""
    return tomllib.loads(_SWITCHED_OFF.sub("", EXAMPLE))


def tables(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table that settings may have, by its name in the file."""
    if above:
        yield above, model
    for name, field in model.model_fields.items():
        inner = config._model_in(field.annotation)
        if inner is not None:
            yield from tables(inner, f"{above}.{name}" if above else name)


def written(name: str) -> Mapping[str, Any]:
    """A table of the example, the first one of a list of them."""
    found: Any = whole()
    for part in name.split("."):
        found = found[part]
        found = found[0] if isinstance(found, list) else found
    assert isinstance(found, Mapping)
    return found


# The settings


@pytest.mark.parametrize(
    ("name", "model"), [pytest.param(*table, id=table[0]) for table in tables(config.File)]
)
def test_the_example_names_every_setting(name: str, model: type[BaseModel]) -> None:
    assert sorted(written(name)) == sorted(model.model_fields)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_example_names_every_setting_of_each_connector(platform: str) -> None:
    own = registry.load(platform).Settings.model_fields.keys() - ConnectorSettings.model_fields

    assert own <= written(f"connectors.{platform}").keys()


def test_the_example_names_what_all_connectors_share() -> None:
    named = {key for table in whole()["connectors"].values() for key in table}

    assert ConnectorSettings.model_fields.keys() <= named


def test_everything_in_the_example_is_valid_once_it_is_switched_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in re.findall(r'"env:(\w+)"', EXAMPLE):
        monkeypatch.setenv(name, "secret")
    raw = deepcopy(dict(whole()))
    del raw["connectors"]["samples"]  # never beside a real platform
    del raw["judge"]["precision"], raw["judge"]["alerts_per_day"]  # never beside a threshold
    for table in raw["connectors"].values():
        table["enabled"] = True

    settings = config.check(raw, Path("config.example.toml"))

    assert sorted(settings.connectors) == [name for name in PLATFORMS if name != "samples"]
    assert settings.file.policy.credit is not None
    assert settings.file.duty.mail is not None


def test_the_example_as_it_stands_listens_to_nobody_and_sends_nothing() -> None:
    settings = config.load(ROOT / "config.example.toml", secrets=False)

    assert settings.connectors == {}
    assert settings.file.engine.shadow
    assert settings.file.slack is not None
    assert not settings.file.slack.enabled


def test_the_example_holds_no_secret() -> None:
    for name, value in leaves(whole()):
        if re.search(r"token$|secret$|password$|private_key|api_key", name) and value:
            assert str(value).startswith("env:AMENDS_"), name


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the example with its value."""
    for name, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from leaves(one, f"{above}{name}.")
            else:
                yield f"{above}{name}", one


# The connectors


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_connector_has_its_five_places(platform: str) -> None:
    package = registry.PLATFORMS[platform].partition(":")[0].replace(".", "/")
    recorded = ROOT / "tests" / "samples" / platform

    assert (ROOT / package).is_dir() or (ROOT / f"{package}.py").is_file()
    assert (ROOT / "tests" / "connectors" / f"test_{platform}.py").is_file()
    assert f"[connectors.{platform}]" in EXAMPLE
    if platform == "samples":
        return  # its posts ship with it
    assert any(recorded.iterdir())
    assert platform in HARNESSES


def test_every_connector_has_its_row_in_the_readme() -> None:
    rows = "".join(line for line in README.splitlines() if line.startswith("| `"))

    assert {name for name in PLATFORMS if f"`{name}`" not in rows} == set()


def test_the_example_has_no_connector_that_does_not_exist() -> None:
    assert whole()["connectors"].keys() == registry.PLATFORMS.keys()


# The command line


def commands(group: click.Group, above: str = "") -> Iterator[str]:
    """Every command, as it is typed after `amends`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def test_the_readme_names_every_command() -> None:
    known = set(commands(cli.commands))

    assert {name for name in known if not re.search(rf"`(amends )?{name}[ `]", README)} == set()


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"`amends ([a-z-]+(?: [a-z]+)?)", README))
    known = set(commands(cli.commands))

    assert {name for name in named if name not in known and name.split()[0] not in known} == set()


# The README itself


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 150


def test_the_two_commands_stand_at_the_top() -> None:
    top = "\n".join(README.splitlines()[:30])

    assert "$ make demo" in top
    assert "$ make test" in top


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_seven_verbs_stand_where_they_are_looked_for() -> None:
    verbs = "poll -> store -> judge -> suggest -> approve -> deliver -> report"
    places = ("monitor/poll.py", "monitor/store", "monitor/judge", "responders/suggest.py")
    more = ("responders/approve.py", "responders/deliver.py", "monitor/report.py")

    assert verbs in README
    assert all((ROOT / place).exists() for place in (*places, *more))


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
