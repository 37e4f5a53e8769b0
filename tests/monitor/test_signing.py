"""`amends playbooks export` and `import`: out to a spreadsheet program, and back signed."""

import csv
import io
from pathlib import Path

import pytest

from monitor import signing
from monitor.config import Settings, load
from responders import playbooks
from responders.playbooks import PlaybookError, sheet


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "own").mkdir()
    path = tmp_path / "config.toml"
    path.write_text('[[brands]]\nname = "Nordlicht"\n[playbooks]\nfolder = "own"\n')
    return load(path, secrets=False)


def lines(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def save(path: Path, rows: list[dict[str, str]], *, encoding: str, delimiter: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def sign(row: dict[str, str]) -> dict[str, str]:
    return row | {"reviewed_by": "Eva", "reviewed_on": "31.10.2026", "market": "DE"}


def test_a_file_begins_with_the_mark_that_spreadsheet_programs_look_for(
    settings: Settings, tmp_path: Path
) -> None:
    said = signing.exported(settings, str(tmp_path / "sheet.csv"), "de")

    rows = lines(tmp_path / "sheet.csv")
    assert (tmp_path / "sheet.csv").read_bytes().startswith(b"\xef\xbb\xbfplaybook,")
    assert {row["language"] for row in rows} == {"de"}
    assert f"{len(rows)} texts" in said
    assert signing.exported(settings, None).startswith("playbook,language")


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";")],
)
def test_what_came_back_signed_is_reviewed(
    settings: Settings, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    signing.exported(settings, str(tmp_path / "sheet.csv"), "de")
    rows = [row for row in lines(tmp_path / "sheet.csv") if row["playbook"] == "vague"]
    rows = [sign(row) for row in rows]
    rows[0]["text"] = "Das tut uns wirklich leid, für Sie und für dich."
    back = save(tmp_path / "back.csv", rows, encoding=encoding, delimiter=delimiter)

    said = signing.imported(settings, str(back))

    assert f"{len(rows)} texts signed (de), 1 of them corrected" in said
    book = playbooks.load(tmp_path / "own").named("vague")
    assert book is not None
    texts = [
        text for (language, _), all_ in book.texts.items() if language == "de" for text in all_
    ]
    assert all(text.review and text.review.by == "Eva" for text in texts)
    assert texts[0].words == rows[0]["text"]


def test_a_second_sheet_adds_to_the_first(settings: Settings, tmp_path: Path) -> None:
    for language in ("de", "cs"):
        signing.exported(settings, str(tmp_path / "sheet.csv"), language)
        rows = [sign(row) for row in lines(tmp_path / "sheet.csv") if row["playbook"] == "vague"]
        signing.imported(
            settings, str(save(tmp_path / "b.csv", rows, encoding="utf-8", delimiter=","))
        )

    loaded = playbooks.load(tmp_path / "own")

    assert {row.language for row in sheet.rows(loaded) if row.review} == {"de", "cs"}


def test_a_bad_row_is_named_and_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    signing.exported(settings, str(tmp_path / "sheet.csv"), "de")
    rows = [sign(row) for row in lines(tmp_path / "sheet.csv")[:3]]
    rows[2]["number"] = "99"
    back = save(tmp_path / "back.csv", rows, encoding="utf-8", delimiter=",")

    with pytest.raises(PlaybookError, match=r"back\.csv: .*text 99: there is no such text"):
        signing.imported(settings, str(back))

    assert list((tmp_path / "own").iterdir()) == []


def test_what_cannot_be_done_is_said(settings: Settings, tmp_path: Path) -> None:
    signing.exported(settings, str(tmp_path / "sheet.csv"))
    with pytest.raises(PlaybookError, match="nobody has signed a row"):
        signing.imported(settings, str(tmp_path / "sheet.csv"))
    with pytest.raises(PlaybookError, match="--language xx: there are no texts in it"):
        signing.exported(settings, None, "xx")
    with pytest.raises(PlaybookError, match="cannot be written"):
        signing.exported(settings, str(tmp_path / "no" / "folder.csv"))
    (tmp_path / "odd.csv").write_bytes(b"\x81\x8d\x8f")
    with pytest.raises(PlaybookError, match="is no text that a spreadsheet program writes"):
        signing.imported(settings, str(tmp_path / "odd.csv"))

    alone = tmp_path / "alone.toml"
    alone.write_text('[[brands]]\nname = "Nordlicht"\n')
    with pytest.raises(PlaybookError, match=r"set \[playbooks\] folder"):
        signing.imported(load(alone, secrets=False), str(tmp_path / "sheet.csv"))


def test_a_text_that_was_corrected_twice_stays_signed(settings: Settings, tmp_path: Path) -> None:
    for words in ("Das tut uns leid, Nummer eins.", "Das tut uns leid, Nummer zwei.", None):
        signing.exported(settings, str(tmp_path / "sheet.csv"), "de")
        row = next(row for row in lines(tmp_path / "sheet.csv") if row["playbook"] == "vague")
        row = sign(row) | ({"text": words} if words else {})
        back = save(tmp_path / "b.csv", [row], encoding="utf-8", delimiter=",")
        signing.imported(settings, str(back))

    loaded = playbooks.load(tmp_path / "own")

    assert loaded.unsigned == ()
    (signed,) = (row for row in sheet.rows(loaded) if row.review)
    assert signed.text == "Das tut uns leid, Nummer zwei."


def test_a_sheet_of_before_that_cannot_be_read_is_named(settings: Settings, tmp_path: Path) -> None:
    signing.exported(settings, str(tmp_path / "sheet.csv"), "de")
    rows = [sign(row) for row in lines(tmp_path / "sheet.csv")[:1]]
    back = save(tmp_path / "back.csv", rows, encoding="utf-8", delimiter=",")
    (tmp_path / "own" / sheet.FILE).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(PlaybookError, match=r"signed_off\.csv: cannot be read"):
        signing.imported(settings, str(back))
