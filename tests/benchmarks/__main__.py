"""`make bench`: every figure of one run, ratios first. Machines are noisy: compare within a run."""

from collections.abc import Iterator
from importlib import import_module

from tests.benchmarks.figures import Figure

#: Each has `figures() -> Iterator[Figure]`.
BENCHES = (
    "bench_start",
    "bench_store",
    "bench_poll",
    "bench_connectors",
    "bench_deliver",
    "bench_demo",
    "bench_idle",
    "bench_clicks",
)


def main() -> None:
    """Print a line a figure as it is measured."""
    print(f"{'what':58} {'measured':>16}  aim")  # noqa: T201
    for name in BENCHES:
        figures: Iterator[Figure] = import_module(f"tests.benchmarks.{name}").figures()
        for figure in figures:
            print(figure.line(), flush=True)  # noqa: T201


main()
