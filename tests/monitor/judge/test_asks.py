import pytest

from monitor.judge.asks import asks
from monitor.judge.flag_lessons import ROUNDS
from monitor.judge.language import Guess
from tests.benchmarks.bench_flags import LANGUAGES, answer, read, share


@pytest.mark.parametrize(
    "text",
    [
        "where is my bag?",
        "where is my bag",
        "please help, nobody answers",
        "Can someone tell me how to return this",
        "Wo bleibt mein Paket",
        "Könnt ihr mir bitte helfen",
        "Où est mon colis",
        "¿Dónde está mi pedido?",
        "Qualcuno mi può aiutare",
        "Alguém pode me ajudar",
        "Kan iemand mij helpen",
        "Kiedy dostanę paczkę",
        "Kdy mi to doručíte",
        "Підкажіть, коли буде",
        "Подскажите, где заказ",
        "请问什么时候发货",
        "什么时候到\uff1f",
    ],
)
def test_who_wants_an_answer_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "my mug is lovely",
        "see https://shop.example/item?id=3&x=1",
        "Das war ein schöner Tag",
        "Paczka dotarła",
        "很漂亮",
    ],
)
def test_who_wants_none_does_not(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('my boss asked "where is the report?" so I bought your planner', "en"),
        ("Seriously? Broken again, and that was the third one.", "en"),
        ("How lovely is this mug!", "en"),
        ("When it came, it was broken", "en"),
        ("Wann sie kommt, ist uns gleich, wir haben Zeit", "de"),
    ],
)
def test_quoted_and_rhetorical_questions_want_no_answer(text: str, language: str) -> None:
    assert not asks(text, language=language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('"where is my bag?"', "en"),
        ("Seriously, where is my bag?", "en"),
        ("Broken. How do we send it back", "en"),
        ("@nordlicht wann kommt mein Sofa", "de"),
        ("Seriously? And who on earth pays me for the second one that broke so soon?", "en"),
    ],
)
def test_a_question_in_an_unusual_dress_is_one(text: str, language: str) -> None:
    assert asks(text, language=language)


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_our_own_posts_nine_in_ten_questions_are_heard(name: str, language: str) -> None:
    posts = [post for post in read(name, language) if post.about == "asks" and post.wanted]

    assert share(answer(posts, lambda text: Guess(language=language))) >= 0.9


@pytest.mark.parametrize("name", ROUNDS)
def test_of_our_own_posts_few_that_ask_nothing_are_taken_for_questions(name: str) -> None:
    posts = [
        post
        for language in LANGUAGES
        for post in read(name, language)
        if post.about == "asks" and not post.wanted
    ]

    assert share(answer(posts, lambda text: Guess(language="und")), right=False) <= 0.2
