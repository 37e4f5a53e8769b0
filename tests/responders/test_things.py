"""The things that posts are about: known in every language, named back in our own words."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.base import Route
from responders.draft import Half
from responders.playbooks import THING, PlaybookError, Review, load, sheet
from responders.playbooks.proof import doubts
from responders.policy import Brand
from responders.things import KINDS, OURS, Things, load_things
from responders.verdict import NO_MATTER, Topic, Verdict
from responders.voice import OURS as VOICES
from responders.wording import form, placeholders
from tests.responders.given import first_look, team
from tests.responders.test_suggest import ability, case, draft, mention, weighted

BOOKS = load()
THINGS = load_things()
EACH = pytest.mark.parametrize("language", sorted(BOOKS.voices))
#: Heard by the judge, and nothing that is known by a name.
ANGRY = Verdict(language="en", angry=True, complaint=0.9, matters=((NO_MATTER, 0.9),))
ABOUT = tuple(matter for matter in BOOKS.matters if matter.things)

#: language, post, the thing that it names
NAMED = (
    ("en", "my printer eats paper for breakfast", "printer"),
    ("en", "Can someone fix the website, I'm trying to book a table", "website"),
    ("en", "the bushes in front of your business", None),
    ("en", "five burritos and no sauce", "burrito"),
    ("en", "Still no internet, and the app says all is fine", "internet"),
    ("de", "Der Drucker druckt wieder nicht", "printer"),
    ("de", "Mein neues Sofa wackelt", "sofa"),
    ("de", "Eure App stürzt dauernd ab", "app"),
    ("fr", "Mon imprimante ne marche plus", "printer"),
    ("fr", "ma valise est restée à Lyon", "luggage"),
    ("fr", "votre appli plante sans arrêt", "app"),
    ("es", "La impresora no imprime nada", "printer"),
    ("es", "otra vez sin internet", "internet"),
    ("es", "la pizza llegó fría", "pizza"),
    ("it", "La stampante non stampa", "printer"),
    ("it", "il divano è arrivato macchiato", "sofa"),
    ("it", "il volo è in ritardo di tre ore", "flight"),
    ("pt", "A impressora não imprime", "printer"),
    ("pt", "o meu voo foi cancelado outra vez", "flight"),
    ("pt", "sapatos com a sola descolada", "shoes"),
    ("nl", "Mijn printer doet het niet", "printer"),
    ("nl", "de schoenen zijn na een week kapot", "shoes"),
    ("nl", "alweer geen internet", "internet"),
    ("pl", "Drukarka znowu nie działa", "printer"),
    ("pl", "buty rozkleiły się po tygodniu", "shoes"),
    ("pl", "znowu nie ma internetu", "internet"),
    ("cs", "Tiskárna zase netiskne", "printer"),
    ("cs", "boty se po týdnu rozlepily", "shoes"),
    ("cs", "Aplikace padá pořád dokola", "app"),
    ("uk", "Принтер знову не друкує", "printer"),
    ("uk", "знову немає інтернету", "internet"),
    ("uk", "взуття розклеїлося за тиждень", "shoes"),
    ("ru", "Принтер опять не печатает", "printer"),
    ("ru", "ботинки расклеились через неделю", "shoes"),
    ("ru", "опять нет интернета", "internet"),
    ("zh", "打印机又坏了", "printer"),
    ("zh", "你们的应用总是闪退", "app"),
    ("zh", "新买的鞋子一周就开胶了", "shoes"),
)


@pytest.mark.parametrize(("language", "post", "thing"), NAMED)
def test_a_thing_is_heard_by_the_words_of_its_language(
    language: str, post: str, thing: str | None
) -> None:
    assert next(THINGS[language].named(post), None) == thing


def test_every_language_knows_the_same_things_in_the_same_order() -> None:
    assert set(THINGS) == set(BOOKS.voices)
    for things in THINGS.values():
        assert list(things.by_name) == list(THINGS["en"].by_name), things.language


@EACH
def test_a_thing_is_said_in_words_of_its_own(language: str) -> None:
    said = [thing.said for thing in THINGS[language].by_name.values()]

    assert all(words == words.strip() and "your" not in words for words in said)
    assert len(set(said)) >= len(said) - 6  # of two that are heard, one word may say both


def test_every_kind_of_thing_has_words_and_a_question_of_its_own() -> None:
    for kind in KINDS:
        general = {"vague", "unclear", "question"}
        heard = {one for matter in ABOUT if kind in matter.things for one in matter.instead}
        assert general <= heard, kind


@EACH
def test_no_thing_makes_a_text_that_the_guard_would_stop_or_that_is_too_long(
    language: str,
) -> None:
    voice = BOOKS.voices[language]
    for thing in THINGS[language].by_name.values():
        for matter in ABOUT:
            if thing.kind not in matter.things:
                continue
            for half in Half:
                for text in matter.texts.get((language, half), ()):
                    said = form(text.words, familiar=False).replace("{thing}", thing.said)
                    found = first_look(said, half, language)
                    assert found == (), (matter.name, said)
                    if half is Half.PUBLIC:
                        parts = (said, voice.we_write[0], voice.safety[0], "Katharina")
                        whole = " ".join(form(part, familiar=False) for part in parts)
                        assert weighted(whole) <= 280, (weighted(whole), whole)


@EACH
def test_a_draft_names_the_thing_in_both_halves_and_in_english_beside_them(language: str) -> None:
    post = next(text for lang, text, thing in NAMED if lang == language and thing == "printer")
    seen = replace(ANGRY, language=language, topic=Topic.VAGUE)

    it = draft(case(seen, mention(post)))

    said = THINGS[language].by_name["printer"].said
    assert said in (it.public or "") or said in (it.private or "")
    english = THINGS["en"].by_name["printer"].said
    assert english in f"{it.public_english} {it.private_english}"
    assert "{" not in f"{it.public} {it.private} {it.public_english} {it.private_english}"
    assert it.findings == ()


@pytest.mark.parametrize(
    ("topic", "text", "words"),
    [
        (Topic.WEBSITE, "the printer again", "printer"),
        (Topic.WEBSITE, "the flight search again", "search"),
        (Topic.ORDER_LATE, "where is my sofa", "sofa"),
        (Topic.QUESTION, "how do I change my booking", "booking"),
        (Topic.REFUND_MISSING, "where is the money for the shoes", "money"),
        (Topic.CARRIER, "the driver drove me to the wrong airport", "ride"),
        (None, "so sorry for your loss, internet", "internet"),
    ],
)
def test_the_situation_decides_which_words_name_the_thing(
    topic: Topic | None, text: str, words: str
) -> None:
    seen = replace(ANGRY, topic=topic)

    assert words in (draft(case(seen, mention(text))).public or "").lower()


@pytest.mark.parametrize(
    ("language", "text", "playbook"),
    [
        ("en", "I want to cancel this order, it has shipped already", "cancel_after_shipping"),
        ("de", "Ich will stornieren, obwohl es schon unterwegs ist", "cancel_after_shipping"),
        ("fr", "je veux annuler ma commande", "cancel_after_shipping"),
        ("es", "quiero cancelar el pedido", "cancel_after_shipping"),
        ("pl", "chcę anulować zamówienie", "cancel_after_shipping"),
        ("cs", "chci zrušit objednávku", "cancel_after_shipping"),
        ("ru", "хочу отменить заказ", "cancel_after_shipping"),
        ("zh", "我要取消订单", "cancel_after_shipping"),
        ("en", "you made me pay to change the delivery date and came anyway", "vague"),
    ],
)
def test_only_who_wants_out_hears_of_cancelling(language: str, text: str, playbook: str) -> None:
    seen = replace(ANGRY, language=language, topic=Topic.CANCEL_AFTER_SHIPPING)

    assert draft(case(seen, mention(text))).playbook == playbook


def test_who_tells_at_length_is_not_asked_what_happened() -> None:
    seen = replace(ANGRY, topic=Topic.VAGUE)
    told = BOOKS.known_matter("told")
    assert told is not None

    long = draft(case(seen, mention("seven times you said it would be fine and it never was")))
    short = draft(case(seen, mention("@nordlicht never again https://t.example/x")))

    assert any(text.words in (long.public or "") for text in told.texts["en", Half.PUBLIC])
    assert not any(text.words in (short.public or "") for text in told.texts["en", Half.PUBLIC])


def test_names_of_accounts_and_links_name_no_thing() -> None:
    assert BOOKS.about("@PrinterHelp https://printer.example/app", "en", "vague") is None
    assert BOOKS.about("the printer", "sv", "vague") is None
    assert BOOKS.about("the printer", "en", "praise") is None


def test_a_team_names_its_own_things_before_ours(tmp_path: Path) -> None:
    own = (
        'sprocket = { said = "with the sprocket", hear = ["sprocket*"], kind = "device" }\n'
        'printer = { said = "with the Inkmaster", hear = ["inkmaster"] }\n'
        'widget = { said = "with the widget", hear = ["widget*"] }\n'
    )
    things = load(team(tmp_path, things_en=own)).things["en"]

    assert list(things.named("the printer app and the sprockets")) == ["sprocket", "app"]
    assert things.by_name["sprocket"].kind == "device"
    assert things.by_name["printer"].said == "with the Inkmaster"
    assert things.by_name["printer"].kind == "device"
    assert things.by_name["widget"].kind == "goods"
    assert list(things.named("our sofa")) == ["sofa"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("printer = 3", r"en\.toml: thing printer: found 3; write said = "),
        ('printer = { said = "x" }', "thing printer: found"),
        ('p = { said = 1, hear = ["x"] }', "thing p, key said: found 1; a text in quotes"),
        ('p = { said = "{name}", hear = ["x"] }', r"key said: unknown placeholder \{name\}"),
        ('p = { said = "x", hear = [] }', "key hear: found"),
        ('p = { said = "x", hear = ["(a"] }', "key hear: phrase .* not closed"),
        ('p = { said = "x", hear = ["x"], kind = "gadget" }', "key kind: found 'gadget'; allowed"),
        ("p = ", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PlaybookError, match=told):
        load(team(tmp_path, things_en=text))


def test_a_kind_that_does_not_exist_is_refused_in_a_matter(tmp_path: Path) -> None:
    text = 'title = "x"\nplaybook = "vague"\nthings = ["gadget"]\n[en]\npublic = ["Sorry."]\n'

    with pytest.raises(PlaybookError, match="key things: found 'gadget'; allowed: device"):
        load(team(tmp_path, matters_odd=text))


def test_only_texts_about_things_may_hold_the_place_for_one(tmp_path: Path) -> None:
    text = 'title = "x"\nplaybook = "vague"\n[en]\npublic = ["Sorry {thing}."]\n'

    with pytest.raises(PlaybookError, match=r"unknown placeholder \{thing\}"):
        load(team(tmp_path, matters_odd=text))
    assert all(
        placeholders(text.words) <= {THING, "brand"}
        for matter in ABOUT
        for texts in matter.texts.values()
        for text in texts
    )


def test_the_lists_lie_beside_their_kinds() -> None:
    assert {path.stem for path in OURS.glob("??.toml")} == set(THINGS)
    assert isinstance(THINGS["en"], Things)


def test_where_the_words_fall_back_to_english_so_does_the_thing(tmp_path: Path) -> None:
    voice = (VOICES / "de.toml").read_text(encoding="utf-8")
    printer = 'printer = { said = "med skrivaren", hear = ["skrivare*"] }\n'
    team(tmp_path, voices_sv=voice, things_sv=printer)
    seen = replace(ANGRY, language="sv", topic=Topic.VAGUE)

    it = draft(case(seen, mention("min skrivare igen")), books=load(tmp_path))

    assert it.language == "en"
    assert "with the printer" in (it.public or "")
    assert "skrivaren" not in f"{it.public} {it.private}"


@pytest.mark.parametrize(
    ("matter", "told"),
    [
        ('things = ["goods"]\ninstead = ["vague"]\n[en]\nhear = ["x"]\n', "key hear: of no use"),
        ('things = ["goods"]\n[en]\n', "key instead: goes with things"),
        ('instead = ["vague"]\n[en]\n', "key instead: goes with things"),
        ('things = ["goods"]\ninstead = ["vag"]\n[en]\n', "found 'vag'; did you mean vague"),
        ('things = ["goods"]\ninstead = ["qqq"]\n[en]\n', "found 'qqq'; no playbook or matter"),
    ],
)
def test_a_matter_that_names_things_says_where_and_hears_nothing_itself(
    tmp_path: Path, matter: str, told: str
) -> None:
    text = f'title = "x"\nplaybook = "vague"\n{matter}public = ["Sorry."]\n'

    with pytest.raises(PlaybookError, match=told):
        load(team(tmp_path, matters_odd=text))


def test_a_thing_that_english_does_not_know_is_named_as_it_is(tmp_path: Path) -> None:
    own = 'raclette = { said = "mit dem Raclette", hear = ["raclette*"] }\n'
    seen = replace(ANGRY, language="de", topic=Topic.VAGUE)

    books = load(team(tmp_path, things_de=own))
    it = draft(case(seen, mention("das Raclette wieder")), books=books)

    assert "mit dem Raclette" in f"{it.public} {it.private}"
    assert 'with "raclette"' in f"{it.public_english} {it.private_english}"


@pytest.mark.parametrize(
    "said", ["with **it**", "with the [x|y]", "with it.", "with @acme", "a\nb"]
)
def test_a_thing_is_said_in_plain_words(tmp_path: Path, said: str) -> None:
    own = f"p = {{ said = {json.dumps(said)}, hear = ['x'] }}\n"

    with pytest.raises(PlaybookError, match="key said: found"):
        load(team(tmp_path, things_en=own))


def test_a_list_whose_name_is_no_language_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="named 'pt_BR'; a language such as en is needed"):
        load(team(tmp_path, things_pt_BR=""))


def test_every_text_can_be_signed_off_and_read_by_the_check() -> None:
    rows = [
        replace(row, review=Review(by="Uta", on=date(2026, 11, 20)))
        for row in sheet.rows(BOOKS)
        if row.language in ("en", "zh")
    ]

    signed = sheet.applied(BOOKS, rows)

    for matter in signed.matters:
        assert all(text.review for text in matter.texts["en", Half.PUBLIC]), matter.name
    money = BOOKS.known_matter("about_money")
    assert money is not None
    own = replace(money, texts={key: money.texts[key] for key in (("en", Half.PUBLIC),)})
    books, ours = (replace(BOOKS, playbooks=(), matters=them) for them in ((own,), ()))
    assert list(doubts(books, ours, Brand(name="Nordlicht"))) == []


#: language, a post in which somebody tells of a death
DEATHS = (
    ("en", "My husband died and you keep charging his account"),
    ("en", "I lost my baby and your emails keep congratulating me"),
    ("en", "The flowers for my mother's funeral never came, great service"),
    ("de", "Meine Mutter ist gestorben und ihr schickt ihr weiter Rechnungen"),
    ("fr", "J'ai raté l'enterrement à cause de votre vol"),
    ("cs", "Moje máma zemřela a vy jí dál posíláte faktury"),
    ("pl", "Moja mama zmarła a wy dalej przysyłacie faktury"),
    ("es", "Mi madre falleció y siguen cobrando su cuenta"),
    ("it", "Mio padre è morto e continuate a mandargli le bollette"),
    ("pt", "O meu pai faleceu e continuam a cobrar"),
    ("nl", "Mijn moeder is overleden en jullie sturen nog steeds rekeningen"),
    ("uk", "Ви далі надсилаєте рахунки, хоча моя мама померла"),
    ("ru", "Вы всё присылаете счета, хотя моя мама умерла"),
    ("zh", "我妈妈去世了 你们还在扣费"),
)


@pytest.mark.parametrize("route", [Route.API, Route.CLOSED])
@pytest.mark.parametrize(("language", "post"), DEATHS)
def test_beside_a_death_nothing_else_counts(language: str, post: str, route: Route) -> None:
    mourning = BOOKS.known_matter("mourning")
    assert mourning is not None
    seen = Verdict(
        language=language,
        angry=True,
        complaint=0.9,
        compound=0.8,  # "great", "congratulating": no thanks for that
        topic=Topic.PRAISE,
        matters=(("bill", 0.99),),
    )

    it = draft(case(seen, mention(post)), way=ability(route))

    said = it.public or ""
    words = [text.words for text in mourning.texts[language, Half.PUBLIC]]
    assert any(form(text, familiar=False) in said for text in words), said
    voice = BOOKS.voices[language]
    assert not any(form(line, familiar=False) in said for line in voice.safety)
    asked = any(form(line, familiar=False) in said for line in voice.write_to_us)
    assert asked is (route is Route.CLOSED)
    assert "?" not in said.replace("?", "", asked)
    assert it.findings == ()
    assert it.credit is None


@pytest.mark.parametrize(
    "post",
    [
        "my phone died again",
        "RIP my battery",
        "this app is dead to me",
        "dying to get my order, lol",
        "you are killing me with these prices",
    ],
)
def test_a_figure_of_speech_is_no_death(post: str) -> None:
    assert not BOOKS.names("mourning", post, "en")
