"""Stores pages in processes that kill themselves, one statement later each time.

Run by test_store_crash.py in a process of its own, which has one thread and may fork. Prints one
line of JSON per death: where it happened and what another process then finds.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count

from sqlalchemy import event

from monitor.store import Store
from tests.monitor.posts import ANGRY, BRAND, NOW, post

PAGE = 3


def main(url: str) -> None:
    """Die at every point of an ingest, until one is through."""
    for point in count(1):
        died = _in_child(partial(_die_in_ingest, url, point))
        _in_child(partial(_look, url, point, died=died))
        if not died:
            return


def _in_child(do: Callable[[], None]) -> bool:
    """Whether the child was killed."""
    child = os.fork()
    if child == 0:
        do()
        sys.stdout.flush()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) == signal.SIGKILL
    assert os.WEXITSTATUS(status) == 0
    return False


def _page(point: int) -> list[str]:
    """The ids of a page; each page brings one post of the page before again."""
    return [str(point * PAGE + number) for number in range(-1, PAGE)]


def _die_in_ingest(url: str, point: int) -> None:
    with Store.open(url) as store:
        store.ensure_brand(BRAND)
        engine, reached = store._database.engine, count(1)

        def step(*_: object) -> None:
            if next(reached) == point:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(engine, "before_cursor_execute", step)
        event.listen(engine, "after_cursor_execute", step)
        event.listen(engine, "commit", step)
        judged = [(post(name), ANGRY) for name in _page(point)]
        store.mentions.ingest(BRAND, "x", judged, f"after page {point}", NOW)


def _look(url: str, point: int, *, died: bool) -> None:
    with Store.open(url) as store:
        found = _state(store, point)
        judged = [(post(name), ANGRY) for name in _page(point)]
        store.mentions.ingest(BRAND, "x", judged, f"after page {point}", NOW)
        line = {"point": point, "died": died, **found, "again": _state(store, point)}
        sys.stdout.write(json.dumps(line) + "\n")


def _state(store: Store, point: int) -> dict[str, object]:
    known = store.mentions.known(BRAND, "twitter", _page(point))
    return {
        "cursor": store.mentions.cursor(BRAND, "x"),
        "known": len(known),
        "counted": sum(
            cell.posts for cell in store.rollups.between(BRAND, NOW, NOW + timedelta(hours=1))
        ),
        "unfiled": len(store.mentions.unfiled(10_000)),
    }


if __name__ == "__main__":
    main(sys.argv[1])
