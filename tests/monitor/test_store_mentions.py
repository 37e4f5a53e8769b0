from datetime import timedelta

import pytest

from connectors.base import Author
from monitor.store import Store
from monitor.store.mentions import CONVERSATION, Ingested
from responders.case import MentionId
from responders.verdict import RedFlag, Verdict
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, by, case, entry, ingest, post

LATER = NOW + timedelta(minutes=5)
DAY = timedelta(days=1)


def counts(store: Store) -> list[tuple[str, str, int, int, int]]:
    return [
        (count.topic, count.band, count.posts, count.angry, count.asks)
        for count in store.rollups.between(BRAND, NOW - DAY, NOW + DAY)
    ]


def test_a_page_is_stored_with_verdicts_counts_and_cursor(store: Store) -> None:
    judged = [(post(1), ANGRY), (post(2), CALM), (post(3), None)]

    new = store.mentions.ingest(BRAND, "x", judged, "cursor-1", NOW).new

    stored = [store.mentions.mention(number)[0] for number in new]
    assert [(found.mention, found.verdict) for found in stored] == judged
    assert store.mentions.mention(new[0])[1] == BRAND
    assert store.mentions.cursor(BRAND, "x") == "cursor-1"
    assert store.mentions.seen_at(BRAND, "x") == NOW
    assert counts(store) == [
        ("order_late", "negative", 1, 1, 1),
        ("praise", "positive", 1, 0, 0),
    ]


def test_every_field_of_a_post_is_kept(store: Store) -> None:
    full = post(
        1,
        author=Author(
            id="7",
            handle="bob",
            name="Bob 🦊",
            url="https://example.com/bob",
            followers=5_000_000_000,
            open_to_messages=True,
        ),
        url="https://example.com/1",
        in_reply_to="0",
        thread="0",
        parent_text="Hello!",
        language="de",
        addressed=True,
        replies_open=False,
        private=True,
        ours=True,
    )

    assert entry(store, full, None).mention == full


def test_a_page_that_comes_again_changes_nothing(store: Store) -> None:
    first = store.mentions.ingest(BRAND, "x", [(post(1), ANGRY)], "a", NOW)
    before = counts(store)

    again = store.mentions.ingest(
        BRAND, "x", [(post(1, text="edited"), CALM), (post(1), ANGRY)], "b", LATER
    )

    assert again == Ingested(new=())
    assert store.mentions.mention(first.new[0])[0].mention == post(1)
    assert counts(store) == before
    assert store.mentions.cursor(BRAND, "x") == "b"
    assert store.mentions.seen_at(BRAND, "x") == LATER


def test_a_post_twice_in_one_page_is_stored_and_counted_once(store: Store) -> None:
    new = ingest(store, post(1), post(1), post(2))

    assert len(new) == 2
    assert counts(store) == [("order_late", "negative", 2, 2, 2)]


def test_new_ids_come_in_the_order_of_the_page(store: Store) -> None:
    new = ingest(store, *(post(number) for number in (5, 3, 9)))

    assert [store.mentions.mention(found)[0].mention.id for found in new] == ["5", "3", "9"]


def test_the_same_id_on_another_platform_or_for_another_brand_is_another_post(
    store: Store,
) -> None:
    ingest(store, post(1))

    assert len(ingest(store, post(1, platform="reddit"))) == 1
    assert len(store.mentions.ingest("Other", "x", [(post(1), ANGRY)], None, NOW).new) == 1


def test_a_page_without_a_cursor_leaves_the_stored_one(store: Store) -> None:
    store.mentions.ingest(BRAND, "x", [], "a", NOW)

    store.mentions.ingest(BRAND, "x", [], None, LATER)

    assert store.mentions.cursor(BRAND, "x") == "a"
    assert store.mentions.sources(BRAND) == (("x", LATER),)


def test_a_conversation_is_no_source(store: Store) -> None:
    store.mentions.ingest(BRAND, f"{CONVERSATION}7", [(post(1), ANGRY)], None, NOW)

    assert store.mentions.sources(BRAND) == ()
    assert store.mentions.known(BRAND, "twitter", ["1"]) == {"1"}


def test_what_was_never_read_has_no_cursor(store: Store) -> None:
    assert store.mentions.cursor("Nobody", "x") is None
    assert store.mentions.seen_at(BRAND, "x") is None
    assert store.mentions.known("Nobody", "twitter", ["1"]) == set()


def test_known_posts_are_told_from_new_ones(store: Store) -> None:
    ingest(store, post(1), post(2), post("a\0b"))

    asked = ["1", "3", "a\0b", *(str(number) for number in range(10, 12_000))]

    assert store.mentions.known(BRAND, "twitter", asked) == {"1", "a\0b"}
    assert store.mentions.known(BRAND, "reddit", ["1"]) == set()


def test_a_time_without_a_zone_stores_nothing(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(ValueError, match="has no time zone"):
        ingest(store, post(1), post(2, created_at=naive))

    assert store.mentions.known(BRAND, "twitter", ["1", "2"]) == set()


def test_posts_without_a_verdict_wait_for_one(store: Store) -> None:
    new = ingest(store, post(1), post(2), verdict=None)
    ingest(store, post(3, ours=True), verdict=None)
    assert store.mentions.unjudged() == new
    assert store.mentions.unjudged(1) == new[:1]

    store.mentions.set_verdict(new[0], ANGRY, LATER)

    assert store.mentions.unjudged() == new[1:]
    assert store.mentions.mention(new[0])[0].verdict == ANGRY
    assert counts(store) == [("order_late", "negative", 1, 1, 1)]


def test_another_verdict_moves_the_count(store: Store) -> None:
    number = ingest(store, post(1))[0]

    store.mentions.set_verdict(number, CALM, LATER)

    assert counts(store) == [("praise", "positive", 1, 0, 0)]
    assert store.mentions.unfiled() == ()
    store.mentions.set_verdict(number, ANGRY, LATER)
    assert counts(store) == [("order_late", "negative", 1, 1, 1)]
    assert store.mentions.unfiled() == (number,)


def test_private_messages_and_our_own_are_stored_but_not_counted(store: Store) -> None:
    ingest(store, post(1, private=True), post(2, ours=True))

    assert store.mentions.known(BRAND, "twitter", ["1", "2"]) == {"1", "2"}
    assert counts(store) == []
    assert store.mentions.unfiled() == ()


def test_what_is_not_about_the_brand_is_kept_but_not_counted(store: Store) -> None:
    stranger = Verdict(angry=True, relevant=False, why=("not about Acme",))

    ingest(store, post(1), verdict=stranger)

    assert store.mentions.known(BRAND, "twitter", ["1"]) == {"1"}
    assert counts(store) == []
    assert store.mentions.unfiled() == ()


def test_posts_that_need_a_person_wait_for_a_case(store: Store) -> None:
    angry = ingest(store, post(1), post(2))
    ingest(store, post(3), verdict=CALM)
    flagged = ingest(store, post(4), verdict=Verdict(red_flags=(RedFlag.INJURY,)))
    assert store.mentions.unfiled() == (*angry, *flagged)
    assert store.mentions.unfiled(1) == angry[:1]

    store.cases.open(angry[0], NOW, None, 0)

    assert store.mentions.unfiled() == (angry[1], *flagged)


def test_a_post_is_found_by_the_platforms_id(store: Store) -> None:
    stored = entry(store, post(1))

    assert store.mentions.of_post(BRAND, "twitter", "1") == stored
    with pytest.raises(KeyError, match="reddit post 1 is not stored"):
        store.mentions.of_post(BRAND, "reddit", "1")


def test_an_unknown_mention_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError, match="no mention 9"):
        store.mentions.mention(MentionId(9))
    with pytest.raises(KeyError, match="no mention 9"):
        store.mentions.set_verdict(MentionId(9), CALM, NOW)


def test_a_post_in_a_case_knows_its_round_and_its_new_verdict_redraws_the_card(
    store: Store,
) -> None:
    opened = case(store, post(1))
    number = opened.entries[0].id

    store.mentions.set_verdict(number, CALM, LATER)
    calm = store.cases.get(opened.id)
    store.mentions.set_verdict(number, Verdict(red_flags=(RedFlag.LEGAL,)), LATER)

    flagged = store.cases.get(opened.id)
    assert store.mentions.mention(number)[0] == flagged.entries[0]
    assert (calm.verdict, calm.revision) == (CALM, opened.revision + 1)
    assert (flagged.red_flags, flagged.revision) == ((RedFlag.LEGAL,), opened.revision + 2)
    assert [line.note.what for line in store.audit.lines(opened.id)] == [
        "opened",
        "judged",
        "judged",
    ]
    assert store.mentions.unfiled() == ()


def test_a_red_flag_found_later_moves_its_case_to_the_front(store: Store) -> None:
    first = case(store, post(1, author=by("ann")))
    second = case(store, post(2, author=by("tom")))
    open_states = {first.state}
    assert store.cases.list(open_states) == (first.id, second.id)

    store.mentions.set_verdict(second.entries[0].id, Verdict(red_flags=(RedFlag.LEGAL,)), LATER)

    assert store.cases.list(open_states) == (second.id, first.id)


def test_a_brand_may_be_known_before_anything_is_stored(store: Store) -> None:
    store.ensure_brand("Ölwerk 🛢")
    store.ensure_brand("Ölwerk 🛢")

    assert store.tally("Ölwerk 🛢").cases == 0
