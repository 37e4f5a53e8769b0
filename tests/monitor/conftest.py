"""Fixtures of the tests of the monitor floor."""

from pathlib import Path

import pytest

from tests.monitor.command import Amends, runner


@pytest.fixture
def amends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Amends:
    """The command line."""
    return runner(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the one that commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
