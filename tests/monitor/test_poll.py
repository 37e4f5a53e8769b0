"""Reading a platform: each page is judged and stored, with its cursor, before the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from connectors.base import Batch, Mention
from connectors.errors import BadPayload, TryLater
from monitor import poll as module
from monitor.poll import Page, poll
from monitor.store import Store
from responders.verdict import Verdict
from tests.databases import SqliteFiles
from tests.monitor.house import Platform, Time, open_store
from tests.monitor.posts import ANGRY, BRAND, NOW, post


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


@dataclass(kw_only=True)
class Pages(Platform):
    """A platform whose pages a test writes; a cursor is the number of the next one."""

    pages: list[Batch | TryLater] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)

    def poll(self, cursor: str | None) -> Batch:
        self.cursors.append(cursor)
        page = self.pages[int(cursor or 0)]
        if isinstance(page, TryLater):
            raise page
        return page


def page(number: int, *posts: Mention, more: bool = False, bad: tuple[str, ...] = ()) -> Batch:
    return Batch(
        mentions=posts,
        cursor=str(number + 1),
        more=more,
        bad=tuple(BadPayload(f"post {item} cannot be read", item=item) for item in bad),
    )


def read(store: Store, platform: Platform) -> list[Page]:
    def angry(mention: Mention) -> Verdict:
        if "poison" in mention.text:
            raise ValueError("cannot be judged")
        return ANGRY

    return list(poll(platform, store.mentions, angry, brand=BRAND, source="x", clock=Time()))


def test_pages_are_read_while_there_are_more(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1), more=True), page(1, post(2), post(3)), page(2)])

    first, second = read(store, platform)

    assert (first.read, len(first.new)) == (1, 1)
    assert (second.read, len(second.new)) == (2, 2)
    assert platform.cursors == [None, "1"]
    assert store.mentions.cursor(BRAND, "x") == "2"


def test_the_next_poll_goes_on_where_the_last_one_ended(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1)), page(1, post(2))])
    read(store, platform)

    read(store, platform)

    assert platform.cursors == [None, "1"]
    assert store.mentions.seen_at(BRAND, "x") == NOW


def test_a_post_that_comes_twice_is_stored_and_counted_once(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1), post(1), more=True), page(1, post(1), post(2))])

    first, second = read(store, platform)

    assert (first.read, len(first.new)) == (2, 1)
    assert (second.read, len(second.new)) == (2, 1)
    assert store.tally(BRAND).flagged == 2


def test_the_same_id_on_two_platforms_is_two_posts(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1), post(1, platform="reddit"))])

    (only,) = read(store, platform)

    assert len(only.new) == 2


def test_what_was_read_before_an_outage_is_kept(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1), more=True), TryLater("down")])

    with pytest.raises(TryLater):
        read(store, platform)

    assert store.mentions.known(BRAND, "twitter", ["1"]) == {"1"}
    assert store.mentions.cursor(BRAND, "x") == "1"


def test_a_post_that_cannot_be_judged_is_stored_without_a_verdict(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    platform = Pages(pages=[page(0, post(1, text="poison"), post(2))])

    (only,) = read(store, platform)

    poisoned, good = (store.mentions.mention(new)[0] for new in only.new)
    assert poisoned.verdict is None
    assert good.verdict == ANGRY
    assert store.mentions.unjudged() == (poisoned.id,)
    assert "twitter post 1 could not be judged; it is stored" in caplog.text


def test_a_page_is_judged_together_and_a_poisonous_post_apart(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    texts = ["fine", "fine", "fine", "poison", "fine"]
    posts = [post(number, text=text) for number, text in enumerate(texts)]
    asked: list[int] = []

    def one(mention: Mention) -> Verdict:
        asked.append(1)
        if mention.text == "poison":
            raise ValueError("cannot be judged")
        return ANGRY

    def many(mentions: Sequence[Mention]) -> list[Verdict]:
        asked.append(len(mentions))
        if any(mention.text == "poison" for mention in mentions):
            raise ValueError("one cannot be judged")
        return [ANGRY for _ in mentions]

    platform = Pages(pages=[page(0, *posts)])
    pages = poll(platform, store.mentions, one, brand=BRAND, source="x", clock=Time(), page=many)
    (only,) = pages

    judged = [store.mentions.mention(new)[0].verdict for new in only.new]
    assert judged == [ANGRY, ANGRY, ANGRY, None, ANGRY]
    assert asked == [2, 2, 1, 1, 1]
    assert "2 posts could not be judged together; each is judged alone" in caplog.text


def test_what_cannot_be_read_is_handed_on_by_name(store: Store) -> None:
    platform = Pages(pages=[page(0, post(1), bad=("7", "8"))])

    (only,) = read(store, platform)

    assert [bad.item for bad in only.bad] == ["7", "8"]
    assert len(only.new) == 1


def test_a_platform_that_always_has_more_does_not_hold_up_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MAX_PAGES", 3)
    platform = Pages(pages=[page(n, post(n), more=True) for n in range(9)])

    assert len(read(store, platform)) == 3

    assert store.mentions.cursor(BRAND, "x") == "3"
    assert "x: over 3 pages in one poll; the rest comes with the next" in caplog.text
