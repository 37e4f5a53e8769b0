from collections.abc import Iterator

import pytest

from tests.responders.console.world import STOPPING


@pytest.fixture(scope="module", autouse=True)
def every_console_stops() -> Iterator[None]:
    """No thread of a console outlives its module."""
    yield
    while STOPPING:
        console = STOPPING.pop()
        console.stop()
        assert not console.thread.is_alive()
