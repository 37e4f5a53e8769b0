"""X's JSON as ours, from the shapes in tests/samples/twitter."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Author, Life, Mention
from connectors.errors import BadPayload
from connectors.twitter import parse
from connectors.twitter.posts import (
    Account,
    essence,
    ids_of,
    lives,
    parse_message,
    read_messages,
    read_posts,
)

SAMPLES = Path(__file__).parents[1] / "samples" / "twitter"
ACME = Account(id="777", handle="acme")
MARIA = Author(id="1001", handle="maria")
FIRST = "1991500000000000101"


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return found


def page() -> dict[str, Mention]:
    found = sample("mentions")
    mentions, _ = read_posts(found["data"], found["includes"], ACME)
    return {mention.id[-3:]: mention for mention in mentions}


def tweet(**changes: object) -> dict[str, object]:
    item: dict[str, object] = {
        "id": "17",
        "text": "My order never came",
        "author_id": "5",
        "created_at": "2026-11-20T09:00:00.000Z",
    }
    return {key: value for key, value in (item | changes).items() if value is not None}


class TestParse:
    def test_reads_a_complaint_whole(self) -> None:
        found = sample("mentions")

        assert parse(found["data"][-1], found["includes"], account=ACME) == Mention(
            platform="twitter",
            id=FIRST,
            author=Author(
                id="1001",
                handle="maria",
                name="María P.",
                url="https://x.com/maria",
                followers=1204,
                open_to_messages=False,
            ),
            text="@Acme where is my order?? 😡",
            created_at=datetime(2026, 11, 20, 9, 1, tzinfo=UTC),
            url=f"https://x.com/maria/status/{FIRST}",
            thread=FIRST,
            language="id",
            addressed=True,
        )

    def test_knows_what_an_answer_answers_and_undoes_the_escapes(self) -> None:
        answer = page()["102"]

        assert answer.text == "@acme You call that an answer? <sigh>"
        assert answer.in_reply_to == "1991500000000000002"
        assert answer.thread == "1991500000000000001"
        assert answer.parent_text == "@jo_k We are sorry & we will look into it."

    def test_takes_a_quote_of_ours_for_addressed_and_its_author_without_a_profile(self) -> None:
        quote = page()["103"]

        assert quote.addressed
        assert quote.replies_open
        assert quote.author == Author(id="1003", handle="1003", url="https://x.com/i/user/1003")

    def test_reads_a_long_post_to_its_end(self) -> None:
        long = page()["104"]

        assert long.text.endswith("chci peníze zpátky & omluvu.")
        assert long.replies_open

    def test_undoes_three_escapes_and_once(self) -> None:
        assert parse(tweet(text="&amp;lt; &lt;b&gt; &copy;")).text == "&lt; <b> &copy;"

    def test_without_an_account_addresses_and_owns_nothing(self) -> None:
        mention = parse(tweet(text="@acme hello"))

        assert (mention.addressed, mention.ours) == (False, False)

    def test_knows_our_own_posts(self) -> None:
        assert parse(tweet(author_id="777"), account=ACME).ours

    @pytest.mark.parametrize(
        ("text", "addressed"),
        [
            ("@acme hello", True),
            ("hello @ACME!", True),
            ("(@acme)", True),
            ("@acme_shoes hello", False),
            ("mail me@acme", False),
            ("acme hello", False),
        ],
    )
    def test_knows_our_name_in_the_text(self, text: str, addressed: bool) -> None:
        assert parse(tweet(text=text), account=ACME).addressed is addressed

    def test_knows_our_number_where_our_name_is_not_known(self) -> None:
        named = tweet(entities={"mentions": [{"id": "777"}]})

        assert parse(named, account=Account(id="777")).addressed
        assert not parse(named, account=Account(id="778")).addressed

    @pytest.mark.parametrize(
        ("setting", "text", "opened"),
        [
            ("everyone", "hello", True),
            ("mentionedUsers", "hello", False),
            ("mentionedUsers", "@acme hello", True),
            ("following", "hello", True),
            ("subscribers", "hello", True),
            (17, "hello", True),
        ],
    )
    def test_knows_where_replies_are_closed_to_us(
        self, setting: object, text: str, opened: bool
    ) -> None:
        mention = parse(tweet(reply_settings=setting, text=text), account=ACME)

        assert mention.replies_open is opened

    @pytest.mark.parametrize(
        ("code", "language"),
        [("en", "en"), ("iw", "he"), ("zh-TW", "zh"), ("und", None), ("qme", None), (7, None)],
    )
    def test_reads_xs_codes_for_languages(self, code: object, language: str | None) -> None:
        assert parse(tweet(lang=code)).language == language

    def test_links_a_post_whose_author_has_no_readable_name_by_number(self) -> None:
        users = {"users": [{"id": "5", "username": "<script>", "name": 7}]}

        author = parse(tweet(), users).author

        assert (author.handle, author.name, author.url) == ("5", "", "https://x.com/i/user/5")

    @pytest.mark.parametrize(
        "item",
        [
            None,
            "a post",
            [],
            {},
            tweet(id=None),
            tweet(id=17),
            tweet(id="t3_abc"),
            tweet(id="1" * 20),
            tweet(text=None),
            tweet(text=["a"]),
            tweet(author_id=None),
            tweet(created_at=None),
            tweet(created_at="yesterday"),
            tweet(created_at="2026-11-20T09:00:00"),
            tweet(created_at="0001-01-01T00:00:00+23:00"),
        ],
    )
    def test_refuses_what_is_no_post(self, item: object) -> None:
        with pytest.raises(BadPayload):
            parse(item)

    def test_names_the_item_that_it_refuses(self) -> None:
        with pytest.raises(BadPayload, match="17") as caught:
            parse(tweet(text=None))

        assert caught.value.item == "17"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ids = st.from_regex(r"[0-9]{1,19}", fullmatch=True)
odd = json_values | ids
references = st.lists(
    odd | st.fixed_dictionaries({"type": odd | st.sampled_from(["quoted"]), "id": odd}), max_size=3
)
tweets = st.fixed_dictionaries(
    {"id": odd, "author_id": odd, "text": st.text() | odd},
    optional={
        "created_at": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | odd,
        "conversation_id": odd,
        "referenced_tweets": references | odd,
        "note_tweet": st.fixed_dictionaries({"text": st.text() | odd}) | odd,
        "entities": st.fixed_dictionaries({"mentions": st.lists(odd | json_values)}) | odd,
        "lang": st.text() | odd,
        "reply_settings": odd,
    },
)
includes = st.fixed_dictionaries(
    {},
    optional={
        "users": st.lists(
            st.fixed_dictionaries({"id": odd, "username": st.text() | odd, "name": odd})
        )
        | odd,
        "tweets": st.lists(tweets) | odd,
    },
)


@given(tweets | odd, includes | odd)
def test_anything_like_a_post_is_a_mention_or_a_bad_payload(item: object, related: object) -> None:
    try:
        mention = parse(item, related, account=ACME)
    except BadPayload:
        return

    assert mention.id.isdigit()
    assert mention.author.handle
    assert mention.created_at.tzinfo == UTC


@given(tweets | odd)
def test_anything_like_a_message_is_a_mention_or_a_bad_payload(item: object) -> None:
    event = item if not isinstance(item, dict) else {"sender_id": "1001", **item}
    try:
        mention = parse_message(event, customer=MARIA, account=ACME)
    except BadPayload:
        return

    assert mention.private


class TestReadPosts:
    def test_leaves_out_reposts_and_ours_and_names_what_it_could_not_read(self) -> None:
        found = sample("mentions")
        own = tweet(author_id="777")

        mentions, bad = read_posts([*found["data"], own], found["includes"], ACME)

        assert [mention.id[-3:] for mention in mentions] == ["104", "103", "102", "101"]
        assert [error.item[-3:] for error in bad] == ["105"]

    def test_keeps_ours_where_they_are_wanted(self) -> None:
        mentions, _ = read_posts([tweet(author_id="777")], None, ACME, ours=True)

        assert [mention.ours for mention in mentions] == [True]


class TestReadMessages:
    def test_tells_both_sides_apart_and_skips_what_it_cannot_read(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        found = read_messages(sample("messages")["data"], MARIA, ACME)

        assert [(turn.text, turn.ours, turn.private) for turn in found] == [
            ("Thanks & bye", False, True),
            ("It is on its way.", True, True),
        ]
        assert [turn.author.handle for turn in found] == ["maria", "acme"]
        assert "1991500000000000201" in caplog.text


class TestLives:
    def test_tells_alive_edited_deleted_and_protected_apart(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        asked = [f"19915000000000001{number:02}" for number in range(1, 7)]

        found = lives(sample("lookup"), asked)

        assert {post_id[-2:]: life for post_id, life in found.items()} == {
            "01": Life.ALIVE,
            "02": Life.EDITED,
            "03": Life.GONE,
            "04": Life.GONE,
        }
        assert "nothing about 2 of 6" in caplog.text

    def test_says_nothing_about_posts_that_nobody_asked_for(self) -> None:
        assert lives(sample("lookup"), ["1991500000000000101"]) == {
            "1991500000000000101": Life.ALIVE
        }


def test_the_ids_of_a_page_are_those_of_unreadable_items_too() -> None:
    assert ids_of([{"id": "17"}, {"id": 18}, "19", {}], "20") == ["20", "17"]
    assert ids_of([], None) == []


@pytest.mark.parametrize(
    "shown",
    [
        "We are sorry: https://acme.com/help, ok?\nEva",
        "@maria We are sorry: https://t.co/abc, ok?\nEva",
        "@maria @jo_k We are  sorry: https://t.co/abc, ok? Eva ",
    ],
)
def test_a_text_of_ours_is_known_again_after_x_rewrote_it(shown: str) -> None:
    assert essence(shown) == essence("We are sorry: https://acme.com/help, ok?\nEva")


def test_another_text_of_ours_is_not() -> None:
    assert essence("We are sorry.") != essence("We are very sorry.")
