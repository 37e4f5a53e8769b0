from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Author, Life, Mention
from connectors.errors import BadPayload, TryLater
from connectors.reddit.items import (
    created_of,
    flat,
    is_below,
    is_gone,
    is_own_reply,
    key_of,
    life_of,
    listing,
    parents_of,
    parse,
    receipt_of,
    thing_made,
)
from tests.servers.reddit import OURS, sample


def changed(shape: str, /, **fields: object) -> dict[str, Any]:
    item = sample(shape)
    item["data"] |= fields
    return item


def comment_of(name: str, *, parent: str, thread: str = "t3_post") -> Mention:
    return Mention(
        platform="reddit",
        id=name,
        author=Author(id="maria", handle="maria"),
        text="x",
        created_at=datetime(2026, 11, 17, tzinfo=UTC),
        in_reply_to=parent,
        thread=thread,
    )


def test_a_comment_is_read_whole() -> None:
    mention = parse(sample("comment"), account=OURS)

    assert mention == Mention(
        platform="reddit",
        id="t1_k9qa2x1",
        author=Author(id="maria_k", handle="maria_k", url="https://www.reddit.com/user/maria_k"),
        text="Three weeks, no parcel, and the chat only sends me smileys. Never again.",
        created_at=datetime(2026, 11, 17, 7, 20, tzinfo=UTC),
        url="https://www.reddit.com/r/acme/comments/1q7m4ab/orders_in_november/k9qa2x1/",
        in_reply_to="t3_1q7m4ab",
        thread="t3_1q7m4ab",
        parent_text="Orders in November",
    )


def test_a_post_is_its_title_and_its_text() -> None:
    mention = parse(sample("post"), account=OURS)

    assert mention.text.startswith("Orders in November\n\nHas anybody had their kettle")
    assert (mention.id, mention.thread, mention.in_reply_to) == ("t3_1q7m4ab", "t3_1q7m4ab", None)


@pytest.mark.parametrize("selftext", ["", None])
def test_a_post_without_a_text_is_its_title(selftext: str | None) -> None:
    mention = parse(changed("link_post", selftext=selftext), account=OURS)

    assert mention.text == "My new Acme lamp, out of the box"


def test_an_item_of_the_inbox_finds_its_thread_in_the_path_to_it() -> None:
    mention = parse(sample("mention"), account=OURS)

    assert mention.addressed
    assert mention.thread == "t3_1q7m4ab"
    assert mention.parent_text is None  # it answers a comment, whose text is not there
    assert mention.url == (
        "https://www.reddit.com/r/acme/comments/1q7m4ab/orders_in_november/k9qb777/"
    )


def test_a_private_message_is_private_and_a_thread_of_its_own() -> None:
    mention = parse(sample("message"), account=OURS)

    assert (mention.private, mention.ours, mention.thread) == (True, False, "t4_2f9xk1z")
    assert mention.url == "https://www.reddit.com/message/messages/2f9xk1z"


def test_an_answer_to_a_private_message_belongs_to_the_first_one() -> None:
    item = changed("message", first_message_name="t4_1aaa", parent_id="t4_1bbb", author=OURS)

    mention = parse(item, account=OURS)

    assert (mention.thread, mention.in_reply_to, mention.ours) == ("t4_1aaa", "t4_1bbb", True)


@pytest.mark.parametrize(
    ("text", "addressed"),
    [
        ("hey u/Acme_Help, where is it", True),
        ("/u/acme_help", True),
        ("u/acme_helper is somebody else", False),
        ("u/acme_help-2 too", False),
        ("menu/acme_help", False),
        ("acme_help", False),
    ],
)
def test_a_comment_addresses_us_where_it_names_our_account(text: str, addressed: bool) -> None:
    assert parse(changed("comment", body=text), account=OURS).addressed is addressed


@pytest.mark.parametrize("flag", ["locked", "archived", "quarantine"])
def test_nobody_can_reply_to_what_is_closed(flag: str) -> None:
    assert parse(changed("post", **{flag: True}), account=OURS).replies_open is False


def test_our_own_comment_is_ours_however_its_name_is_written() -> None:
    assert parse(changed("comment", author="ACME_help"), account=OURS).ours


def test_what_databases_refuse_is_replaced() -> None:
    mention = parse(changed("comment", body="half \ud83d\x00 an emoji"), account=OURS)

    assert mention.text == "half \ufffd\ufffd an emoji"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": None}, '"body" is no string'),
        ({"body": 7}, '"body" is no string'),
        ({"author": None}, '"author" is no string'),
        ({"author": "<b>"}, "no readable name"),
        ({"created_utc": "yesterday"}, "is no number"),
        ({"created_utc": True}, "is no number"),
        ({"created_utc": 1e300}, "is no time"),
        ({"created_utc": float("nan")}, "is no time"),
        ({"created_utc": 10**400}, "is no time"),
    ],
)
def test_a_malformed_field_is_named_with_the_item(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadPayload, match=words) as caught:
        parse(changed("comment", **fields), account=OURS)

    assert caught.value.item == "t1_k9qa2x1"
    assert str(caught.value).startswith("t1_k9qa2x1: ")


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"kind": "t5", "data": {}},
        {"kind": ["t1"], "data": {}},
        {"kind": "t1", "data": []},
        {"kind": "t1", "data": {"name": "t3_1q7m4ab"}},
        {"kind": "t1", "data": {"name": "T1_!"}},
        {"kind": "t1", "data": {"name": 5}},
    ],
)
def test_an_item_of_another_kind_is_refused(item: dict[str, object]) -> None:
    with pytest.raises(BadPayload) as caught:
        parse(item, account=OURS)

    assert caught.value.item == ""


def test_a_title_that_is_no_text_makes_a_post_unreadable() -> None:
    with pytest.raises(BadPayload, match="selftext"):
        parse(changed("post", selftext=["x"]), account=OURS)


def test_a_path_elsewhere_gives_no_link() -> None:
    assert parse(changed("comment", permalink="javascript:x"), account=OURS).url is None
    assert parse(changed("comment", permalink=9), account=OURS).url is None


def test_a_comment_without_any_hint_has_no_thread() -> None:
    assert parse(changed("comment", link_id=None, permalink=None), account=OURS).thread is None
    assert parse(changed("comment", link_id=1, permalink="/r/acme/"), account=OURS).thread is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["t1", "t3", "t4", "t1_abc", "t3_abc", "t4_abc", "/r/a/comments/b/", OURS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
#: The machine may be busy: how long Hypothesis takes is no finding.
PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = sorted(sample("comment")["data"] | sample("post")["data"] | sample("mention")["data"])


@PATIENTLY
@given(
    shape=st.sampled_from(["comment", "post", "link_post", "mention", "message"]),
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
    dropped=st.lists(st.sampled_from(FIELDS), max_size=3),
)
def test_any_item_of_roughly_the_right_shape_is_a_mention_or_named_as_bad(
    shape: str, changes: dict[str, object], dropped: list[str]
) -> None:
    item = changed(shape, **changes)
    for field in dropped:
        item["data"].pop(field, None)

    is_gone(item["data"])
    key_of(item)
    created_of(item)
    receipt_of(item)
    is_own_reply(item, parse(sample("post"), account=OURS), "x", account=OURS)
    with suppress(BadPayload):
        mention = parse(item, account=OURS)
        assert mention.id.startswith(item["kind"])
        assert mention.created_at.tzinfo is UTC
        assert mention.text.encode().decode() == mention.text  # can be stored
        assert mention.url is None or mention.url.startswith("https://www.reddit.com/")


@PATIENTLY
@given(item=JSON)
def test_anything_at_all_is_a_mention_or_named_as_bad(item: object) -> None:
    for each in (item, {"kind": "t1", "data": item}):
        key_of(each)
        list(flat([each]))
        parents_of([each])
        if isinstance(each, dict):
            with pytest.raises(BadPayload):
                parse(each, account=OURS)


@pytest.mark.parametrize("name", ["deleted_comment", "removed_post"])
def test_what_was_taken_away_is_gone(name: str) -> None:
    assert is_gone(sample(name)["data"])


@pytest.mark.parametrize("name", ["comment", "post", "link_post", "mention", "message"])
def test_what_is_there_is_not_gone(name: str) -> None:
    assert not is_gone(sample(name)["data"])


def test_a_text_is_edited_only_where_it_became_another() -> None:
    mention = parse(sample("comment"), account=OURS)

    assert life_of(mention, changed("comment", edited=1794900999.0)["data"]) is Life.ALIVE
    assert life_of(mention, changed("comment", body="other")["data"]) is Life.ALIVE
    assert life_of(mention, changed("comment", body="other", edited=True)["data"]) is Life.EDITED
    assert life_of(mention, changed("comment", body=None, edited=True)["data"]) is Life.ALIVE


def test_our_reply_is_known_by_its_place_its_author_and_its_text() -> None:
    mention = parse(sample("post"), account=OURS)
    text = "We  are sorry.\n\nCaf\u00e9"
    ours = changed(
        "comment", author="Acme_Help", parent_id=mention.id, body=" We are sorry.\nCafe\u0301 "
    )

    assert is_own_reply(ours, mention, text, account=OURS)
    assert not is_own_reply(ours, replace(mention, id="t3_other"), text, account=OURS)
    assert not is_own_reply(ours, mention, "Another text", account=OURS)
    ours["data"]["author"] = "maria_k"
    assert not is_own_reply(ours, mention, text, account=OURS)


def test_a_comment_is_below_a_mention_through_all_that_stands_between() -> None:
    mention = comment_of("t1_a", parent="t3_post")
    parents = {"t1_a": "t3_post", "t1_b": "t1_a", "t1_c": "t1_b", "t1_d": "t3_post"}

    assert is_below(comment_of("t1_e", parent="t1_c"), mention, parents)
    assert not is_below(comment_of("t1_e", parent="t1_d"), mention, parents)
    assert not is_below(comment_of("t1_e", parent="t1_unknown"), mention, parents)


def test_a_circle_of_parents_ends() -> None:
    mention = comment_of("t1_a", parent="t3_post")

    assert not is_below(
        comment_of("t1_e", parent="t1_b"), mention, {"t1_b": "t1_c", "t1_c": "t1_b"}
    )


def test_everything_in_its_thread_is_below_a_post() -> None:
    post = replace(comment_of("t3_post", parent="t3_post"), in_reply_to=None)

    assert is_below(comment_of("t1_e", parent="t1_unknown"), post, {})
    assert not is_below(comment_of("t1_e", parent="t1_unknown", thread="t3_other"), post, {})


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {"data": None},
        {"data": {"children": {}}},
        {"data": {"children": [], "after": 5}},
    ],
)
def test_an_answer_that_is_no_listing_is_asked_for_again(answer: object) -> None:
    with pytest.raises(TryLater, match="no listing"):
        listing(answer)


def test_two_unreadable_items_are_told_apart() -> None:
    assert key_of({"kind": "t1", "data": {"name": None}}) != key_of("something else")
    assert key_of({"a": 1}) == key_of({"a": 1})


def test_a_reply_that_reddit_does_not_show_has_a_receipt_without_an_id() -> None:
    answers: list[object] = [{"json": {"errors": [], "data": {"things": []}}}, {"json": {}}, [], 0]
    for answer in answers:
        receipt = receipt_of(thing_made(answer))
        assert (receipt.id, receipt.url, receipt.at) == ("", None, None)
