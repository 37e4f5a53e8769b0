import pytest

from monitor.judge.asks import asks


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
