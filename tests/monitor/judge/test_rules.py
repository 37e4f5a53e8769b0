import pytest

from monitor.judge.phrases import fold
from monitor.judge.rules import Ruling, apply_rules


def rule(text: str, language: str = "en") -> Ruling:
    return apply_rules(text, fold(text), language)


def test_a_grievance_needs_no_negative_word() -> None:
    ruling = rule("third week and no parcel")

    assert ruling.weight > 0.4
    assert ruling.grievances > 0
    assert any(reason.startswith("complaint:") for reason in ruling.why)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Oh great, another broken mug. Love it.", "en"),
        ("well done, three weeks for a letter", "en"),
        ("Na super, schon wieder Verspätung", "de"),
        ("Bravo, colis arrivé en morceaux", "fr"),
        ("Qué maravilla, dos horas de retraso", "es"),
        ("Complimenti, pacco arrivato rotto", "it"),
        ("Parabéns, chegou quebrado", "pt"),
        ("Lekker bezig, alweer storing", "nl"),
        ("No super, paczka przyszła rozbita", "pl"),
        ("No paráda, přišla prázdná krabice", "cs"),
        ("Браво, чайник розбитий", "uk"),
        ("Браво, сервиз вдребезги", "ru"),
        ("真棒,杯子又碎了", "zh"),
    ],
)
def test_praise_over_a_bad_event_is_irony(text: str, language: str) -> None:
    ruling = rule(text, language)

    assert ruling.ironic
    assert ruling.weight > 0.5
    assert not ruling.praises
    assert ruling.why[0].startswith("irony:")


def test_praise_without_a_bad_event_is_praise() -> None:
    ruling = rule("well done, I love my mug")

    assert not ruling.ironic
    assert ruling.praises
    assert ruling.weight < 0


def test_rough_words_may_praise() -> None:
    assert rule("fucking love this mug").praises


def test_news_and_adverts_weigh_less() -> None:
    assert rule("Nordlicht opens its first store, according to a press release").weight < -0.3


def test_an_advert_with_a_link_weighs_least() -> None:
    text = "70% off everything, use code WIN https://deals.example"

    assert rule(text).weight < rule(text.replace("https://deals.example", "")).weight
    assert "reads like an advert" in rule(text).why


def test_a_complaint_about_another_company_weighs_less() -> None:
    assert rule("their service is a disgrace, should have bought yours instead").weight < 0


def test_what_was_put_right_weighs_less() -> None:
    assert rule("it came broken, but they sent a new one the next day, all sorted").weight < 0


def test_angry_signs_count_twice_at_most() -> None:
    assert rule("😡").weight < rule("😡😡").weight == rule("😡😡😡😡").weight
    assert rule("😍").weight < 0
    assert "😡" in rule("😡😡").why


def test_shouting_counts_beside_a_grievance_only() -> None:
    assert "shouting" in rule("WHERE IS MY REFUND").why
    assert "shouting" not in rule("I LOVE THIS MUG SO MUCH").why
    assert "shouting" not in rule("no reply").why
    assert "shouting" not in rule("STILL no reply after all these weeks").why


def test_nothing_said_nothing_moved() -> None:
    assert rule("the train leaves at nine") == Ruling(weight=0.0)


def test_a_headline_with_a_link_weighs_less_than_the_same_words_of_ones_own() -> None:
    headline = "Nordlicht Faces Lawsuit Over Broken Kettles https://news.example/1"

    assert rule(headline).weight < -1
    assert "reads like a headline" in rule(headline).why
    assert rule(headline.replace("https://news.example/1", "")).weight > rule(headline).weight


def test_passing_on_a_link_without_a_word_of_ones_own_weighs_less() -> None:
    found = rule("kettle maker blames bad weather for slow quarter https://news.example/2")

    assert found.weight < 0
    assert "passes on a link" in found.why


@pytest.mark.parametrize(
    "text",
    [
        "my kettle looks like this now https://pic.example/1",
        "no reply, third week https://pic.example/2",
        "Kettle Of The Year 😡 https://pic.example/3",
        "so it goes https://pic.example/4",
        "Nordlicht Faces Lawsuit Over Broken Kettles",
    ],
)
def test_who_speaks_of_oneself_or_complains_does_not_pass_on_news(text: str) -> None:
    assert not {"reads like a headline", "passes on a link"} & set(rule(text).why)
