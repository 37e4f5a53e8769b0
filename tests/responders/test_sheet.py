"""The spreadsheet for the people who sign texts off."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.base import Ability, Author, Mention, Route, Way
from responders.case import Case, CaseId, Entry, MentionId
from responders.draft import Half
from responders.playbooks import PlaybookError, load, sheet
from responders.policy import Brand, Policy
from responders.suggest import suggest
from responders.verdict import Topic, Verdict
from responders.voice import Review

BOOKS = load()
SIGNED = Review(by="Petra Nováková", on=date(2026, 11, 20), market="CZ")


def signed(book: str, language: str) -> list[sheet.Row]:
    """A sheet in which one playbook and the voice of one language are signed."""
    return [
        replace(row, review=SIGNED)
        for row in sheet.rows(BOOKS)
        if row.language == language and row.playbook in {book, sheet.VOICE}
    ]


def test_every_text_and_every_sentence_of_a_voice_is_in_the_sheet() -> None:
    rows = sheet.rows(BOOKS)

    assert len({(r.playbook, r.language, r.half, r.number) for r in rows}) == len(rows)
    matters = (sheet.MATTER + matter.name for matter in BOOKS.matters)
    books = (book.name for book in BOOKS.playbooks)
    assert {row.playbook for row in rows} == {*books, *matters, sheet.VOICE}
    assert all(row.text for row in rows)
    assert not any(row.review for row in rows)


def test_a_sheet_comes_back_as_it_went_out() -> None:
    assert sheet.read(sheet.export(BOOKS)) == sheet.rows(BOOKS)


def test_a_signature_survives_the_way_out_and_back() -> None:
    books = sheet.applied(BOOKS, signed("vague", "cs"))

    again = sheet.applied(BOOKS, sheet.read(sheet.export(books)))

    book = again.named("vague")
    assert book is not None
    assert {text.review for text in book.texts["cs", Half.PUBLIC]} == {SIGNED}
    assert {text.review for text in book.texts["de", Half.PUBLIC]} == {None}
    assert again.voices["cs"].review == SIGNED
    assert again.voices["de"].review is None


def test_semicolons_and_a_byte_order_mark_are_read_too() -> None:
    head = ";".join(sheet.COLUMNS)
    text = f"\ufeff{head}\nvague;cs;public;1;Mrzí nás to.;We are sorry.;Petra;2026-11-20;CZ\n"

    (row,) = sheet.read(text)

    assert row.text == "Mrzí nás to."
    assert row.review == Review(by="Petra", on=date(2026, 11, 20), market="CZ")


def test_a_corrected_text_takes_the_place_of_ours() -> None:
    row = sheet.Row(
        playbook="vague",
        language="cs",
        half="public",
        number=2,
        text="Mrzí nás to moc.",
        english="We are very sorry.",
        review=SIGNED,
    )

    book = sheet.applied(BOOKS, [row]).named("vague")

    assert book is not None
    text = book.texts["cs", Half.PUBLIC][1]
    assert (text.words, text.english, text.review) == (row.text, row.english, SIGNED)


def test_a_row_without_a_name_changes_nothing() -> None:
    rows = [replace(row, text="Something else.") for row in sheet.rows(BOOKS)]

    assert sheet.applied(BOOKS, rows) == BOOKS


def test_a_voice_is_reviewed_only_with_every_sentence() -> None:
    rows = [row for row in signed("vague", "cs") if row.half != "team"]

    assert sheet.applied(BOOKS, rows).voices["cs"].review is None


LINE = "vague,cs,public,1,Mrzí nás to.,Sorry.,Petra,2026-11-20,CZ"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "no column playbook; needed are playbook, language"),
        (LINE.replace(",1,", ",one,"), "line 2: number: found 'one'; a whole number from 1"),
        (LINE.replace("2026-11-20", "20.11."), "line 2: reviewed_on: found '20.11.'; a day such"),
        ('"a"b,c', ", line 1: "),
    ],
)
def test_a_sheet_that_cannot_be_used_says_where(tmp_path: Path, text: str, message: str) -> None:
    head = "" if text.startswith("a,b") else ",".join(sheet.COLUMNS) + "\n"
    (tmp_path / sheet.FILE).write_text(head + text + "\n", encoding="utf-8")

    with pytest.raises(PlaybookError) as caught:
        load(tmp_path)

    assert message in str(caught.value)
    assert str(tmp_path / sheet.FILE) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINE.replace("vague", "vaque"), "playbook vaque: there is none; there are"),
        (LINE.replace(",1,", ",9,"), "language cs, key public, text 9: there is no such text"),
        (LINE.replace("public", "loud"), "key loud, text 1: there is no such text"),
        (LINE.replace("Mrzí nás to.", "{x}"), "key public, text 1: unknown placeholder {x}"),
        (LINE.replace("vague", "voice"), "voice cs, key public, text 1: not the text of this"),
    ],
)
def test_a_row_that_no_longer_fits_is_unsigned_and_keeps_nobody_from_working(
    tmp_path: Path, text: str, message: str
) -> None:
    head = ",".join(sheet.COLUMNS) + "\n"
    (tmp_path / sheet.FILE).write_text(head + text + "\n", encoding="utf-8")

    loaded = load(tmp_path)

    (problem,) = loaded.unsigned
    assert message in problem
    assert "unsigned" in problem
    assert not any(row.review for row in sheet.rows(loaded))
    with pytest.raises(PlaybookError, match=r"vaque|text|key|placeholder|voice"):
        sheet.applied(BOOKS, sheet.read(head + text + "\n"))


def test_what_the_team_changed_after_the_sheet_went_out_is_unsigned(tmp_path: Path) -> None:
    (row,) = (r for r in signed("vague", "cs") if (r.half, r.number) == ("public", 1))
    corrected = replace(row, text="Mrzí nás to moc.")
    (tmp_path / sheet.FILE).write_text(sheet.written([corrected]), encoding="utf-8")
    book = load(tmp_path).named("vague")
    assert book is not None
    assert book.texts["cs", Half.PUBLIC][0].words == "Mrzí nás to moc."

    (tmp_path / "vague.toml").write_text('[cs]\npublic = ["Tak to ne."]\n', encoding="utf-8")
    later = load(tmp_path)

    book = later.named("vague")
    assert book is not None
    assert book.texts["cs", Half.PUBLIC][0].words == "Tak to ne."
    assert book.texts["cs", Half.PUBLIC][0].review is None
    assert "the text was changed after the sheet was made" in later.unsigned[0]


@pytest.mark.parametrize("day", ["2026-10-31", "31.10.2026", "31/10/2026", "31-10-2026"])
def test_a_day_is_read_as_people_write_it(day: str) -> None:
    head = ",".join(sheet.COLUMNS) + "\n"

    (row,) = sheet.read(head + LINE.replace("2026-11-20", day))

    assert row.review is not None
    assert row.review.on == date(2026, 10, 31)


def test_a_sheet_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / sheet.FILE).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(PlaybookError, match=r"signed_off\.csv: cannot be read"):
        load(tmp_path)


def test_a_brand_may_offer_reviewed_texts_only() -> None:
    post = Mention(
        platform="reddit",
        id="1",
        author=Author(id="1", handle="petr"),
        text="Hrůza.",
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    angry = Verdict(language="cs", angry=True, topic=Topic.VAGUE)
    case = Case(
        id=CaseId(1),
        brand="nordlicht",
        opened_at=post.created_at,
        entries=(Entry(id=MentionId(1), mention=post, verdict=angry),),
    )
    careful = Brand(name="Nordlicht", signature="Lena", reviewed_only=True)
    way = Way(route=Route.API)

    def public(signed_rows: list[sheet.Row]) -> tuple[str | None, str]:
        it = suggest(
            case,
            brand=careful,
            policy=Policy(),
            ability=Ability(public=way, private=way),
            playbooks=sheet.applied(BOOKS, signed_rows),
        )
        return it.public, it.reason

    rows = signed("vague", "cs")
    without_voice = [row for row in rows if row.playbook != sheet.VOICE]

    assert public(rows)[0] is not None
    assert public(without_voice)[0] is None
    assert "no reviewed texts in cs" in public([])[1]
