import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judge import DEFAULT_THRESHOLD, Judge
from responders.verdict import Doubt

JUDGE = Judge()
JUDGE.judge("so that happened")  # the first open case loads the embedding

ODD = [
    "",
    "   \n",
    "\x00\x01\x02",
    "\ud800\udfff",
    "😡",
    "a" * 262_144,
    "awful " * 43_000,
    "吗" * 80_000,
    "\u202e\u200b",
    "!" * 5_000,
]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_get_a_verdict(text: str) -> None:
    verdict = JUDGE.judge(text)

    assert 0 <= verdict.complaint <= 1
    assert -1 <= verdict.compound <= 1


@given(st.text(max_size=300))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = JUDGE.judge(text)

    assert 0 <= verdict.complaint <= 1
    assert verdict.angry == (verdict.complaint >= DEFAULT_THRESHOLD)


def test_a_blank_text_is_nothing() -> None:
    verdict = JUDGE.judge(" \n ")

    assert (verdict.language, verdict.complaint, verdict.angry) == ("und", 0.0, False)


@pytest.mark.parametrize("threshold", [0, 1, -0.5, 1.5])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Judge(threshold=threshold)


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("Kde je moje objednávka? Už třetí týden nic.", {Doubt.WORD_LIST}),
        ("😡😡😡", {Doubt.LANGUAGE, Doubt.SHORT}),
        ("zzz qqq", {Doubt.SHORT}),
        ("This is the worst service ever, I am furious and want my money back.", set()),
        ("包裹三周还没到 客服也没人理 太差劲了", set()),
    ],
)
def test_the_judge_says_where_it_is_weak(text: str, doubts: set[Doubt]) -> None:
    found = set(JUDGE.judge(text).doubts) - {Doubt.CLOSE}

    assert doubts <= found
    assert doubts or not found


def test_a_score_near_the_cut_is_a_close_call() -> None:
    text = "the parcel is late"
    complaint = JUDGE.judge(text).complaint

    assert Doubt.CLOSE in Judge(threshold=complaint).judge(text).doubts
    assert Doubt.CLOSE not in Judge(threshold=complaint / 4).judge(text).doubts


def test_threads_may_share_a_judge() -> None:
    lines = files("connectors").joinpath("samples.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]

    with ThreadPoolExecutor(max_workers=4) as pool:
        together = list(pool.map(JUDGE.judge, texts))

    assert together == [JUDGE.judge(text) for text in texts]
