from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import Author, Mention, Receipt, Route
from connectors.errors import BadPayload, SetupError, TryLater, Unsupported
from connectors.feed import Feed, FeedSettings, parse
from connectors.feed.entries import Document, host, key, read, unwrapped, web_address
from connectors.registry import load
from tests.servers.feed import PATH, FeedServer, sample, settings
from tests.servers.http import Answer, html_answer

SEEN = datetime(2026, 11, 17, 8, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


class Poller:
    """Polls as the job does: page by page, each with a connector that remembers nothing."""

    def __init__(self, *urls: str) -> None:
        self.settings = settings(*urls)
        self.cursor: str | None = None
        self.bad: list[BadPayload] = []

    def round(self) -> list[Mention]:
        """Read every feed once."""
        found: list[Mention] = []
        for _ in range(10):
            batch = Feed(self.settings).poll(self.cursor)
            self.cursor = batch.cursor
            found += batch.mentions
            self.bad += batch.bad
            if not batch.more:
                return found
        raise AssertionError("the round did not end")


def document(body: bytes, url: str = "https://site.example/feed") -> Document:
    found = read(body, content_type="application/xml", url=url)
    assert found is not None
    return found


def only(name: str, url: str = "https://site.example/feed") -> Mention:
    found = document(sample(name), url)
    (entry,) = found.entries
    return parse(entry, url=url, title=found.title, seen_at=SEEN)


def rss(*items: str, head: str = "") -> bytes:
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel>{head}{entries}</channel></rss>'.encode()


def first(
    body: bytes, *, seen_at: datetime | None = SEEN, url: str = "https://a.example/"
) -> Mention:
    found = document(body, url)
    return parse(found.entries[0], url=url, title=found.title, seen_at=seen_at)


# Settings


def test_the_registry_knows_it() -> None:
    assert load("feed").Settings is FeedSettings


@pytest.mark.parametrize("url", ["feed.xml", "file:///etc/passwd", "https://", "http://[::1"])
def test_a_feed_has_a_web_address(url: str) -> None:
    with pytest.raises(ValidationError, match="write each feed's address"):
        settings(url)


def test_there_is_at_least_one_feed_and_each_counts_once() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        settings()
    assert settings("http://a.example/?f=1", "http://a.example/?f=1").urls == (
        "http://a.example/?f=1",
    )


# Entries


def test_an_alert_is_read_whole_and_leads_to_the_page_itself() -> None:
    assert only("alerts", "https://www.google.com/alerts/feeds/1/2") == Mention(
        platform="feed",
        id=key("https://blog.example/acme?page=2"),
        author=Author(
            id=f"entry {key('https://blog.example/acme?page=2')}", handle="Google Alert - acme lamp"
        ),
        text="Why I send my Acme lamp back\n\nIt flickers, Acme does not answer ...",
        created_at=datetime(2026, 11, 17, 7, 20, tzinfo=UTC),
        url="https://blog.example/acme?page=2",
    )


def test_the_same_page_in_two_alerts_is_one_mention() -> None:
    other = sample("alerts").replace(b"feed:111111111111111111", b"feed:222")

    assert first(other).id == only("alerts").id


def test_a_post_of_a_subreddit_is_what_its_author_wrote() -> None:
    mention = only("subreddit", "https://www.reddit.com/r/acme/new/.rss")

    assert mention.text == "Where is my parcel?\n\nThree weeks, no parcel.\n\nNever <again>."
    assert mention.author == Author(
        id="maria_k at reddit.com", handle="maria_k", url="https://www.reddit.com/user/maria_k"
    )
    assert mention.url == "https://www.reddit.com/r/acme/comments/1q7m4ab/parcel/"


def test_an_article_has_its_own_id_and_its_time_in_utc() -> None:
    mention = only("blog")

    assert mention.text == "The kettle that bites\n\nIt broke on day two.\n\nno light\n\nno refund"
    assert mention.created_at == datetime(2026, 11, 17, 7, 20, tzinfo=UTC)
    assert mention.id == key("site.example", "4711")
    assert mention.author.handle == "Tom"


def test_a_number_as_id_counts_on_its_own_site_only() -> None:
    one = first(rss("<guid>1</guid><title>x</title>"), url="https://a.example/f")
    other = first(rss("<guid>1</guid><title>x</title>"), url="https://b.example/f")

    assert one.id != other.id


def test_an_entry_without_an_id_is_known_by_its_address_or_else_by_its_words() -> None:
    link = first(rss("<link>https://a.example/1</link><title>x</title>"))
    words = [first(rss(f"<title>{word}</title>")).id for word in ("x", "y", "x")]

    assert link.id == key("https://a.example/1")
    assert words[0] == words[2] != words[1]


def test_nobodys_entries_are_by_somebody_else_each() -> None:
    found = document(rss("<title>x</title>", "<title>y</title>", head="<title>Site</title>"))
    mentions = [
        parse(entry, url="https://a.example/", title=found.title, seen_at=SEEN)
        for entry in found.entries
    ]

    assert mentions[0].author.id != mentions[1].author.id
    assert {mention.author.handle for mention in mentions} == {"Site"}


def test_without_any_name_the_site_is_the_author() -> None:
    assert first(rss("<title>x</title>")).author.handle == "a.example"


def test_a_title_that_begins_the_text_is_not_said_twice() -> None:
    assert first(
        rss("<title>It broke…</title><description>It broke at once.</description>")
    ).text == ("It broke at once.")


def test_a_plain_text_keeps_its_angles() -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="text">a &lt;b&gt; c</title>'
        b"</entry></feed>"
    )

    assert first(atom).text == "a <b> c"


def test_an_entry_without_a_time_was_seen_when_the_feed_was() -> None:
    assert first(rss("<title>x</title>")).created_at == SEEN


def test_an_entry_from_the_future_was_seen_when_the_feed_was() -> None:
    body = rss("<title>x</title><pubDate>Tue, 17 Nov 2099 07:30:00 GMT</pubDate>")

    assert first(body).created_at == SEEN


def test_an_entry_whose_time_nobody_knows_is_named() -> None:
    with pytest.raises(BadPayload, match="time") as caught:
        first(rss("<guid>a:b</guid><title>x</title>"), seen_at=None)

    assert caught.value.item == key("a:b")


def test_an_entry_without_a_text_is_named_and_not_quoted() -> None:
    with pytest.raises(BadPayload, match=r"of a\.example: it has no text"):
        first(rss("<guid>a:b</guid>"))


def test_a_whole_book_is_cut() -> None:
    assert len(first(rss(f"<title>{'a' * 1_000_000}</title>")).text) == 20_000


def test_what_no_database_takes_is_replaced() -> None:
    mention = parse(
        {"id": "a", "title": "\ud800x\x00", "author": "\ud800"},
        url="https://a.example/",
        title="",
        seen_at=SEEN,
    )

    assert mention.text == "\ufffdx\ufffd"
    assert mention.author.handle == "\ufffd"


@pytest.mark.parametrize(
    ("link", "behind"),
    [
        (
            "https://www.google.com/url?rct=j&url=https://a.example/%3Fq%3D1&ct=ga",
            "https://a.example/?q=1",
        ),
        ("https://google.co.uk/url?q=http://a.example/", "http://a.example/"),
        ("https://www.google.com/url?url=javascript:alert(1)", None),
        ("https://www.google.com/search?url=https://a.example/", None),
        ("https://google.evil.example/url?url=https://a.example/", None),
        ("https://www.google.com/url", None),
        ("http://[::1/url", None),
    ],
)
def test_googles_redirects_are_unwrapped(link: str, behind: str | None) -> None:
    assert unwrapped(link) == (behind or link)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "/1", "", "http://", "http://[::1"])
def test_what_may_not_be_clicked_is_no_address(link: str) -> None:
    assert web_address(link) is None


def test_an_address_is_made_safe_to_show() -> None:
    assert web_address(" https://a.example/ü <x> ") == "https://a.example/%C3%BC%20%3Cx%3E"
    assert host("http://[::1") == "unknown"


# Documents


def test_what_is_no_feed_is_none() -> None:
    for body in (b"", b"<!doctype html><title>Oops</title>", b"\x00\xff", b'{"a": 1}'):
        assert read(body, content_type="text/html", url="https://a.example/") is None


def test_nothing_is_fetched_and_no_file_is_opened(server: FeedServer) -> None:
    for body in (server.url.encode() + PATH.encode(), b"/etc/passwd", b"file:///etc/passwd"):
        assert read(body, content_type="text/plain", url="https://a.example/") is None

    assert server.requests == []


def test_an_entity_from_outside_stays_outside() -> None:
    body = (
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<rss version="2.0"><channel><item><title>a &x; b</title></item></channel></rss>'
    )

    assert "root" not in repr(document(body))


def test_a_broken_feed_gives_what_it_holds_and_is_not_whole() -> None:
    found = document(rss("<title>one</title>", "<title>two & three</title>")[:-40])

    assert len(found.entries) == 2
    assert not found.whole


def test_a_feed_with_a_wrong_encoding_in_its_header_is_whole() -> None:
    body = b'<?xml version="1.0" encoding="utf-8"?>' + rss(
        "<title>\xc3\xbc</title>".encode().decode()
    )
    found = read(body, content_type="application/xml; charset=iso-8859-1", url="")

    assert found is not None
    assert found.whole


def test_what_feedparser_trips_over_is_no_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*args: object, **kwargs: object) -> object:
        raise AssertionError("unexpected call to parse_endtag")

    monkeypatch.setattr("feedparser.parse", trip)

    assert read(b"<rss/>", content_type="", url="") is None


_FRAGMENTS = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "<link>", "<guid>", "<pubDate>", "<![CDATA[",
     "]]>", "<content:encoded>", "<author>", "&amp;", "&#0;", "&#xD800;", "<entry>", "<id>", "x",
     "2026-13-45", "Tue, 99 Nov 2026", "<!DOCTYPE a [", "<![if", "\x00", "é", "'", '"']
)  # fmt: skip


@given(st.lists(_FRAGMENTS, max_size=30))
def test_any_feed_gives_mentions_or_named_errors(fragments: list[str]) -> None:
    body = ('<rss version="2.0"><channel>' + "".join(fragments)).encode()
    found = read(body, content_type="application/xml", url="https://a.example/")
    for entry in found.entries if found else ():
        try:
            mention = parse(entry, url="https://a.example/", title="t", seen_at=SEEN)
        except BadPayload:
            continue
        assert mention.text.encode()


_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "value", "name", "href"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_FIELDS = st.sampled_from(
    ["id", "link", "title", "title_detail", "content", "summary", "summary_detail", "author",
     "author_detail", "published_parsed", "updated_parsed"]
)  # fmt: skip


@given(
    st.dictionaries(
        _FIELDS,
        _VALUES | st.tuples(*[st.integers()] * 9) | st.just("https://www.google.com/url?url=x"),
    )
)
def test_any_entry_gives_a_mention_or_a_named_error(entry: dict[str, object]) -> None:
    try:
        mention = parse(entry, url="https://a.example/", title="", seen_at=SEEN)
    except BadPayload:
        return
    assert mention.id
    assert mention.text.strip()
    assert mention.created_at <= SEEN


# Polling


def test_entries_come_oldest_first_and_once(server: FeedServer) -> None:
    for text in ("one", "two", "three"):
        server.publish(text)
    poller = Poller(server.url + PATH)

    found = poller.round()

    assert [mention.text for mention in found] == ["one", "two", "three"]
    assert all(a.created_at < b.created_at for a, b in pairwise(found))
    assert poller.round() == []
    assert server.requests[-1].headers["if-none-match"]
    assert server.requests[-1].headers["if-modified-since"]


def test_a_site_that_knows_no_marks_is_not_read_twice_either(server: FeedServer) -> None:
    server.tells_etag = False
    server.publish("one")
    poller = Poller(server.url + PATH)

    assert len(poller.round()) == 1
    assert poller.round() == []
    server.publish("two")
    assert [mention.text for mention in poller.round()] == ["one", "two"]


def test_a_feed_that_was_cut_off_is_read_again_under_the_same_mark(server: FeedServer) -> None:
    server.publish("one")
    server.publish("two")
    whole = server._rss()
    torn = Answer(body=whole[: whole.rindex(b"<item>")], headers={"ETag": '"same"'})
    server.answer_next(torn)
    poller = Poller(server.url + PATH)

    assert len(poller.round()) == 1
    assert len(poller.round()) == 2
    assert "if-none-match" not in server.requests[1].headers


def test_feeds_take_turns(server: FeedServer) -> None:
    server.documents = {"/a": sample("alerts"), "/b": sample("blog"), "/c": sample("subreddit")}
    poller = Poller(*(server.url + path for path in server.documents))

    found = poller.round()

    assert len({mention.id for mention in found}) == 3
    assert [request.path for request in server.requests] == ["/a", "/b", "/c"]
    assert poller.round() == []


def test_a_broken_feed_stops_no_other_and_is_told_once(
    server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.documents = {"/b": sample("blog")}
    feed = Feed(settings(server.url + "/a", server.url + "/b"))
    cursor: str | None = None
    texts: list[str] = []

    for _ in range(4):
        batch = feed.poll(cursor)
        cursor = batch.cursor
        texts += [mention.text for mention in batch.mentions]
    server.documents["/a"] = sample("alerts")
    assert len(feed.poll(cursor).mentions) == 1

    assert len(texts) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "feed: 127.0.0.1 is left out: The feed of 127.0.0.1 cannot be read: status 404.",
        "feed: 127.0.0.1 can be read again",
    ]


def test_where_every_feed_is_broken_it_is_an_outage_and_they_are_all_tried_again(
    server: FeedServer,
) -> None:
    feed = Feed(settings(server.url + "/a", server.url + "/b"))
    cursor = feed.poll(None).cursor
    with pytest.raises(SetupError, match="404"):
        feed.poll(cursor)
    server.documents = {"/a": sample("blog")}

    cursor = feed.poll(cursor).cursor  # /b, whose turn it was

    assert len(feed.poll(cursor).mentions) == 1


def test_a_feed_that_left_the_settings_leaves_the_cursor(server: FeedServer) -> None:
    server.documents = {"/a": sample("alerts"), "/b": sample("blog")}
    poller = Poller(server.url + "/a", server.url + "/b")
    poller.round()
    poller.settings = settings(server.url + "/b")

    assert poller.round() == []
    assert key(server.url + "/a") not in (poller.cursor or "")


def test_a_feed_that_moved_is_read_where_it_is_now(server: FeedServer) -> None:
    server.documents = {"/new": sample("blog")}
    server.moved = {"/old": "/new"}

    assert len(Poller(server.url + "/old").round()) == 1


def test_a_gap_is_told(server: FeedServer, caplog: pytest.LogCaptureFixture) -> None:
    server.shown = 3
    for number in range(3):
        server.publish(f"early {number}")
    poller = Poller(server.url + PATH)
    poller.round()
    server.publish("next")
    poller.round()
    assert caplog.records == []
    for number in range(3):
        server.publish(f"late {number}")

    poller.round()

    assert "may have been missed" in caplog.text


def test_an_empty_feed_forgets_nothing(server: FeedServer) -> None:
    server.documents = {"/a": sample("blog")}
    poller = Poller(server.url + "/a")
    poller.round()
    before = poller.cursor
    server.documents["/a"] = rss()

    assert poller.round() == []
    assert before is not None
    assert key("kitchen.example", "4711") not in before  # the id counts on the feed's own host
    assert key("127.0.0.1", "4711") in before
    assert key("127.0.0.1", "4711") in (poller.cursor or "")


def test_a_mark_that_was_not_ours_is_no_answer(server: FeedServer) -> None:
    server.answer_next(Answer(status=304))

    with pytest.raises(SetupError):
        Poller(server.url + PATH).round()


@pytest.mark.parametrize(
    "cursor",
    [
        '{"v":1,"turn":"","feeds":[]}',
        '{"v":1,"turn":5,"feeds":{}}',
        '{"v":1,"turn":"","feeds":{"a":{}}}',
    ],
)
def test_a_cursor_of_another_shape_needs_a_person(server: FeedServer, cursor: str) -> None:
    with pytest.raises(SetupError, match="position"):
        Feed(settings(server.url + PATH)).poll(cursor)


# What can be done


def test_a_person_answers_at_the_source() -> None:
    ability = Feed(settings("https://a.example/feed")).ability(only("blog"))

    assert ability.public.route is Route.BY_HAND
    assert ability.public.link("Sorry") == "https://kitchen.example/kettle"
    assert ability.public.account == "acme"
    assert ability.private.route is Route.NONE


def test_without_an_address_nobody_answers() -> None:
    way = Feed(settings("https://a.example/f")).ability(first(rss("<title>x</title>"))).public

    assert (way.route, way.link("Sorry")) == (Route.NONE, None)
    assert way.reason


def test_nobody_answers_our_own_post() -> None:
    ours = replace(only("blog"), ours=True)

    assert Feed(settings("https://a.example/f")).ability(ours).public.route is Route.NONE


def test_nothing_can_be_taken_back() -> None:
    feed = Feed(settings("https://a.example/f"))

    with pytest.raises(Unsupported):
        feed.retract(Receipt(id="1"))


def test_check_names_the_feeds_that_are_out_of_order(server: FeedServer) -> None:
    server.documents = {"/a": sample("blog")}
    server.answer_next(html_answer(), path="/b")
    feed = Feed(settings(server.url + "/a", server.url + "/b"))

    (problem,) = feed.check()

    assert "no feed" in problem.what
    assert not problem.fatal
    assert problem.do
    server.answer_next(html_answer())
    with pytest.raises(TryLater):
        Feed(settings(server.url + "/b")).poll(None)
