"""Which platforms there are, and that each is imported only when it is used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import registry
from connectors.settings import ConnectorSettings
from tests.contracts.platform import HARNESSES, harness

ROOT = Path(__file__).parents[2]
PLATFORMS = sorted(registry.PLATFORMS)
#: What a connector offers: the protocol of connectors/base.py.
CALLS = (
    *("poll", "ability", "reply", "message", "find_own_reply", "look", "conversation", "retract"),
    "check",
)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_is_a_class_with_its_settings(name: str) -> None:
    made = registry.load(name)

    assert issubclass(made.Settings, ConnectorSettings)
    assert all(callable(getattr(made, call)) for call in CALLS)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platforms_name_can_be_stored_and_written(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name)


@pytest.mark.parametrize("name", sorted(registry.PLATFORMS.keys() & HARNESSES))
def test_a_platform_calls_itself_what_it_is_called(name: str) -> None:
    with harness(name) as platform:
        assert platform.connector().platform == name


def test_a_platform_that_does_not_exist_is_no_key() -> None:
    with pytest.raises(KeyError):
        registry.load("myspace")


def test_the_registry_imports_no_platform_before_it_is_used() -> None:
    code = (
        "import sys, connectors.registry as registry\n"
        "modules = {place.partition(':')[0] for place in registry.PLATFORMS.values()}\n"
        "print(sorted(modules & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
