"""An idle `amends run` on X, Slack and the console: what it keeps, and what it burns."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from tests.benchmarks.figures import Figure
from tests.monitor.town import BRAND, SLACK, TWITTER, running, town

#: So long it runs before it is looked at.
SECONDS = 10.0
_CONSOLE = "\n[console]\nenabled = true\nport = 0\n"
_MINUTELY = ("every_seconds = 5", "every_seconds = 60")


def figures() -> Iterator[Figure]:
    """Resident memory and its peak, and the share of a core; only where /proc tells."""
    if not Path("/proc/self/status").exists():
        return
    with tempfile.TemporaryDirectory() as folder, town(Path(folder)) as here:
        here.write(BRAND, TWITTER.replace(*_MINUTELY), SLACK, _CONSOLE)
        with running("run", "-c", here.config) as amends:
            amends.until("running:")
            Event().wait(SECONDS)
            burnt = _cpu_seconds(amends.pid)
            Event().wait(SECONDS)
            burnt = _cpu_seconds(amends.pid) - burnt
            status = Path(f"/proc/{amends.pid}/status").read_text(encoding="ascii")
            amends.end()
    yield Figure(
        what="idle amends run, resident", value=_megabytes(status, "VmRSS"), unit="MB", aim="< 150"
    )
    yield Figure(what="  its peak", value=_megabytes(status, "VmHWM"), unit="MB", aim="< 150")
    yield Figure(what="  share of one core", value=100 * burnt / SECONDS, unit="%")


def _megabytes(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
