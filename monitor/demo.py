"""`amends demo`: the whole line with no account and no network.

The samples connector reads the posts and plays the platforms; everything else is the real thing:
an embedded SQLite in a temporary folder, the real jobs, the real state machine, the console.
"""

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors.errors import BadPayload
from connectors.samples import Samples, SamplesSettings
from monitor import app, clock, poll
from monitor.config import (
    BrandTable,
    ConsoleTable,
    CreditTable,
    DatabaseTable,
    EngineTable,
    File,
    PolicyTable,
    Settings,
)
from monitor.jobs import House, Jobs
from monitor.judging import page_of
from monitor.store import Store
from responders.card import Decision, Verb
from responders.case import CaseState
from responders.draft import Severity
from responders.money import parse_money
from responders.policy import Person

#: The shop that the shipped posts are about.
BRAND = BrandTable(
    name="Nordlicht",
    terms=("nordlicht",),
    signature="Eva",
    contact="help@nordlicht.example",
    timezone="Europe/Berlin",
    facts=("14 days", "14 Tage"),
)
#: Who clicks in the demo.
PERSON = Person(id="you", name="you", surface="console")
SOURCE = "samples"
#: Posts of any age become cases here.
ANY_AGE = timedelta(days=365_000)
#: Nothing settles after so many walks of the line: a fault of ours.
MOST_WALKS = 10_000


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What became of the posts."""

    polled: int
    new: int
    flagged: int
    cases: int
    drafted: int
    approved: int
    dismissed: int
    needs_human: int
    sent: int
    bad: tuple[BadPayload, ...] = ()

    def counts(self) -> dict[str, int]:
        """The numbers, by the names of the command line's contract."""
        return {
            name: getattr(self, name)
            for name in (
                "polled",
                "new",
                "flagged",
                "cases",
                "drafted",
                "approved",
                "dismissed",
                "needs_human",
                "sent",
            )
        }

    def text(self) -> str:
        """The numbers in sentences."""
        return (
            f"{self.polled} posts read, {self.new} new, {self.flagged} flagged.\n"
            f"{self.cases} cases: {self.drafted} with a draft, {self.approved} approved, "
            f"{self.dismissed} better left unanswered, {self.needs_human} for a person.\n"
            f"{self.sent} messages sent on pretend platforms. Nothing left this machine."
        )


def once(
    *, posts: str | None, brand: str | None, progress: Callable[[int], None] = lambda _: None
) -> Summary:
    """Run the line to its end, approving every draft that the guard finds clean."""
    with _demo(posts, brand, undo=0) as (house, store):
        polled = new = 0
        bad: list[BadPayload] = []
        source = house.connectors[SOURCE]
        demo_brand = house.brand_of[SOURCE]
        for page in poll.poll(
            source,
            store.mentions,
            lambda mention: house.judge(mention, demo_brand),
            brand=demo_brand.name,
            source=SOURCE,
            clock=clock.now,
            page=page_of(house.judge, demo_brand),
        ):
            polled += page.read
            new += len(page.new)
            bad += page.bad
            progress(page.read)
        jobs = Jobs(house)
        jobs.prepare()
        _settle(jobs)
        approved, dismissed = _decide_all(house, store)
        _settle(jobs)
        tally = store.tally(demo_brand.name)
        return Summary(
            polled=polled,
            new=new,
            flagged=tally.flagged,
            cases=tally.cases,
            drafted=tally.drafted,
            approved=approved,
            dismissed=dismissed,
            needs_human=tally.states.get(CaseState.NEEDS_HUMAN, 0),
            sent=tally.sent,
            bad=tuple(bad),
        )


def serve(
    *,
    posts: str | None,
    brand: str | None,
    port: int,
    say: Callable[[str], None],
    stopping: threading.Event | None = None,
    undo: int = 10,
) -> None:
    """Show the console until Ctrl-C; a person decides, and has `undo` seconds to think again."""
    from monitor import consoles
    from monitor.schedule import Schedule

    stopping = stopping or threading.Event()
    with ExitStack() as stack:
        schedule = Schedule(clock.now)
        house, _ = stack.enter_context(
            _demo(posts, brand, undo=undo, wake=schedule.wake, port=port)
        )
        jobs = Jobs(house)
        jobs.poll(SOURCE)
        jobs.prepare()
        console = consoles.open_demo(house, port)
        stack.callback(console.stop)
        schedule.sweep(jobs.sweep)
        stack.callback(schedule.stop)
        schedule.start()
        say(f"Open {console.url}")
        say("Pretend platforms, sample posts: nothing leaves this machine. Ctrl-C stops.")
        with suppress(KeyboardInterrupt):
            stopping.wait()


@contextmanager
def _demo(
    posts: str | None,
    brand: str | None,
    *,
    undo: int,
    wake: Callable[[], None] = lambda: None,
    port: int = 0,
) -> Iterator[tuple[House, Store]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amends-demo-")))
        if posts == "-":
            posts = str(folder / "stdin.jsonl")
            Path(posts).write_bytes(sys.stdin.buffer.read())
        table = BrandTable(name=brand, terms=(brand,)) if brand else BRAND
        samples = SamplesSettings(
            path=posts or "", account=table.name.lower(), newest_at=None if posts else clock.now()
        )
        settings = Settings(
            file=File(
                brands=(table,),
                database=DatabaseTable(url=f"sqlite:///{folder / 'demo.db'}"),
                policy=PolicyTable(
                    approvers=(PERSON.id,),
                    undo_seconds=undo,
                    response_target=timedelta(hours=1),
                    credit=_credit(folder),
                ),
                console=ConsoleTable(enabled=True, port=port),
                engine=EngineTable(watch_every=timedelta(days=1), cases_since=ANY_AGE),
            ),
            connectors={SOURCE: samples},
        )
        store = stack.enter_context(app.open_store(settings))
        app.import_codes(settings.policy, store)
        lock = app.sender_lock(settings)
        lock.acquire()
        stack.callback(lock.release)
        house = app.build(
            settings,
            store,
            clock=clock.now,
            connectors={SOURCE: Samples(samples, clock=clock.now)},
            lock=lock,
            relevance=bool(brand) or not posts,
            trust_addressed=not brand,  # a line that says nothing counts as addressed to us
            wake=wake,
        )
        yield house, store


def _credit(folder: Path) -> CreditTable:
    """Codes of a pretend shop, good nowhere."""
    file = folder / "codes.csv"
    codes = "".join(f"DEMO-{number:04d},10.00,EUR,\n" for number in range(1, 51))
    file.write_text(f"code,amount,currency,expires\n{codes}", encoding="utf-8")
    amount = parse_money("10.00 EUR")
    return CreditTable(
        suggested=amount,
        cap_per_case=amount,
        monthly_budget=parse_money("100.00 EUR"),
        codes_file=str(file),
    )


def _settle(jobs: Jobs) -> None:
    for _ in range(MOST_WALKS):
        if not jobs.sweep():
            return
    raise RuntimeError("the demo does not come to rest")


def _decide_all(house: House, store: Store) -> tuple[int, int]:
    """Approve what is clean, dismiss what should not be answered; how many of each."""
    approved = dismissed = 0
    for case_id in store.cases.list({CaseState.OPEN}, limit=1_000_000):
        case = store.cases.get(case_id)
        draft = case.draft
        if draft is None or any(f.severity is not Severity.NOTE for f in draft.findings):
            continue
        clean = draft.public is not None
        decision = Decision(
            verb=Verb.SEND if clean else Verb.DISMISS,
            case_id=case.id,
            round=case.round,
            draft_revision=draft.revision,
            reason="" if clean else "leave_it",
        )
        if house.desk.take(decision, PERSON).done:
            approved += clean
            dismissed += not clean
    return approved, dismissed
