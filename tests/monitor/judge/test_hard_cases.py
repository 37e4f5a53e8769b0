"""The shipped model and rules on texts that neither was trained on nor tuned for by number."""

import json
from collections.abc import Sequence
from importlib.resources import files

import pytest

from monitor.judge import Judge
from responders.verdict import Topic, Verdict

JUDGE = Judge()


def judge(text: str) -> Verdict:
    return JUDGE.judge(text)


ANGRY: Sequence[tuple[str, str]] = [
    ("nothing negative in it", "My order still hasn't arrived after 3 weeks"),
    ("nothing negative in it", "third week and no parcel"),
    ("nothing negative in it", "Fourth email sent, zero replies. Is anybody there?"),
    ("sarcasm", "Oh great, another broken mug. Love it."),
    ("sarcasm", "Well done, Nordlicht, you managed to lose it twice."),
    ("sarcasm", "thanks for ruining my mother's birthday"),
    ("vague", "this company bites"),
    ("emoji only", "😡😡😡"),
    ("emoji only", "🤬👎"),
    ("shouting", "WHERE IS MY REFUND"),
    ("mixed languages", "Ich so: where is my parcel? Vier Wochen, Leute, still nothing"),
    ("classic", "The pan is a disappointment, I want my money back"),
    ("classic", "I cancelled within five minutes and you shipped it anyway"),
    ("de", "Seit vier Wochen keine Antwort und kein Geld"),
    ("de", "Der Schaffner war unverschämt und der Zug kam gar nicht erst"),
    ("fr", "Six semaines d'attente et toujours aucune réponse"),
    ("fr", "La théière est arrivée cassée, personne ne répond"),
    ("es", "Llegó roto y nadie contesta, qué vergüenza"),
    ("es", "Dos meses esperando el reembolso"),
    ("it", "Arrivato rotto e l'assistenza non risponde"),
    ("it", "Da un mese aspetto il rimborso, vergogna"),
    ("pt", "Chegou quebrado e ninguém responde"),
    ("pt", "Faz um mês que espero o reembolso, absurdo"),
    ("nl", "Kapot aangekomen en niemand reageert"),
    ("nl", "Al een maand wachten op mijn geld, schandalig"),
    ("pl", "Przyszło rozbite i nikt nie odpisuje"),
    ("pl", "Od miesiąca czekam na zwrot pieniędzy, wstyd"),
    ("cs", "Přišlo to rozbité a nikdo neodpovídá"),
    ("cs", "Už měsíc čekám na peníze, ostuda"),
    ("uk", "Прийшло розбите, ніхто не відповідає"),
    ("uk", "Місяць чекаю на повернення грошей, ганьба"),
    ("ru", "Пришло разбитое, никто не отвечает"),
    ("ru", "Месяц жду возврата денег, позор"),
    ("zh", "收到就碎了,客服也不理人"),
    ("zh", "等了一个月还没退款,太过分了"),
]

CALM: Sequence[tuple[str, str]] = [
    ("rough praise", "This fucking mug is amazing"),
    ("rough praise", "holy shit, best pan I have ever owned"),
    ("praise after trouble", "It came chipped, but they sent a new one the next day, all sorted"),
    ("question", "Does the lid go in the dishwasher?"),
    ("question", "what time do you open on Sunday"),
    ("news", "Nordlicht reports third quarter revenue up 8 percent"),
    ("news", "Nordlicht opens its first store in Rotterdam"),
    ("job", "We are hiring! Join Nordlicht as a store manager"),
    ("spam", "70% OFF everything, use code WIN70 https://deals.example.net"),
    ("chat", "just got my Nordlicht kettle, tea time"),
    ("idiom", "I'm dying, that ad is hilarious"),
    ("emoji only", "😍🎉"),
    ("says nothing", "hi"),
    ("says nothing", "👍"),
    ("says nothing", "?"),
    ("de", "Vielen Dank, alles super gelaufen"),
    ("de", "Gibt es die Kanne auch in Blau?"),
    ("fr", "Livraison rapide, produit parfait, merci"),
    ("fr", "Vous ouvrez à quelle heure dimanche ?"),
    ("es", "Todo perfecto, llegó antes de tiempo, gracias"),
    ("es", "¿Tienen envíos a Canarias?"),
    ("it", "Tutto perfetto, spedizione velocissima, grazie"),
    ("it", "Spedite anche in Sardegna?"),
    ("pt", "Tudo perfeito, chegou antes do prazo, obrigada"),
    ("pt", "Vocês entregam nos Açores?"),
    ("nl", "Helemaal top, snel geleverd, bedankt"),
    ("nl", "Hoe laat zijn jullie zondag open?"),
    ("pl", "Wszystko super, szybka dostawa, dziękuję"),
    ("pl", "Czy wysyłacie na Litwę?"),
    ("cs", "Vše v pořádku, rychlé dodání, děkuji"),
    ("cs", "V kolik otvíráte v neděli?"),
    ("uk", "Чудова якість, швидка доставка, дякую"),
    ("uk", "Коли відкриваєтесь після свят?"),
    ("ru", "Всё отлично, быстрая доставка, спасибо"),
    ("ru", "Когда открываетесь после праздников?"),
    ("zh", "很满意,送货很快,谢谢"),
    ("zh", "周日几点开门"),
]


@pytest.mark.parametrize(("kind", "text"), ANGRY)
def test_a_complaint_is_flagged(kind: str, text: str) -> None:
    assert judge(text).angry, (kind, judge(text))


@pytest.mark.parametrize(("kind", "text"), CALM)
def test_what_is_none_is_not(kind: str, text: str) -> None:
    assert not judge(text).angry, (kind, judge(text))


def test_a_complaint_about_another_brand_scores_lower_than_one_about_us() -> None:
    ours = judge("Nordlicht's service is a disgrace, eight weeks for a spare part")
    theirs = judge(
        "Fjellheim's service is a disgrace, eight weeks for a spare part,"
        " should have bought Nordlicht instead"
    )

    assert theirs.complaint < ours.complaint


def test_a_quote_is_not_its_readers_own_anger() -> None:
    assert not judge("> you are thieves and liars, worst shop ever\nI like their mugs").angry


def test_a_calm_question_asks_and_is_not_angry() -> None:
    verdict = judge("Is the Aurora kettle safe for induction?")

    assert verdict.asks
    assert not verdict.angry


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("My order still hasn't arrived after 3 weeks", Topic.ORDER_LATE),
        ("Oh great, another broken mug. Love it.", Topic.DAMAGED),
        ("this company bites", Topic.VAGUE),
        ("the best shop ever, thank you", Topic.PRAISE),
        ("Kde je moje objednávka?", Topic.ORDER_LATE),
    ],
)
def test_verdicts_name_a_topic(text: str, topic: Topic) -> None:
    assert judge(text).topic == topic


def test_the_reasons_name_the_rule_and_the_words() -> None:
    why = judge("Oh great, another broken mug. Love it.").why

    assert why[0] == "irony: oh great"
    assert 1 < len(why) <= 6
    assert len(set(why)) == len(why)


def test_a_red_flag_leads_the_reasons() -> None:
    assert judge("my lawyer will call you about the burns on my hand").why[0].startswith("injury:")


def test_many_posts_are_judged_as_one_by_one() -> None:
    texts = [text for _, text in (*ANGRY, *CALM)] + ["", "  "]

    together = JUDGE.judge_all(texts)

    for verdict, text in zip(together, texts, strict=True):
        alone = judge(text)
        assert verdict.angry == alone.angry
        assert verdict.complaint == pytest.approx(alone.complaint, abs=2e-3)
        assert (verdict.language, verdict.topic, verdict.red_flags) == (
            alone.language,
            alone.topic,
            alone.red_flags,
        )


def test_hints_are_given_one_a_text() -> None:
    first, second = JUDGE.judge_all(["ok", "ok"], hints=["cs", None])

    assert (first.language, second.language) == ("cs", "und")


def test_a_blank_text_leaves_no_evidence() -> None:
    assert JUDGE.traces(["  "]) == [None]


#: Which sample posts nobody need answer; all others are complaints, threats or legal requests.
NOBODY_NEEDED = frozenset(
    (
        "tw-1003", "rd-1005", "ms-1010", "bs-1014", "yt-1015", "tw-1016", "tw-1017",
        "tw-1018", "tp-1024", "rd-1025", "tw-1026", "tp-1035", "tw-1036", "bs-1042",
        "tw-1044", "yt-1046", "ms-1047", "rd-1050", "rd-2005", "bs-2006", "tp-3002",
        "yt-3005", "gp-4003", "bs-5003", "gp-6003", "ms-7003", "bs-8004", "gp-9005",
        "bs-10003", "tp-11002", "gp-12003",
    )
)  # fmt: skip


def test_the_sample_posts_are_told_apart() -> None:
    lines = files("connectors").joinpath("samples.jsonl").read_text(encoding="utf-8").splitlines()
    posts = [json.loads(line) for line in lines]

    verdicts = JUDGE.judge_all([post["text"] for post in posts])

    wrong = [
        post["id"]
        for post, verdict in zip(posts, verdicts, strict=True)
        if verdict.needs_person == (post["id"] in NOBODY_NEEDED)
    ]
    assert len(wrong) <= 10, wrong
