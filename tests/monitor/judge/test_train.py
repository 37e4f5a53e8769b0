"""Training on a few made-up texts: the same data give the same file, and the file can be read."""

import csv
import json
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason='training needs the extra "train"')

from monitor.judge import lessons, train
from monitor.judge.language import LANGUAGES
from monitor.judge.matter import MatterModel
from monitor.judge.weights import ARCHIVE
from responders.verdict import NO_MATTER

BAD = ("the {} is broken", "worst {} ever", "I hate this {}", "my {} never came", "awful {}")
GOOD = ("the {} is lovely", "best {} ever", "I love this {}", "my {} came today", "nice {}")
THINGS = ("mug", "pan", "lamp", "shelf", "chair", "kettle", "knife", "plate", "bowl", "glass")


MATTERS = {
    "late": ("my {} is late", "still no {}", "where is my {}"),
    "broken": ("the {} is broken", "the {} fell apart", "my {} does not work"),
    NO_MATTER: ("thank you for the {}", "I saw a {}", "a {} is a fine thing"),
}


def matter_texts() -> list[lessons.Text]:
    return [
        lessons.Text(
            text=sentence.format(thing),
            label=name != NO_MATTER,
            mood=0.0,
            source="matters",
            language=language,
            matter=name,
        )
        for name, sentences in MATTERS.items()
        for sentence in sentences
        for thing in THINGS
        for language in ("en", "cs")
    ]


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
    monkeypatch.setattr(train, "matter_lessons", matter_texts)
    write_sets(tmp_path / "data")
    keep, first, second = tmp_path / "keep", tmp_path / "first.zip", tmp_path / "second.zip"

    for out in (first, second):
        train.main([str(tmp_path / "data"), "--keep", str(keep), "--out", str(out)])

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        members = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert set(members) == {
        *("heads.json", "topics.json", "matters.json"),
        *(f"ngrams.{language}.json" for language in few),
    }
    words = members["ngrams.en.json"]["words"]
    assert words["broken"] > 0 > words["lovely"]
    assert all(numbers["slope"] > 0 for numbers in members["heads.json"]["routes"].values())


def test_the_matters_are_learnt_anew_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "matter_lessons", matter_texts)
    out = tmp_path / "model.zip"

    train.main(["--keep", str(tmp_path), "--out", str(out)])

    shipped = Path(train.__file__).with_name(ARCHIVE)
    with zipfile.ZipFile(out) as archive, zipfile.ZipFile(shipped) as before:
        learnt = json.loads(archive.read("matters.json"))
        others = set(before.namelist()) - {"matters.json"}
        assert set(archive.namelist()) == others | {"matters.json"}
        assert all(archive.read(name) == before.read(name) for name in others)
    assert learnt["names"] == ["broken", "late", NO_MATTER]
    model = MatterModel(learnt)
    for name, text in (("late", "my vase is late"), ("broken", "the vase is broken")):
        assert model.names[int(model.chances(text, None).argmax())] == name


def test_calm_posts_and_those_that_say_so_are_lessons_too() -> None:
    texts = train.matter_lessons()
    told = [text for text in texts if text.source == "posts" and text.label]
    calm = [text for text in texts if text.source == "posts" and not text.label]

    assert len(told) > 400
    assert {text.matter for text in calm} == {NO_MATTER}
    assert not {text.kind for text in calm} & {"question", "other_brand"}
