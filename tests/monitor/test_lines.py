"""Lines of input: each is a post, or is named; no bad line costs a good one."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Mention
from connectors.errors import BadPayload
from monitor.lines import FileError, labelled, opened, posts

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def read(raw: bytes) -> list[Mention | BadPayload]:
    return list(posts(io.BytesIO(raw), NOW))


def test_json_and_plain_lines_stand_side_by_side() -> None:
    first, second = read(b'{"id": "a", "text": "wo ist es?"}\nmy parcel\n')

    assert isinstance(first, Mention)
    assert (first.id, first.text) == ("a", "wo ist es?")
    assert isinstance(second, Mention)
    assert (second.id, second.text) == ("2", "my parcel")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "it is blank"),
        (b"   ", "it is blank"),
        (b'{"text": ""}', 'no "text"'),
        (b'{"text": 5.5}', '"text" is a string'),
        (b'{"id": 1}', 'no "text"'),
        (b'{"text": "a"', "not JSON"),
        (b"a\x00b", "NUL character"),
        (b'{"text": "a\\u0000b"}', "NUL character"),
        (b'{"text": "cut \\ud83d"}', "half of a surrogate pair"),
        (b'{"text": "cut \\udc00 x"}', "half of a surrogate pair"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * (256 * 1024 + 1), "longer than 256 KiB"),
        (b"{" + b"[" * 100_000, "JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: bytes, said: str) -> None:
    before, bad, after = read(b"one\n" + line + b"\nthree\n")

    assert isinstance(before, Mention)
    assert isinstance(bad, BadPayload)
    assert said in str(bad)
    assert str(bad).startswith("line 2:")
    assert isinstance(after, Mention)
    assert after.id == "3"


def test_a_whole_surrogate_pair_is_an_emoji() -> None:
    (post,) = read(b'{"text": "\\ud83d\\ude21"}\n')

    assert isinstance(post, Mention)
    assert post.text == "😡"


def test_a_line_of_just_the_longest_length_is_read() -> None:
    (post,) = read(b"x" * (256 * 1024) + b"\n")

    assert isinstance(post, Mention)


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == []


def test_labels_come_from_json_lines() -> None:
    rows = [{"text": "broken", "label": 1}, {"text": "fine", "label": False}, {"text": "x"}]
    file = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())

    good, fine, bad = labelled(file, "x.jsonl")

    assert good == ("broken", True)
    assert fine == ("fine", False)
    assert isinstance(bad, BadPayload)


def test_labels_come_from_csv_with_quotes_and_line_breaks() -> None:
    file = io.BytesIO('\ufeffid,text,label\n1,"two\nlines, and a ""quote""",1\n2,fine,0\n'.encode())

    assert list(labelled(file, "x.csv")) == [('two\nlines, and a "quote"', True), ("fine", False)]


def test_a_csv_row_that_cannot_be_used_is_named() -> None:
    file = io.BytesIO(b"text,label\nbroken,maybe\n,1\nshort\nfine,0\n")

    label, blank, short, fine = labelled(file, "x.csv")

    assert str(label) == "line 2: its label is 'maybe': write 0 or 1"
    assert str(blank) == "line 3: its text is missing or blank"
    assert str(short) == "line 4: it has 1 of 2 columns"
    assert fine == ("fine", False)


def test_a_csv_field_over_the_limit_is_named_and_the_rest_is_read() -> None:
    file = io.BytesIO(b"text,label\n" + b"x" * (300 * 1024) + b",1\nfine,0\n")

    rows = list(labelled(file, "x.csv"))

    assert isinstance(rows[0], BadPayload)
    assert rows[-1] == ("fine", False)


def test_a_csv_without_the_columns_says_which_it_needs() -> None:
    with pytest.raises(FileError, match="needs the columns text and label; found: a, b"):
        list(labelled(io.BytesIO(b"a,b\n1,2\n"), "x.csv"))


def test_an_empty_file_has_no_labels() -> None:
    assert list(labelled(io.BytesIO(b""), "x.csv")) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match=r"no\.jsonl cannot be read: No such file"),
        opened(str(tmp_path / "no.jsonl")),
    ):
        pass


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: Is a directory"), opened(str(tmp_path)):
        pass


def test_a_named_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n", encoding="utf-8")

    with opened(str(tmp_path / "a.txt")) as file:
        assert file.read() == b"hello\n"
