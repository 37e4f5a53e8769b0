"""`amends init`: two files to start from."""

import json
import tomllib
from pathlib import Path

import pytest

from monitor import starter
from monitor.config import load
from monitor.problems import RunError


def test_the_settings_are_the_example_and_the_manifest_makes_the_app(tmp_path: Path) -> None:
    config, manifest = starter.write(tmp_path)

    assert config.read_text() == (Path(__file__).parents[2] / "config.example.toml").read_text()
    assert load(config, secrets=False).brands
    assert json.loads(manifest.read_text())["settings"]["socket_mode_enabled"] is True


def test_what_it_starts_with_sends_nothing(tmp_path: Path) -> None:
    config, _ = starter.write(tmp_path)

    started = tomllib.loads(config.read_text())
    assert started["engine"]["shadow"] is True
    assert not any(table["enabled"] for table in started["connectors"].values())


@pytest.mark.parametrize("name", ["config.toml", "slack_manifest.json"])
def test_a_file_that_is_there_is_kept_and_neither_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(RunError, match=f"{name} exists already: amends init --force"):
        starter.write(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_two_files_that_are_there_are_both_named(tmp_path: Path) -> None:
    starter.write(tmp_path)

    with pytest.raises(RunError) as caught:
        starter.write(tmp_path)

    assert "config.toml and " in str(caught.value)


def test_with_an_address_the_manifest_is_for_http_mode(tmp_path: Path) -> None:
    _, manifest = starter.write(tmp_path, http="https://amends.shop.example")

    made = json.loads(manifest.read_text())
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["interactivity"]["request_url"].startswith("https://amends.shop")


def test_an_address_that_is_none_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no address that Slack could call"):
        starter.write(tmp_path, http="amends.shop.example")

    assert list(tmp_path.iterdir()) == []


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")

    starter.write(tmp_path, force=True)

    assert (tmp_path / "config.toml").read_text() != "mine"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no/config.toml cannot be written: No such file"):
        starter.write(tmp_path / "no")
