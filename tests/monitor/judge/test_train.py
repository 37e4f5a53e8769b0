"""Training on a few made-up texts: the same data give the same file, and the file can be read."""

import csv
import json
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason='training needs the extra "train"')

from monitor.judge import lessons, train
from monitor.judge.language import LANGUAGES

BAD = ("the {} is broken", "worst {} ever", "I hate this {}", "my {} never came", "awful {}")
GOOD = ("the {} is lovely", "best {} ever", "I love this {}", "my {} came today", "nice {}")
THINGS = ("mug", "pan", "lamp", "shelf", "chair", "kettle", "knife", "plate", "bowl", "glass")


def write_sets(folder: Path) -> None:
    for name in lessons.SETS:
        (folder / name).mkdir(parents=True)
        with (folder / name / "data.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label", "y3"])
            for label, sentences in ((1, BAD), (0, GOOD)):
                for sentence in sentences:
                    for thing in THINGS:
                        own = {"goemotions": "anger" if label else "joy"}.get(
                            name, "-1.5" if label else "1.5"
                        )
                        rows.writerow([f"{sentence.format(thing)} ({name})", label, own])


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"goemotions.*is missing"):
        lessons.read_sets(tmp_path)


def test_moods_come_from_each_sets_own_labels(tmp_path: Path) -> None:
    write_sets(tmp_path)

    moods = {(text.source, text.label): text.mood for text in lessons.read_sets(tmp_path)}

    assert moods["goemotions", True] == 1.0
    assert moods["goemotions", False] == -0.8
    assert moods["vader_tweets", True] == 0.75
    assert moods["uci_sentences", False] == -1.0


def test_our_own_sentences_have_no_blanks_left() -> None:
    texts = lessons.read_own()

    assert len(texts) > 2_000
    assert not [text for text in texts if "{" in text.text]
    assert {text.language for text in texts} == set(LANGUAGES)


@pytest.mark.slow
def test_the_same_data_give_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = ("en", "de", "cs")  # each language more takes half a minute
    monkeypatch.setattr(lessons, "_FILLINGS", 1)
    monkeypatch.setattr(lessons, "LANGUAGES", few)
    monkeypatch.setattr(train, "LANGUAGES", few)
    write_sets(tmp_path / "data")
    keep, first, second = tmp_path / "keep", tmp_path / "first.zip", tmp_path / "second.zip"

    for out in (first, second):
        train.main([str(tmp_path / "data"), "--keep", str(keep), "--out", str(out)])

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        members = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert set(members) == {
        *("heads.json", "topics.json"),
        *(f"ngrams.{language}.json" for language in few),
    }
    words = members["ngrams.en.json"]["words"]
    assert words["broken"] > 0 > words["lovely"]
    assert all(numbers["slope"] > 0 for numbers in members["heads.json"]["routes"].values())
