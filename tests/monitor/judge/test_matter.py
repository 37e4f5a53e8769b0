"""Which matter a post names: the shipped model on posts that nothing was learnt from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from monitor.judge import Judge, lessons, matter
from monitor.judge.embedding import ENCODED, SIZE, Encoder
from monitor.judge.language import LANGUAGES
from monitor.judge.matter import WIDER, MatterModel, matters
from monitor.judge.own_words import own_words
from monitor.judge.weights import weights
from responders.playbooks import load
from responders.verdict import HEARD_MATTERS, NO_MATTER

BOOKS = load()
POSTS = [
    line.split(" ", 2)
    for line in (Path(__file__).with_name("posts") / "matters" / "posts.txt")
    .read_text(encoding="utf-8")
    .splitlines()
]
JUDGE = Judge()


@pytest.fixture(scope="module")
def heard() -> Sequence[tuple[str, str]]:
    """For each post the matter that it names and the one that was heard; `NO_MATTER` for none."""
    vectors = Encoder().encode_all([own_words(text) for _, _, text in POSTS])
    found: list[tuple[str, str]] = []
    for (language, named, text), vector in zip(POSTS, vectors, strict=True):
        chances = matters(own_words(text), vector if language in ENCODED else None)
        taken = BOOKS.matter(text, language, None, chances)
        found.append((named, taken.name if taken else NO_MATTER))
    return found


def right(named: str, taken: str) -> bool:
    whole = {one.name: one.within for one in BOOKS.matters}.get(taken)
    return named in (taken, whole, *WIDER.get(taken, ()))


def test_what_is_heard_is_nearly_always_right(heard: Sequence[tuple[str, str]]) -> None:
    taken = [pair for pair in heard if pair[1] != NO_MATTER]

    assert sum(right(*pair) for pair in taken) > 0.9 * len(taken)


def test_most_of_what_is_named_is_heard(heard: Sequence[tuple[str, str]]) -> None:
    named = [pair for pair in heard if pair[0] != NO_MATTER]

    # What is missed is told in words that name the thing: better than the wrong matter.
    assert sum(right(*pair) for pair in named) > 0.45 * len(named)


def test_posts_that_name_nothing_seldom_get_a_matter(heard: Sequence[tuple[str, str]]) -> None:
    silent = [taken for named, taken in heard if named == NO_MATTER]

    assert sum(taken != NO_MATTER for taken in silent) < 0.2 * len(silent)


def test_every_matter_that_the_judge_tells_has_words() -> None:
    learnt = set(weights("matters")["names"])

    assert (learnt | WIDER.keys()) - {NO_MATTER} == HEARD_MATTERS
    assert {one.name for one in BOOKS.matters} >= HEARD_MATTERS
    assert all(set(parts) <= learnt for parts in WIDER.values())


def test_every_language_has_sentences_for_every_matter() -> None:
    texts = lessons.read_matters()
    names = {text.matter for text in texts}

    for language in LANGUAGES:
        assert {text.matter for text in texts if text.language == language} == names
    assert names == set(weights("matters")["names"])


def test_nothing_is_learnt_from_the_posts_that_measure() -> None:
    learnt = {text.text for text in (*lessons.read_matters(), *lessons.read_own())}

    assert not [text for _, _, text in POSTS if text in learnt]
    assert len(POSTS) > 200


def test_a_sentence_before_the_first_matter_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sentences" / "matters"
    folder.mkdir(parents=True)
    (folder / "en.txt").write_text("# a comment\nwhere is it\n", encoding="utf-8")
    monkeypatch.setattr(lessons, "files", lambda _: tmp_path)
    monkeypatch.setattr(lessons, "LANGUAGES", ("en",))

    with pytest.raises(ValueError, match=r"en\.txt, line 2: .where is it. stands before"):
        lessons.read_matters()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@NorthAir three hours on the tarmac and my flight is still delayed", "flight_delay"),
        ("you charged me twice for the same order", "double_charge"),
        ("der Techniker ist nicht gekommen, schon wieder", "no_show"),
        ("technik nepřišel, čekal jsem celý den", "no_show"),
    ],
)
def test_the_judge_tells_what_a_complaint_names(text: str, named: str) -> None:
    told = JUDGE.judge(text).matters

    assert told[0][0] == named
    assert 0.35 < told[0][1] <= 1.0
    assert [chance for _, chance in told] == sorted((c for _, c in told), reverse=True)


@pytest.mark.parametrize("text", ["", "a lovely morning, thank you all"])
def test_nobody_listens_where_there_is_no_complaint(text: str) -> None:
    assert JUDGE.judge(text).matters == ()


def model(**lean: float) -> MatterModel:
    """A model that knows one word and leans as given."""
    names = sorted({part for parts in WIDER.values() for part in parts})
    return MatterModel(
        {
            "names": names,
            "bias": [lean.get(name, -9.0) for name in names],
            "vector": [0.0] * SIZE * len(names),
            "words": {"tarmac": [[names.index("flight_delay"), 3.0]]},
            "pieces": {},
        }
    )


def test_what_may_be_one_of_several_is_told_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    open_which = model(flight_delay=1.0, flight_cancelled=1.0, device=0.0)
    monkeypatch.setattr(matter, "_model", lambda: open_which)

    told = dict(matters("hello", None))
    sure = dict(matters("tarmac", None))

    assert told["journey"] > 0.8 > told["flight_delay"]
    assert "journey" not in sure
    assert sure["flight_delay"] > 0.9


def test_one_name_alone_is_never_told_by_the_ear() -> None:
    told = matter.told(("battery", "food", "voucher"), np.array([0.99, 0.006, 0.004]))

    assert told == (("battery", 0.99), ("food", 0.006))


def test_without_a_model_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matter, "weights", lambda _: {})
    matter._model.cache_clear()
    try:
        assert matters("my flight is delayed", None) == ()
    finally:
        matter._model.cache_clear()
