"""Start-up of `amends --help`, and what it must not import."""

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.figures import Figure

HEAVY = ("sqlalchemy", "tweepy", "praw", "slack_bolt", "matplotlib", "alembic", "pydantic")
RUNS = 7


def figures() -> Iterator[Figure]:
    """Median of whole processes, beside an empty Python of the same run."""
    yield Figure(
        what="amends --help, whole process", value=_seconds("monitor.cli"), unit="s", aim="< 0.2"
    )
    yield Figure(what="  of that an empty Python", value=_seconds(""), unit="s")
    yield Figure(what="  heavy libraries imported by it", value=len(_imported()), aim="0")


def _seconds(module: str) -> float:
    code = (
        f"import sys; sys.argv = ['amends', '--help']; import {module} as m; m.main()"
        if module
        else "pass"
    )
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        spent.append(time.perf_counter() - start)
    return median(spent)


def _imported() -> list[str]:
    code = (
        "import sys; sys.argv = ['amends', '--help']\n"
        "import monitor.cli\n"
        "try: monitor.cli.main()\n"
        "except SystemExit: pass\n"
        f"print(','.join(m for m in {HEAVY!r} if m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return [name for name in done.stderr.strip().split(",") if name]
