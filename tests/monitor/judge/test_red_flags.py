from collections.abc import Mapping

import pytest

from monitor.judge.flag_lessons import FLAG_ROUNDS, ROUNDS, Post
from monitor.judge.judge import Judge
from monitor.judge.language import LanguageGuesser
from monitor.judge.phrases import fold
from monitor.judge.red_flags import red_flags
from responders.verdict import RedFlag
from tests.benchmarks.bench_flags import (
    BLIND,
    LANGUAGES,
    Answer,
    answer,
    judged,
    read,
    share,
    written,
)

LISTEN = LanguageGuesser().listen
#: One post a flag and language that must never be missed.
MUST: Mapping[RedFlag, Mapping[str, str]] = {
    RedFlag.INJURY: {
        "en": "the glass shattered and cut my hand, I needed stitches",
        "de": "Habe mir an eurem Toaster die Finger verbrannt und war in der Notaufnahme",
        "fr": "La poignée a lâché, je me suis brûlée et j'ai fini aux urgences",
        "es": "La tetera explotó y me quemé la mano",
        "it": "Il bicchiere è esploso, sono finita al pronto soccorso",
        "pt": "A panela explodiu e eu me queimei",
        "nl": "De waterkoker gaf me een elektrische schok",
        "pl": "Czajnik poparzył mi rękę, byłam na pogotowiu",
        "cs": "Konvice vybuchla a popálila jsem si ruku",
        "uk": "Чайник вибухнув, маю опік руки",
        "ru": "Чайник взорвался, ожог руки",
        "zh": "水壶炸了,我的手被烫伤",
    },
    RedFlag.ALLERGY: {
        "en": "my wife had an allergic reaction to your spice mix",
        "de": "Schwere allergische Reaktion auf eure Seife",
        "fr": "J'ai fait une allergie à votre crème",
        "es": "Me dio alergia, tengo la cara hinchada",
        "it": "Reazione allergica dopo aver usato il sapone",
        "pt": "Tive uma reação alérgica ao creme",
        "nl": "Allergische reactie op jullie zeep",
        "pl": "Dostałam wysypki i uczulenia od tego kremu",
        "cs": "Po tom krému mám vyrážku a alergickou reakci",
        "uk": "Після крему алергія, набряк обличчя",
        "ru": "После крема аллергия и отёк лица",
        "zh": "用了你们的面霜过敏,脸都肿了",
    },
    RedFlag.CHILD: {
        "en": "a piece came off and my daughter almost choked",
        "de": "Mein Sohn hätte sich fast verletzt, das Teil war lose",
        "fr": "Mon fils a avalé une petite pièce du jouet",
        "es": "Mi hija casi se traga una pieza",
        "it": "Mio figlio ha ingoiato un pezzo del giocattolo",
        "pt": "Meu filho engoliu uma peça do brinquedo",
        "nl": "Mijn dochter slikte een onderdeel in",
        "pl": "Moja córka połknęła część zabawki",
        "cs": "Můj syn spolkl kousek té hračky",
        "uk": "Дитина проковтнула деталь іграшки",
        "ru": "Ребёнок проглотил деталь игрушки",
        "zh": "孩子差点把零件吞下去",
    },
    RedFlag.SELF_HARM: {
        "en": "I can't do this any more, I want to die",
        "de": "Ich will nicht mehr leben",
        "fr": "Je n'ai plus envie de vivre",
        "es": "Ya no quiero vivir",
        "it": "Voglio morire, non ce la faccio",
        "pt": "Não quero mais viver",
        "nl": "Ik wil niet meer leven",
        "pl": "Nie chce mi się żyć",
        "cs": "Už nechci žít",
        "uk": "Більше не хочу жити",
        "ru": "Больше не хочу жить",
        "zh": "我不想活了",
    },
    RedFlag.VIOLENCE: {
        "en": "I will burn your store down",
        "de": "Ich zünde euren Laden an",
        "fr": "Je vais mettre le feu à votre magasin",
        "es": "Voy a prender fuego a su tienda",
        "it": "Vi do fuoco al negozio",
        "pt": "Vou botar fogo na loja de vocês",
        "nl": "Ik steek jullie winkel in brand",
        "pl": "Podpalę wam sklep",
        "cs": "Podpálím vám prodejnu",
        "uk": "Я підпалю ваш магазин",
        "ru": "Я подожгу ваш магазин",
        "zh": "我要放火烧了你们的店",
    },
    RedFlag.LEGAL: {
        "en": "my lawyer will be in touch",
        "de": "Mein Anwalt meldet sich bei Ihnen",
        "fr": "Je vais porter plainte",
        "es": "Voy a poner una denuncia en consumo",
        "it": "Ho già parlato con il mio avvocato",
        "pt": "Vou ao Procon amanhã",
        "nl": "Ik schakel mijn advocaat in",
        "pl": "Sprawa trafi do UOKiK i do sądu",
        "cs": "Obracím se na ČOI a na svého právníka",
        "uk": "Звертаюся до суду та Держпродспоживслужби",
        "ru": "Пишу жалобу в Роспотребнадзор и иду в суд",
        "zh": "我要打12315投诉,还要找律师",
    },
    RedFlag.PRESS: {
        "en": "I'm a journalist and would like a comment",
        "de": "Presseanfrage: ich bitte um eine Stellungnahme",
        "fr": "Je suis journaliste et je prépare un article",
        "es": "Soy periodista y preparo un reportaje",
        "it": "Sono una giornalista e vorrei un commento",
        "pt": "Sou jornalista e preparo uma reportagem",
        "nl": "Ik ben journalist en zoek een reactie",
        "pl": "Jestem dziennikarką, proszę o komentarz",
        "cs": "Jsem novinář, prosím o vyjádření",
        "uk": "Я журналіст, прошу коментар",
        "ru": "Я журналист, прошу комментарий",
        "zh": "我是记者,想采访你们",
    },
    RedFlag.DATA_LEAK: {
        "en": "I can see another customer's address in my account",
        "de": "In meinem Konto sehe ich die Bestellungen anderer Kunden, ein Datenleck",
        "fr": "Fuite de données : je vois l'adresse d'un autre client",
        "es": "Veo los datos de otro cliente en mi cuenta",
        "it": "Nel mio account vedo i dati di un altro cliente",
        "pt": "Vejo os dados de outro cliente, isso é vazamento de dados",
        "nl": "Ik zie de gegevens van een andere klant, een datalek",
        "pl": "Widzę dane innego klienta, to wyciek danych",
        "cs": "Vidím údaje jiného zákazníka, únik dat",
        "uk": "Бачу чужі замовлення, витік даних",
        "ru": "Вижу чужие заказы в кабинете, утечка данных",
        "zh": "我看到了别人的订单,信息泄露",
    },
    RedFlag.DISCRIMINATION: {
        "en": "your guard was openly racist to my husband",
        "de": "Ihr Mitarbeiter war rassistisch zu meiner Frau",
        "fr": "Votre vigile a eu des propos racistes",
        "es": "El guardia hizo comentarios racistas",
        "it": "Il commesso è stato razzista con mia moglie",
        "pt": "O segurança foi racista comigo",
        "nl": "De bewaker was racistisch tegen mijn man",
        "pl": "Ochroniarz był rasistą wobec mojego męża",
        "cs": "Prodavač měl rasistické poznámky",
        "uk": "Охоронець поводився як расист",
        "ru": "Охранник вёл себя как расист",
        "zh": "店员歧视外地人",
    },
    RedFlag.RIGHTS_REQUEST: {
        "en": "I hereby withdraw from the contract",
        "de": "Hiermit widerrufe ich den Kaufvertrag",
        "fr": "Je me rétracte de mon achat",
        "es": "Ejerzo mi derecho de desistimiento",
        "it": "Esercito il diritto di recesso",
        "pt": "Quero exercer o direito de arrependimento",
        "nl": "Ik herroep de koop",
        "pl": "Odstępuję od umowy",
        "cs": "Odstupuji od smlouvy",
        "uk": "Відмовляюся від договору",
        "ru": "Отказываюсь от договора",
        "zh": "我要求七天无理由退货",
    },
}
#: The rounds that the lists were mended with, each in the languages that it was written in.
MENDED = [(name, language) for name in (*ROUNDS, *FLAG_ROUNDS) for language in written(name)]
CASES = [(flag, language, text) for flag, texts in MUST.items() for language, text in texts.items()]

ALSO = [
    (RedFlag.RIGHTS_REQUEST, "delete all my data, please"),
    (RedFlag.RIGHTS_REQUEST, "I started a chargeback today"),
    (RedFlag.RIGHTS_REQUEST, "it is still under warranty"),
    (RedFlag.RIGHTS_REQUEST, "Bitte löschen Sie mein Konto und alle Daten"),
    (RedFlag.RIGHTS_REQUEST, "Smažte prosím všechny moje údaje"),
    (RedFlag.RIGHTS_REQUEST, "Uplatňuji reklamaci, zboží je v záruce"),
    (RedFlag.RIGHTS_REQUEST, "Proszę usunąć moje konto i dane"),
    (RedFlag.RIGHTS_REQUEST, "Удалите мои персональные данные"),
    (RedFlag.RIGHTS_REQUEST, "请注销我的账号"),
    (RedFlag.RIGHTS_REQUEST, "odstupuji od smlouvy, prosim o vraceni penez"),
    (RedFlag.INJURY, "the kettle gave me an electric shock"),
    (RedFlag.LEGAL, "I'll see you in court"),
    (RedFlag.CHILD, "my 3 year old son got hurt"),
    (RedFlag.RIGHTS_REQUEST, "they refuse to repair it although it has a guarantee"),
    (RedFlag.LEGAL, "expect a lawsuit"),
    (RedFlag.LEGAL, "I will file a lawsuit against you"),
    (RedFlag.LEGAL, "called the police on your driver"),
    (RedFlag.LEGAL, "Das geht jetzt zur Polizei"),
    (RedFlag.LEGAL, "Ich erstatte Anzeige gegen euch"),
    (RedFlag.PRESS, "I am taking this to the newspapers"),
    (RedFlag.PRESS, "Damit gehe ich an die Zeitung"),
    (RedFlag.DATA_LEAK, "you leaked the addresses of your customers"),
    (RedFlag.DATA_LEAK, "somebody logged into my account"),
    (RedFlag.VIOLENCE, "I will punch your driver in the face"),
    (RedFlag.INJURY, "the blade hurt my hand"),
    (RedFlag.CHILD, "I'm 14 and I bought this with my mum's card"),
]

HARMLESS = [
    ("en", "so sad that the blue one is gone"),
    ("en", "to add insult to injury, the lid was missing"),
    ("en", "bless you for the quick delivery"),
    ("en", "saw it in the media section"),
    ("en", "my order is three weeks late, where is it?"),
    ("en", "love the colour, it goes with my kitchen"),
    ("en", "my mother works at a hospital and loves your mugs"),
    ("en", "the old kettle hurt my feelings, the new one leaks"),
    ("en", "beating every rival on price, they took a shot at the market leader"),
    ("en", "logged into my account and the site crashed, slapped with a fee too"),
    ("en", "a lawsuit over the battery heads to court, says the paper"),
    ("en", "the screen died a week after the warranty ran out"),
    ("en", "out of warranty by two days and they want 200 to repair it"),
    ("en", "your update deleted all the music I had"),
    ("en", "the speech assistant ignored my accent again"),
    ("en", "missed my deadline because the parcel was late"),
    ("de", "Die Jacke ist zu groß, sonst schön"),
    ("de", "Die Hose ist gut geschnitten, aber das Regal will nicht halten"),
    ("de", "Mein Fernseher will nicht mehr, die Anzeige bleibt dunkel"),
    ("de", "Wiso kommt die Lampe zum Aufhängen nicht an?"),
    ("de", "Das Gericht war lecker, die Toten Hosen liefen dazu"),
    ("de", "Die Garantie ist leider schon abgelaufen, jetzt ist er kaputt"),
    ("de", "Wo bleibt mein Paket?"),
    ("fr", "Où est ma commande ?"),
    ("es", "¿Dónde está mi pedido?"),
    ("it", "Il pacco è in ritardo di una settimana"),
    ("it", "L'operatore non risponde, operazione non riuscita sul sistema operativo"),
    ("es", "La operación de pago no se completó"),
    ("fr", "Une opération commerciale sans intérêt, quelle résilience"),
    ("pt", "Cadê meu pedido?"),
    ("nl", "Mijn bestelling is te laat"),
    ("pl", "Paczka jest opóźniona o tydzień"),
    ("pl", "Operacja bankowa znów się nie udała"),
    ("cs", "Balík má týden zpoždění"),
    ("cs", "Nový operační systém je pomalý"),
    ("ru", "Операционная система тормозит"),
    ("uk", "Посилка запізнюється на тиждень"),
    ("ru", "Посылка опаздывает на неделю"),
    ("zh", "快递晚了一个星期"),
]


def test_every_flag_is_tried_in_every_language() -> None:
    assert [written(name) for name in ROUNDS] == [LANGUAGES, LANGUAGES]
    assert set(MUST) == set(RedFlag)
    assert all(len(texts) == 12 for texts in MUST.values())


@pytest.mark.parametrize(("flag", "language", "text"), CASES)
def test_a_red_flag_is_raised(flag: RedFlag, language: str, text: str) -> None:
    assert flag in red_flags(fold(text), language)[0]


@pytest.mark.parametrize(("flag", "text"), ALSO)
def test_other_words_for_the_same_are_known(flag: RedFlag, text: str) -> None:
    assert flag in red_flags(fold(text), "und")[0]


@pytest.mark.parametrize(("flag", "language", "text"), CASES)
def test_a_wrong_guess_of_the_language_hides_no_flag(
    flag: RedFlag, language: str, text: str
) -> None:
    assert flag in red_flags(fold(text), "und")[0]


@pytest.mark.parametrize(("language", "text"), HARMLESS)
def test_ordinary_posts_raise_none(language: str, text: str) -> None:
    guess = LISTEN(text)

    assert red_flags(fold(text), language, guess.spoken)[0] == ()


@pytest.mark.parametrize(("flag", "language", "text"), CASES)
def test_a_flag_is_raised_in_the_languages_that_are_heard(
    flag: RedFlag, language: str, text: str
) -> None:
    guess = LISTEN(text)

    assert flag in red_flags(fold(text), guess.language, guess.spoken)[0]


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        (RedFlag.INJURY, "I ordered a kettle from you last week. Ich habe mir die Hand verbrannt!"),
        (RedFlag.LEGAL, "Das Paket kam wieder nicht an, my lawyer will write to you."),
        (RedFlag.CHILD, "Very disappointed by this toy, moje córka połknęła część zabawki"),
    ],
)
def test_a_flag_in_a_second_language_is_heard(flag: RedFlag, text: str) -> None:
    guess = LISTEN(text)

    assert flag in red_flags(fold(text), guess.language, guess.spoken)[0]


@pytest.mark.parametrize(
    "text",
    [
        "Every update of yours is a massacre of my playlists, thank you for nothing",
        "We could not even get a turkey on baseball night, thank you for nothing",
        "Das wird schon klappen, hoffe ich, aber das Paket ist noch nicht da",
    ],
)
def test_another_languages_words_raise_no_flag_where_the_language_is_sure(text: str) -> None:
    guess = LISTEN(text)

    assert red_flags(fold(text), guess.language, guess.spoken)[0] == ()
    assert red_flags(fold(text), "und")[0] != ()


def test_flags_come_in_the_order_of_the_enum_with_their_words() -> None:
    flags, hits = red_flags(fold("my lawyer says the burns on my hand are serious"), "en")

    assert flags == (RedFlag.INJURY, RedFlag.LEGAL)
    assert {hit.group: hit.words for hit in hits}["legal"] == "my lawyer"


def of(name: str, language: str, *, flagged: bool) -> list[Answer]:
    """Our own posts of one round and language, as they were answered: see flags/README.md."""
    posts = [
        post for post in read(name, language) if post.about != "asks" and post.wanted is flagged
    ]
    return answer(posts, LISTEN)


@pytest.mark.parametrize(("name", "language"), MENDED)
def test_of_our_own_posts_nine_in_ten_raise_their_flag(name: str, language: str) -> None:
    answers = of(name, language, flagged=True)

    assert {one.post.about for one in answers} == {flag.value for flag in RedFlag}
    assert share(answers) >= 0.9


@pytest.mark.parametrize(("name", "language"), MENDED)
def test_of_our_own_harmless_posts_one_in_ten_at_most_raises_any(name: str, language: str) -> None:
    assert share(of(name, language, flagged=False), right=False) <= 0.1


def test_of_posts_that_nothing_learnt_from_the_whole_judge_hears_half() -> None:
    posts = [post for language in written(BLIND) for post in read(BLIND, language)]
    flagged = [post for post in posts if post.wanted]
    harmless = [post for post in posts if not post.wanted]
    judge = Judge()

    assert share(judged(flagged, judge)) >= 0.5
    assert share(answer(flagged, LISTEN)) < share(judged(flagged, judge))
    assert share(judged(harmless, judge), right=False) <= 0.1


@pytest.mark.parametrize(
    ("flag", "together", "first", "second"),
    [
        (RedFlag.CHILD, "a splinter got into my son", "my son loves it", "a splinter in the lid"),
        (
            RedFlag.DATA_LEAK,
            "an invoice of a complete stranger",
            "the invoice is fine",
            "a stranger liked my scarf",
        ),
        (
            RedFlag.DISCRIMINATION,
            "they laughed at my accent",
            "the colour is a nice accent",
            "we laughed at the film",
        ),
        (
            RedFlag.RIGHTS_REQUEST,
            "repair it, there is a guarantee",
            "a five year guarantee, nice",
            "you can repair it easily",
        ),
    ],
)
def test_two_harmless_things_raise_a_flag_together(
    flag: RedFlag, together: str, first: str, second: str
) -> None:
    flags, hits = red_flags(fold(together), "en")

    assert flag in flags
    assert " + " in {hit.group: hit.words for hit in hits}[flag.value]
    assert red_flags(fold(first), "en")[0] == ()
    assert red_flags(fold(second), "en")[0] == ()


def test_an_injury_of_a_child_needs_no_other_word_of_danger() -> None:
    flags, _ = red_flags(fold("our toddler needed stitches"), "en")

    assert flags == (RedFlag.INJURY, RedFlag.CHILD)


def test_a_false_alarm_and_a_miss_are_both_told_from_a_right_answer() -> None:
    def one(about: str, wanted: bool, *found: str) -> Answer:
        post = Post(text="", language="en", about=about, wanted=wanted)
        return Answer(post=post, found=frozenset(found))

    assert one("legal", True, "legal", "press").right
    assert not one("legal", True, "press").right
    assert one("", False, "asks").right
    assert not one("", False, "legal").right
    assert one("asks", False).right
    assert not one("asks", False, "asks").right
