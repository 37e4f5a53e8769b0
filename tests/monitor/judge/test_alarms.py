"""Red flags by meaning: what is raised, what is learnt, and that it only ever adds."""

import csv
from pathlib import Path

import numpy as np
import pytest

from monitor.judge import alarms
from monitor.judge.alarms import Alarms
from monitor.judge.embedding import SIZE, Encoder, Vector
from monitor.judge.flag_lessons import read, rounds, written
from monitor.judge.judge import Judge
from monitor.judge.language import LANGUAGES
from monitor.judge.phrases import fold
from monitor.judge.red_flags import red_flags
from responders.verdict import RedFlag

UNLISTED = "my seven year old opened the kit, nothing covered the knife and her thumb paid for it"


def unit(place: int) -> Vector:
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[place] = 1.0
    return vector


@pytest.fixture(scope="module")
def meant() -> Vector:
    row: Vector = Encoder().encode_all([UNLISTED])[0]
    return row


def test_a_flag_is_raised_from_its_threshold_on() -> None:
    directions = np.zeros((2, SIZE))
    directions[0, 3], directions[1, 3], directions[1, 4] = 2.0, 1.4, 9.0
    made = Alarms(
        {"flags": ["legal", "press"], "bias": [-1.0, -1.0], "vector": directions.ravel().tolist()}
    )

    assert made.raised(unit(3)) == (RedFlag.LEGAL,)
    assert made.raised(unit(4)) == (RedFlag.PRESS,)
    assert made.raised(unit(5)) == ()


def test_the_shipped_alarms_know_every_flag() -> None:
    far = sum((unit(place) for place in range(SIZE)), np.zeros(SIZE, dtype=np.float32))

    assert set(alarms.alarms().raised(far)) <= set(RedFlag)
    assert alarms.alarms() is alarms.alarms()


def test_what_no_phrase_names_is_heard_in_the_meaning(meant: Vector) -> None:
    folded = fold(UNLISTED)

    assert red_flags(folded, "en", {"en"})[0] == ()
    flags, hits = red_flags(folded, "en", {"en"}, meant)
    assert RedFlag.CHILD in flags
    assert {hit.words for hit in hits} == {"the post as a whole"}


def test_a_flag_that_a_phrase_raised_keeps_its_words(meant: Vector) -> None:
    flags, hits = red_flags(fold("my lawyer will write to you"), "en", {"en"}, meant)

    assert RedFlag.LEGAL in flags
    assert "my lawyer" in {hit.words for hit in hits if hit.group == "legal"}
    assert [hit.group for hit in hits if hit.words == "the post as a whole"].count("legal") == 0


def test_the_judge_tells_that_it_was_the_meaning() -> None:
    verdict = Judge().judge(UNLISTED)

    assert RedFlag.CHILD in verdict.red_flags
    assert "child: the post as a whole" in verdict.why


def test_the_lessons_are_in_the_languages_that_they_say() -> None:
    assert written(rounds().joinpath("first")) == LANGUAGES
    assert {post.language for post in read(rounds().joinpath("third"), "pl")} == {"pl"}


@pytest.mark.parametrize("line", ["no sign", "+nothing known", "+legal", "-legal I say so"])
def test_a_lesson_without_a_known_sign_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "en.txt").write_text(f"- fine\n{line}\n", encoding="utf-8")

    with pytest.raises(ValueError, match="must begin with") as caught:
        read(tmp_path, "en")

    assert line in str(caught.value)


def test_the_same_lessons_give_the_same_alarms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn", reason='training needs the extra "train"')
    from monitor.judge import flag_lessons, train_alarms
    from monitor.judge import lessons as sets

    few = ("en", "cs")
    monkeypatch.setattr(sets, "LANGUAGES", ("en",))
    monkeypatch.setattr(flag_lessons, "LANGUAGES", few)
    monkeypatch.setattr(train_alarms, "read_own", lambda: sets.read_own()[:40])
    monkeypatch.setattr(train_alarms, "ROUNDS", ())
    monkeypatch.setattr(train_alarms, "HARMLESS_EACH", 5)
    for name in sets.SETS:
        (tmp_path / name).mkdir()
        with (tmp_path / name / "data.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label", "y3"])
            rows.writerows([f"the mug number {number} is lovely", 0, "1"] for number in range(9))

    texts = train_alarms.lessons(tmp_path)
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    for out in (first, second):
        train_alarms.main([str(tmp_path), "--keep", str(tmp_path / "keep"), "--out", str(out)])

    assert {text.language for text in texts} == {"en"}  # Czech has no embedding
    assert {text.kind for text in texts} == {"", *(flag.value for flag in RedFlag)}
    assert sum(text.text.startswith("the mug number") for text in texts) == 20
    assert first.read_bytes() == second.read_bytes()
