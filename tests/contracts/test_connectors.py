"""What every connector keeps, proved against every pretend platform in the same words.

The platforms are loopback servers, the clients are the real ones. A connector that fails here
loses posts, says things twice, or names a failure wrongly.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Batch, Connector, Contact, Life, Mention, Route
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from monitor.clock import now
from tests.contracts.platform import Platform, harness, having

KEY = "the-same-on-every-try"
#: Seconds that a connector waits for an answer that never comes.
PATIENCE = 1.0
#: Yesterday at noon: no platform has forgotten it.
NOON = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
#: More pages than any test needs: a connector that never finishes fails instead of hanging.
MOST_PAGES = 1_000
#: Posts that arrive while they are read; fewer of those whose pretend platform or library takes
#: half a minute for so many, unless there is time (`make soak`).
MANY = 10_000
_TAKE_LONG = ("mastodon", "feed", "bluesky", "email")
SLOW = {} if os.environ.get("AMENDS_SOAK") else dict.fromkeys(_TAKE_LONG, 2_000)
#: Bodies that are no answer of any API.
GARBAGE = [b"", b"{", b"[[[[", b"null", b"true", b"7", b'"text"', b"[]", b"{}", b"\xff\xfe\x00"]
GARBAGE += [b'{"data": 7, "posts": 7, "items": {}, "hits": null, "reviews": "x", "result": [7]}']


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on the platforms that have what it needs: `@pytest.mark.needs("looks")`."""
    if "platform" in metafunc.fixturenames:
        needs = [trait for mark in metafunc.definition.iter_markers("needs") for trait in mark.args]
        metafunc.parametrize("platform", having(*needs), indirect=True)


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    with harness(request.param) as platform:
        yield platform


@pytest.fixture
def connector(platform: Platform) -> Connector:
    return platform.connector()


def pages(connector: Connector, cursor: str | None) -> Iterator[Batch]:
    """One whole poll."""
    for _ in range(MOST_PAGES):
        batch = connector.poll(cursor)
        yield batch
        cursor = batch.cursor
        if not batch.more:
            return
    raise AssertionError(f"the poll did not end within {MOST_PAGES} pages")


def read(connector: Connector, cursor: str | None = None) -> tuple[dict[str, Mention], str | None]:
    """Everything of one poll by id, as it came first (so does the store), and the cursor after."""
    found: dict[str, Mention] = {}
    for batch in pages(connector, cursor):
        found = {mention.id: mention for mention in batch.mentions} | found
        cursor = batch.cursor
    return found, cursor


def seeded(
    platform: Platform,
    connector: Connector,
    text: str = "My order never came",
    *,
    author: str = "maria",
    addressed: bool = True,
) -> Mention:
    """A customer's post as the connector read it."""
    post_id = platform.seed(text, author=author, addressed=addressed)
    return read(connector)[0][post_id]


class TestPoll:
    def test_brings_what_customers_wrote(self, platform: Platform, connector: Connector) -> None:
        post_id = platform.seed("Worst parcel <ever> & no refund 😡", author="maria")

        mention = read(connector)[0][post_id]

        assert "Worst parcel <ever> & no refund 😡" in mention.text
        assert mention.platform == connector.platform
        assert mention.author.handle.partition("@")[0] == "maria"
        assert mention.author.id
        assert mention.created_at.tzinfo == UTC
        assert (mention.private, mention.ours) == (False, False)
        assert (mention.url is not None) == platform.traits.public_posts

    def test_finds_nothing_where_nothing_is(self, connector: Connector) -> None:
        found, cursor = read(connector)

        assert found == {}
        assert cursor is not None

    def test_twice_brings_nothing_new(self, platform: Platform, connector: Connector) -> None:
        for number in range(5):
            platform.seed(f"Complaint {number}")
        first, cursor = read(connector)

        second, _ = read(connector, cursor)

        assert len(first) == 5
        assert set(second) <= set(first)

    def test_brings_what_came_since(self, platform: Platform, connector: Connector) -> None:
        platform.seed("The first")
        _, cursor = read(connector)
        later = platform.seed("The second")

        found, _ = read(connector, cursor)

        assert later in found

    @pytest.mark.needs("tells_who_is_addressed")
    def test_brings_posts_that_do_not_address_us(
        self, platform: Platform, connector: Connector
    ) -> None:
        addressed = platform.seed("To you", addressed=True)
        overheard = platform.seed("About you", addressed=False)

        found, _ = read(connector)

        assert found[addressed].addressed
        assert not found[overheard].addressed

    def test_goes_on_after_a_crash_between_any_two_pages(self, platform: Platform) -> None:
        expected = {platform.seed(f"Complaint {number}") for number in range(230)}
        found: set[str] = set()
        cursor: str | None = None

        for _ in range(MOST_PAGES):
            # Before each page a process dies after asking and before storing; the next one asks
            # with what was stored last.
            platform.connector().poll(cursor)
            batch = platform.connector().poll(cursor)
            found |= {mention.id for mention in batch.mentions}
            cursor = batch.cursor
            if not batch.more:
                break

        assert found == expected

    def test_loses_none_of_10_000_posts_that_arrive_while_it_reads(
        self, platform: Platform, connector: Connector
    ) -> None:
        many = SLOW.get(connector.platform, MANY)
        alive = [platform.seed(f"Complaint {number}") for number in range(250)]
        found: set[str] = set()
        cursor: str | None = None
        arrived = len(alive)

        while arrived < many:
            for batch in pages(connector, cursor):
                found |= {mention.id for mention in batch.mentions}
                cursor = batch.cursor
                for _ in range(min(70, many - arrived)):
                    alive.append(platform.seed(f"Complaint {arrived}"))
                    arrived += 1
                # The list moves the other way too: one that was not read yet disappears.
                platform.delete(alive.pop(-20))
        found |= set(read(connector, cursor)[0])

        assert set(alive) <= found
        assert len(alive) > 0.95 * many

    def test_of_one_unreadable_item_does_not_lose_the_rest(
        self, platform: Platform, connector: Connector
    ) -> None:
        before = platform.seed("Before it")
        platform.seed_unreadable()
        after = platform.seed("After it")

        batches = list(pages(connector, None))

        found = {mention.id for batch in batches for mention in batch.mentions}
        assert {before, after} <= found
        assert any(batch.bad for batch in batches)

    def test_of_a_text_of_a_megabyte_does_not_lose_the_rest(
        self, platform: Platform, connector: Connector
    ) -> None:
        before = platform.seed("Before it")
        huge = platform.seed("parcel " * 150_000)
        after = platform.seed("After it")

        batches = list(pages(connector, None))

        found = {mention.id: mention for batch in batches for mention in batch.mentions}
        bad = [error for batch in batches for error in batch.bad]
        assert {before, after} <= set(found)
        assert (huge in found) != bool(bad)
        assert huge not in found or "parcel parcel" in found[huge].text

    def test_reads_the_same_where_more_is_told_than_anybody_knows(
        self, platform: Platform, connector: Connector
    ) -> None:
        platform.set_time(NOON)
        plain = {platform.seed(f"Complaint {number}"): number for number in range(3)}
        known = read(connector)[0]
        platform.add_unknown_fields()
        later = platform.seed("With more in it")

        found, _ = read(platform.connector())

        assert {one: found[one] for one in plain} == {one: known[one] for one in plain}
        assert later in found

    @pytest.mark.parametrize("null", [False, True])
    def test_of_posts_without_an_author_makes_no_person_of_them_and_loses_no_other(
        self, platform: Platform, connector: Connector, *, null: bool
    ) -> None:
        platform.hide_author("Written by nobody", null=null)
        before = platform.seed("Before them")
        hidden = [platform.seed("Written by nobody", author=name) for name in ("jo", "kim")]
        after = platform.seed("After them")

        batches = list(pages(connector, None))

        found = {mention.id: mention for batch in batches for mention in batch.mentions}
        bad = [error for batch in batches for error in batch.bad]
        assert {before, after} <= set(found)
        # Each is read as of somebody unknown, or named as unreadable; that there is nobody any
        # more may also mean that the post is as good as gone.
        read_all_the_same = [found[one].author for one in hidden if one in found]
        assert len(read_all_the_same) == 2 or (not read_all_the_same and (bad or null))
        assert all(author.id and author.handle for author in read_all_the_same)
        assert len({author.id for author in read_all_the_same}) == len(read_all_the_same)

    def test_tells_when_a_post_was_written(self, platform: Platform, connector: Connector) -> None:
        platform.set_time(NOON)
        first = platform.seed("At noon")
        platform.set_time(NOON + timedelta(hours=6))
        second = platform.seed("In the evening")

        found, _ = read(connector)

        assert about(found[first].created_at, NOON)
        assert about(found[second].created_at, NOON + timedelta(hours=6))

    @pytest.mark.parametrize(
        "cursor", ["", "{", "null", "[]", "{}", '"t3_abc"', '{"version": 99}', "12345", "\x00"]
    )
    def test_with_a_corrupt_cursor_is_an_error_and_no_new_beginning(
        self, platform: Platform, connector: Connector, cursor: str
    ) -> None:
        platform.seed("Unread")

        with pytest.raises(SetupError, match=r"position|cursor"):
            connector.poll(cursor)

    def test_goes_on_where_it_was_after_an_outage(
        self, platform: Platform, connector: Connector
    ) -> None:
        _, cursor = read(connector)
        platform.go_down()
        with pytest.raises(TryLater):
            connector.poll(cursor)
        platform.come_back()
        later = platform.seed("Written after the outage")

        found, _ = read(connector, cursor)

        assert later in found


class TestAReadThatFails:
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_on_their_side_is_tried_later(
        self, platform: Platform, connector: Connector, status: int
    ) -> None:
        platform.fail_next(status=status)

        with pytest.raises(TryLater):
            connector.poll(None)

    def test_with_a_page_of_html_is_tried_later(
        self, platform: Platform, connector: Connector
    ) -> None:
        read(connector)
        platform.answer_html_next()

        with pytest.raises(TryLater):
            connector.poll(None)

    @pytest.mark.parametrize("body", GARBAGE)
    def test_with_something_that_is_no_answer_loses_nothing(
        self, platform: Platform, connector: Connector, body: bytes
    ) -> None:
        platform.seed("Read before")
        _, cursor = read(connector)
        unread = platform.seed("Unread")
        platform.answer_garbage_next(body)

        with suppress(TryLater):
            batch = connector.poll(cursor)
            assert not batch.mentions
            cursor = batch.cursor

        # An empty page is an answer too; then the next poll brings it.
        found, cursor = read(connector, cursor)
        found |= read(connector, cursor)[0]
        assert unread in found

    def test_without_an_answer_ends_within_the_time_out(
        self, platform: Platform, connector: Connector
    ) -> None:
        _, cursor = read(connector)
        platform.hang_next_request()

        with pytest.raises(TryLater):
            platform.connector(timeout=PATIENCE).poll(cursor)

    @pytest.mark.needs("names_the_time")
    def test_for_the_rate_limit_names_the_time(
        self, platform: Platform, connector: Connector
    ) -> None:
        reset = now() + timedelta(minutes=9)
        platform.limit_until(reset)

        with pytest.raises(TryLater) as caught:
            connector.poll(None)

        assert about(caught.value.at, reset)
        platform.limit_until(None)
        read(platform.connector())  # this one may wait for the time that it was told

    def test_for_the_login_needs_a_person(self, platform: Platform, connector: Connector) -> None:
        platform.expire_login()

        with pytest.raises(SetupError):
            connector.poll(None)


@pytest.mark.needs("public_replies")
class TestReply:
    def test_is_there_once_and_the_receipt_names_it(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        receipt = connector.reply(mention, "We are sorry & looking into it.", KEY)

        (sent,) = platform.public_replies()
        assert (sent.id, sent.to) == (receipt.id, mention.id)
        assert sent.text == "We are sorry & looking into it."
        assert not receipt.private
        assert receipt.url is not None

    def test_of_ours_is_never_polled_as_a_complaint(
        self, platform: Platform, connector: Connector
    ) -> None:
        receipt = connector.reply(seeded(platform, connector), "We are sorry.", KEY)

        found, _ = read(connector)

        assert receipt.id not in found

    def test_whose_answer_is_lost_is_unknown_sent_once_and_found(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.lose_next_answer()

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "We are sorry.", KEY)

        (sent,) = platform.public_replies()
        assert platform.writes() == 1
        if platform.traits.reads_back:
            found = connector.find_own_reply(mention, "We are sorry.")
            assert found is not None
            assert found.id == sent.id

    def test_that_is_never_answered_is_unknown_sent_once_and_found(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.hang_next_answer()

        with pytest.raises(OutcomeUnknown):
            platform.connector(timeout=PATIENCE).reply(mention, "We are sorry.", KEY)

        assert platform.writes() == 1
        if platform.traits.reads_back:
            assert connector.find_own_reply(mention, "We are sorry.") is not None

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_that_fails_on_their_side_is_unknown_and_not_repeated(
        self, platform: Platform, connector: Connector, status: int
    ) -> None:
        mention = seeded(platform, connector)
        platform.fail_next(status=status)

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "We are sorry.", KEY)

        assert platform.writes() == 1
        if platform.traits.reads_back:
            assert connector.find_own_reply(mention, "We are sorry.") is None

    def test_answered_with_a_page_of_html_is_unknown(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_html_next()

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "We are sorry.", KEY)

        assert platform.writes() == 1

    def test_that_cannot_leave_is_surely_not_applied(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.go_down()

        with pytest.raises(TryLater):
            connector.reply(mention, "We are sorry.", KEY)

        platform.come_back()
        assert platform.public_replies() == []

    def test_over_the_rate_limit_is_surely_not_applied_and_names_the_time(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        reset = now() + timedelta(minutes=9)
        platform.limit_until(reset)

        with pytest.raises(TryLater) as caught:
            connector.reply(mention, "We are sorry.", KEY)

        assert about(caught.value.at, reset)
        assert platform.public_replies() == []

    def test_with_an_expired_login_needs_a_person(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.expire_login()

        with pytest.raises(SetupError):
            connector.reply(mention, "We are sorry.", KEY)

    def test_to_a_post_that_is_gone_is_refused(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.delete(mention.id)

        with pytest.raises(Refused) as caught:
            connector.reply(mention, "We are sorry.", KEY)

        assert caught.value.code == "gone"

    def test_that_is_too_long_is_refused(self, platform: Platform, connector: Connector) -> None:
        mention = seeded(platform, connector)
        longest = platform.traits.longest_public_text

        with pytest.raises(Refused) as caught:
            connector.reply(mention, "x" * (longest + 1), KEY)
        connector.reply(mention, "x" * longest, KEY)

        assert caught.value.code == "too_long"
        assert [len(sent.text) for sent in platform.public_replies()] == [longest]


@pytest.mark.needs("public_replies", "reads_back")
class TestFindOwnReply:
    def test_finds_nothing_before_anything_was_said(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        assert connector.find_own_reply(mention, "We are sorry.") is None

    def test_does_not_take_another_text_or_another_post_for_it(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        other = seeded(platform, connector, "Mine is broken", author="tom")
        connector.reply(other, "We are sorry.", KEY)

        assert connector.find_own_reply(mention, "We are sorry.") is None
        assert connector.find_own_reply(other, "We are very sorry.") is None
        assert connector.find_own_reply(other, "We are sorry.") is not None

    def test_knows_a_text_again_that_the_platform_rewrote(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        text = "Sorry <3 & thanks: https://acme.example/help, see you.\nEva"
        receipt = connector.reply(mention, text, KEY)

        found = connector.find_own_reply(mention, text)

        assert found is not None
        assert found.id == receipt.id


@pytest.mark.needs("private_messages")
class TestMessage:
    def test_arrives_once_after_the_customer_wrote(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")

        receipt = connector.message(mention.author, "Thank you, on its way.", KEY)

        (sent,) = platform.private_messages()
        assert (sent.to, sent.text) == ("maria", "Thank you, on its way.")
        assert receipt.private
        assert bool(receipt.id) == platform.traits.private_messages_have_ids

    def test_whose_answer_is_lost_is_unknown_and_sent_once(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")
        platform.lose_next_answer()

        with pytest.raises(OutcomeUnknown):
            connector.message(mention.author, "Thank you.", KEY)

        assert platform.writes() == 1
        assert [sent.text for sent in platform.private_messages()] == ["Thank you."]

    def test_that_is_never_answered_is_unknown_and_sent_once(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")
        platform.hang_next_answer()

        with pytest.raises(OutcomeUnknown):
            platform.connector(timeout=PATIENCE).message(mention.author, "Thank you.", KEY)

        assert platform.writes() == 1

    @pytest.mark.needs("conversations", "reads_back")
    def test_whose_answer_is_lost_is_unknown_sent_once_and_in_the_conversation(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")
        platform.lose_next_answer()

        with pytest.raises(OutcomeUnknown):
            connector.message(mention.author, "Thank you.", KEY)

        assert platform.writes() == 1
        ours = [turn for turn in connector.conversation(mention) if turn.ours and turn.private]
        assert ["Thank you." in turn.text for turn in ours] == [True]

    def test_that_cannot_leave_is_surely_not_applied(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")
        platform.go_down()

        with pytest.raises(TryLater):
            connector.message(mention.author, "Thank you.", KEY)

        platform.come_back()
        assert platform.private_messages() == []
        connector.message(mention.author, "Thank you.", KEY)
        assert len(platform.private_messages()) == 1


@pytest.mark.needs("looks")
class TestLook:
    def test_tells_alive_edited_and_gone_apart(
        self, platform: Platform, connector: Connector
    ) -> None:
        alive, edited, gone = (platform.seed(word) for word in ("stays", "changes", "goes"))
        found, _ = read(connector)
        platform.edit(edited, "changed my mind")
        platform.delete(gone)

        lives = connector.look([found[one] for one in (alive, edited, gone)])

        assert lives == {alive: Life.ALIVE, edited: Life.EDITED, gone: Life.GONE}

    def test_answers_for_every_one_of_many(self, platform: Platform, connector: Connector) -> None:
        ids = [platform.seed(f"Complaint {number}") for number in range(250)]
        found, _ = read(connector)
        for deleted in ids[::10]:
            platform.delete(deleted)

        lives = connector.look(list(found.values()))

        assert set(lives) == set(ids)
        assert sorted(one for one in lives if lives[one] is Life.GONE) == sorted(ids[::10])

    def test_at_nothing_asks_nothing(self, connector: Connector) -> None:
        assert connector.look([]) == {}


@pytest.mark.needs("conversations")
class TestConversation:
    @pytest.mark.needs("public_replies", "private_messages")
    def test_shows_both_sides_in_public_and_in_private_oldest_first(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        ours = connector.reply(mention, "We are sorry. Please write to us.", KEY)
        theirs = platform.answer_publicly(mention.id, "About time!")
        platform.answer_privately("Order 17", author="maria")
        connector.message(mention.author, "Thank you.", KEY)

        turns = connector.conversation(mention)

        public = [turn for turn in turns if not turn.private]
        assert {turn.id: turn.ours for turn in public} == {ours.id: True, theirs: False}
        private = [("Order 17" in turn.text, turn.ours) for turn in turns if turn.private]
        assert private == [(True, False), (False, True)]
        assert [turn.created_at for turn in turns] == sorted(turn.created_at for turn in turns)

    def test_is_empty_where_nobody_has_answered(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        seeded(platform, connector, "Another matter", author="tom")

        assert list(connector.conversation(mention)) == []


class TestRetract:
    @pytest.mark.needs("public_replies", "public_replies_can_be_retracted")
    def test_takes_a_reply_down_and_is_harmless_twice(
        self, platform: Platform, connector: Connector
    ) -> None:
        receipt = connector.reply(seeded(platform, connector), "We are sorry.", KEY)

        connector.retract(receipt)
        connector.retract(receipt)

        assert platform.public_replies() == []

    @pytest.mark.needs("private_messages")
    def test_of_a_private_message_does_what_the_platform_can(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")
        receipt = connector.message(mention.author, "Thank you.", KEY)

        if platform.traits.private_messages_can_be_retracted:
            connector.retract(receipt)
            assert platform.private_messages() == []
        else:
            with pytest.raises(ConnectorError):
                connector.retract(receipt)


class TestAbility:
    @pytest.mark.needs("public_replies")
    def test_of_a_reply_through_the_api_is_kept(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector, addressed=True)

        way = connector.ability(mention).public

        assert way.route is Route.API
        assert way.account
        assert way.limit.maximum == platform.traits.longest_public_text
        connector.reply(mention, "We are sorry.", KEY)

    @pytest.mark.needs("public_replies", "tells_who_is_addressed")
    def test_where_the_author_did_not_name_us_follows_the_platforms_rule(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector, addressed=False)

        way = connector.ability(mention).public

        if platform.traits.replies_only_when_addressed:
            assert way.route is Route.BY_HAND
            assert way.reason
            link = way.link("We are sorry.") or ""
            assert mention.id in link or link == mention.url
            with pytest.raises(Refused) as caught:
                connector.reply(mention, "We are sorry.", KEY)
            assert caught.value.code == "not_summoned"
        else:
            assert way.route is Route.API
            connector.reply(mention, "We are sorry.", KEY)

    def test_of_a_second_reply_to_the_same_post_is_none_through_the_api(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        way = connector.ability(mention, Contact(replies=1)).public

        assert way.route is not Route.API
        assert way.reason

    @pytest.mark.needs("private_messages", "public_replies")
    def test_of_a_message_opens_when_the_customer_writes(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)
        platform.answer_privately("Order 17", author="maria")

        closed = connector.ability(mention).private
        opened = connector.ability(mention, Contact(wrote_privately_at=now())).private

        first = Route.CLOSED if platform.traits.customers_write_first else Route.API
        assert closed.route is first
        assert closed.reason
        assert closed.link("Hello, about your order") is not None
        assert opened.route is Route.API
        connector.message(mention.author, "x" * opened.limit.maximum, KEY)


class TestWhatIsNotOffered:
    """The abilities match the methods: what a platform lacks is said before anybody tries."""

    def test_is_a_reply_that_nobody_may_expect(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        way = connector.ability(mention).public

        if platform.traits.public_replies:
            assert way.route is Route.API
            return
        assert way.route in {Route.BY_HAND, Route.NONE}
        assert way.reason
        assert (way.link("We are sorry.") is not None) == (way.route is Route.BY_HAND)
        with pytest.raises(Unsupported):
            connector.reply(mention, "We are sorry.", KEY)
        assert platform.writes() == 0

    def test_is_reading_back_what_nobody_can_read_back(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        if platform.traits.reads_back:
            assert connector.find_own_reply(mention, "We are sorry.") is None
            return
        assert not connector.reliable_reads
        with pytest.raises(Unsupported):
            connector.find_own_reply(mention, "We are sorry.")

    def test_is_a_message_that_nobody_may_expect(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        way = connector.ability(mention, Contact(wrote_privately_at=now())).private

        if platform.traits.private_messages:
            assert way.route is Route.API
            return
        assert way.route is Route.NONE
        assert way.reason
        with pytest.raises(Unsupported):
            connector.message(mention.author, "We are sorry.", KEY)
        assert platform.writes() == 0

    def test_is_looking_at_what_cannot_be_looked_at(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        if platform.traits.looks:
            assert connector.look([mention]) == {mention.id: Life.ALIVE}
            return
        with pytest.raises(Unsupported):
            connector.look([mention])

    @pytest.mark.needs("public_replies")
    def test_is_taking_down_what_stays(self, platform: Platform, connector: Connector) -> None:
        receipt = connector.reply(seeded(platform, connector), "We are sorry.", KEY)

        if platform.traits.public_replies_can_be_retracted:
            connector.retract(receipt)
            assert platform.public_replies() == []
            return
        with pytest.raises(Unsupported):
            connector.retract(receipt)
        assert len(platform.public_replies()) == 1

    def test_is_a_conversation_that_nobody_can_read(
        self, platform: Platform, connector: Connector
    ) -> None:
        mention = seeded(platform, connector)

        if platform.traits.conversations:
            assert list(connector.conversation(mention)) == []
            return
        with pytest.raises(Unsupported):
            connector.conversation(mention)


class TestCheck:
    def test_of_a_healthy_login_finds_nothing_fatal_and_knows_the_account(
        self, connector: Connector
    ) -> None:
        problems = connector.check()

        assert [problem for problem in problems if problem.fatal] == []
        assert connector.account

    def test_of_an_expired_login_names_it_once(
        self, platform: Platform, connector: Connector
    ) -> None:
        platform.expire_login()

        problems = connector.check()

        assert len([problem for problem in problems if problem.fatal]) == 1

    def test_of_a_platform_that_is_down_says_so_and_raises_nothing(
        self, platform: Platform, connector: Connector
    ) -> None:
        platform.go_down()

        assert len(connector.check()) >= 1


def about(found: datetime | None, expected: datetime) -> bool:
    """Whether a time is the expected one, give or take what a test run takes."""
    return found is not None and abs(found - expected) < timedelta(minutes=1)
