import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.base import Author, Contact, Life, Mention, Receipt, Route
from connectors.errors import BadPayload, OutcomeUnknown, Refused, SetupError, TryLater, Unsupported
from connectors.reddit import Reddit, RedditSettings, parse
from connectors.reddit.wire import NotReadable
from connectors.registry import load
from tests.servers.http import Answer, html_answer, json_answer
from tests.servers.reddit import OURS, RedditServer, sample, settings


@pytest.fixture(autouse=True)
def _nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a call wanted to sleep for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as running:
        yield running


@pytest.fixture
def reddit(server: RedditServer) -> Reddit:
    return Reddit(settings(server.url))


class Poller:
    """Polls as the job does: page by page, each with a connector that remembers nothing."""

    def __init__(self, server: RedditServer, **changes: object) -> None:
        self.settings = settings(server.url, **changes)
        self.cursor: str | None = None
        self.found: dict[str, Mention] = {}
        self.bad: list[BadPayload] = []
        self.pages = 0
        self.oldest = ""  #: the oldest item of the last page

    def page(self) -> bool:
        """Read one page; whether there is more."""
        batch = Reddit(self.settings).poll(self.cursor)
        self.cursor = batch.cursor
        self.pages += 1
        self.found |= {mention.id: mention for mention in batch.mentions}
        self.oldest = batch.mentions[0].id if batch.mentions else ""
        self.bad += batch.bad
        return batch.more

    def round(self) -> list[str]:
        """Read everything there is; the ids of what was not found before."""
        before = set(self.found)
        while self.page():
            pass
        return [name for name in self.found if name not in before]


def mention_of(server: RedditServer, name: str) -> Mention:
    return parse(server._as_item(server.things[name]), account=OURS)


MARIA = Author(id="maria", handle="maria")


# Settings


def test_the_registry_knows_it() -> None:
    assert load("reddit").Settings is RedditSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_url": "reddit.com"}, "write an address"),
        ({"api_url": "ftp://reddit.com"}, "write an address"),
        ({"api_url": "https://reddit.com:port"}, "write an address"),
        ({"username": "a b"}, "reddit.com/user/NAME"),
        ({"user_agent": "short"}, "7 or more plain characters"),
        ({"user_agent": "line\nbreak: yes"}, "7 or more plain characters"),
        ({"subreddits": ("acme", "a/b")}, "reddit.com/r/NAME"),
        ({"subreddits": (), "mentions": False}, "nothing to read"),
        ({"client_id": ""}, "at least 1 character"),
        ({"client_secret": "hunter2"}, "env:NAME"),
        ({"subject": "x" * 101}, "at most 100"),
        ({"subreddit": ("acme",)}, "not permitted"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings("http://127.0.0.1:1", **changes)

    assert "hunter2" not in str(caught.value)


def test_names_may_be_written_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_ID", "client")

    made = settings(
        "", username="u/acme_help", subreddits=("r/acme", "/r/acmelamps"), client_id="env:ACME_ID"
    )

    assert (made.username, made.subreddits) == ("acme_help", ("acme", "acmelamps"))
    assert made.client_id == "client"


def test_an_identifier_that_is_named_but_not_set_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ACME_ID", raising=False)

    with pytest.raises(ValidationError, match="ACME_ID is not set"):
        settings("", client_id="env:ACME_ID")


def test_without_an_api_url_it_is_reddit_itself() -> None:
    praw = Reddit(settings(""))._praw()

    assert praw.config.oauth_url == "https://oauth.reddit.com"
    assert praw.config.reddit_url == "https://www.reddit.com"


# Polling


def test_comments_posts_and_mentions_are_read_and_our_own_are_not(server: RedditServer) -> None:
    comment = server.comment("maria", "Awful.")
    named = server.comment("lena", "u/acme_help hello?", names_us=True)
    post = server.post("tom", "Never again", text="Not once more.")
    server.comment(OURS, "We are sorry.", below=comment.name)
    poller = Poller(server)

    assert sorted(poller.round()) == sorted([comment.name, named.name, post.name])
    assert poller.found[post.name].text == "Never again\n\nNot once more."
    assert poller.pages == 3
    assert poller.round() == []


def test_each_call_asks_for_one_page(server: RedditServer, reddit: Reddit) -> None:
    reddit.poll(None)

    assert len([r for r in server.requests if r.method == "GET"]) == 1


def test_a_search_is_asked_for_the_newest_posts(server: RedditServer) -> None:
    poller = Poller(server, query='title:"acme lamp"', subreddits=(), mentions=False)
    post = server.post("tom", "acme lamp broke")

    assert poller.round() == [post.name]
    (request,) = server.asked("GET", "/search")
    assert request.query["q"] == 'title:"acme lamp"'
    assert request.query["sort"] == "new"


def test_reading_the_inbox_marks_nothing_as_read(server: RedditServer, reddit: Reddit) -> None:
    reddit.poll(None)

    assert server.asked("GET", "/message/")[0].query["mark"] == "false"


def test_what_was_deleted_before_we_read_it_is_left_out(server: RedditServer) -> None:
    server.comment("maria", "Awful.").stub = True
    poller = Poller(server)

    assert poller.round() == []
    assert poller.bad == []


def test_one_bad_item_loses_no_other_and_is_told_once(server: RedditServer) -> None:
    before = server.comment("maria", "Awful.")
    broken = server.comment("maria", "?")
    broken.broken = True
    after = server.comment("maria", "Still awful.")
    poller = Poller(server)

    poller.round()
    poller.round()

    assert list(poller.found) == [before.name, after.name]
    assert [error.item for error in poller.bad] == [broken.name]


def test_an_item_that_is_nothing_at_all_is_told_once(server: RedditServer, reddit: Reddit) -> None:
    listing = {"kind": "Listing", "data": {"children": ["?", sample("comment")], "after": None}}
    for path in ("/message/mentions", "/r/acme/new"):
        server.answer_next(json_answer(listing), path=path, times=2)
    poller = Poller(server)

    poller.round()
    poller.round()

    assert list(poller.found) == ["t1_k9qa2x1"]
    assert len(poller.bad) == 2  # once for each listing


def test_deleting_the_newest_items_loses_nothing(server: RedditServer) -> None:
    poller = Poller(server)
    read = [server.comment("maria", f"{i}") for i in range(20)]
    poller.round()
    for thing in read[5:]:
        server.vanish(thing.name)
    new = server.comment("maria", "after the deletion")

    assert poller.round() == [new.name]


def test_an_item_that_shows_up_late_is_still_found(server: RedditServer) -> None:
    poller = Poller(server)
    late = server.comment("maria", "held back by a moderator")
    del server.things[late.name]
    for i in range(20):
        server.comment("maria", f"{i}")
    poller.round()
    server.things[late.name] = late

    assert poller.round() == [late.name]


def test_a_comment_that_a_moderator_gives_back_is_new(server: RedditServer) -> None:
    poller = Poller(server)
    taken = server.comment("maria", "Awful.")
    taken.stub = True
    poller.round()
    taken.stub = False

    assert poller.round() == [taken.name]


@pytest.mark.parametrize("deleted", [1, 5, 10, 11])
def test_deleting_the_place_where_a_walk_stands_loses_nothing(
    server: RedditServer, deleted: int
) -> None:
    things = [server.comment("maria", f"{i}") for i in range(350)]
    poller = Poller(server, mentions=False)
    assert poller.page()
    newest_first = list(reversed(things))
    for thing in newest_first[100 - deleted : 100]:
        server.vanish(thing.name)

    poller.round()

    assert {thing.name for thing in things} <= set(poller.found)


def test_a_walk_that_ends_at_a_page_boundary_knows_its_end(server: RedditServer) -> None:
    things = [server.comment("maria", f"{i}") for i in range(101)]
    poller = Poller(server, mentions=False)
    assert poller.page()
    server.vanish(things[0].name)  # nothing is left below, and the place itself lives

    poller.round()

    assert len(poller.found) == 100
    assert len(server.asked("GET", "/api/info")) == 1


@pytest.mark.parametrize("deletes", [False, True])
def test_two_thousand_items_on_moving_pages_lose_none(server: RedditServer, deletes: bool) -> None:
    made = [server.comment("maria", f"{i}").name for i in range(600)]
    poller = Poller(server)

    def more_arrives() -> None:
        for _ in range(30 if len(made) < 2000 else 0):
            made.append(server.comment("maria", f"{len(made)}").name)

    server.before_listing = more_arrives
    deleted = 0
    more = True
    while more or len(made) < 2000:
        more = poller.page()
        if deletes and more and poller.oldest in server.things:
            server.vanish(poller.oldest)  # where a walk under way would go on
            deleted += 1
    server.before_listing = None
    poller.round()

    assert len(made) >= 2000
    assert set(made) <= set(poller.found)
    assert bool(deleted) is deletes


def test_more_than_reddit_shows_is_told(
    server: RedditServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.comment("maria", "read")
    poller = Poller(server, mentions=False)
    poller.round()
    # Old enough that no overlap reaches it.
    server.made += 10_000
    for i in range(1100):
        server.comment("maria", f"{i}")

    found = poller.round()

    assert len(found) == 1000
    assert "r/acme/comments: more than 900 items since the last poll" in caplog.text


def test_a_changed_setting_voids_the_walk_and_not_the_errand(server: RedditServer) -> None:
    poller = Poller(server, mentions=False)
    things = [server.comment("maria", f"{i}").name for i in range(150)]
    assert poller.page()
    poller.settings = settings(server.url, subreddits=("acme", "lamps"), mentions=False)

    poller.round()

    assert set(things) == set(poller.found)
    assert "after" not in server.asked("GET", "/r/acme+lamps/comments")[0].query


def test_a_listing_that_is_no_longer_polled_leaves_its_turn_to_the_first(
    server: RedditServer,
) -> None:
    poller = Poller(server)
    poller.page()
    poller.settings = settings(server.url, subreddits=(), query="acme")
    post = server.post("tom", "acme lamp")

    assert post.name in poller.round()


def test_one_listing_that_may_not_be_read_does_not_stop_the_others(
    server: RedditServer, reddit: Reddit, caplog: pytest.LogCaptureFixture
) -> None:
    server.unreadable.add("/r/acme/comments")
    post = server.post("tom", "Never again")

    found, cursor = everything(reddit, None)
    again, cursor = everything(reddit, cursor)
    server.unreadable.clear()
    comment = server.comment("maria", "Awful.")
    healed, _ = everything(reddit, cursor)

    assert (found, again, healed) == ([post.name], [], [comment.name])
    assert caplog.text.count("r/acme/comments is left out: ") == 1
    assert caplog.text.count("r/acme/comments can be read again") == 1


def everything(reddit: Reddit, cursor: str | None) -> tuple[list[str], str | None]:
    found: list[str] = []
    while True:
        batch = reddit.poll(cursor)
        found += [mention.id for mention in batch.mentions]
        cursor = batch.cursor
        if not batch.more:
            return found, cursor


def test_what_may_be_read_again_is_read_though_another_listing_stays_closed(
    server: RedditServer, reddit: Reddit
) -> None:
    server.unreadable |= {"/message/mentions", "/r/acme/comments", "/r/acme/new"}
    cursor = reddit.poll(reddit.poll(None).cursor).cursor
    with pytest.raises(SetupError):
        reddit.poll(cursor)
    comment = server.comment("maria", "Awful.")

    server.unreadable.remove("/r/acme/comments")
    found, cursor = everything(reddit, cursor)
    later = server.comment("maria", "Still awful.")
    after, _ = everything(reddit, cursor)

    assert found == [comment.name]
    assert after == [later.name]


def test_where_nothing_may_be_read_a_person_must_see_to_it(
    server: RedditServer, reddit: Reddit
) -> None:
    server.unreadable |= {"/message/mentions", "/r/acme/comments", "/r/acme/new"}

    with pytest.raises(SetupError, match="does not let us read"):
        everything(reddit, None)


def test_a_corrupt_cursor_is_told_and_nothing_is_asked(
    server: RedditServer, reddit: Reddit
) -> None:
    with pytest.raises(SetupError, match="cannot be read, so nothing was polled"):
        reddit.poll("since:42")

    assert server.requests == []


# Abilities


@pytest.fixture
def mention() -> Mention:
    return parse(sample("comment"), account=OURS)


def test_a_reply_goes_through_the_api(reddit: Reddit, mention: Mention) -> None:
    way = reddit.ability(mention).public

    assert (way.route, way.account, way.cost_micro_usd) == (Route.API, OURS, 0)
    assert way.limit.fits("x" * 10_000)
    assert not way.limit.fits("x" * 10_001)
    assert way.link("any text") == mention.url


def test_a_second_reply_to_the_same_post_is_a_persons(reddit: Reddit, mention: Mention) -> None:
    way = reddit.ability(mention, Contact(replies=1)).public

    assert way.route is Route.BY_HAND
    assert "already" in way.reason
    assert way.link("x") == mention.url


def test_nobody_replies_to_a_locked_post(reddit: Reddit, mention: Mention) -> None:
    way = reddit.ability(replace(mention, replies_open=False)).public

    assert way.route is Route.NONE
    assert "locked, archived or quarantined" in way.reason


@pytest.mark.parametrize("flag", ["private", "ours"])
def test_there_is_no_public_reply_to_a_message_or_to_ourselves(
    reddit: Reddit, mention: Mention, flag: str
) -> None:
    mention = replace(mention, private=flag == "private", ours=flag == "ours")

    assert reddit.ability(mention).public.route is Route.NONE


def test_nobody_is_messaged_unasked(reddit: Reddit, mention: Mention) -> None:
    way = reddit.ability(mention).private

    assert way.route is Route.CLOSED
    assert "spam" in way.reason
    assert way.link("We & you?") == (
        "https://www.reddit.com/message/compose/"
        "?to=maria_k&subject=acme_help&message=We%20%26%20you%3F"
    )


def test_who_wrote_to_us_is_answered(reddit: Reddit, mention: Mention) -> None:
    wrote = Contact(wrote_privately_at=mention.created_at)

    assert reddit.ability(mention, wrote).private.route is Route.API
    assert reddit.ability(replace(mention, private=True)).private.route is Route.API
    assert "chat" in reddit.ability(mention, wrote).private.reason


def test_a_team_may_decide_to_write_first(server: RedditServer, mention: Mention) -> None:
    reddit = Reddit(settings(server.url, message_first=True, subject="Your order"))

    way = reddit.ability(mention).private

    assert way.route is Route.API
    assert "subject=Your%20order" in (way.link("x") or "")


def test_we_do_not_write_to_ourselves(reddit: Reddit, mention: Mention) -> None:
    assert reddit.ability(replace(mention, ours=True)).private.route is Route.NONE


def test_asking_for_an_ability_asks_nobody(
    server: RedditServer, reddit: Reddit, mention: Mention
) -> None:
    reddit.ability(mention)

    assert server.requests == []


# Replies


def test_a_reply_stands_below_the_post(server: RedditServer, reddit: Reddit) -> None:
    asked = server.comment("maria", "Awful.")

    receipt = reddit.reply(mention_of(server, asked.name), "We are sorry.", "k")

    made = server.things[receipt.id]
    assert (made.parent, made.author, made.text) == (asked.name, OURS, "We are sorry.")
    assert receipt.at == datetime.fromtimestamp(made.created, UTC)
    assert receipt.url is not None
    assert receipt.url.endswith(f"/{made.short}/")
    assert not receipt.private


def test_a_reply_that_reddit_does_not_show_is_sent_all_the_same(
    server: RedditServer, reddit: Reddit
) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    server.shows_no_thing = True

    assert reddit.reply(asked, "We are sorry.", "k") == Receipt(id="")
    assert reddit.find_own_reply(asked, "We are sorry.") is not None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda server, thing: server.vanish(thing.name), "gone"),
        (lambda server, thing: setattr(thing, "locked", True), "locked"),
    ],
)
def test_a_reply_to_what_is_gone_or_locked_is_refused(
    server: RedditServer,
    reddit: Reddit,
    spoil: Callable[[RedditServer, object], None],
    code: str,
) -> None:
    thing = server.comment("maria", "Awful.")
    asked = mention_of(server, thing.name)
    spoil(server, thing)

    with pytest.raises(Refused) as caught:
        reddit.reply(asked, "We are sorry.", "k")

    assert caught.value.code == code


def test_a_text_that_is_too_long_is_refused(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)

    with pytest.raises(Refused) as caught:
        reddit.reply(asked, "x" * 10_001, "k")

    assert caught.value.code == "too_long"


def test_a_private_message_has_no_public_reply(reddit: Reddit, mention: Mention) -> None:
    with pytest.raises(Unsupported):
        reddit.reply(replace(mention, private=True), "We are sorry.", "k")


def test_a_message_arrives_and_has_no_id(server: RedditServer, reddit: Reddit) -> None:
    receipt = reddit.message(MARIA, "Your order number, please?", "k")

    (message,) = server.messages
    assert (message.dest, message.subject) == ("maria", OURS)
    assert receipt == Receipt(id="", private=True)


def test_who_takes_no_messages_is_left_alone(server: RedditServer, reddit: Reddit) -> None:
    server.no_messages_to.add("maria")

    with pytest.raises(Refused) as caught:
        reddit.message(MARIA, "Hello", "k")

    assert caught.value.code == "closed"


# Reading back


def test_a_reply_whose_answer_was_lost_is_found(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    assert reddit.find_own_reply(asked, "We are  sorry.") is None
    server.lose_next(method="POST")
    with pytest.raises(OutcomeUnknown):
        reddit.reply(asked, "We are  sorry.", "k")

    found = reddit.find_own_reply(asked, "We are  sorry.")

    assert found is not None
    assert server.things[found.id].parent == asked.id
    assert reddit.find_own_reply(asked, "Another text") is None


def test_a_reply_is_found_behind_many_others(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    receipt = reddit.reply(asked, "We are sorry.", "k")
    for i in range(250):
        server.comment(OURS, f"something else {i}")

    assert reddit.find_own_reply(asked, "We are sorry.") == receipt


def test_a_reply_that_our_own_list_does_not_show_is_found_in_the_thread(
    server: RedditServer, reddit: Reddit
) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    receipt = reddit.reply(asked, "We are sorry.", "k")
    server.things[receipt.id].in_profile = False

    assert reddit.find_own_reply(asked, "We are sorry.") == receipt


def test_looking_back_ends_at_the_time_of_the_post(server: RedditServer, reddit: Reddit) -> None:
    for i in range(250):
        server.comment(OURS, f"long ago {i}")
    server.made += 10_000
    asked = mention_of(server, server.comment("maria", "Awful.").name)

    assert reddit.find_own_reply(asked, "We are sorry.") is None
    assert len(server.asked("GET", f"/user/{OURS}/comments")) == 1


def test_looking_back_ends_where_reddit_ends(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    server.depth = 5000
    for i in range(1100):
        server.comment(OURS, f"{i}")

    assert reddit.find_own_reply(asked, "We are sorry.") is None
    assert len(server.asked("GET", f"/user/{OURS}/comments")) == 10


@pytest.mark.parametrize("answer", [json_answer({}), json_answer([]), json_answer([{}, {}, {}])])
def test_a_thread_that_is_none_proves_nothing(
    server: RedditServer, reddit: Reddit, answer: Answer
) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    server.answer_next(answer, path="/comments/")

    with pytest.raises(TryLater, match="no thread"):
        reddit.find_own_reply(asked, "We are sorry.")


def test_what_became_of_posts(server: RedditServer, reddit: Reddit) -> None:
    things = [server.comment("maria", f"{i}") for i in range(240)]
    mentions = [mention_of(server, thing.name) for thing in things]
    private = replace(mentions[0], id="t4_abc", private=True)
    things[0].text, things[0].edited = "changed", things[0].created + 60
    things[1].stub = True
    server.vanish(things[2].name)
    server.vanish(things[239].name)

    lives = reddit.look([*mentions, private])

    assert len(lives) == 241
    assert lives[things[0].name] is Life.EDITED
    assert {name for name, life in lives.items() if life is Life.GONE} == {
        things[i].name for i in (1, 2, 239)
    }
    assert lives["t4_abc"] is Life.ALIVE
    assert len(server.asked("GET", "/api/info")) == 3


def test_looking_at_nothing_asks_nobody(server: RedditServer, reddit: Reddit) -> None:
    assert reddit.look([]) == {}
    assert server.requests == []


# Conversations


def test_a_conversation_has_both_sides_public_and_private_oldest_first(
    server: RedditServer, reddit: Reddit
) -> None:
    before = server.write("maria", OURS, "shortly before")
    server.comment("maria", "another complaint of hers, before")
    asked = server.comment("maria", "Awful.")
    ours = server.comment(OURS, "We are sorry.", below=asked.name)
    server.comment("troll", "lol", below=ours.name)
    hers = server.comment("maria", "Thank you.", below=ours.name)
    server.comment("maria", "Elsewhere in the same thread.")
    private = server.write("maria", OURS, "Order 4711")
    sent = server.write(OURS, "maria", "Thanks, we look.")
    server.write(OURS, "lena", "not for maria")
    server.write("lena", OURS, "not from maria")

    turns = reddit.conversation(mention_of(server, asked.name))

    assert [(turn.id, turn.ours, turn.private) for turn in turns] == [
        (before.name, False, True),
        (ours.name, True, False),
        (hers.name, False, False),
        (private.name, False, True),
        (sent.name, True, True),
    ]


def test_an_answer_through_a_third_person_is_part_of_it(
    server: RedditServer, reddit: Reddit
) -> None:
    asked = server.comment("maria", "Awful.")
    other = server.comment("tom", "Same here.", below=asked.name)
    hers = server.comment("maria", "Glad not to be alone.", below=other.name)

    turns = reddit.conversation(mention_of(server, asked.name))

    assert [turn.id for turn in turns] == [hers.name]


def test_of_a_mention_that_is_gone_nobody_elses_turns_are_shown(
    server: RedditServer, reddit: Reddit
) -> None:
    # Asked for what is below a comment that does not exist, Reddit shows the whole thread.
    asked = server.comment("maria", "Awful.")
    mention = mention_of(server, asked.name)
    server.vanish(asked.name)
    server.comment("maria", "Elsewhere in the same thread.")

    assert reddit.conversation(mention) == []
    assert reddit.find_own_reply(mention, "We are sorry.") is None


def test_below_a_post_everything_of_its_author_is_part_of_it(
    server: RedditServer, reddit: Reddit
) -> None:
    post = server.post("maria", "Never again")
    hers = server.comment("maria", "And another thing.", below=post.name)
    server.comment("tom", "Same here.", below=post.name)

    turns = reddit.conversation(mention_of(server, post.name))

    assert [turn.id for turn in turns] == [hers.name]


def test_a_message_that_the_customer_deleted_is_not_part_of_it(
    server: RedditServer, reddit: Reddit
) -> None:
    asked = server.comment("maria", "Awful.")
    server.comment("maria", "oops", below=asked.name).stub = True

    assert reddit.conversation(mention_of(server, asked.name)) == []


def test_a_thread_that_may_not_be_read_still_has_its_messages(
    server: RedditServer, reddit: Reddit
) -> None:
    asked = server.comment("maria", "Awful.")
    private = server.write("maria", OURS, "Order 4711")
    mention = mention_of(server, asked.name)
    assert mention.thread is not None
    server.unreadable.add(f"/comments/{mention.thread[3:]}")

    assert [turn.id for turn in reddit.conversation(mention)] == [private.name]


def test_answers_to_a_message_hang_below_it(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    first, answer = sample("message"), sample("message")
    first["data"] |= {"author": "maria", "created_utc": asked.created_at.timestamp() + 60}
    answer["data"] |= first["data"] | {"name": "t4_answer", "parent_id": "t4_2f9xk1z"}
    first["data"]["replies"] = {"kind": "Listing", "data": {"children": [answer, "?"]}}
    page = {"kind": "Listing", "data": {"children": [first], "after": None}}
    server.answer_next(json_answer(page), path="/message/inbox")

    turns = reddit.conversation(asked)

    assert [turn.id for turn in turns] == ["t4_2f9xk1z", "t4_answer"]


def test_a_private_case_reads_messages_only(server: RedditServer, reddit: Reddit) -> None:
    first = server.write("maria", OURS, "Hello")
    second = server.write("maria", OURS, "Anybody there?")
    mention = replace(
        mention_of(server, server.comment("maria", "x").name),
        id=first.name,
        thread=first.name,
        private=True,
        created_at=datetime.fromtimestamp(first.created, UTC),
    )

    assert [turn.id for turn in reddit.conversation(mention)] == [second.name]
    assert server.asked("GET", "/comments/") == []


def test_an_unreadable_turn_is_named_and_loses_no_other(
    server: RedditServer, reddit: Reddit, caplog: pytest.LogCaptureFixture
) -> None:
    asked = server.comment("maria", "Awful.")
    server.comment("maria", "?", below=asked.name).broken = True
    hers = server.comment("maria", "Hello?", below=asked.name)

    turns = reddit.conversation(mention_of(server, asked.name))

    assert [turn.id for turn in turns] == [hers.name]
    assert "cannot be read" in caplog.text


# Taking back


def test_a_reply_is_taken_back(server: RedditServer, reddit: Reddit) -> None:
    asked = mention_of(server, server.comment("maria", "Awful.").name)
    receipt = reddit.reply(asked, "We are sorry.", "k")

    reddit.retract(receipt)
    reddit.retract(receipt)  # already gone

    assert receipt.id not in server.things
    assert reddit.find_own_reply(asked, "We are sorry.") is None


def test_what_was_never_there_is_taken_back_already(server: RedditServer, reddit: Reddit) -> None:
    server.answer_next(json_answer({}, status=404), path="/api/del")

    reddit.retract(Receipt(id="t1_abc"))

    assert len(server.asked("POST", "/api/del")) == 1


def test_a_refused_deletion_is_told(server: RedditServer, reddit: Reddit) -> None:
    server.answer_next(json_answer({}, status=403), path="/api/del")

    with pytest.raises(Refused):
        reddit.retract(Receipt(id="t1_abc"))


@pytest.mark.parametrize("answer", [Answer(), json_answer({})])
def test_deleting_says_nothing(server: RedditServer, reddit: Reddit, answer: Answer) -> None:
    server.answer_next(answer, path="/api/del")

    reddit.retract(Receipt(id="t1_abc"))


def test_a_deletion_whose_answer_is_something_else_may_have_been_applied(
    server: RedditServer, reddit: Reddit
) -> None:
    server.answer_next(html_answer(), path="/api/del")

    with pytest.raises(OutcomeUnknown):
        reddit.retract(Receipt(id="t1_abc"))


@pytest.mark.parametrize("receipt", [Receipt(id="", private=True), Receipt(id="")])
def test_what_has_no_id_cannot_be_taken_back(
    server: RedditServer, reddit: Reddit, receipt: Receipt
) -> None:
    with pytest.raises(Unsupported):
        reddit.retract(receipt)

    assert server.requests == []


# Checking


def test_a_good_set_up_has_no_problems(server: RedditServer, reddit: Reddit) -> None:
    assert list(reddit.check()) == []
    assert {request.method for request in server.requests if "/api/v1/acc" not in request.path} == {
        "GET"
    }


def test_a_refused_login_is_the_only_fatal_problem(server: RedditServer, reddit: Reddit) -> None:
    server.login_works = False

    (problem,) = reddit.check()

    assert problem.fatal
    assert "only after it has approved" in problem.what


@pytest.mark.parametrize(
    ("me", "words"),
    [
        ({"name": "somebody"}, "somebody else than u/acme_help"),
        ({}, "somebody else"),
        ([], "somebody else"),
        ({"name": OURS, "is_suspended": True}, "suspended"),
    ],
)
def test_an_account_that_is_not_usable_is_fatal(
    server: RedditServer, reddit: Reddit, me: object, words: str
) -> None:
    server.answer_next(json_answer(me), path="/api/v1/me")

    (problem,) = reddit.check()

    assert problem.fatal
    assert words in problem.what


def test_smaller_problems_are_all_told_at_once(server: RedditServer) -> None:
    server.me["has_verified_email"] = False
    server.scope = "identity read submit privatemessages"
    server.unreadable.add("/r/secret/new")
    reddit = Reddit(
        settings(
            server.url,
            user_agent="my cool bot",
            account="acme",
            subreddits=("acme", "secret"),
        )
    )

    problems = list(reddit.check())

    told = " ".join(problem.what for problem in problems)
    for words in ("user_agent", "account is acme", "verified", "history", "edit", "r/secret"):
        assert words in told
    assert not any(problem.fatal for problem in problems)
    assert all(problem.do for problem in problems)


def test_a_user_agent_of_the_right_form_is_no_problem(server: RedditServer) -> None:
    agent = "linux:amends:0.1 (by /u/acme_help)"

    assert list(Reddit(settings(server.url, user_agent=agent)).check()) == []


def test_where_nothing_can_be_read_each_reason_is_fatal(
    server: RedditServer, reddit: Reddit
) -> None:
    server.unreadable |= {"/r/acme/new", "/message/mentions"}

    problems = list(reddit.check())

    assert [problem.fatal for problem in problems] == [True, True]


def test_an_outage_is_told_and_ends_the_check(server: RedditServer, reddit: Reddit) -> None:
    server.answer_next(html_answer(503), path="/r/acme/new")

    (problem,) = reddit.check()

    assert problem.fatal
    assert "503" in problem.what


def test_a_password_that_travels_unencrypted_is_told() -> None:
    with RedditServer() as server:
        server.login_works = False
        reddit = Reddit(settings(server.url.replace("127.0.0.1", "127.0.0.2")))
        # Nobody listens there; what matters is that the address is not this machine's usual one.
        problems = list(reddit.check())

    assert any("unencrypted" in problem.what for problem in problems)


def test_a_page_that_may_not_be_read_is_a_matter_of_set_up() -> None:
    assert issubclass(NotReadable, SetupError)


def test_the_overlap_covers_ten_minutes(server: RedditServer) -> None:
    poller = Poller(server, mentions=False)
    for i in range(150):
        server.comment("maria", f"{i}")
    poller.round()
    pages = poller.pages
    server.made += int(timedelta(minutes=30).total_seconds())
    server.comment("maria", "new")
    poller.round()

    assert poller.pages - pages == 2  # one page of comments, one of posts
