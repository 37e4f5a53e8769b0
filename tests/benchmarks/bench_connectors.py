"""How fast each connector reads its platform's answers, and what an idle round of polls costs.

The answers are the recorded samples, already taken apart by the JSON reader: only our own work is
measured. Of a feed the whole document is read, as its library cannot be left out.
"""

import gc
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from connectors import posts
from connectors.app_store.posts import parse as app_store
from connectors.base import Ability, Batch, Connector, Contact, Mention, Problem
from connectors.bluesky.posts import Account as BlueskyAccount
from connectors.bluesky.posts import parse as bluesky
from connectors.by_hand import ReadOnly
from connectors.email_inbox.mails import parse as mail
from connectors.facebook import parse as facebook
from connectors.feed import entries as feed
from connectors.google_play.posts import parse as google_play
from connectors.hackernews.items import parse as hackernews
from connectors.instagram import parse as instagram
from connectors.mastodon.statuses import Account as MastodonAccount
from connectors.mastodon.statuses import parse as mastodon
from connectors.reddit.items import parse as reddit
from connectors.settings import ConnectorSettings
from connectors.telegram.messages import parse as telegram
from connectors.trustpilot.posts import parse as trustpilot
from connectors.twitter.posts import Account as TwitterAccount
from connectors.twitter.posts import read_posts as twitter
from connectors.youtube.comments import comments_of
from connectors.youtube.comments import parse as youtube
from monitor import app, clock
from monitor.config import BrandTable, ConsoleTable, File, Settings
from monitor.jobs import Jobs
from monitor.store import Store
from tests.benchmarks.figures import Figure
from tests.contracts.platform import HARNESSES, harness

SAMPLES = Path(__file__).parent.parent / "samples"
#: Items of one page, as large as platforms send them.
PAGE = 100
#: Each reader reads for so long, three times; the fastest counts.
SECONDS, TURNS = 0.2, 3
IDLE = 50
POLLS = 10_000
#: Posts on each platform, and polls after which everything that is kept for good is there.
POSTS, WARM = 20, 100
_STRANGER = Contact()

Json = dict[str, Any]
Read = Callable[[], int]


def figures() -> Iterator[Figure]:
    """Items a second of each connector, the idle round, and memory over many polls."""
    for name, (read, aim) in readers().items():
        yield Figure(what=f"parse {name}", value=items_a_second(read), unit="/s", aim=f"> {aim:,}")
    yield from _idle()
    yield from _memory()


def readers() -> dict[str, tuple[Read, int]]:
    """Each connector's way of reading one page, and the speed that is aimed at."""
    us = BlueskyAccount(did="did:plc:ours", handle="acme.example")
    dicts: dict[str, Read] = {
        "twitter": _twitter(),
        "reddit": _each(_json("reddit/comment"), lambda one: reddit(one, account="acme_help")),
        "bluesky": _each(_json("bluesky/mention"), lambda one: bluesky(one, account=us)),
        "mastodon": _each(
            _json("mastodon/mention")["status"],
            lambda one: mastodon(one, account=MastodonAccount(id="1", handle="acme")),
        ),
        "hackernews": _each(
            _json("hackernews/comment_hit"), lambda one: hackernews(one, account="acme")
        ),
        "telegram": _each(
            _json("telegram/message"), lambda one: telegram(one, bot="1", name="acme_bot")
        ),
        "youtube": _each(
            dict(next(comments_of(_json("youtube/thread")))[0]),
            lambda one: youtube(one, channel="UC1"),
        ),
        "google_play": _each(
            _json("google_play/reviews")["reviews"][0],
            lambda one: google_play(one, package="com.acme"),
        ),
        "app_store": _each(
            _json("app_store/reviews")["data"][0], lambda one: app_store(one, app_id="17")
        ),
        "trustpilot": _each(_json("trustpilot/reviews")["reviews"][0], trustpilot),
        "facebook": _each(
            _json("facebook/feed")["data"][0]["comments"]["data"][-1],
            lambda one: facebook(one, page_id="777"),
        ),
        "instagram": _each(
            _json("instagram/media")["data"][0]["comments"]["data"][-1],
            lambda one: instagram(one, account="acme", account_id="777"),
        ),
        "samples": _each(
            {"id": "17", "text": "Where is my parcel?", "author": "maria", "platform": "twitter"},
            lambda one: posts.parse(one, line=1, seen_at=clock.now()),
        ),
    }
    slow: dict[str, Read] = {"feed": _feed(), "email": _mail()}
    return {name: (read, 20_000) for name, read in dicts.items()} | {
        name: (read, 1_000) for name, read in slow.items()
    }


def items_a_second(read: Read) -> float:
    """The fastest of some turns, in items a second."""
    best = 0.0
    for _ in range(TURNS):
        done, began = 0, perf_counter()
        while (spent := perf_counter() - began) < SECONDS:
            done += read()
        best = max(best, done / spent)
    return best


def _json(name: str) -> Json:
    found: Json = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return found


def _each(item: Json, parse: Callable[[Json], object]) -> Read:
    """Reads one item as often as a page has items."""
    assert parse(item) is not None

    def read() -> int:
        for _ in range(PAGE):
            parse(item)
        return PAGE

    return read


def _twitter() -> Read:
    """A whole page: X names the authors and the answered posts beside the posts."""
    page = _json("twitter/mentions")
    pattern = next(one for one in page["data"] if one.get("referenced_tweets"))
    people = [{"id": str(1000 + n), "username": f"person{n}", "name": "Maria"} for n in range(PAGE)]
    tweets = [pattern | {"id": str(10_000 + n), "author_id": str(1000 + n)} for n in range(PAGE)]
    for number, tweet in enumerate(tweets):
        tweet["referenced_tweets"] = [{"type": "replied_to", "id": str(20_000 + number)}]
    above = [pattern | {"id": str(20_000 + n), "author_id": "777"} for n in range(PAGE)]
    account = TwitterAccount(id="777", handle="acme")

    def read() -> int:
        found, bad = twitter(tweets, {"users": people, "tweets": above}, account)
        assert (len(found), bad) == (PAGE, ())
        return PAGE

    return read


def _feed() -> Read:
    """A document of many entries, from its bytes."""
    body = (SAMPLES / "feed" / "alerts.xml").read_text("utf-8")
    begin, end = body.index("<entry>"), body.rindex("</entry>") + len("</entry>")
    entry = body[begin : body.index("</entry>") + len("</entry>")]
    whole = (body[:begin] + entry * PAGE + body[end:]).encode()
    url = "https://www.google.com/alerts/feeds/1/2"

    def read() -> int:
        document = feed.read(whole, content_type="application/atom+xml", url=url)
        assert document is not None
        assert len(document.entries) == PAGE
        for one in document.entries:
            feed.parse(one, url=url, title=document.title, seen_at=clock.now())
        return PAGE

    return read


def _mail() -> Read:
    raw = (SAMPLES / "email" / "complaint.eml").read_bytes()

    def read() -> int:
        for _ in range(PAGE):
            mail(raw, address="help@acme.example", arrived_at=clock.now())
        return PAGE

    return read


# What polling costs besides the clients


class _Idle(ReadOnly):
    """A connector whose client found nothing new, and took no time for it."""

    platform = "feed"
    account = "acme"

    def poll(self, cursor: str | None) -> Batch:
        return Batch(cursor="17")

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        raise AssertionError("nothing was polled, so nothing can be answered")

    def check(self) -> Sequence[Problem]:
        return []


def _idle() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/b.db") as store:
        jobs = _jobs(store, Path(folder), {f"idle{number}": _Idle() for number in range(IDLE)})
        spent = min(_cycle(jobs) for _ in range(10))
        yield Figure(
            what=f"a round of polls over {IDLE} idle connectors",
            value=1000 * spent,
            unit="ms CPU",
            aim="< 50",
        )


def _jobs(store: Store, folder: Path, connectors: dict[str, Connector]) -> Jobs:
    settings = Settings(
        file=File(brands=(BrandTable(name="Acme"),), console=ConsoleTable(enabled=True)),
        connectors={name: ConnectorSettings() for name in connectors},
        path=folder / "config.toml",
    )
    house = app.build(
        settings,
        store,
        clock=clock.now,
        connectors=connectors,
        lock=app.sender_lock(settings),  # never taken: nothing is sent
    )
    return Jobs(house)


def _cycle(jobs: Jobs) -> float:
    """Processor time of one poll of every connector, in seconds."""
    began = process_time()
    for number in range(IDLE):
        jobs.poll_if_up(f"idle{number}")
    spent = process_time() - began
    assert not jobs.outages.now()
    return spent


def _memory() -> Iterator[Figure]:
    """Every platform on loopback with a few posts, polled in turn: what is kept for good."""
    names = sorted(HARNESSES)
    each = POLLS // len(names)
    with tempfile.TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/b.db") as store:
        grown = sum(_growth(store, Path(folder), name, each) for name in names)
    yield Figure(
        what=f"memory after {each * len(names):,} polls of {len(names)} platforms, grown by",
        value=grown / 1024,
        unit="MB",
        aim="flat: < 20",
    )


def _growth(store: Store, folder: Path, name: str, polls: int) -> int:
    """Resident memory that polling one platform adds once it is warm, in KiB."""
    with harness(name) as platform:
        for number in range(POSTS):
            platform.seed(f"Complaint {number}")
        jobs = _jobs(store, folder, {name: platform.connector()})
        before = 0
        for number in range(WARM + polls):
            if number == WARM:
                before = _resident()
            jobs.poll_if_up(name)  # one that is told to wait waits, and that is a poll too
            # The pretend platform remembers what it was asked; that is no growth of ours.
            getattr(getattr(platform, "server", None), "requests", []).clear()
        return _resident() - before


def _resident() -> int:
    """Memory of this process in KiB; 0 where the system does not tell."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text("ascii"))
    return int(found[1]) if found else 0
