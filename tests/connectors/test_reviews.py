from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Author, Contact, Life, Mention, Route, TextLimit
from connectors.errors import Refused
from connectors.reviews import (
    Review,
    Said,
    Site,
    ability,
    check_length,
    conversation,
    found,
    lives,
    review_id,
    standing,
    written,
)

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
SITE = Site(
    name="Acme Reviews",
    account="acme",
    limit=TextLimit(maximum=10),
    link="https://desk.example",
)


def mention(id: str = "r1", text: str = "★☆☆☆☆ Never again", *, hours: int = 0) -> Mention:
    return Mention(
        platform="acme",
        id=id,
        author=Author(id="maria", handle="maria"),
        text=text,
        created_at=NOON + timedelta(hours=hours),
        url="https://acme.example/r1",
    )


def answered(text: str = "We are sorry.", *, hours: int = 1, now: Mention | None = None) -> Review:
    said = Said(id="s1", text=text, at=NOON + timedelta(hours=hours))
    return Review(mention=now or mention(), said=said)


@pytest.mark.parametrize(
    ("stars", "title", "body", "expected"),
    [
        (1, "Never again", "It broke.", "★☆☆☆☆ Never again\nIt broke."),
        (5, None, "Fine.", "★★★★★ Fine."),
        (3, " ", "  Fine. ", "★★★☆☆ Fine."),
        (0, "T", "B", "T\nB"),
        (6, "T", "", "T"),
        (True, "T", None, "T"),
        ("4", None, "B", "B"),
        (None, None, None, ""),
        (2, "", "", "★★☆☆☆"),
    ],
)
def test_a_review_reads_with_its_stars(
    stars: object, title: str | None, body: str | None, expected: str
) -> None:
    assert written(stars, title, body) == expected


def test_the_answer_and_the_changed_text_are_turns() -> None:
    now = mention(text="★☆☆☆☆ Still nothing", hours=2)

    ours, theirs = conversation(mention(), answered(now=now), "acme")

    assert (ours.id, ours.ours, ours.author.handle) == ("s1", True, "acme")
    assert (theirs.ours, theirs.author.handle, theirs.text) == (
        False,
        "maria",
        "★☆☆☆☆ Still nothing",
    )
    assert theirs.id.startswith("r1~")
    assert (theirs.thread, theirs.in_reply_to, review_id(theirs)) == ("r1", "r1", "r1")
    assert theirs.created_at == now.created_at


def test_a_changed_text_has_one_id_and_another_text_another_one() -> None:
    def turn(text: str) -> str:
        (one,) = conversation(mention(), Review(mention=mention(text=text)), "acme")
        return one.id

    assert turn("Still nothing") == turn("Still  nothing\n")
    assert turn("Still nothing") != turn("Something")


def test_a_change_without_a_time_of_its_own_comes_after_what_stands_there() -> None:
    now = mention(text="Changed", hours=0)

    ours, theirs = conversation(mention(), answered(now=now), "acme")

    assert theirs.created_at > ours.created_at
    assert theirs.replies_open


def test_where_nothing_was_said_since_there_is_no_conversation() -> None:
    assert conversation(mention(), Review(mention=mention()), "acme") == []
    later = mention(hours=5)
    assert conversation(later, answered(now=later), "acme") == []


def test_a_text_that_changed_or_went_is_told() -> None:
    def one(id: str) -> Review | None:
        return {"r1": Review(mention=mention()), "r2": Review(mention=mention("r2", "new"))}.get(id)

    asked = [mention(), mention("r2"), mention("r3")]

    assert lives(asked, [], one) == {"r1": Life.ALIVE, "r2": Life.EDITED, "r3": Life.GONE}


def test_many_reviews_are_looked_up_in_the_list_and_only_the_rest_one_by_one() -> None:
    asked = [mention(f"r{number}", hours=number) for number in range(10)]
    single: list[str] = []
    read: list[int] = []

    def pages() -> Iterator[Sequence[Review]]:
        for page in range(5):
            read.append(page)
            top = 12 - page * 4
            yield [
                Review(mention=mention(f"r{number}", hours=number))
                for number in range(top, top - 4, -1)
                if number != 7
            ]

    def one(id: str) -> Review | None:
        single.append(id)
        return None

    told = lives(asked, pages(), one)

    assert single == ["r7"]
    assert read == [0, 1, 2, 3]
    assert [one for one, life in told.items() if life is not Life.ALIVE] == ["r7"]
    assert len(told) == 10


def test_a_list_that_ends_early_leaves_the_rest_to_be_asked_for() -> None:
    asked = [mention(f"r{number}", hours=number) for number in range(5)]

    told = lives(asked, [[], [Review(mention=asked[4])]], lambda _: None)

    assert [one for one, life in told.items() if life is Life.ALIVE] == ["r4"]


def test_the_list_is_read_no_further_than_all_were_found() -> None:
    asked = [mention(f"r{number}", hours=number) for number in range(5)]

    def pages() -> Iterator[Sequence[Review]]:
        yield [Review(mention=each) for each in asked]
        raise AssertionError("one page was enough")

    assert set(lives(asked, pages(), lambda _: None).values()) == {Life.ALIVE}


def test_a_later_text_is_looked_up_by_its_review() -> None:
    turn = replace(mention("r1~abc", "Changed"), thread="r1")

    told = lives([turn], [], lambda name: Review(mention=mention(name, "Changed")))

    assert told == {"r1~abc": Life.ALIVE}


def test_an_answer_of_somebody_else_is_not_replaced() -> None:
    for hours in (0, 1):
        with pytest.raises(Refused) as caught:
            standing(mention(), answered("Call us.", hours=hours), "We are sorry.")

        assert caught.value.code == "answered"


def test_our_own_answer_is_not_put_there_twice() -> None:
    receipt = standing(mention(), answered(), "We are  sorry.")

    assert receipt is not None
    assert (receipt.id, receipt.url) == ("s1", "https://acme.example/r1")


def test_an_answer_that_the_customer_has_seen_may_be_replaced() -> None:
    assert standing(mention(hours=2), answered(), "We are on it.") is None
    assert standing(mention(), Review(mention=mention()), "We are on it.") is None


def test_what_is_gone_is_not_answered() -> None:
    with pytest.raises(Refused) as caught:
        standing(mention(), None, "We are sorry.")

    assert caught.value.code == "gone"


def test_an_answer_is_found_by_its_text() -> None:
    assert found(answered(), "We are sorry.") is not None
    assert found(answered(), "We are very sorry.") is None
    assert found(Review(mention=mention()), "We are sorry.") is None
    assert found(None, "We are sorry.") is None


def test_a_text_that_is_too_long_is_refused_by_its_length() -> None:
    check_length("x" * 10, SITE)

    with pytest.raises(Refused, match="11 characters; Acme Reviews takes 10") as caught:
        check_length("x" * 11, SITE)

    assert caught.value.code == "too_long"


def test_the_first_answer_goes_through_the_api_and_nothing_in_private() -> None:
    told = ability(mention(), Contact(), SITE)

    assert told.public.route is Route.API
    assert (told.public.account, told.public.limit.maximum) == ("acme", 10)
    assert told.private.route is Route.NONE
    assert "Acme Reviews" in told.private.reason


@pytest.mark.parametrize(
    ("one", "contact"),
    [(mention(), Contact(replies=1)), (replace(mention(), replies_open=False), Contact())],
)
def test_an_answer_that_would_replace_another_is_a_persons_to_make(
    one: Mention, contact: Contact
) -> None:
    way = ability(one, contact, SITE).public

    assert way.route is Route.BY_HAND
    assert "replace" in way.reason
    assert way.link("We are sorry.") == "https://desk.example"


@pytest.mark.parametrize("one", [replace(mention(), ours=True), replace(mention(), private=True)])
def test_what_is_no_review_of_theirs_is_not_answered(one: Mention) -> None:
    way = ability(one, Contact(), replace(SITE, account="")).public

    assert way.route is Route.NONE
    assert way.link("x") is None
    assert way.account is None
