import pytest

from monitor.judge.embedding import ENCODED, Encoder
from monitor.judge.language import LanguageGuesser
from monitor.judge.phrases import fold
from monitor.judge.topic import topic
from responders.verdict import Topic

COMPLAINTS = [
    ("my order still hasn't arrived after 3 weeks", Topic.ORDER_LATE),
    ("flight delayed again, sitting on the tarmac", Topic.ORDER_LATE),
    ("Wo bleibt mein Paket, seit Wochen nichts", Topic.ORDER_LATE),
    ("třetí týden bez balíku", Topic.ORDER_LATE),
    ("等了三个星期还没收到", Topic.ORDER_LATE),
    ("the mug arrived broken, cracked and chipped", Topic.DAMAGED),
    ("Konvice přišla rozbitá", Topic.DAMAGED),
    ("czajnik przestał działać", Topic.DAMAGED),
    ("you sent me the wrong size", Topic.WRONG_ITEM),
    ("falsche Farbe geliefert", Topic.WRONG_ITEM),
    ("прислали не тот размер", Topic.WRONG_ITEM),
    ("you lost my bag, no luggage for two days", Topic.MISSING_ITEM),
    ("die Hälfte der Bestellung fehlt", Topic.MISSING_ITEM),
    ("il manque trois assiettes", Topic.MISSING_ITEM),
    ("not as described, poor quality, very disappointed", Topic.NOT_AS_EXPECTED),
    ("mala calidad, nada que ver con la foto", Topic.NOT_AS_EXPECTED),
    ("you charged me twice", Topic.CHARGED_WRONGLY),
    ("doppelt abgebucht", Topic.CHARGED_WRONGLY),
    ("still no refund, give me my money back", Topic.REFUND_MISSING),
    ("ridatemi i soldi, niente rimborso", Topic.REFUND_MISSING),
    ("поверніть гроші", Topic.REFUND_MISSING),
    ("I cancelled and you shipped it anyway", Topic.CANCEL_AFTER_SHIPPING),
    ("the driver left my parcel with a neighbour", Topic.CARRIER),
    ("kurier w ogóle nie zadzwonił", Topic.CARRIER),
    ("two hours on hold and the agent was rude", Topic.BAD_SERVICE),
    ("klantenservice reageert niet", Topic.BAD_SERVICE),
    ("the app crashes at checkout", Topic.WEBSITE),
    ("o aplicativo trava e não consigo fazer login", Topic.WEBSITE),
    ("you promised it by Friday and you lied to me", Topic.PROMISE_BROKEN),
]


#: What is meant without any of the words on the lists.
MEANT = [
    ("sat in the station for ninety minutes because no driver turned up", Topic.ORDER_LATE),
    ("the left earbud has been dead since yesterday", Topic.DAMAGED),
    ("nobody picks up the phone, four operators and no help", Topic.BAD_SERVICE),
]
ENCODER = Encoder()


@pytest.mark.parametrize(("text", "expected"), COMPLAINTS)
def test_the_words_of_a_complaint_name_its_topic(text: str, expected: Topic) -> None:
    language = LanguageGuesser().guess(text)
    vector = ENCODER.encode_all([text])[0] if language in ENCODED else None

    found, hits = topic(fold(text), language, angry=True, praises=False, asks=False, vector=vector)

    assert found == expected
    assert hits
    assert all(hit.group == expected for hit in hits)


@pytest.mark.parametrize(("text", "expected"), MEANT)
def test_a_topic_is_found_by_what_is_meant(text: str, expected: Topic) -> None:
    vector = ENCODER.encode_all([text])[0]

    found, _ = topic(fold(text), "en", angry=True, praises=False, asks=False, vector=vector)

    assert found == expected


def test_anger_without_a_reason_is_vague() -> None:
    text = "worst company ever, never again"
    vector = ENCODER.encode_all([text])[0]

    assert topic(text, "en", angry=True, praises=False, asks=False, vector=vector)[0] == "vague"


@pytest.mark.parametrize("text", ["hm", "well, that was a day"])
def test_what_says_too_little_has_no_topic(text: str) -> None:
    assert topic(text, "en", angry=True, praises=False, asks=False)[0] is None


def test_praise_is_praise_unless_it_is_angry() -> None:
    text = "great customer service, an hour on hold"

    assert topic(text, "en", angry=False, praises=True, asks=False)[0] == "praise"
    assert topic(text, "en", angry=True, praises=True, asks=False)[0] == "bad_service"


def test_a_question_without_a_subject_is_a_question() -> None:
    assert topic("which one is nicer", "en", angry=False, praises=False, asks=True)[0] == "question"


def test_a_question_about_an_order_is_about_the_order() -> None:
    found = topic("where is my order", "en", angry=False, praises=False, asks=True)[0]

    assert found == Topic.ORDER_LATE


@pytest.mark.parametrize("text", ["good morning", "the broken hill mine opened in 1885"])
def test_calm_posts_that_ask_nothing_have_no_topic(text: str) -> None:
    assert topic(text, "en", angry=False, praises=False, asks=False)[0] is None
