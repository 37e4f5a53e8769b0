"""What posts name: heard in every language, answered in fitting words, never against a fact."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Route
from responders.draft import Half
from responders.playbooks import THING, PlaybookError, load, sheet
from responders.used import Used
from responders.verdict import Topic, Verdict
from responders.wording import form, placeholders
from tests.responders.given import first_look, team
from tests.responders.test_suggest import BRAND, ability, case, draft, mention, weighted

BOOKS = load()
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")
EACH = pytest.mark.parametrize("language", LANGUAGES)
ANGRY = Verdict(language="en", angry=True, complaint=0.9)


def named(words: str, language: str) -> str:
    """The text with a long thing in it, where it holds a place for one."""
    thing = max((one.said for one in BOOKS.things[language].by_name.values()), key=len)
    return words.replace("{thing}", thing)


#: language, post, the matter that it names
HEARD = (
    ("en", "Tracking says delivered but there is nothing here", "said_delivered"),
    ("en", "You sent the wrong size AGAIN", "wrong_one"),
    ("en", "four weeks and still no refund", "refund"),
    ("de", "Warte seit Wochen auf meine Erstattung", "refund"),
    ("de", "Schon wieder die falsche Größe", "wrong_one"),
    ("de", "Angeblich zugestellt, hier ist nichts", "said_delivered"),
    ("en", "My battery is dead by noon, every day", "battery"),
    ("en", "phone went from 78% to 21% in a minute", "battery"),
    ("en", "Another cable broke after two weeks", "charger"),
    ("en", "It came with a cracked screen", "screen"),
    ("en", "Everything is worse since the update", "update"),
    ("en", "The app crashes whenever I open it", "crash"),
    ("en", "I can't log in to my account", "login"),
    ("en", "all my photos are gone", "lost_data"),
    ("en", "no wifi again", "connection"),
    ("en", "My messages won't send", "sending"),
    ("en", "so slow I could cry", "slow"),
    ("en", "no storage left on this thing", "storage"),
    ("en", "On hold for forty minutes", "on_hold"),
    ("en", "Nobody answers my mails", "no_answer"),
    ("en", "Half an hour in line at the store, with an appointment", "queue"),
    ("en", "Your staff was so rude to me", "staff"),
    ("en", "My flight is delayed again", "flight_delay"),
    ("en", "Two hours on the tarmac and nobody says a word", "flight_delay"),
    ("de", "Der Zug hat schon wieder Verspätung", "flight_delay"),
    ("fr", "Encore un train en retard", "flight_delay"),
    ("cs", "Vlak má zase zpoždění", "flight_delay"),
    ("pl", "Pociąg znowu opóźniony", "flight_delay"),
    ("en", "You cancelled my flight by text at night", "flight_cancelled"),
    ("de", "Flug gestrichen, niemand am Schalter", "flight_cancelled"),
    ("cs", "Let zrušený a nikdo nic neví", "flight_cancelled"),
    ("en", "My flight was late and I missed my connection", "missed_connection"),
    ("de", "Anschluss verpasst, und jetzt?", "missed_connection"),
    ("fr", "J'ai raté ma correspondance", "missed_connection"),
    ("en", "Overbooked, so they left us behind", "overbooked"),
    ("de", "Der Flug war überbucht", "overbooked"),
    ("en", "no legroom at all, my knees are in my ears", "seat"),
    ("de", "Der Zug ist völlig überfüllt", "seat"),
    ("cs", "Přecpaný vlak, nedá se dýchat", "seat"),
    ("en", "You broke the wheel off my suitcase", "bag_damaged"),
    ("de", "Der Koffer kam kaputt an", "bag_damaged"),
    ("fr", "Ma valise est revenue cassée", "bag_damaged"),
    ("en", "Two hours in the security line", "checkin"),
    ("pl", "Kolejka do odprawy bez końca", "checkin"),
    ("en", "Took a day off and the technician never came", "no_show"),
    ("de", "Der Techniker ist wieder nicht gekommen", "no_show"),
    ("cs", "Technik nepřijel, celý den čekání", "no_show"),
    ("en", "He threw the parcel over the fence", "careless_delivery"),
    ("de", "Nicht geklingelt, Zettel im Kasten", "careless_delivery"),
    ("fr", "Le livreur a jeté le colis devant la porte", "careless_delivery"),
    ("en", "mouldy bread, two days after I got it", "food"),
    ("de", "Die Pizza war kalt", "food"),
    ("cs", "Studená pizza po hodině čekání", "food"),
    ("en", "half built, and two screws are missing", "parts_missing"),
    ("de", "Zwei Schrauben fehlen", "parts_missing"),
    ("cs", "V krabici chybí šrouby", "parts_missing"),
    ("en", "We missed our best friend's wedding because of you", "event_ruined"),
    ("de", "Ihr habt uns den Urlaub ruiniert, der Urlaub ist versaut", "event_ruined"),
    ("fr", "On a raté le mariage de ma sœur", "event_ruined"),
    ("cs", "Kvůli vám jsme zmeškali svatbu", "event_ruined"),
    ("en", "You lost my suitcase", "baggage"),
    ("en", "the promo code is not accepted", "voucher"),
    ("en", "stop sending me your newsletter", "mailing"),
    ("en", "Sold out again?!", "stock"),
    ("en", "What a rip-off", "price"),
    ("en", "your website sucks", "app"),
    ("en", "autocorrect drives me mad", "keyboard"),
    ("en", "why isn't there a dark mode", "wish"),
    ("en", "bring the old layout back", "changed"),
    ("en", "It stopped working yesterday", "broken"),
    ("en", "what is my phone doing", "device"),
    ("en", "The quality is a disgrace", "quality"),
    ("en", "I'm done with you", "leaving"),
    ("en", "you suck", "insult"),
    ("en", "the checkout fails at the last step", "checkout"),
    ("de", "Zahlung fehlgeschlagen, schon wieder", "checkout"),
    ("de", "Der Akku ist schon mittags leer", "battery"),
    ("de", "Komme nicht in mein Konto, Passwort geht nicht", "login"),
    ("de", "Seit einer Stunde in der Warteschleife", "on_hold"),
    ("de", "Keine Antwort auf meine Mails", "no_answer"),
    ("de", "Das Display ist gesprungen", "screen"),
    ("de", "Viel zu teuer geworden", "price"),
    ("fr", "La batterie est vide à midi", "battery"),
    ("fr", "Personne ne répond jamais", "no_answer"),
    ("fr", "L'application plante sans arrêt", "crash"),
    ("es", "La batería no dura nada", "battery"),
    ("es", "Nadie contesta", "no_answer"),
    ("it", "La batteria è scarica", "battery"),
    ("it", "Nessuno risponde", "no_answer"),
    ("pt", "A bateria acaba logo", "battery"),
    ("pt", "Ninguém responde", "no_answer"),
    ("nl", "De batterij is zo leeg", "battery"),
    ("nl", "Niemand reageert", "no_answer"),
    ("pl", "Bateria pada po godzinie", "battery"),
    ("pl", "Nikt nie odpowiada", "no_answer"),
    ("cs", "Baterie nevydrží ani den", "battery"),
    ("cs", "Nikdo neodpovídá", "no_answer"),
    ("uk", "Батарея сідає за годину", "battery"),
    ("uk", "Ніхто не відповідає", "no_answer"),
    ("ru", "Батарея садится за час", "battery"),
    ("ru", "Никто не отвечает", "no_answer"),
    ("zh", "电池一小时就没电", "battery"),
    ("zh", "没人回我的邮件", "no_answer"),
    ("en", "My bill has doubled, what is this", "bill"),
    ("de", "Die Rechnung ist viel zu hoch", "bill"),
    ("cs", "Vyúčtování je zase nesmyslné", "bill"),
    ("en", "You charged me twice", "double_charge"),
    ("de", "Der Betrag wurde doppelt abgebucht", "double_charge"),
    ("fr", "J'ai été débité deux fois", "double_charge"),
    ("pl", "Pobrano mi opłatę dwa razy", "double_charge"),
    ("en", "My account got hacked", "account_blocked"),
    ("de", "Mein Konto wurde gesperrt", "account_blocked"),
    ("cs", "Můj účet je zablokovaný", "account_blocked"),
    ("en", "servers down again", "outage"),
    ("de", "Netzausfall seit heute früh", "outage"),
    ("pl", "Serwery znowu leżą", "outage"),
    ("en", "four shows, all of them buffering", "streaming"),
    ("de", "Der Stream ruckelt nur noch", "streaming"),
    ("fr", "L'image saute sans cesse", "streaming"),
    ("en", "I want to talk to a human", "chatbot"),
    ("de", "Immer nur Textbausteine", "chatbot"),
    ("fr", "Toujours une réponse automatique", "chatbot"),
    ("cs", "Odpovídá mi jenom robot", "chatbot"),
    ("en", "My miles have expired, just like that", "policy_unfair"),
    ("de", "Meine Meilen sind einfach verfallen", "policy_unfair"),
    ("pl", "Punkty przepadły z dnia na dzień", "policy_unfair"),
    ("en", "bots bought all of them, as usual", "bots"),
    ("fr", "Les bots ont tout raflé", "bots"),
    ("cs", "Boti všechno skoupili", "bots"),
    ("en", "You substituted my cat food with charcoal", "substitution"),
    ("de", "Statt Hafermilch wurde Sahne geliefert", "substitution"),
    ("cs", "Místo kávy přišel čaj", "substitution"),
    ("en", "Eight months of trying to end this subscription", "subscription"),
    ("de", "Das Abo hat sich einfach verlängert", "subscription"),
    ("fr", "Impossible de résilier mon abonnement", "subscription"),
    ("pl", "Nie da się anulować tej subskrypcji", "subscription"),
    ("en", "It died three days after the warranty", "warranty"),
    ("de", "Garantie abgelehnt, ohne Begründung", "warranty"),
    ("cs", "Záruka prý neplatí", "warranty"),
    ("en", "your new advert is tasteless", "opinion"),
    ("de", "Eure Werbung ist geschmacklos", "opinion"),
    ("fr", "Votre pub est sexiste", "opinion"),
)


@pytest.mark.parametrize(("language", "post", "name"), HEARD)
def test_what_a_post_names_is_heard(language: str, post: str, name: str) -> None:
    found = BOOKS.matter(post, language, None)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("language", "post"),
    [
        ("en", "hello"),
        ("en", "I ordered a lamp last week"),
        ("en", "see https://shop.example/battery/screen"),
        ("de", "Guten Morgen zusammen"),
        ("xx", "battery"),
    ],
)
def test_where_nothing_is_named_nothing_is_heard(language: str, post: str) -> None:
    assert BOOKS.matter(post, language, None) is None


def test_a_matter_never_speaks_against_what_the_judge_is_sure_of() -> None:
    post = "my money is somewhere between us, and the battery is bad"

    assert BOOKS.matter(post, "en", None) is not None
    assert BOOKS.matter(post, "en", Topic.REFUND_MISSING) is None


#: Chosen by how a post sounds, not by its words.
UNHEARD = {"unclear", "told"}


def test_every_matter_that_names_something_is_heard_in_every_language() -> None:
    for matter in BOOKS.matters:
        named = matter.name not in UNHEARD and not matter.things
        for language in LANGUAGES:
            assert bool(matter.hears.get(language)) is named, (matter.name, language)


@EACH
def test_every_text_has_the_english_beside_it_and_holds_no_blank(language: str) -> None:
    for matter in BOOKS.matters:
        for half in Half:
            texts = matter.texts.get((language, half), ())  # without, the playbook's are said
            english = matter.texts.get(("en", half), ())
            assert bool(texts) is bool(english)
            assert len(texts) >= 2 or half is Half.PRIVATE
            assert len({text.words for text in texts}) == len(texts)
            for text in texts:
                assert text.english is not None
                wanted = {THING} if matter.things else set()
                assert placeholders(text.words) == placeholders(text.english) <= wanted


@pytest.mark.parametrize("familiar", [False, True], ids=["formal", "familiar"])
@EACH
def test_every_text_is_clean_in_the_guards_eyes(language: str, familiar: bool) -> None:
    for matter in BOOKS.matters:
        for half in Half:
            for text in matter.texts.get((language, half), ()):
                said = form(named(text.words, language), familiar=familiar)
                found = first_look(said, half, language)
                assert found == (), (matter.name, said)


@EACH
def test_every_public_text_is_clean_beside_each_invitation(language: str) -> None:
    voice = BOOKS.voices[language]
    for matter in BOOKS.matters:
        for text in matter.texts[language, Half.PUBLIC]:
            for invitation in (*voice.we_write, *voice.write_to_us):
                said = form(f"{named(text.words, language)} {invitation}", familiar=False)
                found = first_look(said, Half.PUBLIC, language)
                assert found == (), (matter.name, said)


@EACH
def test_every_public_text_fits_into_x_in_its_shortest_frame(language: str) -> None:
    voice = BOOKS.voices[language]
    for matter in BOOKS.matters:
        for familiar in (False, True):
            for text in matter.texts[language, Half.PUBLIC]:
                words = named(text.words, language)
                said = (words, voice.we_write[0], voice.safety[0], "Katharina")
                whole = " ".join(form(part, familiar=familiar) for part in said)
                assert weighted(whole) <= 280, (matter.name, weighted(whole), whole)


def test_a_named_matter_gets_its_own_words_in_both_halves() -> None:
    it = draft(case(ANGRY, mention("the battery is dead by noon, what a joke")))

    assert it.playbook == "not_as_expected"
    assert "battery" in (it.public or "") or "socket" in (it.public or "")
    assert "battery" in (it.private or "")
    assert it.findings == ()


def test_the_same_matter_on_one_platform_keeps_its_words_in_new_frames() -> None:
    lately: list[str] = []
    post = case(ANGRY, mention("the battery is dead by noon"))
    for _ in range(6):
        it = draft(post, used=Used(lately=tuple(lately)))
        assert it.public not in lately[:3]
        assert "battery" in (it.public or "") or "socket" in (it.public or "")
        lately.insert(0, it.public or "")


def test_praise_on_the_face_of_it_with_a_matter_is_no_praise() -> None:
    seen = replace(ANGRY, topic=Topic.PRAISE)

    assert draft(case(seen, mention("great, crashes again"))).playbook == "website"
    assert draft(case(seen, mention("great, great"))).playbook == "vague"


@pytest.mark.parametrize(
    ("complaint", "text", "playbook", "words"),
    [
        (0.03, "the battery, once more", "vague", "Thank"),
        (0.10, "the battery, once more", "not_as_expected", "sorry"),
        (0.20, "the battery, once more", "not_as_expected", "sorry"),
        (0.20, "well well", "vague", "Thank"),
        (0.40, "well well", "vague", "sorry"),
    ],
)
def test_where_there_may_be_no_complaint_we_ask_and_do_not_apologise(
    complaint: float, text: str, playbook: str, words: str
) -> None:
    seen = Verdict(language="en", complaint=complaint, asks=True)
    it = draft(case(seen, mention(text)))

    assert it.playbook == playbook
    assert words in (it.public or "")


def test_a_calm_question_is_answered_as_a_question() -> None:
    seen = Verdict(language="en", complaint=0.1, asks=True, topic=Topic.QUESTION)

    assert draft(case(seen, mention("how long does the battery last?"))).playbook == "question"


def test_a_headline_gets_a_question_and_a_note_instead_of_an_apology() -> None:
    seen = replace(ANGRY, complaint=0.9)
    it = draft(case(seen, mention("Nordlicht Fined Over Battery Claims https://news.example/1")))

    assert "sorry" not in (it.public or "").lower()
    assert it.reason == "No apology: reads like a headline."


def test_a_brand_with_reviewed_texts_only_uses_no_matter_that_nobody_signed() -> None:
    reviewed = replace(BRAND, reviewed_only=True)

    assert draft(case(ANGRY, mention("battery!")), brand=reviewed).public is None


def test_a_matter_is_signed_off_in_the_sheet_like_any_text() -> None:
    rows = sheet.rows(BOOKS)
    first = next(row for row in rows if row.playbook == "matters/battery" and row.language == "de")
    line = sheet.export(BOOKS).splitlines()[0]
    text = f'{line}\r\nmatters/battery,de,public,1,"{first.text}",,Uta,2026-11-20,DE\r\n'

    signed = sheet.applied(BOOKS, sheet.read(text)).known_matter("battery")

    assert signed is not None
    review = signed.texts["de", Half.PUBLIC][0].review
    assert review is not None
    assert review.by == "Uta"


def test_a_team_adds_and_changes_matters_in_its_own_folder(tmp_path: Path) -> None:
    new = (
        'title = "The lamp flickers"\nplaybook = "damaged"\nrank = 1\n'
        '[en]\nhear = ["flicker*"]\npublic = ["A flickering lamp is no light, and I\'m sorry."]\n'
    )
    changed = '[en]\npublic = ["Sorry about the battery."]\n'
    books = load(team(tmp_path, matters_lamp=new, matters_battery=changed))

    lamp, battery = books.matter("it flickers", "en", None), books.known_matter("battery")

    assert lamp is not None
    assert (lamp.name, lamp.playbook) == ("lamp", "damaged")
    assert battery is not None
    assert [text.words for text in battery.texts["en", Half.PUBLIC]] == ["Sorry about the battery."]
    assert battery.hears["en"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('playbook = "vague"\n[en]\npublic = ["x"]\n', "key title"),
        ('title = "t"\nplaybook = "none"\n[en]\npublic = ["x"]\n', "key playbook: found 'none'"),
        ('title = "t"\n[en]\npublic = ["x"]\n', "key playbook"),
        ('title = "t"\nplaybook = "vague"\n', "every playbook has English"),
        ('title = "t"\nplaybook = "vague"\nrank = "1"\n[en]\npublic = ["x"]\n', "key rank"),
        ('title = "t"\nplaybook = "vague"\nrang = 1\n[en]\npublic = ["x"]\n', "did you mean rank"),
        ('title = "t"\nplaybook = "vague"\n[en]\nhear = ["(x"]\npublic = ["x"]\n', "key hear"),
        ('title = "t"\nplaybook = "vague"\n[en]\nhear = 5\npublic = ["x"]\n', "key hear"),
        ('title = "t"\nplaybook = "vague"\n[eo]\npublic = ["x"]\n', "no voice for it"),
    ],
)
def test_a_matter_that_cannot_be_used_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(PlaybookError, match="matters/odd") as caught:
        load(team(tmp_path, matters_odd=text))

    assert message in str(caught.value)


def test_every_way_of_reaching_us_has_its_words() -> None:
    for route in (Route.API, Route.CLOSED, Route.NONE):
        it = draft(case(ANGRY, mention("the battery is dead by noon")), way=ability(route))
        assert it.public is not None
        assert it.findings == ()


@pytest.mark.parametrize(("language", "post", "name"), HEARD)
def test_every_draft_about_a_matter_is_clean_and_fits(language: str, post: str, name: str) -> None:
    seen = replace(ANGRY, language=language)
    for number in range(4):
        it = draft(case(seen, mention(post, id=str(number))))
        assert it.public is not None, name
        assert it.findings == (), it.public
        assert weighted(it.public) <= 280


def test_only_who_tried_to_pay_hears_not_to_pay_twice() -> None:
    seen = replace(ANGRY, topic=Topic.WEBSITE)

    paying = draft(case(seen, mention("the checkout ate my card and gave me nothing")))
    reading = draft(case(seen, mention("I cannot find the size table anywhere on there")))

    assert "pay" in (paying.public or "")
    assert "pay" not in (reading.public or "")
    assert paying.playbook == reading.playbook == "website"
