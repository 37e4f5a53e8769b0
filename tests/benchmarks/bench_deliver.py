"""Approving and delivering on SQLite, against a platform that answers at once.

The database, the desk, the guard and the sender are the real ones, every write is durable on disk;
the platform is a list in memory, so that what is measured is ours. The raw speed of the disk is
measured in the same run: each delivery is two durable writes.
"""

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter

from sqlalchemy import PoolProxiedConnection

from monitor.jobs import House, Jobs
from monitor.store import Store
from responders.action import ActionState
from responders.case import CaseId, CaseState
from tests.benchmarks.figures import Figure
from tests.monitor.house import Platform, Time, complaint, house, send
from tests.monitor.posts import ANGRY, BRAND, NOW

CASES = 300
#: Left for the process that is started anew.
LEFT = 1


def figures() -> Iterator[Figure]:
    """Approvals and deliveries a second, what a delivery costs, and a start after a kill."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'amends.db'}"
        disk = _disk(folder)
        with Store.open(url) as store:
            made = house(store, folder, Time(), Platform())
            cases = _opened(made, store)

            began = perf_counter()
            for case_id in cases:
                send(made, store.cases.get(case_id))
            approving = (perf_counter() - began) / len(cases)

            with _commits(store) as commits:
                began = perf_counter()
                sent = _deliver(made, store, leave=LEFT)
                delivering = (perf_counter() - began) / sent
        restart = _restart(url, folder)
    yield Figure(what="approvals a second", value=1 / approving)
    yield Figure(what="deliveries a second, to an instant platform", value=1 / delivering)
    yield Figure(
        what="what Amends adds to a delivery", value=1e3 * delivering, unit="ms", aim="< 5"
    )
    yield Figure(
        what="of which commits, synced to disk", value=1e3 * sum(commits) / sent, unit="ms"
    )
    yield Figure(what="two synced writes of one row on this disk", value=2e3 * disk, unit="ms")
    yield Figure(
        what="from a start after a kill to the next delivery", value=restart, unit="s", aim="< 2"
    )


def _opened(made: House, store: Store) -> list[CaseId]:
    """Cases with a draft, each of another customer."""
    posts = [(complaint(n, author=f"kim{n}"), ANGRY) for n in range(CASES)]
    store.mentions.ingest(BRAND, "bench", posts, None, NOW)
    jobs = Jobs(made)
    while store.mentions.unfiled(1) or store.cases.to_suggest(1):
        jobs.prepare()
    return list(store.cases.list({CaseState.OPEN}, CASES))


def _deliver(made: House, store: Store, *, leave: int) -> int:
    """Send what is due but for so many; how many were sent."""
    jobs, sent = Jobs(made), 0
    while due := store.actions.due(made.clock(), 100 + leave)[leave:]:
        for one in due:
            sent += jobs.deliver(one) is ActionState.SENT
    return sent


@contextmanager
def _commits(store: Store) -> Iterator[list[float]]:
    """How long each commit takes meanwhile, in seconds."""
    taken: list[float] = []
    dialect = store._database.engine.dialect
    commit = dialect.do_commit

    def timed(dbapi_connection: PoolProxiedConnection) -> None:
        began = perf_counter()
        commit(dbapi_connection)
        taken.append(perf_counter() - began)

    dialect.do_commit = timed  # type: ignore[method-assign]
    yield taken
    dialect.do_commit = commit  # type: ignore[method-assign]


def _disk(folder: Path) -> float:
    """Seconds that one durable write of one row takes here."""
    turns = 100
    with closing(sqlite3.connect(folder / "disk.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("CREATE TABLE row (number INTEGER)")
        began = perf_counter()
        for number in range(turns):
            raw.execute("INSERT INTO row VALUES (?)", (number,))
        return (perf_counter() - began) / turns


def _restart(url: str, folder: Path) -> float:
    """Seconds until a new process has sent what an earlier one left behind."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_deliver", url, str(folder)]
    began = perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) >= LEFT, done.stdout
    return perf_counter() - began


def main(url: str, folder: str) -> None:
    """The process that takes over."""
    with Store.open(url) as store:
        made = house(store, Path(folder), Time(), Platform())
        print(_deliver(made, store, leave=0))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
