import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeAlias

from monitor.store import Store
from responders.case import CaseId
from responders.credit.pool import Code
from tests.monitor.posts import BRAND, NOW, case, post
from tests.monitor.racer import FIVE, PAGES

Racer: TypeAlias = "subprocess.Popen[str]"
RACERS = 3
ROUNDS = 10


@contextmanager
def racers(url: str, own: list[CaseId], shared: list[CaseId]) -> Iterator[list[Racer]]:
    command = [sys.executable, "-m", "tests.monitor.racer", url]
    running = [
        subprocess.Popen(
            [*command, f"racer {number}", str(mine), *map(str, shared)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, mine in enumerate(own)
    ]
    try:
        yield running
    finally:
        for racer in running:
            racer.communicate(timeout=60)


def heard(racer: Racer) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def start(running: list[Racer]) -> None:
    assert [heard(racer) for racer in running] == ["ready"] * len(running)
    for racer in running:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()


def test_processes_race_for_cases_a_budget_posts_and_codes(url: str) -> None:
    with Store.open(url) as store:
        shared = [case(store, post(number)).id for number in range(ROUNDS)]
        store.credits.import_codes([Code(code=f"C{n}", amount=FIVE) for n in range(100)])
        own = [case(store, post(f"own {number}")).id for number in range(RACERS)]
    with racers(url, own, shared) as running:
        outcomes = []
        for _ in shared:
            start(running)
            outcomes.append([heard(racer) for racer in running])
        start(running)
        spent = [int(heard(racer)) for racer in running]

        start(running)
        taken = [heard(racer).split() for racer in running]

    assert sum(int(new) for new, *_ in taken) == (RACERS + 1) * PAGES
    assert len({tuple(codes[0::2]) for _, *codes in taken}) == 1, "one code for a shared key"
    assert len({code for _, *codes in taken for code in codes}) == (RACERS + 1) * PAGES
    with Store.open(url) as store:
        counted = store.rollups.between(BRAND, NOW, NOW + timedelta(hours=1))
        assert sum(cell.posts for cell in counted) == ROUNDS + RACERS + (RACERS + 1) * PAGES
        for case_id, outcome in zip(shared, outcomes, strict=True):
            assert outcome.count("won") == 1
            found = store.cases.get(case_id)
            assert found.claimed_by == f"racer {outcome.index('won')}"
            assert found.revision == 2
            assert len(store.audit.lines(case_id)) == 2
        assert sum(spent) == 10_000 // 700
        assert store.spent(BRAND, "2026-11") == sum(spent) * 700
