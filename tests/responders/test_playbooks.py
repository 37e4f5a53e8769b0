"""Playbooks and voices: what ours hold, and how a team changes them."""

from pathlib import Path

import pytest

from responders.draft import Half
from responders.playbooks import Offer, PlaybookError, load
from responders.verdict import RedFlag, Topic, Verdict
from responders.voice import OURS as VOICES
from responders.voice import first_name
from responders.wording import WordingError, check, placeholders, say, tame

BOOKS = load()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_the_four_classic_situations_have_four_wordings_of_each_text() -> None:
    for topic in (
        Topic.ORDER_LATE,
        Topic.NOT_AS_EXPECTED,
        Topic.VAGUE,
        Topic.CANCEL_AFTER_SHIPPING,
    ):
        book = BOOKS.choose(Verdict(topic=topic))
        assert book is not None
        assert book.name == topic
        for half in Half:
            assert len(book.texts["en", half]) >= 4


def test_no_two_wordings_are_the_same() -> None:
    for book in BOOKS.playbooks:
        for (language, half), texts in book.texts.items():
            words = [text.words for text in texts]
            assert len(set(words)) == len(words), (book.name, language, half)


def test_every_playbook_tells_the_team_when_it_applies_and_how_to_prevent_the_next() -> None:
    for book in BOOKS.playbooks:
        assert book.title
        assert book.when
        assert book.prevent, book.name
        assert book.notes, book.name
        assert isinstance(book.offer, Offer)


def test_an_unsure_topic_is_answered_without_guessing() -> None:
    for topic in (None, Topic.OTHER, "a topic of nobody"):
        book = BOOKS.choose(Verdict(topic=topic))
        assert book is not None
        assert book.name == Topic.VAGUE


def test_every_voice_has_a_holding_text_for_every_red_flag() -> None:
    for voice in BOOKS.voices.values():
        assert set(voice.holding) == set(RedFlag)
        assert min(len(voice.safety), len(voice.hello)) >= 1


def test_a_team_replaces_single_texts_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "order_late.toml", '[en]\npublic = ["We are on it."]\n')

    books = load(tmp_path)

    book = books.named("order_late")
    assert book is not None
    assert [text.words for text in book.texts["en", Half.PUBLIC]] == ["We are on it."]
    assert len(book.texts["en", Half.PRIVATE]) >= 4
    assert book.title == "Where is my order?"


def test_a_team_adds_a_situation_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        "engraving.toml",
        'title = "Engraving"\nwhen = "The engraving is wrong."\n'
        '[credit]\noffer = "suggested"\nwhy = "A new one costs us little."\n'
        '[en]\npublic = ["We\'re sorry."]\n',
    )

    book = load(tmp_path).choose(Verdict(topic="engraving"))

    assert book is not None
    assert book.name == "engraving"
    assert book.offer is Offer.SUGGESTED
    assert book.languages() == ("en",)


def test_a_teams_new_text_loses_our_english_unless_the_team_writes_one(tmp_path: Path) -> None:
    head = 'title = "T"\nwhen = "W"\n[en]\npublic = ["One", "Two"]\n'
    write(tmp_path, "mine.toml", head)
    write(tmp_path, "voices/eo.toml", (VOICES / "en.toml").read_text("utf-8"))
    write(
        tmp_path,
        "vague.toml",
        '[eo]\npublic = ["Unu", "Du"]\npublic_english = ["One"]\nprivate = ["Tri"]\n',
    )

    texts = load(tmp_path).named("vague")

    assert texts is not None
    assert [text.english for text in texts.texts["eo", Half.PUBLIC]] == ["One", None]
    assert [text.english for text in texts.texts["eo", Half.PRIVATE]] == [None]


def test_the_english_of_a_text_is_the_english_text_of_the_same_number(tmp_path: Path) -> None:
    write(tmp_path, "voices/eo.toml", (VOICES / "en.toml").read_text("utf-8"))
    write(
        tmp_path,
        "mine.toml",
        'title = "T"\nwhen = "W"\n[en]\npublic = ["One", "Two"]\n[eo]\npublic = ["Unu", "Du"]\n',
    )
    book = load(tmp_path).named("mine")

    assert book is not None
    assert [text.english for text in book.texts["eo", Half.PUBLIC]] == ["One", "Two"]
    assert [text.english for text in book.texts["en", Half.PUBLIC]] == ["One", "Two"]


def test_changing_our_text_in_place_loses_the_english_that_stood_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "voices/eo.toml", (VOICES / "en.toml").read_text("utf-8"))
    write(tmp_path, "vague.toml", '[en]\npublic = ["New words."]\n')

    book = load(tmp_path).named("vague")

    assert book is not None
    assert [text.english for text in book.texts["en", Half.PUBLIC]] == ["New words."]


GOOD = 'title = "T"\nwhen = "W"\n[en]\npublic = ["Sorry."]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "x.toml: playbook x: cannot be read"),
        (
            GOOD.replace("public", "publik"),
            "language en, key publik: unknown; did you mean public?",
        ),
        (GOOD.replace("public", "zzz"), "key zzz: unknown; allowed: public, private"),
        ('titel = "T"\n' + GOOD, "playbook x, key titel: unknown; did you mean title?"),
        (GOOD.replace('"T"', "1"), "key title: found 1; a text in quotes is needed"),
        (GOOD.replace('"Sorry."', ""), "language en, key public: an empty list"),
        (GOOD.replace('["Sorry."]', '"Sorry."'), "key public: found 'Sorry.'; a list of texts"),
        (GOOD.replace("Sorry.", "{nam}"), r"key public, text 1: unknown placeholder {nam}"),
        (GOOD.replace("Sorry.", " "), "key public, text 1: the text is empty"),
        (GOOD.replace("Sorry.", "[a|b"), 'text 1: a lone "\\["'),
        (GOOD.replace("public", "private"), "language en, key public: missing"),
        ('title = "T"\nwhen = "W"\n', "key en: missing; every playbook has English"),
        ('en = 1\ntitle = "T"\nwhen = "W"\n', "key en: found no table"),
        (GOOD + '[xx]\npublic = ["x"]\n', "language xx, key xx: no voice for it"),
        (GOOD + '[credit]\noffer = "lots"\n', "credit.offer: found 'lots'; allowed: none"),
        (GOOD + '[credit]\nofer = "none"\n', "credit.ofer: unknown; did you mean credit.offer?"),
        ("credit = 1\n" + GOOD, "key credit: found 1"),
        ('topics = ["vague"]\n' + GOOD, "key topics: vague belongs to playbook vague already"),
    ],
)
def test_a_playbook_that_cannot_be_used_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    write(tmp_path, "x.toml", text)

    with pytest.raises(PlaybookError, match=message.replace("{", r"\{").replace("?", r"\?")):
        load(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="gone: is no folder"):
        load(tmp_path / "gone")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "cannot be read"),
        ('helo = ["Hi."]', "unknown key helo; did you mean hello"),
        ('zzz = ["Hi."]', "unknown key zzz; allowed: hello"),
        ('hello = "Hi."', "key hello: found 'Hi.'; a list of texts is needed"),
        ("hello = []", "key hello: found \\[\\]; a list of texts is needed"),
        ("hello = [1]", "key hello, text 1: found 1; a text in quotes is needed"),
        ('hello = ["Hi {brand}."]', "unknown placeholder {brand}; allowed here: none"),
        ('contact_us = ["Write."]', "contact_us, text 1: the placeholder {contact} is missing"),
        ('team = ""', "key team: the text is empty"),
        ('[holding]\ninjury = "Sorry."', "key holding: a table with one text for each of injury"),
    ],
)
def test_a_voice_that_cannot_be_used_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    write(tmp_path, "voices/en.toml", text)

    with pytest.raises(PlaybookError, match=r"en\.toml: .*" + message.replace("{", r"\{")):
        load(tmp_path)


def test_a_team_replaces_sentences_of_a_voice_and_may_leave_names_out(tmp_path: Path) -> None:
    write(
        tmp_path, "voices/en.toml", 'hello = ["Ahoy."]\nhello_named = []\nteam = "Crew {brand}"\n'
    )

    voice = load(tmp_path).voices["en"]

    assert voice.hello == ("Ahoy.",)
    assert voice.hello_named == ()
    assert voice.team == "Crew {brand}"
    assert voice.safety == BOOKS.voices["en"].safety
    assert voice.holding == BOOKS.voices["en"].holding


def test_a_new_language_needs_the_whole_voice(tmp_path: Path) -> None:
    write(tmp_path, "voices/eo.toml", 'hello = ["Saluton."]')

    with pytest.raises(PlaybookError, match=r"eo\.toml: key hello_named is missing"):
        load(tmp_path)


def test_a_voice_may_replace_the_holding_texts(tmp_path: Path) -> None:
    lines = "\n".join(f'{flag} = "A person answers."' for flag in RedFlag)
    write(tmp_path, "voices/en.toml", f"[holding]\n{lines}\n")

    assert load(tmp_path).voices["en"].holding[RedFlag.LEGAL] == "A person answers."


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("Anna Berg", "Anna"),
        ("anna", "Anna"),
        ("TOMÁŠ NOVÁK", "Tomáš"),
        ("Jean-Luc Picard", None),
        ("Anna-Lena", None),
        ("Ольга", "Ольга"),
        ("Anna B.", "Anna"),
        ("Angry Customer", None),
        ("Anna from the shop next door", None),
        ("Anna 🤬", None),
        ("Anna_1", None),
        ("", None),
        ("Anna " + "x" * 60, None),
    ],
)
def test_a_first_name_is_used_only_where_it_surely_is_one(shown: str, name: str | None) -> None:
    assert first_name(shown) == name


def test_the_form_of_address_is_chosen_and_placeholders_are_filled_once() -> None:
    text = "[Schreiben Sie|Schreib] an {contact}, {name}."
    values = {"contact": "{name}", "name": "[a|b]"}

    assert say(text, familiar=False, values=values) == "Schreiben Sie an {name}, [a|b]."
    assert say(text, familiar=True, values=values) == "Schreib an {name}, [a|b]."
    assert placeholders(text) == {"contact", "name"}


@pytest.mark.parametrize("text", ["a ] b", "a } b", "{a b", "[x|y|z]", "a | b"])
def test_open_markup_is_refused(text: str) -> None:
    with pytest.raises(WordingError, match="a lone"):
        check(text, {"a"})


@pytest.mark.parametrize(
    ("name", "tamed"),
    [
        ("Nordlicht & Söhne", "Nordlicht & Söhne"),
        ("<!channel> @all {code}", "!channel all code"),
        ("a\u202eb\u0000c\nd  e", "abc d e"),
        ("https://x.example", "https x.example"),
        ("[a|b] *_~`", "ab"),
        ("x" * 99, "x" * 40),
        ("\uff20\uff45ve", "eve"),
    ],
)
def test_foreign_names_are_tamed(name: str, tamed: str) -> None:
    assert tame(name) == tamed
