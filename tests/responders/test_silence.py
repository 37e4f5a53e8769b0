"""When to say nothing, or only thanks."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.base import Author, Mention
from responders.case import Case, CaseId, Entry, MentionId
from responders.policy import Brand
from responders.silence import Answer, consider
from responders.verdict import Topic, Verdict

BRAND = Brand(name="Nordlicht", terms=("nordlicht", "@nordlicht"), exclude=("aurora",))
AT = datetime(2026, 11, 2, tzinfo=UTC)
CALM = Verdict(language="en", complaint=0.04)
ANGRY = Verdict(language="en", complaint=0.9, angry=True, compound=-0.6)
GLAD = Verdict(language="en", complaint=0.02, compound=0.8)


def post(text: str, handle: str = "anna_b", name: str = "Anna") -> Mention:
    return Mention(
        platform="twitter",
        id="1",
        author=Author(id="7", handle=handle, name=name),
        text=text,
        created_at=AT,
    )


def case(mention: Mention, verdict: Verdict, *others: Mention) -> Case:
    entries = [Entry(id=MentionId(1), mention=mention, verdict=verdict)]
    entries += [Entry(id=MentionId(2 + i), mention=other) for i, other in enumerate(others)]
    return Case(id=CaseId(1), brand="nordlicht", opened_at=AT, entries=tuple(entries))


def answer(mention: Mention, verdict: Verdict, *others: Mention) -> Answer:
    advice = consider(case(mention, verdict, *others), brand=BRAND)
    assert (advice.answer is Answer.REPLY) is (advice.reason == "")
    assert 0 < advice.confidence <= 1
    return advice.answer


@pytest.mark.parametrize(
    "text",
    [
        "Nordlicht never answers. Day nine.",
        "haha great job losing my parcel @nordlicht 😂",
        "Read this before you buy at Nordlicht: https://blog.example/x I want my money",
    ],
)
def test_anger_is_answered(text: str) -> None:
    assert answer(post(text), ANGRY) is Answer.REPLY


def test_a_question_is_answered() -> None:
    asking = replace(CALM, asks=True)

    assert answer(post("Do you ship to Malta?"), asking) is Answer.REPLY


def test_praise_is_thanked_and_never_apologised_to() -> None:
    assert answer(post("Love my new lamp!"), GLAD) is Answer.THANK
    assert answer(post("Great lamp"), replace(CALM, topic=Topic.PRAISE)) is Answer.THANK


@pytest.mark.parametrize(
    ("mention", "verdict"),
    [
        (post("We are hiring", handle="Nordlicht"), ANGRY),
        (post("Saw the aurora, what a Nordlicht"), ANGRY),
        (post("Nordlicht sucks", handle="shop_bot"), ANGRY),
        (post("Update: Nordlicht has sorted it, parcel arrived"), ANGRY),
        (post("I work at Nordlicht and I hate mornings"), ANGRY),
        (post("Nordlicht opens a shop in Brno https://news.example/1"), CALM),
        (post("Nordlicht: profits fall", name="Evening Times"), CALM),
        (post("RT @someone: Nordlicht lamp"), CALM),
        (post("Giveaway! Follow me for a Nordlicht lamp"), CALM),
        (post("Giveaway! Love Nordlicht"), GLAD),
        (replace(post("They all sing"), in_reply_to="9"), CALM),
        (post("My lamp talks to my cat haha 😂 https://pic.example/1"), CALM),
        (post("Nordlicht Needs To Open A Shop In Brno https://news.example/1"), CALM),
        (post("RT @someone: Nordlicht opens in Brno, what a day"), CALM),
        (post("My cat thinks the Nordlicht lamp is a spaceship 😂"), GLAD),
        (post("My cat thinks the Nordlicht lamp is a spaceship lol"), CALM),
        (replace(post("They all do that"), in_reply_to="9"), CALM),
    ],
)
def test_nothing_is_said_where_nobody_waits_for_it(mention: Mention, verdict: Verdict) -> None:
    assert answer(mention, verdict) is Answer.NOTHING


def test_a_post_that_we_answered_is_not_answered_again() -> None:
    reply = replace(post("Sorry!"), id="2", ours=True, in_reply_to="1")

    assert answer(post("Nordlicht is slow"), ANGRY, reply) is Answer.NOTHING
    assert answer(post("Nordlicht is slow"), ANGRY, replace(reply, private=True)) is Answer.REPLY
    assert answer(post("Nordlicht is slow"), ANGRY, replace(reply, in_reply_to="8")) is Answer.REPLY


def test_a_headline_that_may_be_a_grievance_is_answered() -> None:
    grievance = replace(CALM, complaint=0.4)

    assert answer(post("Nordlicht leaves buyers waiting https://blog.example/1"), grievance) is (
        Answer.REPLY
    )


def test_kind_words_from_somebody_who_asks_are_answered() -> None:
    asking = replace(GLAD, asks=True)

    assert answer(post("Love it! Does it come in blue?"), asking) is Answer.REPLY


def test_kind_words_with_a_but_are_answered() -> None:
    seen = replace(GLAD, complaint=0.1)

    assert answer(post("Love the shop, but this is the third late parcel"), seen) is Answer.REPLY


def test_without_a_reason_to_be_silent_a_person_decides() -> None:
    assert answer(post("Nordlicht"), CALM) is Answer.REPLY
    assert answer(post("Mine came today https://pic.example/1"), CALM) is Answer.REPLY


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Nordlicht Fined Over Battery Claims Again https://news.example/1", ANGRY),
        ("Down 6% on heavy volume $NORD", ANGRY),
        ("sees its lamps pulled from shelves https://news.example/1 via @wire", ANGRY),
        (
            "Nordlicht Leaves Buyers Waiting Again https://blog.example/1",
            replace(CALM, compound=-0.4),
        ),
        ("Great lamp, but the switch is gone", GLAD),
    ],
)
def test_where_it_may_be_nothing_of_ours_we_ask(text: str, verdict: Verdict) -> None:
    assert answer(post(text), verdict) is Answer.ASK


@pytest.mark.parametrize(
    "text",
    [
        "Why Does Nordlicht Sell Broken Lamps https://pic.example/1 ?",
        "My Nordlicht Lamp Arrived Broken Today https://pic.example/1",
        "broken again https://pic.example/1",
        "NORDLICHT IS THE WORST SHOP EVER MADE",
    ],
)
def test_a_complaint_with_a_picture_or_in_capitals_is_no_headline(text: str) -> None:
    assert answer(post(text), ANGRY) is Answer.REPLY


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Love how well my lamp works, sure", replace(GLAD, complaint=0.1)),
        ("Fuuuuck yeah, a lamp like that", replace(GLAD, complaint=0.02)),
        ("Great lamp, please make the cable longer", GLAD),
        ("@nordlicht what the hell is this hahaha", CALM),
        ("My lamp laughs at me lol", replace(CALM, compound=-0.2)),
    ],
)
def test_where_kind_words_or_a_laugh_may_be_bitter_we_ask(text: str, verdict: Verdict) -> None:
    assert answer(post(text), verdict) is Answer.ASK


@pytest.mark.parametrize(
    "text",
    [
        "Thanks @nordlicht for an update that bricked my lamp",
        "Thaaaanks for ruining my evening",
        "Thank you for not sending my lamp lol",
        "Na toll, Lampe kaputt, danke Nordlicht",
        "Merci Nordlicht, ma lampe est en panne",
    ],
)
def test_thanks_for_a_mishap_are_anger_in_costume(text: str) -> None:
    assert answer(post(text), replace(GLAD, complaint=0.02)) is Answer.REPLY
    assert answer(post(text), replace(GLAD, complaint=0.1)) is Answer.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "Thanks @nordlicht for replacing the lamp that broke",
        "Danke, das Kabel war verschwunden und ist schon ersetzt",
        "Thank you, what a lovely lamp",
    ],
)
def test_thanks_for_a_repair_are_meant(text: str) -> None:
    assert answer(post(text), replace(GLAD, topic=Topic.PRAISE)) is Answer.THANK


@pytest.mark.parametrize("text", ["@hahamark explain the lamp", "Nordlicht lamp #hahaha"])
def test_a_name_or_a_hashtag_is_no_laughter(text: str) -> None:
    assert answer(post(text), CALM) is Answer.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "just need Nordlicht to come out with a longer cable https://pic.example/1",
        "Nordlicht, the switch needs a lot of work. Just opened mine https://pic.example/1",
        "RT @someone: dear nordlicht, learn to pack a lamp",
        "Liebe Leute, macht mal ein längeres Kabel daran https://pic.example/1",
    ],
)
def test_a_link_makes_no_news_of_somebody_who_speaks(text: str) -> None:
    assert answer(post(text), CALM) is Answer.REPLY


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("price of lamps rises again https://news.example/1", replace(ANGRY, complaint=0.3)),
        ("RT @someone: Nordlicht lamps in the dark", replace(ANGRY, complaint=0.4)),
        ("What a lamp that is", replace(ANGRY, complaint=0.3, compound=0.5)),
    ],
)
def test_doubtful_anger_in_news_or_kind_words_is_asked_about(text: str, verdict: Verdict) -> None:
    assert answer(post(text), verdict) is Answer.ASK
    assert answer(post(text), replace(verdict, complaint=0.9)) is Answer.REPLY
    assert answer(post(text), replace(verdict, asks=True)) is Answer.REPLY


@pytest.mark.parametrize(
    "text",
    ["What a lamp, but dark", "What a useless lamp", "Thanks for the lamp that broke"],
)
def test_doubtful_anger_with_a_sour_word_gets_its_apology(text: str) -> None:
    doubtful = replace(ANGRY, complaint=0.3, compound=0.5)

    assert answer(post(text), doubtful) is Answer.REPLY
