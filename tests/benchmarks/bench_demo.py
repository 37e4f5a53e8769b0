"""`amends demo --once` on the shipped posts: a whole process, from the shell and back to it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from tests.benchmarks.figures import Figure

RUNS = 3


def figures() -> Iterator[Figure]:
    """Median of whole processes, and what each of them did."""
    spent = []
    counts: dict[str, int] = {}
    for _ in range(RUNS):
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "demo", "--once", "--json"],
            capture_output=True,
            check=True,
        )
        spent.append(perf_counter() - began)
        counts = json.loads(done.stdout)
    yield Figure(what="amends demo --once, whole process", value=median(spent), unit="s", aim="< 3")
    yield Figure(what="  posts read in it", value=counts["polled"])
    yield Figure(what="  messages sent in it", value=counts["sent"])
