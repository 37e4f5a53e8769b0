"""Exactly once, whatever fails and whenever the process dies; and the proof can fail."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.store import Store
from responders import outcome
from responders.action import Action, ActionKind
from responders.case import Case, CaseId, Change, Due, Note
from responders.deliver import Sender
from tests.responders import simulation
from tests.responders.given import CASE, DRAFT, NOW
from tests.responders.simulation import POINTS, Result, Schedule, run, schedules

SEEDS = 200 if os.environ.get("AMENDS_SOAK") else 20
#: Enough for each mutant to be caught several times.
MUTANT_SEEDS = 3


class ResendsOrphans(Sender):
    """Takes what somebody left in `sending` for something that never left."""

    def _orphaned(self, case: Case, action: Action, now: object) -> Change:
        return outcome.released(case, action, now=self._clock(), why="orphan")


class WritesTheResultFirst(Sender):
    """Marks as sent, then sends: what most bots do."""

    def _claim_and_send(self, case: Case, action: Action) -> None:
        place = (case.id, action.kind, action.round)
        now = self._clock()
        self._save(outcome.claimed(case, action, owner="one", now=now, lease=self._lease))
        case, action = self._read(place)
        self._save(outcome.sent(case, action, None, now=now, by="one"))
        case, action = self._read(place)
        self._on_the_wire(case, action)


class Kept:
    """The real store as the simulation sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, case_id: CaseId) -> Case:
        return self._store.cases.get(case_id)

    def save(self, change: Change, now: datetime) -> bool:
        return self._store.cases.save(change, now)

    def due(self, now: datetime) -> Sequence[Due]:
        return self._store.actions.due(now)


def opened(store: Store, schedule: Schedule) -> CaseId:
    """A fresh case of another customer, with its draft."""
    store.ensure_brand(CASE.brand)
    who = f"{schedule.point}-{schedule.hit}-{schedule.chance}"
    author = replace(CASE.subject.mention.author, id=who)
    post = replace(CASE.subject.mention, id=f"post-{who}", author=author)
    judged = [(post, CASE.verdict)]
    new = store.mentions.ingest(CASE.brand, "x", judged, None, NOW).new
    case_id = store.cases.open(new[0], NOW, None)
    case = store.cases.get(case_id)
    drafted = Change(
        before=case, after=replace(case, draft=DRAFT), notes=(Note(what="drafted", by="test"),)
    )
    assert store.cases.save(drafted, NOW)
    return case_id


def _told(results: list[Result]) -> str:
    bad = [r for r in results if r.doubled or r.missing]
    return f"{len(bad)} of {len(results)} schedules went wrong, the first: {bad[:1]}"


def _play(results: list[Result]) -> tuple[int, int]:
    return sum(r.doubled for r in results), sum(r.missing for r in results)


@pytest.mark.slow
def test_everything_approved_stands_there_exactly_once() -> None:
    results = [run(schedule) for schedule in schedules(SEEDS)]

    assert _play(results) == (0, 0), _told(results)
    assert len(results) >= 2_000
    assert sum(r.sent for r in results) == 3 * len(results), "nothing passes by doing nothing"
    crashes = Counter(point for r in results for point in r.crashes)
    assert set(POINTS) <= set(crashes), f"never died at {set(POINTS) - set(crashes)}"
    public = sum(r.asked.get(ActionKind.PUBLIC, 0) for r in results)
    assert public <= len(results) / 100, "a person is hardly ever needed where reads are reliable"


@pytest.mark.slow
def test_the_same_holds_on_a_real_database(url: str) -> None:
    storm = [s for s in schedules(1) if s.rate][::5]  # one point in two
    with Store.open(url) as store:
        results = [run(s, shelf=Kept(store), case_id=opened(store, s)) for s in storm]

    assert _play(results) == (0, 0), _told(results)
    assert sum(r.sent for r in results) == 3 * len(results)


def test_a_schedule_plays_the_same_every_time() -> None:
    schedule = Schedule(seed=7, rate=0.35, chance=0.1)

    assert run(schedule) == run(schedule)


def test_without_faults_and_crashes_nobody_is_asked() -> None:
    result = run(Schedule(seed=1, rate=0.0))

    assert (result.sent, result.doubled, result.missing) == (3, 0, 0)
    assert result.asked == {}


def test_resending_an_orphan_is_caught() -> None:
    doubled, _ = _play([run(s, make=ResendsOrphans) for s in schedules(MUTANT_SEEDS)])

    assert doubled > 5


def test_the_flag_set_before_the_call_is_caught() -> None:
    _, missing = _play([run(s, make=WritesTheResultFirst) for s in schedules(MUTANT_SEEDS)])

    assert missing > 5


def test_taking_a_server_error_for_not_applied_is_caught() -> None:
    doubled, _ = _play([run(s, candid=False) for s in schedules(MUTANT_SEEDS)])

    assert doubled > 5


def test_a_broken_way_to_read_back_is_caught() -> None:
    doubled, _ = _play([run(s, sighted=False) for s in schedules(MUTANT_SEEDS)])

    assert doubled > 5


def test_no_time_to_settle_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "LOOK_AGAIN", timedelta(0))

    results = [run(s, settle=timedelta(0)) for s in schedules(MUTANT_SEEDS * 3)]

    assert _play(results)[0] > 3


def test_the_storm_has_every_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    fault = simulation.StormyPlatform._fault

    def watched(platform: simulation.StormyPlatform, kinds: tuple[str, ...]) -> str:
        found = fault(platform, kinds)
        seen.add(found)
        return found

    monkeypatch.setattr(simulation.StormyPlatform, "_fault", watched)

    for seed in range(40):
        run(Schedule(seed=seed, rate=0.35))

    assert seen == {"", "down", *simulation._WRITE_FAULTS}
