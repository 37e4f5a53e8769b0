"""One of several processes that change the same cases at the same moment.

Speaks lines: says "ready", waits for a line, saves, says what came of it. Run by
test_store_races.py.
"""

import sys
from dataclasses import replace

from monitor.store import Store
from responders.case import BudgetSpent, CaseId, Change, Spend
from responders.money import Money
from tests.monitor.posts import ANGRY, BRAND, NOTE, NOW, post

PAGES = 12
FIVE = Money(minor=500, currency="EUR")


def main(url: str, who: str, own: str, shared: list[str]) -> None:
    """Race for each shared case, spend on an own case until the budget is gone,
    then read pages and take codes that the others read and take too.
    """
    with Store.open(url) as store:
        for case_id in shared:
            case = store.cases.get(CaseId(int(case_id)))
            wait()
            change = Change(before=case, after=replace(case, claimed_by=who), notes=(NOTE,))
            say("won" if store.cases.save(change, NOW) else "lost")
        wait()
        say(str(spend_all(store, CaseId(int(own)))))
        wait()
        say(" ".join(read_and_take(store, who)))


def read_and_take(store: Store, who: str) -> list[str]:
    """How many posts were new in pages that all read, then the codes of keys that all have."""
    new = 0
    codes = []
    for page in range(PAGES):
        judged = [(post(f"{who} {page}"), ANGRY), (post(f"shared {page}"), ANGRY)]
        new += len(store.mentions.ingest(BRAND, who, judged, str(page), NOW).new)
        codes.append(store.credits.take(f"shared {page}", FIVE, NOW))
        codes.append(store.credits.take(f"{who} {page}", FIVE, NOW))
    return [str(new), *codes]


def wait() -> None:
    """Until the referee says go."""
    say("ready")
    sys.stdin.readline()


def say(line: str) -> None:
    """To the referee, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def spend_all(store: Store, own: CaseId) -> int:
    """How many credits of 7.00 fitted into the budget of 100.00 that all share."""
    spend = Spend(
        month="2026-11",
        amount=Money(minor=700, currency="EUR"),
        budget=Money(minor=10_000, currency="EUR"),
    )
    for taken in range(1000):
        case = store.cases.get(own)
        try:
            change = Change(before=case, after=case, notes=(NOTE,), spend=spend)
            assert store.cases.save(change, NOW), "nobody else touches this case"
        except BudgetSpent:
            return taken
    raise AssertionError("the budget has no end")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
